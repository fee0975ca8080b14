import type { RidgeProblem, SolveContext } from '../../fit/backend.ts';
import { blockRows, centredBlocks } from '../../fit/ridge/centred-blocks.ts';
import type { RidgeStatistics } from '../../fit/ridge/statistics.ts';
import type { EngineDevice, EngineInfo, EngineWords, Limbs } from './device.ts';
import { accumulateGram, outputsOf } from './functional-model.ts';
import { engineFits } from './layout.ts';
import type { OutputGroup, Quantisation } from './quantise.ts';
import { quantiseBlock, wordBitsNeeded } from './quantise.ts';
import type { ScaledFactor } from './refine-factor.ts';
import { deviceFactor } from './refine-factor.ts';
import { largestWord } from './session.ts';
import { gramShift } from './shift.ts';

/** Weights that outgrow their words are computed from right-hand sides smaller by this power of two, and again. */
const halvingStep = 2;

/** What stays the same for all runs of the engine on one problem. */
export interface EngineRun {
  readonly problem: RidgeProblem;
  readonly statistics: RidgeStatistics;
  readonly plan: Quantisation;
  readonly device: EngineDevice;
  readonly context: SolveContext;
}

/** The Gram of one group, in the device. */
export interface LoadedGroup {
  readonly group: OutputGroup;
  /** sh of CHOL. */
  readonly shift: number;
}

/** A factor that the device holds. */
export interface DeviceFactor {
  readonly limbs: Limbs;
  /** Its words on the host. */
  readonly factor: ScaledFactor;
  /** R | Z as read. */
  readonly words: EngineWords;
}

/** Weights that the device computed for a group. */
export interface DeviceWeights {
  /** [d, count] in the units of the data. */
  readonly weights: Float64Array;
  /** Outputs whose weights did not fit their words at first: they were computed from a smaller right-hand side. */
  readonly nScaled: number;
}

/** Equal groups of outputs, as few as fit the engine beside d features. One output per group when nothing fits: the device then says why. */
export function outputGroups(info: EngineInfo, d: number, outputs: number): OutputGroup[] {
  let nGroups = 1;
  while (nGroups < outputs && !engineFits(info, d, Math.ceil(outputs / nGroups))) nGroups++;
  const size = Math.ceil(outputs / nGroups);
  const groups: OutputGroup[] = [];
  for (let first = 0; first < outputs; first += size) groups.push({ first, count: Math.min(size, outputs - first) });
  return groups;
}

/**
 * Brings the exact Gram of a group into the device: rows for it to sum, or the sums where its link makes them cheaper. `onProgress` gets
 * the fraction of this run.
 */
export async function loadGroup(
  run: EngineRun,
  group: OutputGroup,
  onProgress: (fraction: number, text: string) => void,
): Promise<LoadedGroup> {
  const { device, plan, context, statistics } = run;
  const d = statistics.live.length;
  await device.begin({ features: d, outputs: group.count, diagonal: plan.diagonal }, context.abort);
  const upload = device.upload?.(statistics.rows, wordBitsNeeded(plan, statistics));
  const squares = await (upload?.send === 'gram' ? sendGram : sendRows)(run, group, onProgress);
  let largest = 0;
  for (let j = 0; j < d + group.count; j++) largest = Math.max(largest, squares[j]! + (j < d ? plan.diagonal[j]! : 0));
  return { group, shift: gramShift(largest, device.info.wordBits) };
}

/** Factors what the device holds; null when the words are too short for it (a pivot failed or vanished). */
export async function factorGroup(run: EngineRun, loaded: LoadedGroup, limbs: Limbs): Promise<DeviceFactor | null> {
  const { device, plan, context } = run;
  const flags = await device.factor(loaded.shift, context.abort, limbs);
  if (flags.breakdown) return null;
  const words = await device.readFactor(context.abort);
  const factor = deviceFactor(words, plan.columnNorm.length + loaded.group.count, plan, loaded.shift, device.info.wordBits);
  return factor === null ? null : { limbs, factor, words };
}

/**
 * The weights of a group from the factor in the device. Where W outgrows its words, BACKV repeats the substitution for those outputs
 * with Z at a quarter, a sixteenth and so on: Z is sound, so neither rows nor FSUB are needed.
 */
