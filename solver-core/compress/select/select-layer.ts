import type { Numerics } from '../../fit/numerics.ts';
import { allowedIntegers, pricedChoice } from './allowed.ts';
import { chooseGroup } from './choose-group.ts';
import { describeLayer, lossOf, priceOf, storedLayer } from './judge-layer.ts';
import { nearestIntegers, openGroup, roundedGroup } from './layer-groups.ts';
import type { Group, GroupIntegers } from './layer-groups.ts';
import type { ChosenLayer, LayerSetting } from './layer-setting.ts';
import { cheapestSet, learnedSet } from './learned-set.ts';
import { fullRangeScales } from './scales.ts';
import type { LayerView, PricedValues, SelectLayer, StoredLayer } from './types.ts';

export type { ChosenLayer, LayerSetting } from './layer-setting.ts';

/**
 * Chooses the stored integers of one layer after those below it. The energy of the values is taken from the layer as it is rounded (or as
 * `before` holds it), and once more from the layer as it was first chosen, because other weights make other sums (method 5.5, trap 3).
 */
export async function selectLayer(
  numerics: Numerics,
  layer: SelectLayer,
  view: LayerView,
  setting: LayerSetting,
  before?: Int8Array,
): Promise<ChosenLayer> {
  const groups = await Promise.all(view.groups.map((_, g) => openGroup(numerics, layer, view, setting, g)));
  const rounded = storedLayer(
    layer,
    view,
    setting,
    groups,
    groups.map((group) => roundedGroup(group, setting)),
  );
  if (setting.mu === 0 && setting.prune === undefined && !setting.compensate && setting.values.kind === 'all')
    return describeLayer(layer, view, setting, rounded, groups, false, null);
  let prices = await view.prices(before ?? rounded.integers);
  let chosen = await chooseAll(numerics, layer, view, setting, groups, prices);
  if (setting.mu > 0 && before === undefined) {
    prices = await view.prices(chosen.layer.integers);
    chosen = await chooseAll(numerics, layer, view, setting, groups, prices);
  }
  return describeLayer(layer, view, setting, chosen.layer, groups, chosen.compensated, chosen.left);
}

/** All groups by one table of prices; the plain form where compensation is no better on the judging rows. */
async function chooseAll(
  numerics: Numerics,
  layer: SelectLayer,
  view: LayerView,
  setting: LayerSetting,
  groups: readonly Group[],
  prices: PricedValues,
): Promise<{ readonly layer: StoredLayer; readonly compensated: boolean; readonly left: string | null }> {
  const { inputs: d, outputs: k } = layer;
  const priced = priceList(layer, setting, prices);
  const allowed = setOf(layer, setting, groups, priced, prices);
  const choices = priced.map((list) => pricedChoice(allowed, list));
  const pulls = prices.perSquare?.map((e) => e * energyFactor(layer, setting));
  const results: { plain: GroupIntegers; better: GroupIntegers | null }[] = [];
  for (const [g, group] of groups.entries()) {
    const inputClass = prices.inputClass.subarray(g * d, (g + 1) * d);
    const perSquare = pulls?.subarray(g * d * k, (g + 1) * d * k);
    results.push(await chooseGroup(numerics, group, setting, { choices, inputClass, perSquare }, allowed, d, k));
  }
  const asStored = (integers: readonly GroupIntegers[]): StoredLayer => storedLayer(layer, view, setting, groups, integers);
  const plain = asStored(results.map((r) => r.plain));
  if (!setting.compensate) return { layer: plain, compensated: false, left: null };
  const whole = results.every((r) => r.better !== null);
  const better = whole ? asStored(results.map((r) => r.better!)) : null;
  // Compared by what both were chosen to make small, because the one with the larger error may save more.
  const cost = (of: StoredLayer): number => lossOf(layer, setting, groups, of) + priceOf(of, priced, prices.inputClass, pulls, k);
  if (better !== null && cost(better) < cost(plain)) return { layer: better, compensated: true, left: null };
  if (setting.prune !== undefined) return { layer: plain, compensated: false, left: null };
  const safe = asStored(
    groups.map(({ own }) => {
      const scales = fullRangeScales(own, d, k, setting.bits);
      return { scales, values: nearestIntegers(own, k, scales, allowed) };
    }),
  );
  return { layer: safe, compensated: false, left: 'compensation was no better on rows it had not seen: rounded to the nearest value' };
}

/** Price of a unit of energy at each of the layer's positions. */
function energyFactor(layer: SelectLayer, { mu, energyUnit }: LayerSetting): number {
  return energyUnit > 0 ? (mu * layer.positions) / energyUnit : 0;
}

/** [classes][255] mu · share of the model's energy. */
function priceList(layer: SelectLayer, setting: LayerSetting, { classes, energy }: PricedValues): Float64Array[] {
  const factor = energyFactor(layer, setting);
  return Array.from({ length: classes }, (_, c) =>
    energy.slice(c * 255, (c + 1) * 255).map((e, at) => {
      // Values that the cell cannot hold stay out of reach.
      if (e === Infinity) return Infinity;
      return (setting.zerosOnly === true ? Number(at !== 127) : Math.max(0, e)) * factor;
    }),
  );
}

/** The integers that the layer's weights may be: all of them, powers of two, or a set that is learned from what the weights want to be. */
function setOf(
  layer: SelectLayer,
  setting: LayerSetting,
  groups: readonly Group[],
  priced: readonly Float64Array[],
  { inputClass, classes }: PricedValues,
): Int16Array {
  const all = allowedIntegers(setting.values, setting.bits);
  if (setting.values.kind !== 'set') return all;
  const { inputs: d, outputs: k } = layer;
  const shares = new Float64Array(classes);
  for (const c of inputClass) shares[c] = shares[c]! + 1 / inputClass.length;
  const prices = new Float64Array(255);
  priced.forEach((list, c) => list.forEach((p, at) => (prices[at] = prices[at]! + shares[c]! * p)));
  if (setting.cheapest === true) return cheapestSet(all, prices, setting.values.size);
  const histogram = new Float64Array(255);
  let curvatures = 0;
  for (const { own, importance, weight } of groups) {
    const scales = fullRangeScales(own, d, k, setting.bits);
    own.forEach((w, at) => {
      const scale = scales[at % k]!;
      if (scale === 0) return;
      const curvature = weight[at % k]! * importance[Math.floor(at / k)]! * scale * scale;
      histogram[Math.round(w / scale) + 127]! += curvature;
      curvatures += curvature;
    });
  }
  // Prices and squared distances in one unit: per weight, the loss of one step.
  const perStep = curvatures / Math.max(1, d * k * groups.length);
  return learnedSet({ values: all, histogram, prices: prices.map((p) => (perStep > 0 ? p / perStep : 0)), size: setting.values.size });
}
