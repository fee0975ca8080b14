import type { Numerics } from '../../fit/numerics.ts';
import type { RidgeSums } from '../../fit/ridge/sums.ts';
import { assert } from '../../model/error.ts';
import { compensate, inverseDiagonal, liveInputs } from '../compensate.ts';
import type { Chooser } from '../compensate.ts';
import { steeringGram } from '../judge.ts';
import { pruning } from '../prune.ts';
import { quantising } from '../quantise.ts';
import { allowedIntegers, bestPulled, energyChooser, largestInteger, pricedChoice } from './allowed.ts';
import type { ValueRule } from './allowed.ts';
import { cheapestSet, learnedSet } from './learned-set.ts';
import { refineIntegers } from './refine.ts';
import { fullRangeScales, searchScales } from './scales.ts';
import { groupGoal, meanChange } from './targets.ts';
import type { GroupGoal } from './targets.ts';
import type { AllowedValues, JudgingRows, LayerView, PricedValues, SelectedLayer, SelectLayer, StoredLayer } from './types.ts';

/** How the weights of one layer are to be chosen. */
export interface LayerSetting {
  readonly bits: 4 | 8;
  readonly values: AllowedValues;
  /** Weight of the energy term: loss per share of the whole model's energy. 0: none. */
  readonly mu: number;
  /** Loss per unit of mean squared error of an output, per row; multiplied by the layer's sensitivities. */
  readonly lossPerError: number;
  /** Energy of one inference that is the unit of mu: that of the whole model before. */
  readonly energyUnit: number;
  /** False: every weight by itself. */
  readonly compensate: boolean;
  /** Searches steps, makes up for what the layers below lost, refines after compensation. False: GPTQ as published. */
  readonly polish: boolean;
  /** Integers that the range of the layer's inputs may be spread over; the best of them is taken. Default [256]. */
  readonly inputLevels?: readonly number[];
  /** The set of `values` are the cheapest ones instead of learned ones. */
  readonly cheapest?: boolean;
  /** Energy is 1 for every value but 0: what zeros alone would save. */
  readonly zerosOnly?: boolean;
  /** This share of the weights becomes 0, those whose loss is smallest, and the others are rounded; energy is not looked at. */
  readonly prune?: number;
  /** Share of the mean diagonal of H that is added to it. Default 0.01. */
  readonly damping?: number;
}

/** A chosen layer with the loss that its error on the judging rows costs, in the unit of `lossPerError`. */
export interface ChosenLayer extends SelectedLayer {
  readonly loss: number;
}

/** A group of the layer, ready for choosing. */
interface Group {
  readonly sums: RidgeSums;
  readonly judging: JudgingRows;
  readonly gram: Float64Array;
  readonly own: Float64Array;
  readonly goal: GroupGoal;
  readonly importance: Float64Array;
  readonly weight: Float64Array;
}

const defaultDamping = 0.01;
const sweeps = 12;

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
  const rounded = stored(
    layer,
    view,
    setting,
    groups,
    groups.map((group) => roundedGroup(group, setting)),
  );
  if (setting.mu === 0 && setting.prune === undefined && !setting.compensate && setting.values.kind === 'all')
    return report(layer, view, setting, rounded, groups, false, null);
  let prices = await view.prices(before ?? rounded.integers);
  let chosen = await chooseAll(numerics, layer, view, setting, groups, prices);
  if (setting.mu > 0 && before === undefined) {
    prices = await view.prices(chosen.layer.integers);
    chosen = await chooseAll(numerics, layer, view, setting, groups, prices);
  }
  return report(layer, view, setting, chosen.layer, groups, chosen.compensated, chosen.left);
}

async function openGroup(numerics: Numerics, layer: SelectLayer, view: LayerView, setting: LayerSetting, g: number): Promise<Group> {
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
  return { sums, judging, gram, own, goal: found ?? { gram: bothTriangles(gram, d), target: own.slice(), size: 0 }, importance, weight };
}

function bothTriangles(gram: Float64Array, d: number): Float64Array {
  const full = gram.slice();
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) full[j * d + i] = full[i * d + j]!;
  return full;
}

interface GroupIntegers {
  readonly values: Int16Array;
  readonly scales: Float64Array;
}

/** Every weight at its nearest integer, from its own value. */
function roundedGroup({ own, sums }: Group, setting: LayerSetting): GroupIntegers {
  const { columns: d, outputs: k } = sums;
  const scales = fullRangeScales(own, d, k, setting.bits);
  return { scales, values: nearestIntegers(own, k, scales, allowedIntegers(setting.values, setting.bits)) };
}

