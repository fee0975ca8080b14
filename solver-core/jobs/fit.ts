import { cpuNumerics } from '../backends/cpu/index.ts';
import { evaluate, fitFindings, fitTiers, preflight, splitRows } from '../fit/index.ts';
import type { Backend, Evaluation, FitResult, FitRows, ModelRuntime, SolveContext } from '../fit/index.ts';
import type { Host } from '../model/abort.ts';
import { checkAbort } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { BackendChoice, Plan } from '../model/plan.ts';
import { encodeModel, withInitializers, withMetadata } from '../onnx/index.ts';
import type { FitDocument } from '../protocol/index.ts';
import { modelRuntime } from './model-runtime.ts';
import { backendChoice, openBackend } from './choose-backend.ts';
import { engineFindings } from './engine-preflight.ts';
import type { Environment } from './environment.ts';
import { contextOf, editorOf } from './fit-context.ts';
import { prepareOutput, writeFit } from './fit-outputs.ts';
import { fitMetadata, fitRecord } from './fit-record.ts';
import { fitWork } from './fit-work.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';
import { openModel } from './open-model.ts';
import type { OpenedModel } from './open-model.ts';
import { openRows } from './open-rows.ts';
import type { OpenedRows } from './open-rows.ts';
import { hasErrorsError, readPlan, runnablePlan } from './read-plan.ts';
import { checkAgainstModel } from './rows-against-model.ts';
import { runnableModel } from './runnable-model.ts';
import { streamingHost } from './streaming-host.ts';
import type { RunnableModel } from './runnable-model.ts';

export interface FitParams {
  /** The plan. */
  readonly path: string;
  /** Replaces the plan's backend. */
  readonly backend?: string;
  /** Replaces the default output `<model>.fitted.onnx`. */
  readonly out?: string;
}

/** What a fit keeps of a layer's inputs and targets when its rows are too many for memory themselves. */
const streamingBudgetBytes = 2 ** 24;

/** Everything a fit works on, checked before any work. */
export interface PreparedFit {
  readonly plan: Plan;
  readonly planPath: string;
  readonly opened: OpenedModel;
  readonly runnable: RunnableModel;
  readonly data: OpenedRows;
  readonly fitRows: FitRows;
  readonly heldOut: FitRows;
  readonly output: string;
}

/**
 * Solves the lower tier of a plan, starts its upper tier, evaluates before and after on held-out rows, and writes the fitted model
 * and the fit record, both whole or not at all. The user's model stays as it is. Rejects with AbortError when cancelled.
 */
export async function fitJob(environment: Environment, params: FitParams, control: JobControl): Promise<FitDocument> {
  control.onProgress?.({ stage: 'preparing', message: 'reading plan, model and data', fraction: null });
  const prepared = await prepareFit(environment, params, control);
  try {
    return await fitPrepared(environment, params, prepared, control);
  } finally {
    await prepared.data.close();
  }
}

async function fitPrepared(environment: Environment, params: FitParams, prepared: PreparedFit, control: JobControl): Promise<FitDocument> {
  const { plan, runnable } = prepared;
  checkAgainstModel(prepared.data, runnable);
  const choice = backendChoice(params.backend, plan.backend);
  const findings = checkBefore(prepared, choice, control);
  const work = fitWork(runnable.layers, plan, prepared.fitRows.rows);
  const backend = await openBackend(environment, choice, work, control.abort, control.onProgress);
  const runtime = modelRuntime();
  try {
    const host = hostOf(prepared);
    const result = await solveTiers(prepared, backend, runtime, contextOf(control, 'solving', host));
    checkAbort(control.abort);
    const fitted = encodeModel(withMetadata(withInitializers(runnable.model, result.weights), fitMetadata(result, backend.info, prepared)));
    const before = await evaluateModel(runtime, encodeModel(runnable.model), prepared, contextOf(control, 'evaluating before', host));
    const after = await evaluateModel(runtime, fitted, prepared, contextOf(control, 'evaluating after', host));
    const record = fitRecord({
      prepared,
      result,
      backend: backend.info,
      before,
      after,
      fitted,
      findings: [...findings, ...runtime.findings(), ...fitFindings(result.layers)],
      version: environment.version,
      runtime: runtime.version,
    });
    await writeFit(prepared.output, fitted, record, control);
    return record;
  } finally {
    await release(backend);
  }
}

/** Solves the lower tiers of a prepared fit; nothing is written. */
export function solveTiers(prepared: PreparedFit, backend: Backend, runtime: ModelRuntime, context: SolveContext): Promise<FitResult> {
  const { plan, runnable, fitRows, data } = prepared;
  const { input, layers } = runnable;
  return fitTiers({
    editor: editorOf(runnable.model),
    input,
    layers,
    plan,
    data: fitRows,
    backend,
    numerics: cpuNumerics(),
    runtime,
    context,
    ...(data.where === 'file' ? { budgetBytes: streamingBudgetBytes } : {}),
  });
}

function hostOf({ data }: PreparedFit): Host {
  return data.where === 'file' ? streamingHost() : nodeHost;
}

/** What stands against the fit, before any work; throws when something does. */
export function checkBefore(prepared: PreparedFit, choice: BackendChoice, control: JobControl): readonly Diagnostic[] {
  const { plan, runnable, fitRows } = prepared;
  const { input, layers } = runnable;
  // The held-out rows are evaluated on, so they must be sound, too.
  const { diagnostics, macs, peakBytes } = preflight({ input, layers, plan, data: prepared.data.rows, fitRows: fitRows.rows });
  const findings = [...diagnostics, ...(choice.kind === 'cpu' ? [] : engineFindings(layers, plan, fitRows.rows))];
  const errors = findings.filter((d) => d.severity === 'error');
  if (errors.length > 0) throw hasErrorsError(prepared.planPath, errors);
  const work = `${Number((macs / 1e9).toPrecision(3))} GMAC, at most ${Math.ceil(peakBytes / 2 ** 20)} MiB`;
  control.onProgress?.({ stage: 'preparing', message: `the solves take about ${work}`, fraction: null });
  return findings;
}

/** Reads plan, model and rows and checks that the output can be written. The rows are open and the caller's to close. */
export async function prepareFit(environment: Environment, params: FitParams, control: JobControl): Promise<PreparedFit> {
  const read = await readPlan(params.path);
  const { plan, modelPath } = runnablePlan(read);
  if (read.dataPath === null || plan.data === undefined) {
    throw new TierwiseError(
      'plan-without-data',
      `${read.path} names no data`,
      'Add a line such as: data "digits.npz" inputs x labels y split 0.8 seed 1',
    );
  }
  const output = await prepareOutput(params.out, modelPath, [read.dataPath, read.path]);
  const opened = await openModel(environment, modelPath);
  const runnable = runnableModel(opened);
  const data = await openRows(read.dataPath, plan.data, { abort: control.abort });
  const split = splitRows(data.rows.rows, plan.data.split, plan.data.seed);
  const fitRows = data.take(split.fit);
  const heldOut = data.take(split.heldOut);
  return { plan, planPath: read.path, opened, runnable, data, fitRows, heldOut, output };
}

async function evaluateModel(runtime: ModelRuntime, model: Uint8Array, prepared: PreparedFit, context: SolveContext): Promise<Evaluation> {
  const runner = await runtime.open(model);
  try {
    return await evaluate(runner, prepared.runnable.output, prepared.heldOut, prepared.runnable.input, context);
  } finally {
    await runner.dispose();
  }
}

/** Closing the backend must not hide why the fit failed. */
async function release(backend: Backend): Promise<void> {
  await backend.dispose().catch(() => undefined);
}
