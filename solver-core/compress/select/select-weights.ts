import type { Numerics } from '../../fit/numerics.ts';
import { createPasses, roundingOf } from './search.ts';
import type { ModelSetting, Passes } from './search.ts';
import { lossPerError } from './sensitivity.ts';
import type { SelectCandidate, SelectControl, SelectOptions, SelectOutcome, SelectProblem } from './types.ts';

/** The energy term that the search starts from, in loss per share of the model's energy; each step up or down doubles or halves it. */
const firstMu = 0.1;
const largestMu = 6.4;
const leastMu = 0.002;
const bisections = 4;
const defaultPoints = 24;

/**
 * Weights with the least energy whose quality on the validation rows stays within the allowed drop (method 5.4, 10.2): int8 by rounding and
 * GPTQ as baselines, then one energy term for all layers, each by its own share of energy and loss, bisected on validation quality, then
 * the schedule that tightens single layers. Same problem, options and seed: same answer. Rejects with AbortError.
 */
export async function selectWeights(
  numerics: Numerics,
  problem: SelectProblem,
  options: SelectOptions,
  control: SelectControl,
): Promise<SelectOutcome> {
  const points: SelectCandidate[] = [];
  const watched: SelectControl = {
    ...control,
    onPoint: (point) => {
      points.push(point);
      control.onPoint?.(point);
    },
  };
  const passes = await createPasses(numerics, problem, options, watched);
  const baseline = await passes.run('int8', 'int8, rounded', 'baseline', roundingOf(problem, 8));
  const kappas = await lossPerError(numerics, problem, control);
  const settingAt = (mu: number): ModelSetting =>
    problem.layers.map((_, at) => ({
      bits: options.bits,
      values: options.values,
      mu,
      lossPerError: kappas[at]!,
      energyUnit: baseline.energy,
      compensate: options.compensate !== false,
      polish: options.compensate !== false,
    }));
  await passes.run(
    'gptq',
    `int${options.bits}, compensated`,
    'baseline',
    settingAt(0).map((s) => ({ ...s, values: { kind: 'all' }, polish: false })),
  );
  await bisect(passes, settingAt, options.maxPoints ?? defaultPoints);
  const allowed = points.filter((point) => point.allowed);
  const chosen = allowed.reduce((best, point) => (point.energy < best.energy ? point : best), allowed[0] ?? baseline);
  return { baseline, original: passes.original, chosen, points };
}

/** Doubles the energy term while the model stays good enough, halves it until it is, then closes in. */
async function bisect(passes: Passes, settingAt: (mu: number) => ModelSetting, most: number): Promise<void> {
  let count = 0;
  const attempt = (mu: number): Promise<SelectCandidate> => {
    count++;
    return passes.run(`energy-${count}`, `energy term ${mu.toPrecision(2)}`, 'candidate', settingAt(mu));
  };
  let mu = firstMu;
  let good: number | null = null;
  let bad: number | null = null;
  while (count < most && mu <= largestMu && mu >= leastMu) {
    const { allowed } = await attempt(mu);
    if (allowed) good = Math.max(good ?? 0, mu);
    else bad = Math.min(bad ?? Infinity, mu);
    if (good !== null && bad !== null) break;
    mu = allowed ? mu * 2 : mu / 2;
  }
  for (let step = 0; step < bisections && count < most && good !== null && bad !== null; step++) {
    const between = Math.sqrt(good * bad);
    if ((await attempt(between)).allowed) good = between;
    else bad = between;
  }
}
