import type { Numerics } from '../../fit/numerics.ts';
import { checkAbort } from '../../model/abort.ts';
import { assert } from '../../model/error.ts';
import { selectLayer } from './select-layer.ts';
import type { ChosenLayer, LayerSetting } from './select-layer.ts';
import type {
  Assessment,
  SelectCandidate,
  SelectControl,
  SelectedLayer,
  SelectLayer,
  SelectOptions,
  SelectProblem,
  StoredModel,
} from './types.ts';

/** What is chosen for each layer, in the order of the layers. */
export type ModelSetting = readonly LayerSetting[];

/** All layers chosen one after the other. */
interface Pass {
  readonly settings: ModelSetting;
  readonly layers: readonly { readonly layer: ChosenLayer; readonly setting: LayerSetting }[];
}

/** Runs passes over the layers and judges them; remembers what a new pass has in common with earlier ones. */
export interface Passes {
  readonly original: Assessment;
  run(id: string, label: string, kind: SelectCandidate['kind'], settings: ModelSetting, warm?: SelectCandidate): Promise<SelectCandidate>;
  /** The settings a candidate came from, each with the one number of input levels that was chosen. */
  settingsOf(candidate: SelectCandidate): ModelSetting;
}

/** How far the quality may fall: accuracy by points, mse by a share. */
export function isAllowed(original: Assessment, now: Assessment, maxDrop: number): boolean {
  if (original.metric === 'accuracy') return now.quality >= original.quality - maxDrop - rounding;
  return now.quality <= original.quality * (1 + maxDrop);
}

/** Below the share of one row among a million. */
const rounding = 1e-9;

/**
 * The loss of accuracy that the loss of confidence stands for, as the points so far have it: least squares through 0 with one more point on
 * the diagonal, at a drop of one point. Which of a few hundred rows flip is luck; how sure the model still is of each says more. One standard error is added, because the
 * best of many points is one that was lucky. 0 for mse.
 */
export function smoothDrop(original: Assessment, points: readonly Assessment[], now: Assessment): number {
  const lost = (of: Assessment): number => (original.confidence ?? 0) - (of.confidence ?? 0);
  let [along, size] = [priorDrop ** 2, priorDrop ** 2];
  for (const point of points) {
    along += lost(point) * (original.quality - point.quality);
    size += lost(point) ** 2;
  }
  return original.metric === 'accuracy' ? Math.max(0, along / size) * (lost(now) + (now.confidenceError ?? 0)) : 0;
}

const priorDrop = 0.01;

export async function createPasses(
  numerics: Numerics,
  problem: SelectProblem,
  options: SelectOptions,
  control: SelectControl,
): Promise<Passes> {
  const original = await problem.assess(new Map(), control);
  const settingsBy = new Map<SelectCandidate, ModelSetting>();
  const seen: Assessment[] = [];
  let last: Pass | undefined;
  let baselineEnergy = 0;
  return {
    original,
    settingsOf: (candidate) => settingsBy.get(candidate)!,
    async run(id, label, kind, settings, warm) {
      const layers: Pass['layers'][number][] = [];
      const stored = new Map<string, SelectedLayer['stored']>();
      let same = last !== undefined;
      for (const [at, layer] of problem.layers.entries()) {
        checkAbort(control.abort);
        control.onProgress?.(at / problem.layers.length, `${label}: ${layer.id}`);
        same = same && sameSetting(last!.settings[at]!, settings[at]!);
        const chosen = same
          ? last!.layers[at]!
          : await bestLevels(numerics, problem, layer, stored, settings[at]!, control, warm?.layers[at]);
        layers.push(chosen);
        stored.set(layer.id, chosen.layer.stored);
        await control.host.pause();
      }
      last = { settings, layers };
      checkAbort(control.abort);
      const assessment = await problem.assess(stored as StoredModel, control);
      const energy = layers.reduce((sum, { layer }) => sum + layer.energy, 0);
      if (baselineEnergy === 0) baselineEnergy = energy;
      // Baselines are not the luckiest of many.
      const smooth = kind === 'baseline' ? 0 : smoothDrop(original, seen, assessment);
      const candidate: SelectCandidate = {
        id,
        label,
        kind,
        energy,
        saving: baselineEnergy > 0 ? 1 - energy / baselineEnergy : 0,
        assessment,
        allowed: isAllowed(original, assessment, options.maxDrop) && smooth <= options.maxDrop,
        ...(kind === 'candidate' && original.metric === 'accuracy' ? { smoothDrop: smooth } : {}),
        layers: layers.map(({ layer }) => layer),
      };
      seen.push(assessment);
      settingsBy.set(
        candidate,
        layers.map(({ setting }) => setting),
      );
      control.onPoint?.(candidate);
      return candidate;
    },
  };
}

/** The layer on each number of input levels that the setting names; the one that costs least, loss and energy together, is chosen. */
async function bestLevels(
  numerics: Numerics,
  problem: SelectProblem,
  layer: SelectLayer,
  stored: StoredModel,
  setting: LayerSetting,
  control: SelectControl,
  warm: SelectedLayer | undefined,
): Promise<Pass['layers'][number]> {
  const cost = ({ loss, energy }: ChosenLayer): number => loss + (setting.energyUnit > 0 ? (setting.mu * energy) / setting.energyUnit : 0);
  let best: Pass['layers'][number] | undefined;
  for (const levels of setting.inputLevels ?? [allLevels]) {
    checkAbort(control.abort);
    const view = await problem.view(layer, stored, control, levels);
    const chosen = await selectLayer(numerics, layer, view, setting, (warm ?? best?.layer)?.stored.integers);
    if (best === undefined || cost(chosen) < cost(best.layer)) best = { layer: chosen, setting: { ...setting, inputLevels: [levels] } };
  }
  assert(best !== undefined, 'a setting names no input levels');
  return best;
}

/** Unsigned bytes. */
const allLevels = 256;

function sameSetting(a: LayerSetting, b: LayerSetting): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** int8, each weight by itself: what savings are counted from. Must be the first pass. */
export function roundingOf(problem: SelectProblem, bits: 4 | 8): ModelSetting {
  return problem.layers.map(() => ({
    bits,
    values: { kind: 'all' },
    mu: 0,
    lossPerError: 1,
    energyUnit: 1,
    compensate: false,
    polish: false,
  }));
}
