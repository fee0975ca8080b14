import { createHash } from 'node:crypto';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';

/** What an array file holds: a JSON header of the kind's own and named fp64 arrays. */
export interface ArrayFile {
  readonly header: Readonly<Record<string, unknown>>;
  readonly arrays: ReadonlyMap<string, Float64Array>;
}

/** Layout: magic "TWARRAY1" · u32 header length · header JSON {kind, version, header, arrays:[{name, length}]} · zeros to 8 · fp64 arrays · SHA-256. Little-endian. */
const magic = 'TWARRAY1';
const fixedBytes = 12;
const digestBytes = 32;
const maxHeaderBytes = 2 ** 24;

/** The bytes of an array file of this kind and version. Same content: same bytes. */
export function encodeArrayFile(kind: string, version: number, { header, arrays }: ArrayFile): Uint8Array {
  const names = [...arrays].map(([name, values]) => ({ name, length: values.length }));
  const json = Buffer.from(JSON.stringify({ kind, version, header, arrays: names }), 'utf8');
  const start = Math.ceil((fixedBytes + json.length) / 8) * 8;
  const total = names.reduce((sum, { length }) => sum + 8 * length, start);
  const bytes = new Uint8Array(total + digestBytes);
  bytes.set(Buffer.from(magic, 'latin1'));
  new DataView(bytes.buffer).setUint32(8, json.length, true);
  bytes.set(json, fixedBytes);
  let at = start;
  for (const values of arrays.values()) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  bytes.set(createHash('sha256').update(bytes.subarray(0, total)).digest(), total);
  return bytes;
}

/**
 * Reads an array file of one kind, of a version up to `version`. Findings: `state-not-ours`, `state-wrong-kind`, `state-too-new`,
 * `state-damaged`. The caller bounds the size of the file before reading it.
 */
export function decodeArrayFile(kind: string, version: number, bytes: Uint8Array): Checked<ArrayFile & { readonly version: number }> {
  const bad = (code: string, message: string): { readonly value: undefined; readonly diagnostics: readonly Diagnostic[] } => ({
    value: undefined,
    diagnostics: [{ severity: 'error', code, message, where: {} }],
  });
  if (bytes.length < fixedBytes + digestBytes || Buffer.from(bytes.subarray(0, 8)).toString('latin1') !== magic)
    return bad('state-not-ours', 'This is not a file of Tierwise statistics or state.');
  const body = bytes.subarray(0, bytes.length - digestBytes);
  const isWhole = createHash('sha256').update(body).digest().equals(bytes.subarray(body.length));
  if (!isWhole) return bad('state-damaged', 'The file is damaged or cut short: its checksum does not match. Use a copy, or make it anew.');
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
  if (headerBytes > maxHeaderBytes || fixedBytes + headerBytes > body.length)
    return bad('state-damaged', 'The file is damaged: its header does not fit.');
  const head = parseHead(body.subarray(fixedBytes, fixedBytes + headerBytes));
  if (head === undefined) return bad('state-damaged', 'The file is damaged: its header cannot be read.');
  if (head.kind !== kind) return bad('state-wrong-kind', `The file holds ${JSON.stringify(head.kind)}, expected ${JSON.stringify(kind)}.`);
  if (head.version > version)
    return bad('state-too-new', `The file has version ${head.version}, this Tierwise reads up to ${version}. Install a newer Tierwise.`);
  const arrays = new Map<string, Float64Array>();
  let at = Math.ceil((fixedBytes + headerBytes) / 8) * 8;
  for (const { name, length } of head.arrays) {
    if (at + 8 * length > body.length) return bad('state-damaged', 'The file is damaged: its arrays do not fit.');
    // A copy with a buffer of its own: the bytes may be a view at any offset, and `slice` of a Buffer would share them.
    const values = new Float64Array(length);
    new Uint8Array(values.buffer).set(body.subarray(at, at + 8 * length));
    arrays.set(name, values);
    at += 8 * length;
  }
  if (at !== body.length) return bad('state-damaged', 'The file is damaged: it is longer than its arrays.');
  return { value: { version: head.version, header: head.header, arrays }, diagnostics: [] };
}

interface Head {
  readonly kind: string;
  readonly version: number;
  readonly header: Record<string, unknown>;
  readonly arrays: readonly { readonly name: string; readonly length: number }[];
}

function parseHead(bytes: Uint8Array): Head | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
  if (!isRecord(parsed)) return undefined;
  const { kind, version, header, arrays } = parsed;
  if (typeof kind !== 'string' || !Number.isSafeInteger(version) || !isRecord(header) || !Array.isArray(arrays)) return undefined;
  const isEntry = (entry: unknown): boolean =>
    isRecord(entry) && typeof entry['name'] === 'string' && Number.isSafeInteger(entry['length']) && (entry['length'] as number) >= 0;
  if (!arrays.every(isEntry)) return undefined;
  return { kind, version: version as number, header, arrays: arrays as Head['arrays'] };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
