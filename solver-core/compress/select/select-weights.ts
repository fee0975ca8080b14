import type { Numerics } from '../../fit/numerics.ts';
import { chooseCandidate } from './choose.ts';
import { createPasses, roundingOf } from './search.ts';
import type { ModelSetting, Passes } from './search.ts';
import type { LayerSetting } from './select-layer.ts';
import { lossPerError } from './sensitivity.ts';
import type { SelectCandidate, SelectControl, SelectOptions, SelectOutcome, SelectProblem } from './types.ts';

/** The energy term that the search starts from, in loss per share of the model's energy; each step up or down doubles or halves it. */
const firstMu = 0.1;
const largestMu = 6.4;
const leastMu = 0.002;
const bisections = 3;
const defaultPoints = 14;
const defaultLevels: readonly number[] = [256, 64, 48, 32, 24];
/** Step of the schedule, and the share of the energy below which a layer is not worth one. */
const tightenBy = 1.7;
const leastShare = 0.04;

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
  const compensated = options.compensate !== false;
  const settingAt = (mu: number): ModelSetting =>
    problem.layers.map((_, at) => ({
      bits: options.bits,
      values: options.values,
      mu,
      lossPerError: kappas[at]!,
      energyUnit: baseline.energy,
      compensate: compensated,
      polish: true,
      ...(options.zerosOnly === true ? { zerosOnly: true } : {}),
    }));
  const plain = settingAt(0).map((setting): LayerSetting => ({ ...setting, values: { kind: 'all' }, polish: false }));
  if (compensated) await passes.run('gptq', `int${options.bits}, compensated`, 'baseline', plain);
  const most = points.length + (options.maxPoints ?? defaultPoints);
  const search: Search = { passes, settingAt, left: () => most - points.length };
  const inputLevels = options.inputLevels ?? defaultLevels;
  const first = await withInputLevels(search, 'energy-0', firstMu, inputLevels);
  const levels = passes.settingsOf(first).map(({ inputLevels: chosen = [] }) => ({ inputLevels: chosen }));
  const onLevels = { ...search, settingAt: (mu: number) => settingAt(mu).map((setting, at) => ({ ...setting, ...levels[at] })) };
  let found = await bisect(onLevels, first);
  // Levels that were chosen at a term too large for the model may be too few at the one that it bears.
  if (found !== null && !first.allowed && search.left() > 0) {
    const again = await withInputLevels(search, 'levels', passes.settingsOf(found)[0]?.mu ?? firstMu, inputLevels);
    if (again.allowed && again.energy < found.energy) found = again;
  }
  if (found !== null && options.schedule !== false) await tighten(search, found);
  const chosen = chooseCandidate(points, baseline, options);
  if (chosen.allowed && chosen.kind === 'candidate') await sameLevels(passes, problem, chosen);
  return { baseline, original: passes.original, chosen, points };
}

/** int8 by rounding on the input levels of the chosen configuration: what of its saving is due to them. */
async function sameLevels(passes: Passes, problem: SelectProblem, chosen: SelectCandidate): Promise<void> {
  const levels = passes.settingsOf(chosen).map(({ inputLevels = [256] }) => inputLevels);
  if (levels.every(([of]) => of === 256)) return;
  const settings = roundingOf(problem, 8).map((of, at): LayerSetting => ({ ...of, inputLevels: levels[at]! }));
  await passes.run('int8-levels', 'int8, rounded, on the same input levels', 'baseline', settings);
}

interface Search {
  readonly passes: Passes;
  settingAt(mu: number): ModelSetting;
  /** Points that may still be tried. */
  left(): number;
}

/** A pass in which every layer also chooses how many integers its inputs are spread over. */
function withInputLevels({ passes, settingAt }: Search, id: string, mu: number, inputLevels: readonly number[]): Promise<SelectCandidate> {
  const settings = settingAt(mu).map((of): LayerSetting => ({ ...of, inputLevels }));
  const again = id === 'levels' ? ', input levels chosen again' : '';
  return passes.run(id, `energy term ${Number(mu.toPrecision(2))}${again}`, 'candidate', settings);
}

/** Doubles the energy term while the model stays good enough, halves it until it is, then closes in; the best allowed point. */
async function bisect({ passes, settingAt, left }: Search, first: SelectCandidate): Promise<SelectCandidate | null> {
  let count = 0;
  let best: SelectCandidate | null = first.allowed ? first : null;
  // Energies of values are those among the weights of the point before, which are much the same.
  let last = first;
  const attempt = async (mu: number): Promise<boolean> => {
    count++;
    const point = await passes.run(`energy-${count}`, `energy term ${Number(mu.toPrecision(2))}`, 'candidate', settingAt(mu), last);
    last = point;
    if (point.allowed && (best === null || point.energy < best.energy)) best = point;
    return point.allowed;
  };
  let good: number | null = first.allowed ? firstMu : null;
  let bad: number | null = first.allowed ? null : firstMu;
  let mu = first.allowed ? firstMu * 2 : firstMu / 2;
  while (left() > 0 && mu <= largestMu && mu >= leastMu) {
    const allowed = await attempt(mu);
    if (allowed) good = Math.max(good ?? 0, mu);
    else bad = Math.min(bad ?? Infinity, mu);
    if (good !== null && bad !== null) break;
    mu = allowed ? mu * 2 : mu / 2;
  }
  for (let step = 0; step < bisections && left() > 0 && good !== null && bad !== null; step++) {
    const between: number = Math.sqrt(good * bad);
    if (await attempt(between)) good = between;
    else bad = between;
  }
  return best;
}

/**
 * The energy-prioritised schedule: from the best point so far, the layer with the most energy left takes a larger energy term; a step that
 * the whole model does not bear is taken back and freezes its layer.
 */
async function tighten({ passes, left }: Search, from: SelectCandidate): Promise<void> {
  let best = from;
  const frozen = new Set<number>();
  for (let step = 1; left() > 0 && frozen.size < best.layers.length; step++) {
    const at = best.layers.reduce(
      (most, layer, i) => (!frozen.has(i) && (most < 0 || layer.energy > best.layers[most]!.energy) ? i : most),
      -1,
    );
    const settings = passes.settingsOf(best).map((of, i) => (i === at ? { ...of, mu: of.mu * tightenBy } : of));
    const id = best.layers[at]!.stored.id;
    const point = await passes.run(`layer-${step}`, `larger energy term for ${id}`, 'candidate', settings, best);
    if (point.allowed && point.energy < best.energy) best = point;
    else frozen.add(at);
    // What is left is too little to be worth a pass over the model.
    if (!frozen.has(at) && best.layers[at]!.energy < leastShare * best.energy) frozen.add(at);
    for (const [i, layer] of best.layers.entries()) if (layer.energy < leastShare * best.energy) frozen.add(i);
  }
}
