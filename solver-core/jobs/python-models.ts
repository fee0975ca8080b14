import { dirname, join, resolve } from 'node:path';
import type { Layer } from '../model/layer.ts';
import { chooseModel, withTurns } from '../python/index.ts';
import type { AnalysedLayer, Candidate, ChosenModel, ModelLayer } from '../python/index.ts';
import { nodePlanWorld } from './plan-world.ts';

/** Most models that are looked at for one file, as many as stay in memory. */
const maxModels = 6;

/** The exported model of a file with its layers; `chosen` is null when none of the candidates matches. */
export interface MatchedModel {
  readonly chosen: ChosenModel | null;
  /** Layers of the source, with an entry for each turn of a loop that the model alone knows. */
  readonly source: readonly AnalysedLayer[];
  /** Layers of the chosen model in graph order. */
  readonly layers: readonly Layer[];
  /** How many of the candidates could be read. */
  readonly looked: number;
}

/** Matches the layers of a Python file to the first of `models` that agrees best. Files that cannot be read are passed over. */
export function matchModels(layers: readonly AnalysedLayer[], models: readonly string[]): MatchedModel {
  const seen = new Map<string, readonly Layer[]>();
  if (layers.length > 0) {
    for (const path of models.slice(0, maxModels)) {
      const absolute = resolve(path);
      const view = nodePlanWorld(planBeside(absolute)).model(absolute);
      if ('layers' in view) seen.set(absolute, view.layers);
    }
  }
  const candidates = [...seen].map(([path, own]): Candidate => ({ path, layers: own.map(modelLayer) }));
  const found = chooseModel(layers, candidates);
  if (found === null) return { chosen: null, source: layers, layers: [], looked: seen.size };
  const { chosen, layers: source } = withTurns(layers, found);
  return { chosen, source, layers: seen.get(chosen.path) ?? [], looked: seen.size };
}

/** A plan beside a model, which need not be there. */
export function planBeside(modelPath: string): string {
  return join(dirname(modelPath), 'annotations.tiers');
}

function modelLayer(layer: Layer): ModelLayer {
  const { id, op, weight, linear } = layer;
  const isSpatial = op.includes('Conv');
  const at = (shape: Layer['inputShape']): number | null => {
    const dim = shape?.at(isSpatial ? 1 : -1);
    return typeof dim === 'number' ? dim : null;
  };
  if (linear !== null && !isSpatial) return { id, op, weight, inputs: linear.inputs, outputs: linear.outputs };
  return { id, op, weight, inputs: at(layer.inputShape), outputs: at(layer.outputShape) };
}
