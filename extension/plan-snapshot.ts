import type {
  CheckDocument,
  EnergyDocument,
  EnergyLayer,
  ErrorData,
  FitDocument,
  FitLayer,
  InspectDocument,
  TierKind,
} from '../solver-core/protocol/index.ts';

/** All that is known about one plan at one moment. Documents are null until the solver has answered, or when it could not. */
export interface PlanSnapshot {
  /** Absolute path of the plan. */
  readonly path: string;
  readonly check: CheckDocument | null;
  /** The newest energy document that could be made; kept while the text is broken, so that hints do not flicker. */
  readonly energy: EnergyDocument | null;
  readonly inspect: InspectDocument | null;
  readonly fit: FitDocument | null;
  /** The fit record no longer belongs to the plan, model or data as they are now. */
  readonly stale: boolean;
  /** Why the newest refresh gave no energy; null when it did. */
  readonly error: ErrorData | null;
}

/** A snapshot before anything was asked. */
export function emptySnapshot(path: string): PlanSnapshot {
  return { path, check: null, energy: null, inspect: null, fit: null, stale: false, error: null };
}

/** Whether the plan has a fit that still belongs to it. */
export function isFitted(snapshot: PlanSnapshot): boolean {
  return snapshot.fit !== null && !snapshot.stale;
}

/** What is known about one layer of a plan, for its hint and its row. */
export interface LayerState {
  readonly id: string;
  readonly tier: TierKind;
  readonly energy: EnergyLayer | undefined;
  /** How the layer was solved; set only while the fit belongs to the plan. */
  readonly fit: FitLayer | undefined;
  /** There is a fit of this layer, but of an earlier plan, model or data. */
  readonly staleFit: boolean;
}

/** The state of layer `id`, which stands in a tier of kind `tier` in the text. */
export function layerState(snapshot: PlanSnapshot, id: string, tier: TierKind): LayerState {
  const fit = snapshot.fit?.layers.find((layer) => layer.id === id);
  return {
    id,
    tier,
    energy: snapshot.energy?.layers.find((layer) => layer.id === id),
    fit: snapshot.stale ? undefined : fit,
    staleFit: snapshot.stale && fit !== undefined,
  };
}
