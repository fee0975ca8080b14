import { resolve } from 'node:path';
import type { WeightTensor } from '../fit/index.ts';
import { TierwiseError } from '../model/error.ts';
import { fitMetadataKey, modelMetadata, readTensor } from '../onnx/index.ts';
import type { OnnxModel } from '../onnx/index.ts';
import type { Environment } from './environment.ts';
import { openModel } from './open-model.ts';
import type { OpenedModel } from './open-model.ts';
import { runnableModel } from './runnable-model.ts';

/** The model that a pass over the rows starts from: the plan's own, or a copy of it in which layers below are fitted. */
export interface FitStart {
  readonly path: string;
  readonly sha256: string;
  readonly model: OnnxModel;
  /** True for layers that a fit gave their weights. */
  isFitted(layer: string): boolean;
  /** Weights that differ from the plan's model. */
  readonly weights: ReadonlyMap<string, WeightTensor>;
}

/** Opens it. Throws `model-differs` unless the given model is the plan's with other weights. */
export async function startOf(environment: Environment, modelPath: string, given: string | undefined): Promise<FitStart> {
  const own = await openModel(environment, modelPath);
  const start = given === undefined ? own : await openModel(environment, resolve(given));
  const { model, layers } = runnableModel(start);
  const metadata = modelMetadata(model);
  const isFitted = (layer: string): boolean => metadata.has(fitMetadataKey(layer));
  const common = { path: start.path, sha256: start.sha256, model, isFitted };
  if (start === own) return { ...common, weights: new Map() };
  const original = runnableModel(own);
  const formOf = (all: typeof layers): string =>
    JSON.stringify(all.map(({ id, op, weight, bias, linear }) => [id, op, weight, bias, linear]));
  if (formOf(layers) !== formOf(original.layers))
    throw new TierwiseError(
      'model-differs',
      `${start.path} does not have the layers of ${own.path}`,
      'Give a model that was fitted from the model of the plan.',
    );
  return { ...common, weights: changedWeights(own, original.model, model) };
}

function changedWeights(own: OpenedModel, original: OnnxModel, model: OnnxModel): Map<string, WeightTensor> {
  const changed = new Map<string, WeightTensor>();
  for (const name of original.graph.initializers.keys()) {
    const before = readTensor(original, name).value;
    const after = readTensor(model, name).value;
    if (before === undefined || after === undefined) continue;
    if (before.data.length === after.data.length && before.data.every((v, i) => Object.is(v, after.data[i]))) continue;
    if (before.dims.join() !== after.dims.join())
      throw new TierwiseError(
        'model-differs',
        `the tensor ${JSON.stringify(name)} has another shape than in ${own.path}`,
        'Give a model that was fitted from the model of the plan.',
      );
    changed.set(name, { dims: after.dims, data: Float32Array.from(after.data) });
  }
  return changed;
}
