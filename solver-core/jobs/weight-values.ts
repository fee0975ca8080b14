import { characterisation } from '../energy/switching/characterisation.ts';
import { macNetlist } from '../energy/switching/netlist.ts';
import type { EnergyTarget } from '../energy/target.ts';
import type { Checked } from '../model/diagnostic.ts';
import { quoteName } from '../model/quote.ts';
import type { EnergyDocument } from '../protocol/index.ts';
import type { Environment } from './environment.ts';
import { integersOf, layerWeights } from './integer-layers.ts';
import type { OpenedModel } from './open-model.ts';
import { asFloats } from './stored-integers.ts';

/** Code of the finding about weights that the units of the target cannot hold. */
export const weightsNotHeld = 'weights-not-held';

/** What to do about weights that shifters do not hold. */
export const adviceOnValues = '`tierwise select --values powers-of-two` chooses such weights.';

/** Layers of a model with weights that are not 0 or plus or minus 1, 2, 4 .. 64 as 8-bit integers. */
export interface OddWeights {
  /** Layers whose weights could be looked at. */
  readonly layers: number;
  readonly odd: number;
  /** The first of them, with its first such weight. */
  readonly first: { readonly id: string; readonly weight: number } | null;
}

/**
 * An estimate with a warning where the target's units hold only some weights and the model has others: its figures are then those of a
 * model that has not been made yet. Weights are the stored integers of a model in QDQ form, else the nearest of 255 steps per output; of
 * layers without linear form nothing is said. Remembered while the model stays the same.
 */
export async function withHeldWeights(
  environment: Environment,
  estimate: Checked<EnergyDocument>,
  opened: OpenedModel,
  target: EnergyTarget | undefined,
): Promise<Checked<EnergyDocument>> {
  const { content } = opened;
  if (estimate.value === undefined || target?.array?.weightValues === undefined || content === undefined) return estimate;
  const { layers, odd, first } = await environment.oddWeights.get(opened.path, () => Promise.resolve(oddWeights(content)));
  if (first === null) return estimate;
  const message =
    `The units of ${quoteName(target.id)} hold only 0 and plus or minus 1, 2, 4 .. 64. As 8-bit integers, ${odd} of ${layers} layers ` +
    `${odd === 1 ? 'has' : 'have'} other weights (layer ${quoteName(first.id)}: ${first.weight}): the figures are not of this model but of ` +
    `one of its shape with such weights. ${adviceOnValues}`;
  const finding = { severity: 'warning' as const, code: weightsNotHeld, message, where: { path: opened.path, node: first.id } };
  const diagnostics = [...estimate.value.diagnostics, finding];
  return { value: { ...estimate.value, diagnostics }, diagnostics: [...estimate.diagnostics, finding] };
}

function oddWeights(content: NonNullable<OpenedModel['content']>): OddWeights {
  const held = new Set(characterisation('shift', macNetlist('shift').sha256).allowed);
  const { model, layers, steps } = asFloats(content);
  let looked = 0;
  let odd = 0;
  let first: OddWeights['first'] = null;
  for (const layer of layers) {
    const weights = layerWeights(model, layer);
    if (typeof weights === 'string') continue;
    looked++;
    const weight = integersOf(weights, layer, steps?.get(layer.id)).weights.find((v) => !held.has(v));
    if (weight === undefined) continue;
    odd++;
    first ??= { id: layer.id, weight };
  }
  return { layers: looked, odd, first };
}
