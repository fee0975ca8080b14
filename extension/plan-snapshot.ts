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

/**
 * Looks up layers by id; `tier` is the kind of tier in whose text the layer stands. Build it once for many layers: a model may have
 * tens of thousands.
 */
export function layerLookup(snapshot: PlanSnapshot): (id: string, tier: TierKind) => LayerState {
  const energies = new Map(snapshot.energy?.layers.map((layer) => [layer.id, layer]));
  const fits = new Map(snapshot.fit?.layers.map((layer) => [layer.id, layer]));
  return (id, tier) => ({
    id,
    tier,
    energy: energies.get(id),
    fit: snapshot.stale ? undefined : fits.get(id),
    staleFit: snapshot.stale && fits.has(id),
  });
}
