import type { RidgeProblem, SolveContext } from '../../fit/backend.ts';
import { backSubstitute } from '../../fit/kernels/substitute.ts';
import { blockRows, centredBlocks } from '../../fit/ridge/centred-blocks.ts';
import type { RidgeStatistics } from '../../fit/ridge/statistics.ts';
import type { EngineDevice, EngineInfo } from './device.ts';
import { engineFits } from './layout.ts';
import type { OutputGroup, Quantisation } from './quantise.ts';
import { quantiseBlock } from './quantise.ts';
import type { ScaledFactor } from './refine-factor.ts';
import { deviceFactor } from './refine-factor.ts';
import { gramShift } from './shift.ts';

/** What stays the same for all runs of the engine on one problem. */
export interface EngineRun {
  readonly problem: RidgeProblem;
  readonly statistics: RidgeStatistics;
  readonly plan: Quantisation;
  readonly device: EngineDevice;
  readonly context: SolveContext;
}

/** What one run of the engine gave for one group of outputs. */
export interface GroupResult {
  /** [d, count] weights in the units of the data, and the factor; null when the factor broke down in the engine's words. */
  readonly solved: { readonly weights: Float64Array; readonly factor: ScaledFactor } | null;
  /** W did not fit its words: the last substitution was done on the host from the engine's R and Z. */
  readonly saturated: boolean;
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

/** One run: begin, all rows, CHOL, BACK, read. `onProgress` gets the fraction of this run. */
export async function solveGroup(
  run: EngineRun,
  group: OutputGroup,
  onProgress: (fraction: number, text: string) => void,
): Promise<GroupResult> {
  const { device, plan, context } = run;
  const d = run.statistics.live.length;
  const columns = d + group.count;
  const fractionBits = device.info.wordBits - 1;
  await device.begin({ features: d, outputs: group.count, diagonal: plan.diagonal }, context.abort);
  const squares = await streamRows(run, group, onProgress);

  let largest = 0;
  for (let j = 0; j < columns; j++) largest = Math.max(largest, squares[j]! + (j < d ? plan.diagonal[j]! : 0));
  const shift = gramShift(largest, device.info.wordBits);
  const factored = await device.factor(shift, context.abort);
  if (factored.breakdown) return { solved: null, saturated: false };
  const back = await device.backSubstitute(context.abort);
  const { values: words } = await device.readFactor();
  const factor = deviceFactor(words, columns, plan, shift, fractionBits);
  if (factor === null) return { solved: null, saturated: false };
  // Repeating BACK with halved right-hand sides would need FSUB or all rows again; Z is sound, so the host finishes from it.
  const w = back.saturated
    ? substituteOnHost(words, factor, group.count, fractionBits)
    : fromWords((await device.readWeights()).values, fractionBits);
  return { solved: { weights: unscale(w, plan, group), factor }, saturated: back.saturated };
}

/** Gives all rows to the device; returns the exact sums of squares of the columns of words, [d + count]. */
async function streamRows(run: EngineRun, group: OutputGroup, onProgress: (fraction: number, text: string) => void): Promise<Float64Array> {
  const { problem, statistics, plan, device, context } = run;
  const columns = statistics.live.length + group.count;
  const buffer = new Int32Array(blockRows * columns);
  const squares = new Float64Array(columns);
  let rows = 0;
  for await (const block of centredBlocks(problem.source, statistics, context)) {
    await device.accumulate(quantiseBlock(block, plan, group, buffer, squares), block.rows, context.abort);
    rows += block.rows;
    onProgress(rows / statistics.rows, `engine summed ${rows} of ${statistics.rows} rows`);
  }
  return squares;
}

/** R W = Z on the host: [d, count] in the device's units. */
function substituteOnHost(words: Float64Array, factor: ScaledFactor, count: number, fractionBits: number): Float64Array {
  const { d, l } = factor;
  const columns = d + count;
  const z = new Float64Array(d * count);
  for (let i = 0; i < d; i++) {
    for (let o = 0; o < count; o++) z[i * count + o] = words[i * columns + d + o]! * 2 ** -fractionBits;
  }
  backSubstitute(l, d, z, count);
  return z;
}

function fromWords(words: Float64Array, fractionBits: number): Float64Array {
  return words.map((word) => word * 2 ** -fractionBits);
}

/** From the device's units to those of the data: W = w · factorX / factorY. */
function unscale(w: Float64Array, plan: Quantisation, group: OutputGroup): Float64Array {
  const { count, first } = group;
  return w.map((v, i) => {
    const perTarget = plan.factorY[first + (i % count)]!;
    return perTarget === 0 ? 0 : (v * plan.factorX[Math.floor(i / count)]!) / perTarget;
  });
}
