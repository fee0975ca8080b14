import { assert } from '../../model/error.ts';
import type { EngineCommand, MoverDescriptor } from '../engine/link.ts';
import { operationNumbers, spaceCodes } from '../engine/link.ts';
import {
  linkAckFlags,
  linkDescriptor,
  linkDescriptorBytes,
  linkDescriptorFlags,
  linkMagic,
  linkMessages,
  linkReasons,
  linkResultFlags,
  linkRunFlags,
} from './generated/link.ts';

/* Payloads of the messages (docs/link.md) from and to values. Parsers return null for a payload that cannot be that message. */

type Place = readonly [number, number];

function put(view: DataView, [at, size]: Place, value: number): void {
  assert(Number.isInteger(value) && value >= 0 && value < 2 ** (8 * size), `${value} does not fit ${size} bytes`);
  if (size === 1) view.setUint8(at, value);
  else if (size === 2) view.setUint16(at, value, true);
  else view.setUint32(at, value, true);
}

function get(view: DataView, [at, size]: Place): number {
  if (size === 1) return view.getUint8(at);
  if (size === 2) return view.getUint16(at, true);
  if (size === 4) return view.getUint32(at, true);
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Payload of a fixed size with some of its fields set. */
function payload<F extends Readonly<Record<string, Place>>>(
  message: { readonly sizeBytes: number; readonly fields: F },
  values: Partial<Readonly<Record<keyof F, number>>>,
): Uint8Array {
  const bytes = new Uint8Array(message.sizeBytes);
  const view = viewOf(bytes);
  for (const [name, value] of Object.entries(values)) put(view, message.fields[name]!, value as number);
  return bytes;
}

/** All fields of a payload; null when it has another size. */
function fieldsOf<F extends Readonly<Record<string, Place>>>(
  message: { readonly sizeBytes: number; readonly fields: F },
  bytes: Uint8Array,
): { readonly [K in keyof F]: number } | null {
  if (bytes.length !== message.sizeBytes) return null;
  const view = viewOf(bytes);
  return Object.fromEntries(Object.entries(message.fields).map(([name, place]) => [name, get(view, place)])) as { [K in keyof F]: number };
}

/** 20 bytes of a descriptor. */
export function descriptorBytes(descriptor: MoverDescriptor): Uint8Array {
  const bytes = new Uint8Array(linkDescriptorBytes);
  const view = viewOf(bytes);
  const flags =
    (descriptor.triangle ? linkDescriptorFlags.tri : 0) |
    (descriptor.packed ? linkDescriptorFlags.packed : 0) |
    (descriptor.diagonal ? linkDescriptorFlags.diagonal : 0);
  put(view, linkDescriptor.space, spaceCodes[descriptor.space]);
  put(view, linkDescriptor.bits, descriptor.bits);
  put(view, linkDescriptor.flags, flags);
  for (const name of ['first', 'columns', 'blocks', 'rows', 'row0', 'base'] as const) put(view, linkDescriptor[name], descriptor[name]);
  return bytes;
}

/** A descriptor from its 20 bytes; null when it cannot be one. */
export function parseDescriptor(bytes: Uint8Array): MoverDescriptor | null {
  if (bytes.length !== linkDescriptorBytes) return null;
  const view = viewOf(bytes);
  const field = (name: keyof typeof linkDescriptor): number => get(view, linkDescriptor[name]);
  const space = field('space');
  if (space > 1) return null;
  const flags = field('flags');
  return {
    space: space === 0 ? 'operand' : 'gram',
    bits: field('bits'),
    triangle: (flags & linkDescriptorFlags.tri) !== 0,
    packed: (flags & linkDescriptorFlags.packed) !== 0,
    diagonal: (flags & linkDescriptorFlags.diagonal) !== 0,
    first: field('first'),
    columns: field('columns'),
    blocks: field('blocks'),
    rows: field('rows'),
    row0: field('row0'),
    base: field('base'),
  };
}

/** Payload of BEGIN: `total` bytes follow. */
export function beginPayload(transfer: number, total: number, descriptor: MoverDescriptor): Uint8Array {
  const { begin } = linkMessages;
  const bytes = payload(begin, { transfer, total });
  bytes.set(descriptorBytes(descriptor), begin.fields.descriptor[0]);
  return bytes;
}

/** Payload of COMMIT: `crc` of all bytes of the transfer. */
export function commitPayload(transfer: number, crc: number): Uint8Array {
  return payload(linkMessages.commit, { transfer, crc32: crc });
}

/** Payload of RUN. */
export function runPayload(job: number, command: EngineCommand): Uint8Array {
  return payload(linkMessages.run, {
    job,
    op: operationNumbers[command.operation],
    flags: (command.twoLimbs ? linkRunFlags.two : 0) | (command.subtract ? linkRunFlags.neg : 0),
    decay: command.decay,
    shift: command.shift,
    features: command.features,
    blocks: command.blocks,
    rows: command.rows,
    row_base: command.rowBase,
    vec_base: command.vecBase,
  });
}

/** Payload of CANCEL. */
export function cancelPayload(job: number): Uint8Array {
  return payload(linkMessages.cancel, { job });
}

/** Payload of CLEAR. */
export function clearPayload(space: MoverDescriptor['space'], base: number, count: number, laneMask: number): Uint8Array {
  return payload(linkMessages.clear, { space: spaceCodes[space], lanes: laneMask, base, count });
}

/** Payload of TELEMETRY_SET; 0 switches it off. */
export function telemetryPayload(intervalMs: number): Uint8Array {
  return payload(linkMessages.telemetry_set, { interval: intervalMs });
}

/** What a board says of itself, fields named as in docs/link.md. */
export type BoardInfo = { readonly [K in Exclude<keyof typeof linkMessages.info.fields, 'magic' | 'golden_hash'>]: number } & {
  /** 16 hexadecimal digits, or null when the board does not know. */
  readonly golden_hash: string | null;
};

/** INFO; null when it is none (another magic or size). Newer boards may send more bytes behind. */
export function parseInfo(bytes: Uint8Array): BoardInfo | null {
  const { info } = linkMessages;
  const fields = bytes.length < info.sizeBytes ? null : fieldsOf(info, bytes.subarray(0, info.sizeBytes));
  if (fields === null || fields.magic !== linkMagic) return null;
  const { magic: _magic, golden_hash: _hash, ...rest } = fields;
  const hash = viewOf(bytes).getBigUint64(info.fields.golden_hash[0], true);
  return { ...rest, golden_hash: hash === 0n ? null : hash.toString(16).padStart(16, '0') };
}

/** ACK and NAK. */
export interface Acknowledgement {
  readonly nextOffset: number;
  readonly freeBytes: number;
  /** null in an ACK; else the name of the reason, 'reason-N' when it has none here. */
  readonly refused: string | null;
  readonly open: boolean;
  readonly committed: boolean;
  readonly busy: boolean;
}

/** ACK or NAK; null when it is neither. */
export function parseAcknowledgement(type: number, bytes: Uint8Array): Acknowledgement | null {
  if (type === linkMessages.ack.type) {
    const fields = fieldsOf(linkMessages.ack, bytes);
    if (fields === null) return null;
    const has = (flag: number): boolean => (fields.state & flag) !== 0;
    return {
      nextOffset: fields.next_offset,
      freeBytes: fields.free_bytes,
      refused: null,
      open: has(linkAckFlags.open),
      committed: has(linkAckFlags.committed),
      busy: has(linkAckFlags.busy),
    };
  }
  const fields = type === linkMessages.nak.type ? fieldsOf(linkMessages.nak, bytes) : null;
  if (fields === null) return null;
  const named = Object.entries(linkReasons).find(([, value]) => value === fields.reason)?.[0];
  const refused = named ?? `reason-${fields.reason}`;
  return { nextOffset: fields.next_offset, freeBytes: fields.free_bytes, refused, open: false, committed: false, busy: false };
}

/** STATUS, fields named as in docs/link.md. */
export type BoardStatus = { readonly [K in keyof typeof linkMessages.status_reply.fields]: number };

/** STATUS; null when it is none. */
export function parseStatus(bytes: Uint8Array): BoardStatus | null {
  return fieldsOf(linkMessages.status_reply, bytes);
}

/** How a job ended. */
export interface JobResult {
  readonly job: number;
  readonly cancelled: boolean;
  readonly breakdown: boolean;
  readonly saturated: boolean;
  readonly cycles: number;
  readonly activity: number;
}

/** RESULT; null when it is none. */
export function parseResult(bytes: Uint8Array): JobResult | null {
  const fields = fieldsOf(linkMessages.result, bytes);
  if (fields === null || fields.state > 1) return null;
  return {
    job: fields.job,
    cancelled: fields.state === 1,
    breakdown: (fields.flags & linkResultFlags.breakdown) !== 0,
    saturated: (fields.flags & linkResultFlags.saturated) !== 0,
    cycles: fields.cycles,
    activity: fields.activity,
  };
}

/** TELEMETRY: counters since power-up. Clocks and toggles are below 2^48. */
export type BoardTelemetry = { readonly [K in keyof typeof linkMessages.telemetry.fields]: number };

/** TELEMETRY; null when it is none. */
export function parseTelemetry(bytes: Uint8Array): BoardTelemetry | null {
  return fieldsOf(linkMessages.telemetry, bytes);
}
