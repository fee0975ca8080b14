import { basename } from 'node:path';
import type { ModelRuntime } from '../fit/model-runner.ts';
import { checkAbort } from '../model/abort.ts';
import { findBlocks } from '../model/blocks.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { TierwiseError } from '../model/error.ts';
import { findSites } from '../model/sites.ts';
import type { FoundSites, SparsitySite } from '../model/sites.ts';
import { encodeModel, thresholdOpset, withMetadata } from '../onnx/index.ts';
import type { SparsifyDocument } from '../protocol/index.ts';
import { modelRuntime } from './model-runtime.ts';
import type { Environment } from './environment.ts';
import { sha256 } from './files.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';
import { findFit } from './last-fit.ts';
import { defaultFittedPath } from './outputs.ts';
import { readPlan, runnablePlan } from './read-plan.ts';
import { eventTarget, sparsifyAim, withoutRoles } from './sparsify-aim.ts';
import type { SparsifyAim, SparsifyParams } from './sparsify-aim.ts';
import { checkpointPath, noCheckpoint, openCheckpoint } from './sparsify-checkpoint.ts';
import type { Checkpoint } from './sparsify-checkpoint.ts';
import { prepareSearchOutput, writeSearched } from './search-outputs.ts';
import { sparsifyFiles } from './sparsify-outputs.ts';
import { evaluationOf, guessingFindings, leftFindings, outcomeFindings, siteDocuments, sparsifyMetadata } from './sparsify-record.ts';
import { energyOf, judgeBoth } from './sparsify-result.ts';
import { sparsifyRows } from './sparsify-rows.ts';
import type { PlanPlace, SparsifyRows } from './sparsify-rows.ts';
import type { Found, Search } from './sparsify-search.ts';
import { targetsFor } from './targets.ts';

