import type { RidgeProblem, RidgeSolution, SolveContext } from '../../fit/backend.ts';
import type { Refined } from '../../fit/ridge/refine.ts';
import { refineRidge } from '../../fit/ridge/refine.ts';
import { constantSolution, expandWeights } from '../../fit/ridge/solution.ts';
import { askedLambda, ridgeStatistics, singularLambda } from '../../fit/ridge/statistics.ts';
import type { RidgeStatistics } from '../../fit/ridge/statistics.ts';
import type { EngineDevice, EngineTotals } from './device.ts';
import type { OutputGroup } from './quantise.ts';
import { planQuantisation } from './quantise.ts';
import type { HostFactor, ScaledFactor } from './refine-factor.ts';
import { factorCondition, factorPreconditioner, hostFactor } from './refine-factor.ts';
import type { EngineRun, GroupResult } from './solve-group.ts';
import { outputGroups, solveGroup } from './solve-group.ts';

/** Above this relative residual an answer made with the engine's factor is finished with a host factor of the engine's Gram. */
const acceptable = 1e-8;

/**
 * Solves a ridge problem on an engine: centre, scale to equal column norms, quantise, exact Gram, factor and substitute on the
 * device; then refine on the host in fp64 against the rows themselves, with the device's factor as preconditioner, to a relative
 * residual of 1e-10 (hardware reference 1.3, 1.4).
 *
 * The λ of the answer is the λ asked for. Where short words cannot factor the equations (or not well enough), the host factors the
 * engine's exact Gram in fp64; only when that fails too λ is raised, at most 4 times by 10, and reported. `method` tells which
 * arithmetic produced the answer. Same rows and same engine parameters give the same bits at every level of the engine.
 * Progress and cancel between blocks of rows.
 *
 * Rejects with AbortError, with the device's errors (`engine-too-small` when not even one output fits), with those of
 * `ridgeStatistics`, and with `singular-gram`.
 */
export async function solveOnDevice(problem: RidgeProblem, device: EngineDevice, context: SolveContext): Promise<RidgeSolution> {
  const statistics = await ridgeStatistics(problem, context);
  const asked = askedLambda(problem, statistics);
  if (statistics.live.length === 0) return constantSolution(statistics, asked);
  const lambda = asked === 0 && isSingular(problem, statistics) ? singularLambda(statistics.meanDiagonal) : asked;
  const run: EngineRun = { problem, statistics, plan: planQuantisation(statistics, lambda, device.info), device, context };
  const engine = await runEngine(run);
  context.onProgress?.(0.9, 'refining on the host');
  const answer = await finish(run, engine, lambda);
  context.onProgress?.(1, 'solved');
  return {
    ...expandWeights(statistics, answer.refined.w),
    lambda: answer.lambda,
    conditionEstimate: answer.condition,
    relativeResidual: answer.refined.relativeResidual,
    refinementPasses: answer.refined.refinementSteps + answer.refined.gradientSteps,
    deadInputs: statistics.dead,
    engine: { ...engine.totals(), lanes: device.info.lanes, wordBits: device.info.wordBits, level: device.info.level },
    method: describe(device, engine, answer, asked),
  };
}

/** True when the equations without a ridge term cannot have one solution, whatever the rows are. */
function isSingular(problem: RidgeProblem, statistics: RidgeStatistics): boolean {
  return statistics.rows - (problem.bias ? 1 : 0) < statistics.live.length;
}

/** All runs of the engine on one problem. */
interface EngineResults {
  /** [d, k] in the units of the data; zeros when the factor broke down. */
  readonly weights: Float64Array;
  readonly factor: ScaledFactor | null;
  readonly saturated: boolean;
  readonly nRuns: number;
  /** Reads the exact Gram of the last run and factors it on the host. Rejects with `singular-gram`. */
  hostFactor(lambda: number): Promise<HostFactor>;
  totals(): EngineTotals;
}

