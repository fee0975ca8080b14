import type { RowSource, SolveContext } from '../../fit/backend.ts';
import { checkAbort } from '../../model/abort.ts';
import { TierwiseError } from '../../model/error.ts';
import { floatChunk, type BadRow, type ChunkProducts, type ChunkSetting } from './gram-chunk.ts';
import { gramChunks, type GramChunk } from './gram-chunks.ts';
import { integerChunk, signedFromColumns } from './gram-integer.ts';
import { gramPlan, type GramPlan } from './gram-plan.ts';
import { gramScratch } from './gram-scratch.ts';
import { gramShift, type GramShift } from './gram-shift.ts';
import type { ShiftedSums } from './gram-sums.ts';
import { addBlock, addChunk, emptyTotals, isFiniteSum, type GramTotals } from './gram-totals.ts';
import type { IntegerSupport } from './integer-probe.ts';
import type { GramKernels } from './gram-kernels.ts';
import { notFinite } from './plain-numerics.ts';

/** How the rows of a pass are multiplied. */
export type GramArithmetic = 'float32' | 'float64' | 'unsigned bytes' | 'signed bytes' | 'bytes as float32';

/** What a pass needs besides the rows; plain data, so that a worker can be told. */
export interface PassSetting {
  readonly arithmetic: GramArithmetic;
  readonly plan: GramPlan;
}

export const arithmeticTexts: Readonly<Record<GramArithmetic, string>> = {
  float32: 'fp32 products summed in fp64',
  float64: 'fp64 products',
  'unsigned bytes': 'exact integer products',
  'signed bytes': 'exact integer products',
  'bytes as float32': 'fp32 products of bytes, exact but for those with targets that are no small integers',
};

/** fp32 products of so few bytes are exact: 256·2¹⁶ = 2²⁴. */
const exactByteRows = 256;

/** Arithmetic and cut for rows of the given elements. `wide`: fp64 products for fp32 rows. */
export function passSetting(
  x: GramChunk['x'],
  d: number,
  k: number,
  options: { readonly wide: boolean; readonly integers: IntegerSupport },
): PassSetting {
  if (x instanceof Uint8Array) {
    const plan = gramPlan(d, k, 'uint8');
    if (d >= signedFromColumns && options.integers.signed) return { arithmetic: 'signed bytes', plan };
    if (options.integers.unsigned) return { arithmetic: 'unsigned bytes', plan };
    if (options.wide) return { arithmetic: 'float64', plan: gramPlan(d, k, 'float64') };
    return { arithmetic: 'bytes as float32', plan: { ...plan, chunkRows: exactByteRows } };
  }
  const kind = x instanceof Float32Array && !options.wide ? 'float32' : 'float64';
  return { arithmetic: kind, plan: gramPlan(d, k, kind) };
}

/** Products of one chunk as the setting says. */
export function chunkProducts(arithmetic: GramArithmetic, setting: ChunkSetting, chunk: GramChunk): Promise<ChunkProducts | BadRow> {
  const { x } = chunk;
  if (x instanceof Uint8Array && (arithmetic === 'signed bytes' || arithmetic === 'unsigned bytes'))
    return integerChunk(setting, chunk, x, arithmetic === 'signed bytes');
  if (arithmetic === 'float64') return floatChunk(setting, { ...chunk, x: x instanceof Float64Array ? x : new Float64Array(x) });
  return floatChunk(setting, { ...chunk, x: x instanceof Float32Array ? x : new Float32Array(x) });
}

export interface PassOptions {
  /** fp64 products for fp32 rows. */
  readonly wide: boolean;
  readonly integers: IntegerSupport;
}

/**
 * Sums of all rows in one pass on this thread. Memory: G, and about three chunks of at most 32 MiB; independent of the number of rows.
 * Rejects with `non-finite-rows` naming the row. Squares too large for fp32 start the pass again in fp64.
 */
