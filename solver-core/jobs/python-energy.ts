import { basename, extname, dirname } from 'node:path';
import { existsSync } from 'node:fs';
import { estimateEnergy, evaluateInput } from '../energy/estimate.ts';
import type { EstimateRequest } from '../energy/estimate.ts';
import { evaluateLayers } from '../energy/evaluate.ts';
import type { Layer } from '../model/layer.ts';
import type { Plan } from '../model/plan.ts';
import { layersOfNodes, planText, planTiers } from '../python/index.ts';
import type { AnalysedLayer, AnnotatedLayer } from '../python/index.ts';
import type { Environment } from './environment.ts';
import { assumptionTexts, figuresOfPlan, maxAssumedLayers } from './python-figures.ts';
import type { LayerFiguresOf } from './python-figures.ts';
import { planBeside } from './python-models.ts';
import type { MatchedModel } from './python-models.ts';
import type { FoundTargets } from './targets.ts';

/** Figures of layers by their index in the source, and what they rest on. */
export interface SourceFigures {
  readonly layers: ReadonlyMap<number, LayerFiguresOf>;
  readonly assumptions: readonly string[];
}

/** The layers of the source that a model has, with their annotations, for a plan. */
export function annotatedLayers(layers: readonly AnalysedLayer[], matched: MatchedModel): readonly AnnotatedLayer[] {
  return [...(matched.chosen?.layers ?? [])].flatMap(([at, index]) => {
    const [layer, own] = [layers[at], matched.layers[index]];
    return layer === undefined || own === undefined || layer.annotation === null
      ? []
      : [{ id: own.id, index, annotation: layer.annotation }];
  });
}

/** Data with the name of the model beside it; undefined when there is none. */
export function dataBeside(modelPath: string): string | undefined {
  const stem = basename(modelPath, extname(modelPath));
  return ['.npz', '.csv'].map((extension) => `${stem}${extension}`).find((name) => existsSync(`${dirname(modelPath)}/${name}`));
}

/** Figures of the layers that the chosen model has: those of its plan, were the annotations one. */
export async function modelFigures(
  environment: Environment,
  layers: readonly AnalysedLayer[],
  matched: MatchedModel,
  target: string,
  found: FoundTargets,
): Promise<SourceFigures> {
  const { chosen } = matched;
  if (chosen === null) return { layers: new Map(), assumptions: [] };
  const data = dataBeside(chosen.path);
  const text = planText({
    modelPath: basename(chosen.path),
    ...(data === undefined ? {} : { dataPath: data }),
    source: '',
    layers: annotatedLayers(layers, matched),
    unmatched: [],
  });
  const plan = { path: planBeside(chosen.path), text, modelPath: chosen.path };
  const known = await figuresOfPlan(environment, plan, target, found);
  const figures = new Map<number, LayerFiguresOf>();
  for (const [at, index] of chosen.layers) {
    const figure = known.layers.get(matched.layers[index]?.id ?? '');
    if (figure !== undefined) figures.set(at, figure);
  }
  const rows = data === undefined ? [] : [`Retraining counts the rows of ${data} beside the model.`];
  return { layers: figures, assumptions: [...rows, ...known.assumptions] };
}

/**
 * Figures of the other layers from the arguments of their constructors, where those say enough. Model by model, as it counts what fits on the
 * chip together; the assumptions are listed once, for the largest model, as they are about the target and not about a layer.
 */
export function argumentFigures(layers: readonly AnalysedLayer[], target: string, found: FoundTargets): SourceFigures {
  const figures = new Map<number, LayerFiguresOf>();
  let largest: EstimateRequest | undefined;
  for (const places of byModel(layers)) {
    const built = layersOfNodes(places.flatMap((at) => layers[at]?.facts.node ?? []));
    const known = built.flatMap((layer) => (layer === null ? [] : [layer]));
    const request = { layers: known, targetId: target, targets: found.targets, plan: planOf(layers, places, built, target) };
    if (largest === undefined || known.length > largest.layers.length) largest = request;
    const input = evaluateInput(request).value;
    if (input === undefined) continue;
    const byId = new Map(evaluateLayers(input).map((each) => [each.layer.id, each]));
    places.forEach((at, i) => {
      const figure = byId.get(String(i));
      if (figure === undefined) return;
      const { layer, inference, sgd, solve, incremental } = figure;
      const retraining = { sgd: sgd?.total ?? null, solve: solve?.total ?? null, incremental: incremental?.total ?? null };
      figures.set(at, { macs: layer.macs, inference: inference?.total ?? null, retraining });
    });
  }
  if (largest === undefined) return { layers: figures, assumptions: [] };
  const listed = estimateEnergy({ ...largest, layers: largest.layers.slice(0, maxAssumedLayers) }).value;
  return { layers: figures, assumptions: assumptionTexts(listed?.assumptions ?? [], largest.layers.length) };
}

/** Places of the layers with an operator, by the model that holds them. */
function byModel(layers: readonly AnalysedLayer[]): Iterable<readonly number[]> {
  const groups = new Map<string, number[]>();
  layers.forEach(({ facts, model }, at) => {
    if (facts.node === null) return;
    const list = groups.get(model);
    if (list === undefined) groups.set(model, [at]);
    else list.push(at);
  });
  return groups.values();
}

/** The annotations as a plan of layers that are in no model. */
function planOf(layers: readonly AnalysedLayer[], places: readonly number[], built: readonly (Layer | null)[], target: string): Plan {
  const annotated = places.flatMap((at, i): readonly AnnotatedLayer[] => {
    const annotation = layers[at]?.annotation ?? null;
    return annotation === null || built[i] === null ? [] : [{ id: String(i), index: i, annotation }];
  });
  return { modelPath: '', data: undefined, target, backend: { kind: 'sim' }, ...planTiers(annotated), budgets: [] };
}
