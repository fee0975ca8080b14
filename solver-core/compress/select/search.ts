import type { Numerics } from '../../fit/numerics.ts';
import { checkAbort } from '../../model/abort.ts';
import { selectLayer } from './select-layer.ts';
import type { LayerSetting } from './select-layer.ts';
import type { Assessment, SelectCandidate, SelectControl, SelectedLayer, SelectOptions, SelectProblem, StoredModel } from './types.ts';

/** What is chosen for each layer, in the order of the layers. */
export type ModelSetting = readonly LayerSetting[];

/** All layers chosen one after the other. */
interface Pass {
  readonly settings: ModelSetting;
  readonly layers: readonly SelectedLayer[];
}

/** Runs passes over the layers and judges them; remembers what a new pass has in common with earlier ones. */
export interface Passes {
  readonly original: Assessment;
  run(id: string, label: string, kind: SelectCandidate['kind'], settings: ModelSetting, warm?: SelectCandidate): Promise<SelectCandidate>;
  /** The settings a candidate came from. */
  settingsOf(candidate: SelectCandidate): ModelSetting;
}

/** How far the quality may fall: accuracy by points, mse by a share. */
export function isAllowed(original: Assessment, now: Assessment, maxDrop: number): boolean {
  if (original.metric === 'accuracy') return now.quality >= original.quality - maxDrop - 1e-9;
  return now.quality <= original.quality * (1 + maxDrop);
}

export async function createPasses(
  numerics: Numerics,
  problem: SelectProblem,
  options: SelectOptions,
  control: SelectControl,
): Promise<Passes> {
  const original = await problem.assess(new Map(), control);
  const settingsBy = new Map<SelectCandidate, ModelSetting>();
  let last: Pass | undefined;
  let baselineEnergy = 0;
  return {
    original,
    settingsOf: (candidate) => settingsBy.get(candidate)!,
    async run(id, label, kind, settings, warm) {
      const layers: SelectedLayer[] = [];
      const stored = new Map<string, SelectedLayer['stored']>();
      let same = last !== undefined;
      for (const [at, layer] of problem.layers.entries()) {
        checkAbort(control.abort);
        control.onProgress?.(at / problem.layers.length, `${label}: ${layer.id}`);
        same = same && sameSetting(last!.settings[at]!, settings[at]!);
        const selected = same
          ? last!.layers[at]!
          : await selectLayer(
              numerics,
              layer,
              await problem.view(layer, stored, control, settings[at]!.inputLevels),
              settings[at]!,
              warm?.layers[at]?.stored.integers,
            );
        layers.push(selected);
        stored.set(layer.id, selected.stored);
        await control.host.pause();
      }
      last = { settings, layers };
      checkAbort(control.abort);
      const assessment = await problem.assess(stored as StoredModel, control);
      const energy = layers.reduce((sum, layer) => sum + layer.energy, 0);
      if (baselineEnergy === 0) baselineEnergy = energy;
      const candidate: SelectCandidate = {
        id,
        label,
        kind,
        energy,
        saving: baselineEnergy > 0 ? 1 - energy / baselineEnergy : 0,
        assessment,
        allowed: isAllowed(original, assessment, options.maxDrop),
        layers,
      };
      settingsBy.set(candidate, settings);
      control.onPoint?.(candidate);
      return candidate;
    },
  };
}

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
