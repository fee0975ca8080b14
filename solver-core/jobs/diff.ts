import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareEnergy } from '../energy/compare.ts';
import type { CompareSide } from '../energy/compare.ts';
import { estimateEnergy, evaluateInput } from '../energy/estimate.ts';
import type { EstimateRequest } from '../energy/estimate.ts';
import type { LayerFit } from '../energy/retraining.ts';
import { checkAbort } from '../model/abort.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { assert } from '../model/error.ts';
import type { BudgetDocument, DiffDocument, DiffSide } from '../protocol/index.ts';
import { recordedQuality } from './diff-quality.ts';
import { recordedSaving } from './diff-saving.ts';
import { modelPathsOf, openSide } from './diff-side.ts';
import type { OpenedSide } from './diff-side.ts';
import { checkTarget, defaultTarget } from './energy.ts';
import type { Environment } from './environment.ts';
import { predictedCost } from './fit-work.ts';
import type { JobControl } from './job.ts';
import { planEnergy } from './plan-energy.ts';
import { targetsFor } from './targets.ts';
import type { FoundTargets } from './targets.ts';

export interface DiffParams {
  /** A model, a plan, or REVISION:path of a git repository; the earlier one. */
  readonly before: string;
  readonly after: string;
  /** Replaces the plan's target, for both sides. */
  readonly target?: string;
}

/**
 * Energy and accuracy of two models or plans, side by side: on one target, with one set of constants, for the same number of rows where
 * only one side tells it, and with the engine's cycle formula on both sides, whatever was fitted. Budgets are judged as `check` does.
 * Throws TierwiseError when a side cannot be read or the target is not known. What is taken from a repository lies in a temporary folder
 * for as long as that takes.
 */
