import { basename, isAbsolute, relative, resolve } from 'node:path';
import { TierwiseError } from '../model/error.ts';
import type { SolverRequests } from '../protocol/index.ts';
import { analysePython, annotationItems, maxSourceLength, needsLinear, planText } from '../python/index.ts';
import { checkTarget, defaultTarget } from './energy.ts';
import type { Environment } from './environment.ts';
import { readText } from './files.ts';
import { checkAgainstModel, pythonDocument } from './python-document.ts';
import { annotatedLayers, argumentFigures, modelFigures } from './python-energy.ts';
import { matchModels } from './python-models.ts';
import { targetsFor } from './targets.ts';

type Requests = SolverRequests;

/**
 * Layers and annotations of Python source; see `tierwise/python`. Nothing is run. Throws TierwiseError when the file cannot be read or the
 * target is not known; everything wrong with the source is a diagnostic.
 */
export async function pythonJob(
  environment: Environment,
  params: Requests['tierwise/python']['params'],
): Promise<Requests['tierwise/python']['result']> {
  const path = resolve(params.path);
  const text = params.text ?? (await readText(path, maxSourceLength));
  const found = await targetsFor(path);
  const target = params.target ?? defaultTarget;
  checkTarget(found, target);
  const read = analysePython(text);
  const matched = matchModels(read.layers, params.models);
  const analysis = { ...read, layers: matched.source };
  checkAgainstModel({ analysis, matched }, needsLinear);
  const fromModel = await modelFigures(environment, analysis.layers, matched, target, found);
  const rest = analysis.layers.map((layer, at) =>
    matched.chosen?.layers.has(at) === true ? { ...layer, facts: { ...layer.facts, node: null } } : layer,
  );
  const fromArguments = argumentFigures(rest, target, found);
  return pythonDocument({
    path,
    target,
    analysis,
    matched,
    fromModel: fromModel.layers,
    fromArguments: fromArguments.layers,
    assumptions: [...new Set([...fromModel.assumptions, ...fromArguments.assumptions])],
  });
}

/** What may stand at a place of a comment; see `tierwise/annotationCompletion`. */
export function annotationCompletionJob(
  params: Requests['tierwise/annotationCompletion']['params'],
): Promise<Requests['tierwise/annotationCompletion']['result']> {
  return Promise.resolve({ items: annotationItems(params.text, params.line, params.character) });
}

/**
 * The plan that annotations state; see `tierwise/annotationPlan`. Throws TierwiseError when the source cannot be read, when the model does
 * not lie in the plan's folder or below, and when none of its layers is one of the source.
 */
export async function annotationPlanJob(
  _environment: Environment,
  params: Requests['tierwise/annotationPlan']['params'],
): Promise<Requests['tierwise/annotationPlan']['result']> {
  const path = resolve(params.path);
  const text = params.text ?? (await readText(path, maxSourceLength));
  const model = resolve(params.model);
  const modelPath = relative(resolve(params.planFolder), model).replaceAll('\\', '/');
  if (modelPath.startsWith('../') || isAbsolute(modelPath) || modelPath === '')
    throw new TierwiseError(
      'path-outside-folder',
      `${model} does not lie in ${resolve(params.planFolder)}`,
      'Put the plan beside the model, or in a folder above it.',
    );
  const matched = matchModels(analysePython(text).layers, [model]);
  const layers = matched.source;
  if (matched.chosen === null) {
    const problem = matched.looked === 0 ? 'cannot be read' : 'has no layers that agree with those of the source in name and shape';
    throw new TierwiseError('no-matching-model', `${model} ${problem}`, 'Export the model that this source builds, and try again.');
  }
  const annotated = annotatedLayers(layers, matched);
  const unmatched = layers.flatMap(({ annotation, name, model: holder }, at) =>
    annotation !== null && annotation.kind !== 'frozen' && matched.chosen?.layers.has(at) !== true ? [`${holder}: ${name}`] : [],
  );
  const written = planText({
    modelPath,
    ...(params.data === undefined ? {} : { dataPath: params.data }),
    source: basename(path),
    layers: annotated,
    unmatched,
  });
  return { text: written, annotated: annotated.filter(({ annotation }) => annotation.kind !== 'frozen').length, unmatched };
}
