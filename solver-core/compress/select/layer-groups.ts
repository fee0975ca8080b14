import type { Numerics } from '../../fit/numerics.ts';
import type { RidgeSums } from '../../fit/ridge/sums.ts';
import { inverseDiagonal, liveInputs } from '../compensate.ts';
import { steeringGram } from '../judge.ts';
import { allowedIntegers, pricedChoice } from './allowed.ts';
import type { LayerSetting } from './layer-setting.ts';
import { fullRangeScales } from './scales.ts';
import { groupGoal } from './targets.ts';
import type { GroupGoal } from './targets.ts';
import type { JudgingRows, LayerView, SelectLayer } from './types.ts';

/** A group of the layer, ready for choosing. */
export interface Group {
  readonly sums: RidgeSums;
  readonly judging: JudgingRows;
  readonly gram: Float64Array;
  readonly own: Float64Array;
  readonly goal: GroupGoal;
  readonly importance: Float64Array;
  readonly weight: Float64Array;
}

/** GPTQ's share. */
export const defaultDamping = 0.01;

/** Sums, curvatures and goal of group `g`. */
export async function openGroup(numerics: Numerics, layer: SelectLayer, view: LayerView, setting: LayerSetting, g: number): Promise<Group> {
  const { inputs: d, outputs: k } = layer;
  const { sums, judging } = view.groups[g]!;
  const damping = setting.damping ?? defaultDamping;
  const own = layer.weights.subarray(g * d * k, (g + 1) * d * k);
  const gram = steeringGram(sums, layer.bias);
  const found = setting.polish && setting.compensate ? await groupGoal(numerics, sums, gram, own, layer.bias, damping) : undefined;
  const importance = (await inverseDiagonal(numerics, gram, d, damping)) ?? Float64Array.from({ length: d }, (_, i) => gram[i * (d + 1)]!);
  const weight = Float64Array.from(
    { length: k },
    (_, n) => (setting.lossPerError * (layer.sensitivity?.[g * k + n] ?? 1)) / Math.max(1, sums.rows),
  );
  return { sums, judging, gram, own, goal: found ?? { gram: bothTriangles(gram, d), target: own.slice() }, importance, weight };
}

function bothTriangles(gram: Float64Array, d: number): Float64Array {
  const full = gram.slice();
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) full[j * d + i] = full[i * d + j]!;
  return full;
}

/** Weights of a group as integers [d, k] of a step per output [k]. */
export interface GroupIntegers {
  readonly values: Int16Array;
  readonly scales: Float64Array;
}

/** Every weight at its nearest integer, from its own value. */
export function roundedGroup({ own, sums }: Group, setting: LayerSetting): GroupIntegers {
  const { columns: d, outputs: k } = sums;
  const scales = fullRangeScales(own, d, k, setting.bits);
  return { scales, values: nearestIntegers(own, k, scales, allowedIntegers(setting.values, setting.bits)) };
}

/** [d, k] the nearest allowed integer of every weight; 0 for outputs without a step. */
export function nearestIntegers(weights: Float64Array, k: number, scales: Float64Array, allowed: Int16Array): Int16Array {
  const choice = pricedChoice(allowed, new Float64Array(255));
  return Int16Array.from(weights, (w, at) => (scales[at % k]! > 0 ? choice.best(w / scales[at % k]!, 1) : 0));
}

/** H with the damping on the diagonal of its live inputs. */
export function damped(gram: Float64Array, d: number, damping: number): Float64Array {
  const live = liveInputs(gram, d);
  const mean = live.reduce((sum, i) => sum + gram[i * (d + 1)]!, 0) / Math.max(1, live.length);
  const h = gram.slice();
  for (const i of live) h[i * (d + 1)] = h[i * (d + 1)]! + damping * mean;
  return h;
}
