import { assert } from '../../model/error.ts';
import type {
  Assessment,
  LayerView,
  SelectCandidate,
  SelectControl,
  SelectedLayer,
  SelectLayer,
  SelectProblem,
  StoredLayer,
  StoredModel,
} from '../select/types.ts';
import { isAllowed } from '../select/search.ts';
import { outputOf } from './stored-layer.ts';

/** What stays the same for all configurations of a run. */
export interface AssessContext {
  readonly problem: SelectProblem;
  readonly original: Assessment;
  /** As in SelectOptions. */
  readonly maxDrop: number;
  readonly control: SelectControl;
}

/**
 * Prices and assesses a model as a whole. Inputs are stored in the steps that suit the layers below as they are stored now.
 * `baselineEnergy`: what its saving counts from; null for the baseline itself.
 */
export async function assessStored(
  { problem, original, maxDrop, control }: AssessContext,
  name: Pick<SelectCandidate, 'id' | 'label' | 'kind'>,
  weights: StoredModel,
  baselineEnergy: number | null,
): Promise<SelectCandidate> {
  const layers: SelectedLayer[] = [];
  const stored = new Map<string, StoredLayer>();
  for (const layer of problem.layers) {
    const of = weights.get(layer.id);
    assert(of !== undefined, `layer ${layer.id} is not stored`);
    const view = await problem.view(layer, stored, control);
    const withInput = { ...of, input: view.input };
    layers.push(await describe(layer, withInput, view));
    stored.set(layer.id, withInput);
  }
  const assessment = await problem.assess(stored, control);
  const energy = layers.reduce((total, layer) => total + layer.energy, 0);
  const allowed = isAllowed(original, assessment, maxDrop);
  const saving = baselineEnergy === null || baselineEnergy === 0 ? 0 : 1 - energy / baselineEnergy;
  return { ...name, energy, saving, assessment, allowed, layers };
}

async function describe(layer: SelectLayer, stored: StoredLayer, view: LayerView): Promise<SelectedLayer> {
  const { integers } = stored;
  return {
    stored,
    mu: null,
    values: new Set(integers).size,
    zeros: integers.reduce((count, v) => count + (v === 0 ? 1 : 0), 0) / integers.length,
    compensated: false,
    outputError: outputErrorOf(layer, stored, view),
    energy: await view.energy(integers),
    left: null,
  };
}

/** ‖Y − XQ − b‖/‖Y‖ over the judging rows of all groups. */
function outputErrorOf({ inputs: d, outputs: k }: SelectLayer, { integers, scales, biasChange }: StoredLayer, view: LayerView): number {
  let [lost, size] = [0, 0];
  const row = new Float64Array(k);
  view.groups.forEach(({ judging: { rows, x, y } }, g) => {
    const first = g * d * k;
    for (let r = 0; r < rows; r++) {
      row.fill(0);
      for (let i = 0; i < d; i++) {
        const v = x[r * d + i]!;
        if (v !== 0) for (let n = 0; n < k; n++) row[n] = row[n]! + v * integers[first + i * k + n]!;
      }
      for (let n = 0; n < k; n++) {
        const output = outputOf(first + n, d, k);
        const wanted = y[r * k + n]!;
        lost += (wanted - row[n]! * scales[output]! - biasChange[output]!) ** 2;
        size += wanted * wanted;
      }
    }
  });
  return lost === 0 ? 0 : Math.sqrt(lost / size);
}
