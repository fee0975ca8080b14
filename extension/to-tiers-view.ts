import type { EnergyDocument, FitDocument, InspectDocument, InspectLayer, PlanOutline } from '../solver-core/protocol/index.ts';
import type { TierRow, TiersView } from '../webview/messages/index.ts';
import { figureView } from './figure-view.ts';
import { formatCount, formatMetric, formatQuantity, formatShape, type Translate } from './format.ts';
import type { PlanSnapshot } from './plan-snapshot.ts';
import { forbidsFit, metricName } from './to-view.ts';

/** What the Tiers panel needs beside the plan itself. */
export interface TiersContext {
  /** The backend that a setting puts in place of the plan's; undefined: none. */
  readonly backend: string | undefined;
  /** The energy target that a setting puts in place of the plan's; undefined: none. */
  readonly target: string | undefined;
  readonly canFit: boolean;
  readonly fitting: TiersView['fitting'];
  readonly canLearn: boolean;
  readonly learning: TiersView['learning'];
  /** The tiers of the text as it is now; undefined: those of the snapshot, which may be a moment older. */
  readonly outline: PlanOutline | undefined;
  readonly cursor: string | null;
  readonly answer: TiersView['answer'];
}

/** The Tiers panel of a plan, without its rows, which change less often. */
export function tiersView(snapshot: PlanSnapshot, context: TiersContext, t: Translate): Omit<TiersView, 'rows'> {
  const { check, energy, inspect, fit } = snapshot;
  const tiers = tiersOf(snapshot, context.outline);
  const ids = layerIds(energy, inspect);
  const tierOf = new Map(tiers.flatMap((tier, index) => tier.layers.map((id) => [id, index] as const)));
  const evaluation = fit?.evaluation;
  return {
    plan: snapshot.path,
    model: check?.model ?? null,
    backend: withOrigin(context.backend, check?.backend ?? undefined, t),
    // Figures that an error keeps from being renewed are of an earlier text, which may have named another target.
    target: withOrigin(context.target, snapshot.error === null ? energy?.target : undefined, t),
    tiers: tiers.map(({ kind, name }) => ({
      kind,
      name,
      canFit: kind === 'lower' && context.canFit,
      canLearn: kind === 'upper' && context.canLearn,
    })),
    placement: ids.map((id) => tierOf.get(id) ?? -1),
    cursor: context.cursor,
    answer: context.answer,
    fitting: context.fitting,
    learning: context.learning ?? null,
    lastFit: evaluation
      ? {
          before: formatMetric(evaluation.metric, evaluation.before),
          after: formatMetric(evaluation.metric, evaluation.after),
          stale: snapshot.stale,
          detail: heldOutText(evaluation, t),
        }
      : null,
    errors: check?.diagnostics.filter(forbidsFit).length ?? 0,
    unreadable: energy === null && inspect === null ? (snapshot.error?.message ?? t('The model of the plan cannot be read.')) : null,
  };
}

/** Every layer of the model in graph order, the same layers as `placement` speaks of. */
export function tierRows(energy: EnergyDocument | null, inspect: InspectDocument | null, t: Translate): readonly TierRow[] {
  const energies = new Map(energy?.layers.map((layer) => [layer.id, layer]));
  const inspected = new Map<string, InspectLayer>(inspect?.layers.map((layer) => [layer.id, layer]));
  return layerIds(energy, inspect).map((id): TierRow => {
    const [known, seen] = [energies.get(id), inspected.get(id)];
    return {
      id,
      op: known?.op ?? seen?.op ?? '\u2013',
      shape: seen ? formatShape(seen.outputShape) : '\u2013',
      parameters: known?.parameters ?? seen?.parameters ?? 0,
      energy: figureView(known?.inference ?? null, t),
      budget: known?.budget ? { status: known.budget.status, limit: formatQuantity(known.budget.limit) } : null,
    };
  });
}

/** The layer whose place in the text holds a line; the first where several do. */
export function layerAtLine(outline: PlanOutline, line: number): string | null {
  for (const tier of outline.tiers)
    for (const { id, range } of tier.layers) if (range.start.line <= line && line <= range.end.line) return id;
  return null;
}

function layerIds(energy: EnergyDocument | null, inspect: InspectDocument | null): readonly string[] {
  return (inspect ?? energy)?.layers.map((layer) => layer.id) ?? [];
}

interface PlacedTier {
  readonly kind: 'lower' | 'upper';
  readonly name: string;
  readonly layers: readonly string[];
}

function tiersOf(snapshot: PlanSnapshot, outline: PlanOutline | undefined): readonly PlacedTier[] {
  if (outline) return outline.tiers.map(({ kind, name, layers }) => ({ kind, name, layers: layers.map(({ id }) => id) }));
  return (snapshot.check?.tiers ?? []).flatMap(({ kind, name, layers }) => (kind === 'frozen' ? [] : [{ kind, name, layers }]));
}

/** What a result was measured by: "accuracy on 360 held-out rows". */
function heldOutText(evaluation: NonNullable<FitDocument['evaluation']>, t: Translate): string {
  const metric = metricName(evaluation.metric, t);
  return evaluation.rows === 1 ? t('{0} on 1 held-out row', metric) : t('{0} on {1} held-out rows', metric, formatCount(evaluation.rows));
}

/** A choice and who made it: "sim (plan)", "cpu (setting)"; while the plan cannot be read, only that it will say. */
function withOrigin(setting: string | undefined, plan: string | undefined, t: Translate): string {
  if (setting !== undefined) return t('{0} (setting)', setting);
  return plan === undefined ? t('as the plan says') : t('{0} (plan)', plan);
}
