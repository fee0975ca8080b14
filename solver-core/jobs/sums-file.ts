import { decodeArrayFile, encodeArrayFile } from '../data/array-file.ts';
import type { RidgeSums } from '../fit/index.ts';
import { TierwiseError } from '../model/error.ts';
import { readRegularFile, sha256 } from './files.ts';
import type { Plan } from '../model/plan.ts';

/** What sums belong to: files whose problems are equal can be added, and a fit takes only sums of its own problem. */
export interface SumsProblemFacts {
  readonly layer: string;
  /** Kind of targets, 'one-hot' or 'values' where the layer answers the labels. */
  readonly targets: string;
  /** 'means': only the sums of the inputs are there, for targets that need the means of all rows before they can be made. */
  readonly pass: 'sums' | 'means';
  /** d and k. */
  readonly columns: number;
  readonly outputs: number;
  /** SHA-256 of the plan's clauses that decide rows and targets (`sumsFacts`). λ is not among them: the same sums serve any λ. */
  readonly plan: string;
  /** SHA-256 of the model whose layers below made the inputs. */
  readonly model: string;
  /** SHA-256 of the data file. */
  readonly data: string;
  /** Rows that the plan's split gives to the fit, over all shards. */
  readonly fitRows: number;
  /** n of `--shard i/n`. */
  readonly shards: number;
}

/** The sums of one layer over some shards of the rows. */
export interface LayerSums {
  readonly problem: SumsProblemFacts;
  /** Which shards are in it, increasing, 1-based. */
  readonly parts: readonly number[];
  readonly sums: RidgeSums;
  /** Arithmetic that made the sums, one entry per different one, in shard order. */
  readonly arithmetic: readonly string[];
}

const kind = 'tierwise.layer-sums';
const version = 1;
/** Largest file that is read: the triangle of about 16 000 columns. */
const maxSumsBytes = 2 ** 30;
const maxShards = 100_000;

/** The clauses of a plan that decide the sums of one layer, as canonical text. */
export function sumsFacts(plan: Plan, layer: string): string {
  const lower = plan.lower.find((tier) => tier.layers.includes(layer));
  const { path: _path, ...data } = plan.data ?? { path: '' };
  return JSON.stringify([data, layer, lower === undefined ? 'upper' : [lower.targets, lower.seed]]);
}

/** The bytes of a file of sums. The Gram is stored as its lower triangle, row after row. Same sums: same bytes. */
export function encodeSums({ problem, parts, sums, arithmetic }: LayerSums): Uint8Array {
  const arrays = new Map([
    ['sumX', sums.sumX],
    ['sumY', sums.sumY],
    ['squareY', sums.squareY],
    ['cross', sums.cross],
    ['gram', problem.pass === 'means' ? new Float64Array(0) : packed(sums.gram, sums.columns)],
  ]);
  return encodeArrayFile(kind, version, { header: { ...problem, parts, rows: sums.rows, arithmetic }, arrays });
}

/** Reads a file of sums. Throws TierwiseError `state-…` of the container or `sums-damaged`, naming the file. */
export async function readSums(path: string): Promise<LayerSums & { readonly sha256: string }> {
  const bytes = await readRegularFile(path, maxSumsBytes);
  const decoded = decodeArrayFile(kind, version, bytes);
  if (decoded.value === undefined) {
    const found = decoded.diagnostics[0];
    throw new TierwiseError(
      found?.code ?? 'sums-damaged',
      `${path}: ${found?.message ?? 'unreadable'}`,
      'Make the file again with `tierwise stats`.',
    );
  }
  const { header, arrays } = decoded.value;
  const value = isHeader(header) ? layerSums(header, arrays) : undefined;
  if (value === undefined)
    throw new TierwiseError(
      'sums-damaged',
      `${path} is no file of sums: its header does not fit its arrays`,
      'Make the file again with `tierwise stats`.',
    );
  return { ...value, sha256: sha256(bytes) };
}

interface Header extends SumsProblemFacts {
  readonly rows: number;
  readonly parts: readonly number[];
  readonly arithmetic: readonly string[];
}

function isHeader(header: Readonly<Record<string, unknown>>): header is Readonly<Record<string, unknown>> & Header {
  const isCount = (value: unknown, least: number): boolean => Number.isSafeInteger(value) && (value as number) >= least;
  const isHash = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
  const { layer, targets, pass, columns, outputs, plan, model, data, fitRows, shards, rows, parts, arithmetic } = header;
  return (
    typeof layer === 'string' &&
    typeof targets === 'string' &&
    (pass === 'sums' || pass === 'means') &&
    isCount(columns, 1) &&
    isCount(outputs, 0) &&
    [plan, model, data].every(isHash) &&
    isCount(fitRows, 1) &&
    isCount(shards, 1) &&
    (shards as number) <= maxShards &&
    isCount(rows, 1) &&
    Array.isArray(parts) &&
    parts.length > 0 &&
    parts.every(
      (part, i) => isCount(part, 1) && (part as number) <= (shards as number) && (i === 0 || (part as number) > (parts[i - 1] as number)),
    ) &&
    Array.isArray(arithmetic) &&
    arithmetic.every((text) => typeof text === 'string')
  );
}

function layerSums(header: Header, arrays: ReadonlyMap<string, Float64Array>): LayerSums | undefined {
  const { layer, targets, pass, columns, outputs, plan, model, data, fitRows, shards, rows, parts, arithmetic } = header;
  const isMeans = pass === 'means';
  const take = (name: string, length: number): Float64Array | undefined => {
    const values = arrays.get(name);
    return values?.length === length ? values : undefined;
  };
  const sumX = take('sumX', columns);
  const sumY = take('sumY', outputs);
  const squareY = take('squareY', outputs);
  const cross = take('cross', columns * outputs);
  const triangle = take('gram', isMeans ? 0 : (columns * (columns + 1)) / 2);
  if (sumX === undefined || sumY === undefined || squareY === undefined || cross === undefined || triangle === undefined) return undefined;
  const gram = isMeans ? new Float64Array(0) : unpacked(triangle, columns);
  return {
    problem: { layer, targets, pass, columns, outputs, plan, model, data, fitRows, shards },
    parts,
    sums: { rows, columns, outputs, sumX, sumY, gram, cross, squareY },
    arithmetic,
  };
}

function packed(gram: Float64Array, d: number): Float64Array {
  const triangle = new Float64Array((d * (d + 1)) / 2);
  for (let i = 0, at = 0; i < d; i++) {
    triangle.set(gram.subarray(i * d, i * d + i + 1), at);
    at += i + 1;
  }
  return triangle;
}

function unpacked(triangle: Float64Array, d: number): Float64Array {
  const gram = new Float64Array(d * d);
  for (let i = 0, at = 0; i < d; i++) {
    gram.set(triangle.subarray(at, at + i + 1), i * d);
    at += i + 1;
  }
  return gram;
}