function nearestIntegers(weights: Float64Array, k: number, scales: Float64Array, allowed: Int16Array): Int16Array {
  const choice = pricedChoice(allowed, new Float64Array(255));
  return Int16Array.from(weights, (w, at) => (scales[at % k]! > 0 ? choice.best(w / scales[at % k]!, 1) : 0));
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
  const plain = stored(
    layer,
    view,
    setting,
    groups,
    results.map((r) => r.plain),
  );
  if (!setting.compensate) return { layer: plain, compensated: false, left: null };
  const whole = results.every((r) => r.better !== null);
  const better = whole
    ? stored(
        layer,
        view,
        setting,
        groups,
        results.map((r) => r.better!),
      )
    : null;
  // Compared by what both were chosen to make small, because the one with the larger error may save more.
  const cost = (of: StoredLayer): number => lossOf(layer, setting, groups, of) + priceOf(of, priced, prices.inputClass, pulls, k);
  if (better !== null && cost(better) < cost(plain)) return { layer: better, compensated: true, left: null };
  const safe = stored(
    layer,
    view,
    setting,
    groups,
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
    energy.slice(c * 255, (c + 1) * 255).map((e, at) => (setting.zerosOnly === true ? Number(at !== 127) : Math.max(0, e)) * factor),
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

async function chooseGroup(
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

/** H with the damping on the diagonal of its live inputs. */
function damped(gram: Float64Array, d: number, damping: number): Float64Array {
  const live = liveInputs(gram, d);
  const mean = live.reduce((sum, i) => sum + gram[i * (d + 1)]!, 0) / Math.max(1, live.length);
  const h = gram.slice();
  for (const i of live) h[i * (d + 1)] = h[i * (d + 1)]! + damping * mean;
  return h;
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

function stored(
  layer: SelectLayer,
  view: LayerView,
  setting: LayerSetting,
  groups: readonly Group[],
  integers: readonly GroupIntegers[],
): StoredLayer {
  const { inputs: d, outputs: k } = layer;
  const result = new Int8Array(groups.length * d * k);
  const scales = new Float64Array(groups.length * k);
  const biasChange = new Float64Array(groups.length * k);
  groups.forEach(({ sums }, g) => {
    const from = integers[g]!;
    result.set(from.values, g * d * k);
    scales.set(
      from.scales.map((s) => (s > 0 ? s : 1)),
      g * k,
    );
    biasChange.set(meanChange(sums, valuesOf(from, k), layer.bias), g * k);
  });
  return { id: layer.id, bits: setting.bits, integers: result, scales, biasChange, input: view.input };
}

const valuesOf = ({ values, scales }: GroupIntegers, k: number): Float64Array => Float64Array.from(values, (v, at) => v * scales[at % k]!);

/** The loss that a layer's error on the judging rows costs, per row. */
function lossOf(layer: SelectLayer, setting: LayerSetting, groups: readonly Group[], of: StoredLayer): number {
  const { lost } = judgedErrors(layer, groups, of);
  const rows = Math.max(1, groups[0]?.judging.rows ?? 1);
  return lost.reduce((sum, error, n) => sum + error * (layer.sensitivity?.[n] ?? 1), 0) * (setting.lossPerError / rows);
}

function priceOf(
  { integers }: StoredLayer,
  priced: readonly Float64Array[],
  inputClass: Uint8Array,
  pulls: Float64Array | undefined,
  k: number,
): number {
  let sum = 0;
  integers.forEach((v, at) => (sum += priced[inputClass[Math.floor(at / k)]!]![v + 127]! + v * v * (pulls?.[at] ?? 0)));
  return sum;
}

/** ‖Y − XQ − b‖/‖Y‖ over the judging rows of all groups; 0 when nothing is lost. */
function judged(layer: SelectLayer, groups: readonly Group[], of: StoredLayer): number {
  const { lost, size } = judgedErrors(layer, groups, of);
  const sum = lost.reduce((a, b) => a + b, 0);
  return sum === 0 ? 0 : Math.sqrt(sum / size);
}

/** [groups·k] squared errors of each output over the judging rows, and the squares of all outputs. */
function judgedErrors(
  layer: SelectLayer,
  groups: readonly Group[],
  { integers, scales, biasChange }: StoredLayer,
): { readonly lost: Float64Array; readonly size: number } {
  const { inputs: d, outputs: k } = layer;
  const lost = new Float64Array(groups.length * k);
  let size = 0;
  groups.forEach(({ judging: { rows, x, y } }, g) => {
    const line = new Float64Array(k);
    for (let r = 0; r < rows; r++) {
      line.fill(0);
      for (let i = 0; i < d; i++) {
        const value = x[r * d + i]!;
        if (value === 0) continue;
        const row = (g * d + i) * k;
        for (let n = 0; n < k; n++) line[n] = line[n]! + value * integers[row + n]!;
      }
      for (let n = 0; n < k; n++) {
        const wanted = y[r * k + n]!;
        const at = g * k + n;
        lost[at] = lost[at]! + (wanted - line[n]! * scales[at]! - biasChange[at]!) ** 2;
        size += wanted * wanted;
      }
    }
  });
  return { lost, size };
}

async function report(
  layer: SelectLayer,
  view: LayerView,
  setting: LayerSetting,
  result: StoredLayer,
  groups: readonly Group[],
  compensated: boolean,
  left: string | null,
): Promise<ChosenLayer> {
  assert(result.integers.length === layer.weights.length, 'integers and weights differ in number');
  let zeros = 0;
  for (const v of result.integers) if (v === 0) zeros++;
  return {
    stored: result,
    mu: setting.mu > 0 ? setting.mu : null,
    values: new Set(result.integers).size,
    zeros: zeros / Math.max(1, result.integers.length),
    compensated,
    outputError: judged(layer, groups, result),
    energy: await view.energy(result.integers),
    left,
    loss: lossOf(layer, setting, groups, result),
  };
}