async function runEngine(run: EngineRun): Promise<EngineResults> {
  const { device, statistics, plan, context } = run;
  const d = statistics.live.length;
  const groups = outputGroups(device.info, d, statistics.outputs);
  const weights = new Float64Array(d * statistics.outputs);
  let before: EngineTotals = { gramCycles: 0, cholCycles: 0, backCycles: 0, fsubCycles: 0, hostWords: 0 };
  let last: GroupResult | undefined;
  let lastGroup: OutputGroup = groups[0]!;
  let saturated = false;
  let nRuns = 0;
  for (const group of groups) {
    if (nRuns > 0) before = addTotals(before, device.totals);
    lastGroup = group;
    last = await solveGroup(run, group, (fraction, text) => context.onProgress?.((0.85 * (nRuns + fraction)) / groups.length, text));
    nRuns++;
    saturated ||= last.saturated;
    // The features are the same in every run: what broke down once would break down again.
    if (last.solved === null) break;
    for (let j = 0; j < d; j++)
      weights.set(last.solved.weights.subarray(j * group.count, (j + 1) * group.count), j * statistics.outputs + group.first);
  }
  return {
    weights,
    factor: last?.solved?.factor ?? null,
    saturated,
    nRuns,
    hostFactor: async (lambda) =>
      hostFactor(await device.readGram(), d + lastGroup.count, plan, lambda, statistics.meanDiagonal, context.abort),
    totals: () => addTotals(before, device.totals),
  };
}

interface Answer {
  readonly refined: Refined;
  readonly lambda: number;
  readonly condition: number | null;
  /** The host's factor of the engine's Gram made the answer, not the engine's. */
  readonly byHostFactor: boolean;
}

/**
 * Refines the engine's weights. The engine's factor tells the condition while that is well below its resolution 2^F; beyond, and when
 * it broke down, the exact Gram has to, and the host factors it.
 */
async function finish(run: EngineRun, engine: EngineResults, lambda: number): Promise<Answer> {
  const { problem, statistics, context } = run;
  const refine = (factor: ScaledFactor, used: number, start: Float64Array): Promise<Refined> =>
    refineRidge({
      source: problem.source,
      statistics,
      lambda: used,
      start,
      precondition: factorPreconditioner(factor, statistics.outputs),
      context,
    });
  const own = engine.factor;
  const ownCondition = own === null ? null : factorCondition(own);
  let host = ownCondition !== null && ownCondition < 2 ** (run.device.info.wordBits - 3) ? null : await engine.hostFactor(lambda);

  let first: Refined | null = null;
  if (own !== null && (host === null || host.lambda === lambda)) {
    first = await refine(own, lambda, engine.weights);
    if (first.relativeResidual <= acceptable) {
      return { refined: first, lambda, condition: host === null ? ownCondition : factorCondition(host.factor), byHostFactor: false };
    }
  }
  host ??= await engine.hostFactor(lambda);
  // From zero: the engine's start may have grown along directions that the equations hardly determine.
  const second = await refine(host.factor, host.lambda, new Float64Array(engine.weights.length));
  const refined = {
    ...second,
    refinementSteps: second.refinementSteps + (first?.refinementSteps ?? 0),
    gradientSteps: second.gradientSteps + (first?.gradientSteps ?? 0),
  };
  return { refined, lambda: host.lambda, condition: factorCondition(host.factor), byHostFactor: true };
}

function addTotals(a: EngineTotals, b: EngineTotals): EngineTotals {
  return {
    gramCycles: a.gramCycles + b.gramCycles,
    cholCycles: a.cholCycles + b.cholCycles,
    backCycles: a.backCycles + b.backCycles,
    fsubCycles: a.fsubCycles + b.fsubCycles,
    hostWords: a.hostWords + b.hostWords,
  };
}

function describe(device: EngineDevice, engine: EngineResults, answer: Answer, asked: number): string {
  const { refinementSteps, gradientSteps } = answer.refined;
  const parts: string[] = [device.info.level];
  if (refinementSteps > 0) parts.push(`${refinementSteps} refinement ${refinementSteps === 1 ? 'pass' : 'passes'}`);
  if (gradientSteps > 0) parts.push(`${gradientSteps} conjugate gradient ${gradientSteps === 1 ? 'step' : 'steps'}`);
  const notes: string[] = [];
  if (answer.byHostFactor) {
    const why = engine.factor === null ? 'the factor broke down' : 'the factor was not good enough';
    notes.push(`${why} in ${device.info.wordBits}-bit words, so the host factored the engine's Gram in fp64`);
  }
  if (answer.lambda !== asked) notes.push(`the equations are singular at lambda ${asked}, lambda raised`);
  if (answer.refined.relativeResidual > acceptable) notes.push('refinement stopped before it reached its goal');
  if (engine.saturated) notes.push('the weights outgrew the words, so the last substitution ran on the host');
  if (engine.nRuns > 1) notes.push(`${engine.nRuns} runs, because not all outputs fit the engine at once`);
  return [parts.join(' + '), ...notes].join('; ');
}
