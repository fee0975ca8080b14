import { meetsRequest } from '../compress/select/choose.ts';
import type { SelectCandidate, SelectControl } from '../compress/select/types.ts';
import { checkAbort } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import { findLayers, inferShapes } from '../model/index.ts';
import type { Plan } from '../model/plan.ts';
import { encodeModel, withMetadata } from '../onnx/index.ts';
import type { SavingDocument, SelectDocument, SelectLayerDocument, SelectWholeDocument } from '../protocol/index.ts';
import { modelRuntime } from './model-runtime.ts';
import type { Environment } from './environment.ts';
import { sha256 } from './files.ts';
import { contextOf } from './fit-context.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';
import { openRows } from './open-rows.ts';
import type { OpenedRows } from './open-rows.ts';
import { planFacts } from './plan-facts.ts';
import { readPlan, runnablePlan } from './read-plan.ts';
import { checkAgainstModel } from './rows-against-model.ts';
import { aimedAt, selectAim, selectCells } from './select-aim.ts';
import type { SelectAim, SelectParams } from './select-aim.ts';
import { selectBase } from './select-base.ts';
import type { SelectBase } from './select-base.ts';
import { requireBetterThanChance } from './select-chance.ts';
import { searchBy } from './select-dispatch.ts';
import type { Searched } from './select-dispatch.ts';
import { judgeOutcome, qualityOf } from './select-judge.ts';
import type { Judged, Judging } from './select-judge.ts';
import type { SelectMemory } from './select-memory.ts';
import { prepareSearchOutput, writeSearched } from './search-outputs.ts';
import { selectFiles } from './select-outputs.ts';
import { layerDocuments, outcomeFindings, pointOf, selectMetadata, variantWords } from './select-record.ts';
import { selectRows } from './select-rows.ts';
import type { SelectRows } from './select-rows.ts';
import { coverage, savingDocument, searchPrice, totalSavings } from './select-savings.ts';
import { wholeEnergy } from './select-whole.ts';
import { targetsFor, targetsNow } from './targets.ts';

/** Everything a selection works on, checked before any work. */
interface Prepared {
  readonly plan: Plan;
  readonly planPath: string;
  readonly base: SelectBase;
  readonly data: OpenedRows;
  readonly rows: SelectRows;
  readonly aim: SelectAim;
  /** Null for a trial. */
  readonly output: string | null;
}

/**
 * Chooses integer weights that cost less multiply-add energy while the quality on validation rows stays within the allowed drop, judges
 * the result once on held-out rows, and writes it as a QDQ model with its record, both whole or not at all. The user's model stays as it
 * is. Rejects with AbortError when cancelled. When nothing is within the drop, nothing is written and the document says so with an error.
 * With a `memory`, what the newest trial found is written without a second search.
 */
export async function selectJob(
  environment: Environment,
  params: SelectParams,
  control: JobControl,
  memory?: SelectMemory,
): Promise<SelectDocument> {
  const startedMs = nodeHost.nowMs();
  control.onProgress?.({ stage: 'preparing', message: 'reading plan, model and data', fraction: null });
  const prepared = await prepare(environment, params, control);
  try {
    const found = memory?.recall(memoryKey(prepared)) ?? null;
    if (found !== null && prepared.output !== null) {
      const { record, model } = found;
      const written = { ...record, output: prepared.output, hashes: { ...record.hashes, output: sha256(model) } };
      await writeSearched(prepared.output, model, written, control);
      return written;
    }
    return await selectPrepared(environment, prepared, control, startedMs, memory);
  } finally {
    await prepared.data.close();
  }
}

