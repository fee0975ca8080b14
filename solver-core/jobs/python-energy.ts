import { basename, extname, dirname } from 'node:path';
import { existsSync } from 'node:fs';
import { estimateEnergy } from '../energy/estimate.ts';
import type { Layer } from '../model/layer.ts';
import type { LowerTier, Plan, UpperTier } from '../model/plan.ts';
import type { EnergyLayer } from '../protocol/index.ts';
import { layersOfNodes, planText } from '../python/index.ts';
import type { AnalysedLayer, AnnotatedLayer } from '../python/index.ts';
import type { Environment } from './environment.ts';
import { planEnergy } from './plan-energy.ts';
import { planBeside } from './python-models.ts';
import type { MatchedModel } from './python-models.ts';
import { readPlan } from './read-plan.ts';
import type { FoundTargets } from './targets.ts';
import { checkPlan } from '../tiers/check.ts';
import { blindWorld } from '../tiers/world.ts';

/** Figures of layers by their index in the source, and what they rest on. */
export interface PythonFigures {
  readonly layers: ReadonlyMap<number, EnergyLayer>;
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
): Promise<PythonFigures> {
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
  const read = await readPlan(planBeside(chosen.path), text);
  if (read.plan === undefined) return { layers: new Map(), assumptions: [] };
  const { value } = await planEnergy(environment, read, read.plan, target, found);
  if (value === undefined) return { layers: new Map(), assumptions: [] };
  const byId = new Map(value.layers.map((layer) => [layer.id, layer]));
  const figures = new Map<number, EnergyLayer>();
  for (const [at, index] of chosen.layers) {
    const figure = byId.get(matched.layers[index]?.id ?? '');
    if (figure !== undefined) figures.set(at, figure);
  }
  const rows = data === undefined ? [] : [`Retraining counts the rows of ${data} beside the model.`];
  return { layers: figures, assumptions: [...rows, ...value.assumptions.map((each) => each.text)] };
}

/** Figures of the other layers from the arguments of their constructors, where those say enough. */
export function argumentFigures(layers: readonly AnalysedLayer[], target: string, found: FoundTargets): PythonFigures {
  const figures = new Map<number, EnergyLayer>();
  const assumptions = new Set<string>();
  const byModel = new Map<string, number[]>();
  layers.forEach(({ facts, model }, at) => {
    if (facts.node === null) return;
    const list = byModel.get(model);
    if (list === undefined) byModel.set(model, [at]);
    else list.push(at);
  });
  for (const places of byModel.values()) {
    const nodes = places.flatMap((at) => layers[at]?.facts.node ?? []);
    const built = layersOfNodes(nodes);
    const known = built.flatMap((layer) => (layer === null ? [] : [layer]));
    const estimate = estimateEnergy({
      layers: known,
      targetId: target,
      targets: found.targets,
      plan: planOf(layers, places, built, target),
    }).value;
    if (estimate === undefined) continue;
    const byId = new Map(estimate.layers.map((layer) => [layer.id, layer]));
    places.forEach((at, i) => {
      const figure = byId.get(String(i));
      if (figure !== undefined) figures.set(at, figure);
    });
    for (const each of estimate.assumptions) assumptions.add(each.text);
  }
  return { layers: figures, assumptions: [...assumptions] };
}

/** The annotations as a plan of layers that are in no model. */
function planOf(layers: readonly AnalysedLayer[], places: readonly number[], built: readonly (Layer | null)[], target: string): Plan {
  const annotated = places.flatMap((at, i): readonly AnnotatedLayer[] => {
    const annotation = layers[at]?.annotation ?? null;
    return annotation === null || built[i] === null ? [] : [{ id: String(i), index: i, annotation }];
  });
  const text = planText({ modelPath: 'model.onnx', source: '', layers: annotated, unmatched: [] });
  const { plan } = checkPlan(text, blindWorld([]));
  const [lower, upper]: [readonly LowerTier[], readonly UpperTier[]] = [plan?.lower ?? [], plan?.upper ?? []];
  return { modelPath: '', data: undefined, target, backend: { kind: 'sim' }, lower, upper, budgets: [] };
}
