import { estimateEnergy } from '../energy/estimate.ts';
import type { Quantity } from '../energy/quantity.ts';
import { quantity, sum, weakest } from '../energy/quantity.ts';
import type { EnergyTarget } from '../energy/target.ts';
import type { Layer } from '../model/layer.ts';
import type { EnergyDocument, SelectWholeDocument } from '../protocol/index.ts';

/** What is compared. */
export interface WholeRequest {
  readonly target: string;
  readonly targets: ReadonlyMap<string, EnergyTarget>;
  /** Layers of the model as it was given, and of the one with integers. */
  readonly given: readonly Layer[];
  readonly quantised: readonly Layer[];
  /** Ids of the layers that the saving is of. */
  readonly selected: ReadonlySet<string>;
  /** Share of the multiply-add energy that is saved, between its bounds over the tables. */
  readonly saving: { readonly low: number; readonly high: number };
}

/** A whole inference before and after; null for an unknown target. */
export function wholeEnergy({ target, targets, given, quantised, selected, saving }: WholeRequest): SelectWholeDocument | null {
  const [before, after] = [given, quantised].map((layers) => estimateEnergy({ layers, targetId: target, targets, trainOn: null }).value);
  if (before === undefined || after === undefined) return null;
  const int8 = after.totals.inference;
  const multiplyAdds = int8 === null ? null : computeOf(after, selected);
  return {
    target,
    given: before.totals.inference,
    int8,
    multiplyAdds,
    selected: int8 === null || multiplyAdds === null ? int8 : lessened(int8, multiplyAdds, saving),
  };
}

function computeOf(document: EnergyDocument, ids: ReadonlySet<string>): Quantity<'J'> | null {
  const parts = document.layers
    .filter(({ id }) => ids.has(id))
    .flatMap(({ components }) => components.filter(({ name }) => name === 'compute'));
  return parts.length === 0 ? null : sum(parts.map(({ energy }) => energy));
}

/** The whole without the saved share of a part of it, bound by bound: the same constants stand behind both. */
function lessened(whole: Quantity<'J'>, part: Quantity<'J'>, { low, high }: WholeRequest['saving']): Quantity<'J'> {
  const middle = (low + high) / 2;
  const value = Math.max(0, whole.value - middle * part.value);
  return quantity('J', {
    value,
    low: Math.max(0, Math.min(value, whole.low - high * part.low)),
    high: Math.max(value, whole.high - low * part.high),
    source: weakest(whole.source, 'modelled'),
    ref: whole.ref,
  });
}