/** All that a record depends on: what was searched in, what it is priced on, and what is told about both. */
function memoryKey({ plan, planPath, base, data, rows, aim }: Prepared): string {
  const counts = [rows.calibration.rows, rows.validation.rows, rows.heldOut.rows];
  const told = [planPath, base.opened.path, base.left.map(({ layer, reason }) => [layer.id, reason]), base.diagnostics, data.diagnostics];
  const target = [plan.target, targetsNow(planPath).targets.get(plan.target) ?? null];
  return JSON.stringify([aim, counts, sha256(planFacts(plan)), base.opened.sha256, data.sha256, target, told]);
}

async function prepare(environment: Environment, params: SelectParams, control: JobControl): Promise<Prepared> {
  const read = await readPlan(params.path);
  const { plan, modelPath } = runnablePlan(read);
  if (read.dataPath === null || plan.data === undefined) {
    throw new TierwiseError(
      'plan-without-data',
      `${read.path} names no data`,
      'Add a line such as: data "digits.npz" inputs x labels y split 0.8 seed 1',
    );
  }
  const { split, seed } = plan.data;
  const aim = selectAim(params, seed);
  const base = await selectBase(environment, read, plan, modelPath);
  const precious = [read.dataPath, read.path, base.opened.path];
  const output = params.trial === true ? null : await prepareSearchOutput(selectFiles, params.out, modelPath, precious);
  const data = await openRows(read.dataPath, plan.data, { abort: control.abort });
  try {
    checkAgainstModel(data, base.runnable);
    const rows = await selectRows(data, { fraction: split, seed }, params.rows, control.abort);
    return { plan, planPath: read.path, base, data, rows, aim, output };
  } catch (error) {
    await data.close();
    throw error;
  }
}

async function selectPrepared(
  environment: Environment,
  prepared: Prepared,
  control: JobControl,
  startedMs: number,
  memory: SelectMemory | undefined,
): Promise<SelectDocument> {
  const { base, rows, aim, planPath } = prepared;
  const { runnable } = base;
  const cells = selectCells(aim);
  const judging: Judging = { runnable, heldOut: rows.heldOut, cells, seed: aim.seed, runtime: modelRuntime(), control };
  const given = await qualityOf(judging, runnable.model, rows.validation, 'evaluating the model');
  requireBetterThanChance(given, rows.validation, base.opened.path);
  const { model, outcome } = await search(prepared, judging, given.value);
  checkAbort(control.abort);
  const { chosen } = outcome;
  const judged = chosen.allowed && meetsRequest(chosen, aimedAt(aim)) ? await judgeOutcome(judging, outcome) : null;
  const hashes = {
    model: base.opened.sha256,
    data: prepared.data.sha256,
    cells: Object.fromEntries(cells.priced.map(({ id, netlistHash }) => [id, netlistHash])),
  };
  const left = new Map(
    [...base.left.map(({ layer, reason }) => ({ id: layer.id, reason })), ...model.skipped].map(({ id, reason }) => [id, reason]),
  );
  const layers = layerDocuments(runnable.layers, chosen.layers, left, judged?.before ?? [], judged?.after ?? []);
  const saving = judged === null ? null : savingOf(prepared, judged, layers);
  const written = judged === null ? null : encodeModel(withMetadata(judged.selected, selectMetadata(aim, layers, hashes)));
  const output = written === null ? null : prepared.output;
  const record: SelectDocument = {
    schema: 'tierwise.select/1',
    plan: planPath,
    model: base.opened.path,
    output,
    method: aim.method,
    values: aim.values,
    ...(aim.setSize === null ? {} : { setSize: aim.setSize }),
    bits: aim.bits,
    maxDrop: aim.maxDrop,
    cell: aim.cell,
    rows: { calibration: rows.calibration.rows, validation: rows.validation.rows, heldOut: rows.heldOut.rows },
    layers,
    points: outcome.points.map((point) =>
      point.id === chosen.id
        ? pointOf(chosen, cells.steering.id, outcome.original.quality, true)
        : pointOf(point, cells.steering.id, outcome.original.quality),
    ),
    saving,
    rounded: judged?.quality.rounded.value ?? null,
    whole: judged === null || saving === null ? null : await wholeOf(prepared, judged, saving, pricedIds(layers)),
    seconds: (nodeHost.nowMs() - startedMs) / 1000,
    hashes: { plan: sha256(planFacts(prepared.plan)), ...hashes, output: output === null || written === null ? null : sha256(written) },
    versions: { tierwise: environment.version, node: process.versions.node, runtime: judging.runtime.version },
    diagnostics: [...base.diagnostics, ...prepared.data.diagnostics, ...outcomeFindings(outcome, aim, judged?.quality ?? null, planPath)],
  };
  if (output !== null && written !== null) await writeSearched(output, written, record, control);
  else if (written !== null) memory?.keep(memoryKey(prepared), { record, model: written });
  return record;
}