export async function diffJob(environment: Environment, params: DiffParams, control: JobControl = {}): Promise<DiffDocument> {
  const folder = await mkdtemp(join(tmpdir(), 'tierwise-diff-'));
  try {
    const open = async (name: string, place: string): Promise<OpenedSide> => {
      control.onProgress?.({ stage: 'reading', message: name, fraction: null });
      checkAbort(control.abort);
      const own = join(folder, place);
      await mkdir(own);
      return openSide(environment, name, own);
    };
    const before = await open(params.before, 'before');
    const after = await open(params.after, 'after');
    checkAbort(control.abort);
    const found = await targetsFor(after.home);
    const target = params.target ?? after.read?.plan?.target ?? before.read?.plan?.target ?? defaultTarget;
    checkTarget(found, target);
    const judge = async (opened: OpenedSide, other: OpenedSide): Promise<JudgedSide> => {
      const { side, modelHash, read } = opened;
      const paths = [...modelPathsOf(opened), ...modelPathsOf(other)];
      const recorded = await recordedQuality(paths, { sha256: modelHash, plan: read?.plan ?? null });
      const saving = (await recordedSaving(paths, modelHash)) ?? undefined;
      return {
        side: { ...side, quality: recorded?.quality ?? null, ...(saving === undefined ? {} : { saving }) },
        qualityData: recorded?.dataHash ?? null,
        budgets: await budgetsOf(environment, opened, target, found),
      };
    };
    const judged = { before: await judge(before, after), after: await judge(after, before) };
    return compare({ before, after, judged, found, target, isGiven: params.target !== undefined });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A side with what its records and its plan say about it. */
interface JudgedSide {
  readonly side: DiffSide;
  /** Hash of the data behind its quality; null when it is not known. */
  readonly qualityData: string | null;
  readonly budgets: readonly BudgetDocument[] | null;
}

interface Comparison {
  readonly before: OpenedSide;
  readonly after: OpenedSide;
  readonly judged: { readonly before: JudgedSide; readonly after: JudgedSide };
  readonly found: FoundTargets;
  readonly target: string;
  /** Whether the caller named the target. */
  readonly isGiven: boolean;
}

function compare({ before, after, judged, found, target, isGiven }: Comparison): DiffDocument {
  const hasEngine = [before, after].some(({ read }) => read?.plan !== undefined && read.plan.backend.kind !== 'cpu');
  const sideOf = (side: OpenedSide, other: OpenedSide): CompareSide => priced(side, side.rows ?? other.rows, { target, hasEngine, found });
  const [was, is] = [sideOf(before, after), sideOf(after, before)];
  const { layers, totals } = compareEnergy(was, is);
  return {
    schema: 'tierwise.diff/1',
    target,
    before: judged.before.side,
    after: judged.after.side,
    layers,
    totals,
    qualityChange: qualityChange(judged.before.side, judged.after.side),
    budgets: { before: judged.before.budgets, after: judged.after.budgets },
    diagnostics: [
      ...about(before, found),
      ...about(after, found),
      ...found.diagnostics,
      ...was.document.diagnostics,
      ...is.document.diagnostics,
      ...sameGround(before, after, isGiven),
      ...qualityGround(judged.before, before),
      ...qualityGround(judged.after, after),
    ],
  };
}

/** The estimate of a side. Fit records are left aside: cycles counted on one side and predicted on the other would not compare. */
function priced(
  side: OpenedSide,
  rows: number | null,
  ground: { readonly target: string; readonly hasEngine: boolean; readonly found: FoundTargets },
): CompareSide {
  const fit = new Map<string, LayerFit>();
  for (const layer of ground.hasEngine && rows !== null ? side.layers : []) {
    const engine = predictedCost(layer, rows ?? 0);
    if (engine !== null) fit.set(layer.id, { rows: rows ?? 0, refinementPasses: null, engine });
  }
  const plan = side.read?.plan;
  const request: EstimateRequest = {
    layers: side.layers,
    targetId: ground.target,
    targets: ground.found.targets,
    modelPath: side.modelPath,
    planPath: side.read?.path ?? null,
    fit,
    trainOn: null,
    ...(plan === undefined ? {} : { plan }),
    ...(rows === null ? {} : { rows }),
  };
  const [document, input] = [estimateEnergy(request).value, evaluateInput(request).value];
  assert(document !== undefined && input !== undefined, `the target ${ground.target} was checked`);
  // Findings of the estimate name the side as it was given.
  const diagnostics = document.diagnostics.map((d) => ({ ...d, where: { ...d.where, path: side.side.name } }));
  return { document: { ...document, diagnostics }, input };
}

/** Findings of a plan; a target that today's workspace defines is known, whatever the revision knew. */
function about(side: OpenedSide, found: FoundTargets): readonly Diagnostic[] {
  const target = side.read?.plan?.target ?? '';
  return side.diagnostics.filter((d) => d.code !== 'unknown-target' || !found.targets.has(target));
}

/** The budgets as `check` judges them, with the cycles of a fit record where there is one, so that both never disagree about one plan. */
async function budgetsOf(
  environment: Environment,
  side: OpenedSide,
  target: string,
  found: FoundTargets,
): Promise<readonly BudgetDocument[] | null> {
  const { read } = side;
  if (read?.plan === undefined) return null;
  const sound = { ...read, diagnostics: about(side, found) };
  return (await planEnergy(environment, sound, read.plan, target, found)).value?.budgets ?? null;
}

/** An accuracy on other data than the plan names is still shown, but not without saying so. */
function qualityGround({ side, qualityData }: JudgedSide, { dataHash }: OpenedSide): readonly Diagnostic[] {
  if (side.quality === null || qualityData === null || dataHash === null || qualityData === dataHash) return [];
  const message = `the accuracy of ${side.name} is out of date: by ${side.quality.from}, on other data than the plan's now; fit again`;
  return [{ severity: 'warning', code: 'diff-accuracy-data', message, where: { path: side.name } }];
}

function qualityChange(before: DiffSide, after: DiffSide): number | null {
  if (before.quality === null || after.quality === null || before.quality.metric !== after.quality.metric) return null;
  return after.quality.value - before.quality.value;
}

/** What the sides do not have in common and the comparison had to settle. */
function sameGround(before: OpenedSide, after: OpenedSide, isTargetGiven: boolean): readonly Diagnostic[] {
  const note = (code: string, message: string): Diagnostic => ({ severity: 'info', code, message, where: {} });
  const [a, b] = [before.read?.plan?.target, after.read?.plan?.target];
  const targets =
    isTargetGiven || a === undefined || b === undefined || a === b
      ? []
      : [note('diff-target', `the plans name different targets, ${a} and ${b}; both sides are priced on ${b}`)];
  const rows =
    before.rows === null || after.rows === null || before.rows === after.rows
      ? []
      : [note('diff-rows', `the earlier side fits on ${before.rows} rows, the later one on ${after.rows}; retraining is priced for each`)];
  return [...targets, ...rows];
}