/** Everything a run works on, checked before any work. */
interface Prepared {
  readonly place: PlanPlace;
  readonly rows: SparsifyRows;
  readonly aim: SparsifyAim;
  readonly found: FoundSites;
  readonly sites: { readonly chosen: readonly SparsitySite[]; readonly left: readonly SparsitySite[] };
  readonly target: string;
  /** Hashes, options and version: what a search depends on. */
  readonly key: string;
  readonly planHash: string;
  /** Null for a trial. */
  readonly output: string | null;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Makes the inputs of a model's layers sparse within an allowed increase of its loss, judges the result once on held-out rows, and writes
 * it with its record, both whole or not at all. Where the plan has a fit that still belongs to it, that is what is made sparse. What an interrupted run had found is continued. The user's model stays as it is. Rejects
 * with AbortError when cancelled. When nothing is within the bound, nothing is written and the document says so with an error.
 */
export async function sparsifyJob(
  environment: Environment,
  params: SparsifyParams,
  control: JobControl,
  search: Search,
): Promise<SparsifyDocument> {
  control.onProgress?.({ stage: 'preparing', message: 'reading plan, model and rows', fraction: null });
  const read = await readPlan(params.path);
  const { plan, modelPath } = runnablePlan(read);
  const fit = plan.lower.length + plan.upper.length === 0 ? null : await findFit(environment, read, plan);
  const basePath = fit !== null && !fit.stale ? defaultFittedPath(modelPath) : modelPath;
  const place = { plan, planPath: read.path, modelPath, basePath, dataPath: read.dataPath };
  return await sparsifyPlan(environment, place, params, control, search);
}

/** The same for a plan that was read. */
export async function sparsifyPlan(
  environment: Environment,
  place: PlanPlace,
  params: Omit<SparsifyParams, 'path'>,
  control: JobControl,
  search: Search,
): Promise<SparsifyDocument> {
  const startedMs = nodeHost.nowMs();
  const aim = sparsifyAim({ ...params, path: place.planPath });
  const rows = await sparsifyRows(environment, place, control);
  try {
    const prepared = await prepare(environment, place, rows, aim, params);
    return await run(environment, prepared, params, control, search, startedMs);
  } finally {
    await rows.close();
  }
}

async function prepare(
  environment: Environment,
  place: PlanPlace,
  rows: SparsifyRows,
  aim: SparsifyAim,
  params: Omit<SparsifyParams, 'path'>,
): Promise<Prepared> {
  const { model, layers } = rows.content;
  const found = findSites(model.graph, layers, findBlocks(model.graph, layers));
  requireSites(rows, found);
  const sites = withoutRoles(found.sites, aim.without);
  if (sites.chosen.length === 0) throw noSite(rows.opened.path, 'every role is left out', 'Leave out fewer with --without.');
  const { targets, diagnostics } = await targetsFor(place.planPath);
  const asked = params.target ?? (targets.get(place.plan.target)?.events === undefined ? eventTarget : place.plan.target);
  if (!targets.has(asked)) {
    throw new TierwiseError(
      'energy-target-unknown',
      `there is no target ${JSON.stringify(asked)}`,
      `Known are ${[...targets.keys()].join(', ')}.`,
      {
        category: 'usage',
      },
    );
  }
  const output =
    params.trial === true
      ? null
      : await prepareSearchOutput(sparsifyFiles, params.out, place.modelPath, rows.precious, (path) => [checkpointPath(path)]);
  const planHash = sha256(JSON.stringify([place.plan.modelPath, place.plan.text ?? null, place.plan.data ?? null]));
  const key = sha256(JSON.stringify([environment.version, rows.opened.sha256, rows.sha256, planHash, aim]));
  return { place, rows, aim, found, sites, target: asked, key, planHash, output, diagnostics };
}

/** Which file was made sparse, for plans with tiers. */
function baseFinding({ plan, planPath, modelPath, basePath = modelPath }: PlanPlace): readonly Diagnostic[] {
  if (plan.lower.length + plan.upper.length === 0) return [];
  const where = { path: planPath };
  const name = basename(basePath);
  if (basePath !== modelPath)
    return [{ severity: 'info', code: 'sparsify-base', message: `Made sparse was the fitted model ${name}.`, where }];
  const message = `Made sparse was the plan's model ${name}: no fit that still belongs to the plan was found. Run \`tierwise fit\` first to use its weights.`;
  return [{ severity: 'warning', code: 'tiers-not-fitted', message, where }];
}

function requireSites({ opened, content }: SparsifyRows, { sites, left }: FoundSites): void {
  if (sites.length === 0) {
    const [first] = left;
    const why = first === undefined ? 'it has no layers' : `${JSON.stringify(first.layer)}: ${first.reason}`;
    throw noSite(
      opened.path,
      `${why}${left.length > 1 ? ` (and ${left.length - 1} more)` : ''}`,
      'Give a model whose Gemm, MatMul or Conv layers hold float32 weights and read what other layers made.',
    );
  }
  const opset = content.model.graph.opsets.get('') ?? 0;
  if (opset >= thresholdOpset) return;
  throw new TierwiseError(
    'opset-too-old',
    `${opened.path} uses operator set ${opset}; thresholds need ${thresholdOpset}, which has Where`,
    'Export the model with a newer operator set.',
  );
}

function noSite(path: string, why: string, advice: string): TierwiseError {
  return new TierwiseError('no-sparsity-site', `${path} has no value that could be made sparse; ${why}`, advice);
}

async function run(
  environment: Environment,
  prepared: Prepared,
  params: Omit<SparsifyParams, 'path'>,
  control: JobControl,
  search: Search,
  startedMs: number,
): Promise<SparsifyDocument> {
  const { rows, aim, sites, place, output } = prepared;
  const runtime = modelRuntime();
  const checkpoint = output === null ? noCheckpoint : await openCheckpoint(checkpointPath(output), prepared.key, params.fresh === true);
  const found = await searched(prepared, runtime, checkpoint, control, search);
  checkAbort(control.abort);
  const judged = found.chosen === null ? null : await judgeBoth(prepared, found, runtime, control);
  const all = prepared.found.sites;
  const documents = siteDocuments(all, found, sites.left, judged?.zeros ?? new Map(), rows.unitsPerRun);
  const evaluation = judged === null ? null : evaluationOf(judged.before, judged.after, documents);
  const priced = evaluation === null ? null : await energyOf(prepared, documents, evaluation);
  const hashes = { model: rows.opened.sha256, data: rows.sha256 };
  const written = judged === null ? null : encodeModel(withMetadata(judged.model, sparsifyMetadata(aim, documents, hashes)));
  const isWritten = written !== null && output !== null;
  const record: SparsifyDocument = {
    schema: 'tierwise.sparsify/1',
    plan: place.planPath,
    model: rows.opened.path,
    output: isWritten ? output : null,
    method: aim.method,
    maxLoss: aim.maxLoss,
    metric: rows.metric,
    unit: rows.unit,
    rows: { ...found.rows, heldOut: rows.heldOutCount },
    sites: documents,
    // What was chosen is what was written.
    points: found.chosen === null ? found.points.map((point) => ({ ...point, chosen: false })) : found.points,
    evaluation,
    energy: priced?.energy ?? null,
    evaluations: found.evaluations,
    resumed: checkpoint.resume !== null,
    seconds: (nodeHost.nowMs() - startedMs) / 1000,
    hashes: { plan: prepared.planHash, ...hashes, output: isWritten ? sha256(written) : null },
    versions: { tierwise: environment.version, node: process.versions.node, runtime: runtime.version },
    diagnostics: [
      ...prepared.diagnostics,
      ...baseFinding(place),
      ...rows.opened.diagnostics,
      ...found.diagnostics,
      ...(priced?.diagnostics ?? []),
      ...leftFindings(prepared.found, place.planPath),
      ...outcomeFindings(found, aim, evaluation, rows.unit, place.planPath),
      ...(judged === null ? [] : guessingFindings(judged.before, rows.unit, place.planPath)),
    ],
  };
  if (isWritten) await writeSearched(output, written, record, control);
  await checkpoint.remove();
  return record;
}

/** The search, told evaluation by evaluation; what it keeps is in the checkpoint when it ends early. */
async function searched(
  { rows, aim, sites, found: { sites: all } }: Prepared,
  runtime: ModelRuntime,
  checkpoint: Checkpoint,
  control: JobControl,
  search: Search,
): Promise<Found> {
  try {
    return await search(
      {
        model: rows.content.model,
        layers: rows.content.layers,
        sites: all,
        active: new Set(sites.chosen.map(({ id }) => id)),
        rows: rows.search,
        runtime,
        method: aim.method,
        maxLoss: aim.maxLoss,
        per: aim.per,
        correct: aim.correct,
        seed: rows.seed,
        resume: checkpoint.resume,
      },
      {
        ...(control.abort === undefined ? {} : { abort: control.abort }),
        onProgress: (message, fraction) => control.onProgress?.({ stage: 'searching', message, fraction }),
        onPoint: (point) => control.onProgress?.({ stage: 'searching', message: point.label, fraction: null, sparsity: point }),
        keep: (value) => checkpoint.keep(value),
      },
    );
  } finally {
    await checkpoint.flush();
  }
}