/** The search, told point by point. `given`: quality of the model as it is on the validation rows. */
function search(prepared: Prepared, judging: Judging, given: number): Promise<Searched> {
  const { base, rows, aim } = prepared;
  const { runnable, cells, runtime, control } = judging;
  const steering = cells.steering.id;
  let tried = 0;
  const tell = (message: string): void => {
    // How many configurations there will be depends on how each comes out, so there is no share of the work to tell.
    const numbered = `configuration ${tried + 1}: ${message}`;
    control.onProgress?.({ stage: 'searching', message: numbered, fraction: null });
  };
  const onPoint = (point: SelectCandidate): void => {
    tried++;
    control.onProgress?.({ stage: 'searching', message: point.label, fraction: null, point: pointOf(point, steering, given) });
  };
  const watched: SelectControl = { ...contextOf(control, 'searching'), onProgress: (_, message) => tell(message), onPoint };
  return searchBy(
    aim.method,
    {
      model: runnable.model,
      layers: runnable.layers,
      chosen: new Set(base.layers.map(({ id }) => id)),
      input: runnable.input,
      output: runnable.output,
      calibration: rows.calibration,
      validation: rows.validation,
      cell: cells.steering,
      price: searchPrice(steering),
      runtime,
      seed: aim.seed,
    },
    { ...aimedAt(aim), maxDrop: aim.maxDrop, seed: aim.seed },
    watched,
  );
}

/** The layers whose energy is known. */
function pricedIds(layers: readonly SelectLayerDocument[]): ReadonlySet<string> {
  return new Set(layers.filter(({ perTable }) => perTable.length > 0).map(({ id }) => id));
}

function savingOf({ aim, rows, base }: Prepared, { quality }: Judged, layers: readonly SelectLayerDocument[]): SavingDocument {
  const perTable = totalSavings(layers.map((layer) => layer.perTable).filter((savings) => savings.length > 0));
  const shift = aim.values === 'powers-of-two' ? '; the shift cell against the array cell' : '';
  const covered = coverage(base.runnable.layers, pricedIds(layers));
  const of = covered === null ? '' : `; ${covered.words}, the others stay as they are`;
  return savingDocument(perTable, aim.cell, {
    baseline: `int8 weights by rounding, uint8 inputs, weight-stationary 64 x 64 units without zero skipping, batch 1${shift}${of}`,
    variant: variantWords(aim, layers),
    metric: quality.given.metric,
    before: quality.given.value,
    after: quality.selected.value,
    split: 'held-out rows',
    rows: rows.heldOut.rows,
    ...(covered === null || covered.macShare === null ? {} : { macShare: covered.macShare }),
  });
}

/** The whole inference on the plan's target. */
async function wholeOf(
  { plan, planPath, base }: Prepared,
  { selected }: Judged,
  saving: SavingDocument,
  priced: ReadonlySet<string>,
): Promise<SelectWholeDocument | null> {
  const { targets } = await targetsFor(planPath);
  return wholeEnergy({
    target: plan.target,
    targets,
    given: base.runnable.layers,
    quantised: findLayers(selected.graph, inferShapes(selected.graph)),
    selected: priced,
    saving,
  });
}
