import type { EnergyDocument } from '../protocol/documents.ts';
import type { EvidenceDocument, MeasuredDocument } from '../protocol/evidence-documents.ts';
import type { Quantity } from './quantity.ts';

/**
 * Stands in the reference of every figure in the `simulated` column: what toggles was simulated, what a toggle costs comes from constant
 * tables. The figure's source is that of the weakest part all the same.
 */
export const activitySimulated = 'activity simulated, joules from tables';

/** The better figures beside an estimate, where there are any. */
export interface BetterFigures {
  readonly simulated?: Quantity<'J'> | null;
  readonly measured?: MeasuredDocument | null;
  /** Why they no longer belong to the model, plan, target or calibration. Default null: they do. */
  readonly stale?: string | null;
}

/**
 * An estimate beside what a simulation or a meter gave for the same thing, with its error against the better of them: the measured
 * figure, else the simulated one. The error is null without either, against a figure of 0, and
 * where it is no finite number.
 */
export function evidence(of: string, estimate: Quantity<'J'>, better: BetterFigures): EvidenceDocument {
  const { simulated = null, measured = null, stale = null } = better;
  const best = measured?.energy.value ?? simulated?.value ?? 0;
  const error = (estimate.value - best) / best;
  return { of, estimate, simulated, measured, error: Number.isFinite(error) ? error : null, stale };
}

/** The document with more evidence, for its layers by id and for its totals; what it holds already stays, in front. */
export function withEvidence(
  energy: EnergyDocument,
  layers: ReadonlyMap<string, readonly EvidenceDocument[]>,
  totals: readonly EvidenceDocument[] = [],
): EnergyDocument {
  return {
    ...energy,
    layers: energy.layers.map((layer) => {
      const more = layers.get(layer.id) ?? [];
      return more.length === 0 ? layer : { ...layer, evidence: [...(layer.evidence ?? []), ...more] };
    }),
    ...(totals.length === 0 ? {} : { evidence: [...(energy.evidence ?? []), ...totals] }),
  };
}
