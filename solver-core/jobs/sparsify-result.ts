import type { ModelRuntime } from '../fit/model-runner.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { TierwiseError } from '../model/error.ts';
import { findLayers, inferShapes } from '../model/index.ts';
import type { FoundSites, SparsitySite } from '../model/sites.ts';
import { encodeModel, readModel, withThresholds } from '../onnx/index.ts';
import type { OnnxModel } from '../onnx/index.ts';
import type { SparsifyDocument, SparsityEnergyDocument } from '../protocol/index.ts';
import type { JobControl } from './job.ts';
import { eventTarget } from './sparsify-aim.ts';
import { sparsifyEnergy } from './sparsify-energy.ts';
import { judge } from './sparsify-judge.ts';
import type { Judgement } from './sparsify-judge.ts';
import type { SiteZeroShares } from './sparsify-record.ts';
import type { PlanPlace, SparsifyRows } from './sparsify-rows.ts';
import type { Found } from './sparsify-search.ts';

/** What is judged, and on which target its energy is told. */
interface Judged {
  readonly place: PlanPlace;
  readonly rows: SparsifyRows;
  readonly found: FoundSites;
  readonly target: string;
}

/** A model before and after thresholds. */
export interface JudgedBoth {
  /** As it is read from the bytes that are written, but for the metadata. */
  readonly model: OnnxModel;
  readonly before: Judgement;
  readonly after: Judgement;
  readonly zeros: ReadonlyMap<string, SiteZeroShares>;
}

/** Both models in ONNX Runtime, once, on rows that nothing was chosen by; the sparse one from its own encoded bytes. */
export async function judgeBoth(
  { rows, found }: Judged,
  { chosen }: Found,
  runtime: ModelRuntime,
  control: JobControl,
): Promise<JudgedBoth> {
  const { model, layers } = rows.content;
  const { sites } = found;
  const readers = new Set(sites.flatMap((site) => site.layers.map(({ id }) => id)));
  const sparse = readModel(
    encodeModel(
      withThresholds(
        model,
        chosen?.thresholds ?? [],
        layers.filter(({ id }) => readers.has(id)),
        chosen?.corrections ?? [],
      ),
    ),
  ).value;
  if (sparse === undefined) throw new TierwiseError('model-unreadable', 'the sparse model cannot be read again', 'Please report this defect.', { category: 'internal' }); // prettier-ignore
  const reads = new Map(findLayers(sparse.graph, inferShapes(sparse.graph)).map(({ id, input }) => [id, input]));
  const readBy = (site: SparsitySite): string => reads.get(site.layers[0]?.id ?? '') ?? site.id;
  const before = await judge(model, rows.heldOut, new Map(sites.map((site) => [site.id, site.channels])), {
    runtime,
    control,
    stage: 'evaluating before',
  });
  const after = await judge(sparse, rows.heldOut, new Map(sites.map((site) => [readBy(site), site.channels])), {
    runtime,
    control,
    stage: 'evaluating after',
  });
  const zeros = new Map(
    sites.map((site) => [site.id, { natural: before.zeros.get(site.id) ?? 0, sparse: after.zeros.get(readBy(site)) ?? 0 }]),
  );
  return { model: sparse, before, after, zeros };
}

/** What the zeros are worth on the target; a target that skips none is said. */
export async function energyOf(
  { place, rows, target }: Judged,
  sites: SparsifyDocument['sites'],
  { loss, accuracy }: NonNullable<SparsifyDocument['evaluation']>,
): Promise<{ readonly energy: SparsityEnergyDocument | null; readonly diagnostics: readonly Diagnostic[] }> {
  const quality = { split: `${rows.heldOutCount} held-out ${rows.unit}s`, rows: rows.heldOutCount };
  const { value, diagnostics } = await sparsifyEnergy({
    path: place.planPath,
    targetId: target,
    layers: rows.content.layers,
    sites,
    about: {
      unit: rows.unit,
      unitsPerRun: rows.unitsPerRun,
      quality:
        accuracy === null || rows.unit === 'token'
          ? { metric: rows.metric, before: loss.before, after: loss.after, ...quality }
          : { metric: 'accuracy', before: accuracy.before, after: accuracy.after, ...quality },
    },
  });
  if (value !== null) return { energy: value ?? null, diagnostics };
  const message = `The target "${target}" does not skip zeros, so sparsity is worth nothing there. Name one that does with --target, e.g. ${eventTarget}.`;
  const silent: Diagnostic = { severity: 'info', code: 'target-not-event-driven', message, where: { path: place.planPath } };
  return { energy: null, diagnostics: diagnostics.length > 0 ? diagnostics : [silent] };
}
