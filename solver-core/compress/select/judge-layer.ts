import { assert } from '../../model/error.ts';
import type { Group, GroupIntegers } from './layer-groups.ts';
import type { ChosenLayer, LayerSetting } from './layer-setting.ts';
import { meanChange } from './targets.ts';
import type { LayerView, SelectLayer, StoredLayer } from './types.ts';

/** The groups' integers as the layer is stored, with the change of its bias. */
export function storedLayer(
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
export function lossOf(layer: SelectLayer, setting: LayerSetting, groups: readonly Group[], of: StoredLayer): number {
  const { lost } = judgedErrors(layer, groups, of);
  const rows = Math.max(1, groups[0]?.judging.rows ?? 1);
  return lost.reduce((sum, error, n) => sum + error * (layer.sensitivity?.[n] ?? 1), 0) * (setting.lossPerError / rows);
}

/** What the values of a layer cost, pulls included. */
export function priceOf(
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

/** What there is to say about a layer as it was chosen. */
export async function describeLayer(
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
