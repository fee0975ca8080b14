import { fitEnergy } from '../energy/fit-energy.ts';
import type { BackendInfo, Evaluation, FitResult, LayerFit } from '../fit/index.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Plan, TargetKind } from '../model/plan.ts';
import { fitMetadataKey } from '../onnx/index.ts';
import type { EvaluationDocument, FitDocument, FitLayer } from '../protocol/index.ts';
import { sha256 } from './files.ts';
import { samplesOf } from './fit-work.ts';
import { lowerFacts, planFacts } from './plan-facts.ts';
import type { RunnableModel } from './runnable-model.ts';
import { targetsNow } from './targets.ts';

/** What a record says of the inputs of a fit. */
export interface RecordedFit {
  readonly plan: Plan;
  readonly planPath: string;
  readonly opened: { readonly sha256: string };
  readonly runnable: Pick<RunnableModel, 'layers'>;
  readonly data: { readonly name: string; readonly sha256: string; readonly diagnostics: readonly Diagnostic[] };
  readonly output: string;
}

export interface FitRecordInput {
  readonly prepared: RecordedFit;
  readonly result: FitResult;
  readonly backend: BackendInfo;
  /** Null when there were no rows to evaluate on. */
  readonly before: Evaluation | null;
  readonly after: Evaluation | null;
  /** The encoded fitted model. */
  readonly fitted: Uint8Array;
  readonly findings: readonly Diagnostic[];
  /** Versions of Tierwise and of the model runtime. */
  readonly version: string;
  readonly runtime: string;
}

/** The record of a fit: what was solved how, how good it is, and the hashes that tell whether it still applies. */
export function fitRecord(input: FitRecordInput): FitDocument {
  const { prepared, result, backend } = input;
  return {
    schema: 'tierwise.fit/1',
    output: prepared.output,
    plan: prepared.planPath,
    backend: { kind: backend.kind, device: backend.device, image: backend.image, note: backend.note },
    layers: result.layers.map((fit) => layerDocument(fit, prepared)),
    evaluation: evaluationDocument(input),
    hashes: {
      plan: sha256(planFacts(prepared.plan)),
      lower: sha256(lowerFacts(prepared.plan)),
      model: prepared.opened.sha256,
      data: prepared.data.sha256,
      output: sha256(input.fitted),
    },
    versions: { tierwise: input.version, node: process.versions.node, runtime: input.runtime, engine: backend.image },
    diagnostics: [...prepared.data.diagnostics, ...input.findings],
  };
}

/**
 * Provenance inside the fitted model, one entry per solved layer. Nothing that changes from run to run (times, paths): the same fit
 * gives the same file.
 */
export function fitMetadata(
  result: FitResult,
  backend: BackendInfo,
  prepared: Pick<RecordedFit, 'opened'> & { readonly data: { readonly sha256: string } },
): Record<string, string> {
  const entries = result.layers.map((fit): [string, string] => {
    const how =
      fit.solution === null
        ? unsolvedMethod(fit)
        : `${fit.tier} tier, targets ${fit.targets}, lambda ${fit.solution.lambda}, ${fit.rows} rows, ${backend.kind}`;
    return [fitMetadataKey(fit.id), how];
  });
  return {
    ...Object.fromEntries(entries),
    'tierwise.source': prepared.opened.sha256,
    'tierwise.data': prepared.data.sha256,
    'tierwise.engine': backend.image,
  };
}

function layerDocument(fit: LayerFit, prepared: RecordedFit): FitLayer {
  const { solution } = fit;
  const layer = prepared.runnable.layers.find((l) => l.id === fit.id);
  const engine = solution?.engine ?? null;
  const cycles = engine === null ? null : engine.gramCycles + engine.cholCycles + engine.backCycles + (engine.fsubCycles ?? 0);
  const known = {
    rows: layer === undefined ? fit.rows : samplesOf(layer, fit.rows),
    refinementPasses: solution?.refinementPasses ?? 0,
    // The functional model answers with the RTL's own cycle counts, so both count as simulated.
    engine:
      engine === null || cycles === null
        ? null
        : {
            cycles,
            gramCycles: engine.gramCycles,
            hostWords: engine.hostWords,
            lanes: engine.lanes,
            wordBits: engine.wordBits,
            source: 'simulated' as const,
          },
  };
  const solvedFor = isTargetKind(fit.targets) ? fit.targets : 'labels';
  return {
    id: fit.id,
    tier: fit.tier,
    rows: fit.rows,
    columns: fit.columns,
    outputs: fit.outputs,
    lambda: solution?.lambda ?? 0,
    targets: fit.targets,
    conditionEstimate: solution?.conditionEstimate ?? null,
    relativeResidual: solution?.relativeResidual ?? 0,
    refinementPasses: solution?.refinementPasses ?? 0,
    cycles,
    ...(engine === null
      ? {}
      : {
          gramCycles: engine.gramCycles,
          cholCycles: engine.cholCycles,
          backCycles: engine.backCycles,
          hostWords: engine.hostWords,
        }),
    method: solution?.method ?? unsolvedMethod(fit),
    seconds: fit.seconds,
    deadInputs: solution?.deadInputs.length ?? 0,
    ...(solution?.quality === undefined
      ? {}
      : {
          lambdaFrom: solution.quality.lambdaFrom,
          degreesOfFreedom: solution.quality.degreesOfFreedom,
          rank: solution.quality.rank,
        }),
    // An autoencoder solves a problem of another size than its layer's, for which there is no estimate.
    energy:
      layer === undefined || solution === null || fit.targets === 'autoencode'
        ? null
        : fitEnergy(layer, prepared.plan.target, known, solvedFor, targetsNow(prepared.planPath).targets),
  };
}

/** How a layer came to its weights without a solution, for people. */
function unsolvedMethod({ kept, targets }: LayerFit): string {
  if (kept === 'exact') return 'weights kept: they give the original values already, nothing below changed';
  if (kept === 'no-gain') return 'weights kept: solving for the original values came no nearer to them; try a smaller lambda or more rows';
  if (targets === 'pca') return 'whitened principal directions of the inputs, nothing was solved';
  return 'random weights, nothing was solved';
}

function isTargetKind(text: string): text is TargetKind {
  return ['labels', 'forward-projection', 'autoencode', 'teacher', 'pca', 'random'].includes(text);
}

function evaluationDocument({ prepared, before, after }: FitRecordInput): EvaluationDocument | null {
  if (before === null || after === null) return null;
  const { data } = prepared.plan;
  return {
    dataset: prepared.data.name,
    split: `held-out (split ${data?.split ?? 1}, seed ${data?.seed ?? 0})`,
    rows: after.rows,
    metric: after.metric,
    before: before.value,
    after: after.value,
    correctBefore: before.correct,
    correctAfter: after.correct,
  };
}
