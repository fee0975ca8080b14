import type { Numerics } from '../../fit/numerics.ts';
import { compensate, liveInputs } from '../compensate.ts';
import type { Chooser } from '../compensate.ts';
import { pruning } from '../prune.ts';
import { quantising } from '../quantise.ts';
import { bestPulled, energyChooser, largestInteger } from './allowed.ts';
import type { ValueRule } from './allowed.ts';
import { damped, defaultDamping, nearestIntegers } from './layer-groups.ts';
import type { Group, GroupIntegers } from './layer-groups.ts';
import type { LayerSetting } from './layer-setting.ts';
import { refineIntegers } from './refine.ts';
import { fullRangeScales, searchScales } from './scales.ts';

/** Passes of the refinement at most. */
const sweeps = 12;

/** The integers of one group: `plain`, every weight by itself, and `better`, compensated; null when H is not positive definite. */
export async function chooseGroup(
  numerics: Numerics,
  group: Group,
  setting: LayerSetting,
  of: Pick<ValueRule, 'choices' | 'inputClass' | 'perSquare'>,
  allowed: Int16Array,
  d: number,
  k: number,
): Promise<{ plain: GroupIntegers; better: GroupIntegers | null }> {
  const { gram, goal, own, weight, importance } = group;
  const largest = largestInteger(setting.bits);
  const search = { ...of, d, k, weight, largest };
  const full = fullRangeScales(own, d, k, setting.bits);
  if (setting.prune !== undefined) return pruned(numerics, group, setting, setting.prune, full);
  const diagonal = Float64Array.from({ length: d }, (_, i) => gram[i * (d + 1)]!);
  const plainScales = setting.polish ? searchScales({ ...search, weights: own, importance: diagonal }, full) : full;
  const plain = plainIntegers({ ...of, scales: plainScales, weight }, own, diagonal, d, k, allowed);
  if (!setting.compensate) return { plain, better: null };
  const scales = setting.polish
    ? searchScales({ ...search, weights: goal.target, importance }, fullRangeScales(goal.target, d, k, setting.bits))
    : full;
  const rule: ValueRule = { ...of, scales, weight };
  const damping = setting.damping ?? defaultDamping;
  const values = await compensate(numerics, { weights: goal.target, d, k, gram, damping, chooser: energyChooser(rule) });
  if (values === undefined) return { plain, better: null };
  const integers = Int16Array.from(values, (v, at) => (scales[at % k]! > 0 ? Math.round(v / scales[at % k]!) : 0));
  // An input that no steering row used says nothing about its weights: they are stored as they would be without compensation.
  const live = new Set(liveInputs(gram, d));
  const rounded = nearestIntegers(own, k, scales, allowed);
  for (let i = 0; i < d; i++) if (!live.has(i)) integers.set(rounded.subarray(i * k, (i + 1) * k), i * k);
  if (!setting.polish) return { plain, better: { values: integers, scales } };
  const h = damped(goal.gram, d, damping);
  return { plain, better: refineIntegers({ d, k, h, target: goal.target, rule, scales: true, sweeps }, { values: integers, scales }) };
}

/** The weights whose loss is smallest become 0, the others are rounded; without and with compensation. */
async function pruned(
  numerics: Numerics,
  { gram, own, sums }: Group,
  setting: LayerSetting,
  share: number,
  scales: Float64Array,
): Promise<{ plain: GroupIntegers; better: GroupIntegers | null }> {
  const { columns: d, outputs: k } = sums;
  const zeros = pruning(share);
  const rounding = quantising(own, d, k, setting.bits);
  const chooser: Chooser = {
    block(inputs, w, importance) {
      const keep = zeros.block(inputs, w, importance);
      const round = rounding.block(inputs, w, importance);
      return (i, n, value) => (keep(i, n, value) === 0 ? 0 : round(i, n, value));
    },
  };
  const inputs = Array.from({ length: d }, (_, i) => i);
  const choose = chooser.block(
    inputs,
    own,
    Float64Array.from(inputs, (i) => gram[i * (d + 1)]!),
  );
  const integersOf = (values: Float64Array): Int16Array =>
    Int16Array.from(values, (v, at) => (scales[at % k]! > 0 ? Math.round(v / scales[at % k]!) : 0));
  const plain = { scales, values: integersOf(own.map((w, at) => choose(Math.floor(at / k), at % k, w))) };
  if (!setting.compensate) return { plain, better: null };
  const values = await compensate(numerics, { weights: own, d, k, gram, damping: setting.damping ?? defaultDamping, chooser });
  return { plain, better: values === undefined ? null : { scales, values: integersOf(values) } };
}

/** Without compensation: every weight by itself, by the energy term and what its own error costs. */
function plainIntegers(
  rule: ValueRule,
  own: Float64Array,
  diagonal: Float64Array,
  d: number,
  k: number,
  allowed: Int16Array,
): GroupIntegers {
  const { scales, weight, choices, inputClass, perSquare } = rule;
  const values = nearestIntegers(own, k, scales, allowed);
  for (let i = 0; i < d; i++) {
    if (diagonal[i] === 0) continue;
    for (let n = 0; n < k; n++) {
      const scale = scales[n]!;
      if (scale === 0) continue;
      const curvature = weight[n]! * scale * scale * diagonal[i]!;
      values[i * k + n] = bestPulled(choices[inputClass[i]!]!, own[i * k + n]! / scale, curvature, perSquare?.[i * k + n] ?? 0);
    }
  }
  return { values, scales };
}
