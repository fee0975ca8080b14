import type { Numerics } from '../../fit/numerics.ts';
import { selectLayer } from './select-layer.ts';
import type { LayerSetting } from './select-layer.ts';
import type { SelectControl, SelectProblem } from './types.ts';

/** Disturbances below this change of the scores say nothing about a layer. */
const leastDivergence = 1e-9;

/**
 * For each layer, the loss per unit of squared error of its outputs per row (κ of method 5.4), by a finite difference: the layer alone is
 * rounded to 4 bits, and the divergence of the scores divided by the mean squared error of its outputs, weighted by their sensitivities. A layer that changes nothing gets
 * the smallest value of the others.
 */
export async function lossPerError(numerics: Numerics, problem: SelectProblem, control: SelectControl): Promise<readonly number[]> {
  const rounded: LayerSetting = {
    bits: 4,
    values: { kind: 'all' },
    mu: 0,
    lossPerError: 1,
    energyUnit: 1,
    compensate: false,
    polish: false,
  };
  const found: number[] = [];
  for (const [at, layer] of problem.layers.entries()) {
    control.onProgress?.(at / problem.layers.length, `how much ${layer.id} matters`);
    const view = await problem.view(layer, new Map(), control);
    const { stored, loss } = await selectLayer(numerics, layer, view, rounded);
    const { divergence } = await problem.assess(new Map([[layer.id, stored]]), control);
    found.push(loss > 0 && Number.isFinite(divergence) ? Math.max(leastDivergence, divergence) / loss : NaN);
    await control.host.pause();
  }
  const known = found.filter((v) => v > 0);
  const least = known.length === 0 ? 1 : Math.min(...known);
  return found.map((v) => (v > 0 ? v : least));
}