export async function substituteGroup(run: EngineRun, group: OutputGroup, held: DeviceFactor): Promise<DeviceWeights> {
  const { device, context } = run;
  const d = held.factor.d;
  const { count } = group;
  const { fractionBits } = held.words;
  const back = await device.backSubstitute(context.abort);
  const values = (await device.readWeights(context.abort)).values;
  const halvings = new Int32Array(count);
  const z = outputsOf(held.words.values, d, d + count);
  for (let isClipped = back.saturated; isClipped;) {
    const clipped = clippedOutputs(values, count, largestWord(device.info, held.limbs), -(2 ** fractionBits));
    const last = halvings.slice();
    for (const o of clipped) halvings[o] = Math.min(fractionBits + 1, halvings[o]! + halvingStep);
    if (halvings.every((h, o) => h === last[o])) break;
    const scaled = z.map((v, i) => Math.round(v * 2 ** -halvings[i % count]!) + 0);
    const answer = await device.solve({ values: scaled, fractionBits }, context.abort, 'backward');
    values.set(answer.words.values);
    isClipped = answer.flags.saturated;
  }
  const weights = values.map((word, i) => word * 2 ** (halvings[i % count]! - fractionBits));
  return { weights: unscale(weights, run.plan, group), nScaled: halvings.filter((h) => h > 0).length };
}

/** Columns of [d, count] words that hold a word at an end of its range: every clipped column does. */
function clippedOutputs(words: Float64Array, count: number, top: number, bottom: number): readonly number[] {
  const clipped = new Set<number>();
  words.forEach((word, i) => {
    if (word >= top || word <= bottom) clipped.add(i % count);
  });
  return [...clipped];
}

/** Gives all rows to the device; returns the exact sums of squares of the columns of words, [d + count]. */
async function sendRows(run: EngineRun, group: OutputGroup, onProgress: (fraction: number, text: string) => void): Promise<Float64Array> {
  const { statistics, device, context } = run;
  return quantisedBlocks(run, group, async (words, rows, done) => {
    await device.accumulate(words, rows, context.abort);
    onProgress(done / statistics.rows, `engine summed ${done} of ${statistics.rows} rows`);
  });
}

/** Sums all rows on the host, exactly (integers below 2^53), and gives the Gram to the device. Returns what `sendRows` does. */
async function sendGram(run: EngineRun, group: OutputGroup, onProgress: (fraction: number, text: string) => void): Promise<Float64Array> {
  const { statistics, plan, device, context } = run;
  const d = statistics.live.length;
  const columns = d + group.count;
  const gram = new Float64Array(d * columns);
  for (let i = 0; i < d; i++) gram[i * columns + i] = plan.diagonal[i]!;
  const squares = await quantisedBlocks(run, group, async (words, rows, done) => {
    accumulateGram(gram, d, columns, words, 0, rows);
    onProgress((0.8 * done) / statistics.rows, `host summed ${done} of ${statistics.rows} rows`);
  });
  await device.loadGram(gram, context.abort);
  onProgress(1, 'engine took the sums');
  return squares;
}

/** Calls `use` with the words of each block; returns the exact sums of squares of their columns. */
async function quantisedBlocks(
  run: EngineRun,
  group: OutputGroup,
  use: (words: Int32Array, rows: number, done: number) => Promise<void>,
): Promise<Float64Array> {
  const { problem, statistics, plan, context } = run;
  const columns = statistics.live.length + group.count;
  const buffer = new Int32Array(blockRows * columns);
  const squares = new Float64Array(columns);
  let done = 0;
  for await (const block of centredBlocks(problem.source, statistics, context)) {
    done += block.rows;
    await use(quantiseBlock(block, plan, group, buffer, squares), block.rows, done);
  }
  return squares;
}

/** From the device's units to those of the data: W = w · factorX / factorY. */
function unscale(w: Float64Array, plan: Quantisation, group: OutputGroup): Float64Array {
  const { count, first } = group;
  return w.map((v, i) => {
    const perTarget = plan.factorY[first + (i % count)]!;
    return perTarget === 0 ? 0 : (v * plan.factorX[Math.floor(i / count)]!) / perTarget;
  });
}