export async function gramPass(source: RowSource, context: SolveContext, kernels: GramKernels, options: PassOptions): Promise<ShiftedSums> {
  const { columns: d, outputs: k } = source;
  const totals = emptyTotals(d, k);
  const scratch = gramScratch();
  let started: StartedPass | undefined;
  let rows = 0;
  let exactTargets = true;
  for await (const chunk of settledChunks(source, options)) {
    checkAbort(context.abort);
    started ??= startPass(chunk, d, k, options);
    const setting: ChunkSetting = { ...started, kernels, scratch, d, k };
    await addProducts(totals, await chunkProducts(started.arithmetic, setting, chunk), setting, context);
    rows += chunk.rows;
    exactTargets &&= areExactTargets(chunk.y);
    context.onProgress?.(rows / source.rows, `summed ${rows} of ${source.rows} rows`);
    await context.host.pause();
  }
  if (!isFiniteSum(totals, d)) {
    if (isSingle(started, exactTargets)) return gramPass(source, context, kernels, { ...options, wide: true });
    throw tooLarge();
  }
  return finishTotals(totals, rows, exactTargets, started, d, k);
}

/** Targets whose fp32 products with bytes, and their sums over few rows, are exact: labels and other small integers. */
export function areExactTargets(y: GramChunk['y']): boolean {
  return y.every((v) => Number.isInteger(v) && Math.abs(v) <= 255);
}

/** Whether something was rounded to fp32, so that a pass in fp64 tells more. */
export function isSingle(started: StartedPass | undefined, exactTargets: boolean): boolean {
  return started?.arithmetic === 'float32' || (started?.arithmetic === 'bytes as float32' && !exactTargets);
}

async function addProducts(
  totals: GramTotals,
  products: ChunkProducts | BadRow,
  { d, k }: ChunkSetting,
  context: SolveContext,
): Promise<void> {
  if ('badRow' in products) throw notFinite(products.badRow);
  addChunk(totals, products.sums, d, k);
  for await (const block of products.blocks()) {
    checkAbort(context.abort);
    addBlock(totals.gram, block, d);
  }
}

/** What is fixed before the first product, from a look at the first rows. */
export interface StartedPass extends PassSetting {
  readonly shift: GramShift;
  readonly first: Float64Array;
}

/** Arithmetic, cut and shift from the first chunk, which has as many rows as the setting asks for, or all. */
export function startPass(chunk: GramChunk, d: number, k: number, options: PassOptions): StartedPass {
  const setting = passSetting(chunk.x, d, k, options);
  const x = setting.arithmetic === 'float64' && !(chunk.x instanceof Float64Array) ? new Float64Array(chunk.x) : chunk.x;
  return { ...setting, shift: gramShift({ ...chunk, x }, d, k), first: Float64Array.from(chunk.x.subarray(0, d)) };
}

/** The rows in chunks as the setting for them wants. */
export function settledChunks(source: RowSource, options: PassOptions): AsyncGenerator<GramChunk> {
  const { columns: d, outputs: k } = source;
  return gramChunks(source, gramPlan(d, k, 'float32').chunkRows, (x) => passSetting(x, d, k, options).plan.chunkRows);
}

/** The error for squares that do not fit fp64 either. */
export function tooLarge(): TierwiseError {
  return new TierwiseError(
    'non-finite-rows',
    'the rows hold a value whose square is too large for fp64',
    'Check the data for such values, and the layers below for weights that overflow.',
  );
}

/** The totals as sums about the shift; without any row they are zeros. */
export function finishTotals(
  totals: GramTotals,
  rows: number,
  exactTargets: boolean,
  started: StartedPass | undefined,
  d: number,
  k: number,
): ShiftedSums {
  const arithmetic = started?.arithmetic ?? 'float64';
  return {
    ...totals,
    rows,
    columns: d,
    outputs: k,
    shiftX: started?.shift.x ?? new Float64Array(d),
    shiftY: started?.shift.y ?? new Float64Array(k),
    first: started?.first ?? new Float64Array(d),
    arithmetic: arithmeticTexts[arithmetic],
    precision: isSingle(started, exactTargets) ? 'fp32' : arithmetic === 'float64' ? 'fp64' : 'exact',
  };
}
