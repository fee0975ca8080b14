import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { matchLayers } from '../energy/match-layers.ts';
import { TierwiseError } from '../model/error.ts';
import type { Layer } from '../model/layer.ts';
import { quoteName } from '../model/quote.ts';
import { openLayerWeight } from '../onnx/layer-weight.ts';
import type { LayerWeight } from '../onnx/layer-weight.ts';
import type { OnnxModel } from '../onnx/index.ts';
import type { SolverRequests, WeightsDocument } from '../protocol/index.ts';
import { openExternal } from '../runtime/external-files.ts';
import { alignedWith } from './align-weights.ts';
import { Change, eachSlice, extentOf, histogramEdges, Spread } from './count-weights.ts';
import type { Extent, ReadContext } from './count-weights.ts';
import type { Environment } from './environment.ts';
import { revisionPath } from './git-show.ts';
import { takeOut } from './git-take-out.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';
import { openModel } from './open-model.ts';

/** Bins of a histogram: the default, and how few and many may be asked for. */
export const histogramBins = { default: 64, least: 8, most: 512 } as const;

/** A model whose layers' weights can be opened. */
export interface WeightModel {
  readonly path: string;
  readonly model: OnnxModel;
  readonly layers: readonly Layer[];
}

/**
 * Histogram, zeros and spread of one layer's weights, counted where they are: twice through the stored numbers, a slice at a time.
 * `before` is a model or REVISION:path; the layer is found there by its id, else by its place among equal operators.
 * Throws TierwiseError: unknown-layer, weights-not-stored, weights-packed, bad-bins, codes of model files and of external data.
 */
export async function weightsJob(
  environment: Environment,
  params: SolverRequests['tierwise/weights']['params'],
  control: JobControl = {},
): Promise<WeightsDocument> {
  const bins = params.bins ?? histogramBins.default;
  if (!Number.isSafeInteger(bins) || bins < histogramBins.least || bins > histogramBins.most) {
    const message = `a histogram has ${histogramBins.least} to ${histogramBins.most} bins, not ${bins}`;
    throw new TierwiseError('bad-bins', message, `Leave it away for ${histogramBins.default}.`, { category: 'usage' });
  }
  const after = await openWeightModel(environment, params.path);
  const layer = layerNamed(after, params.layer);
  if (params.before === undefined) return count({ after, layer, before: null, bins }, control);
  return withModel(environment, params.before, async (before) => {
    const named = { name: params.before ?? '', model: before };
    return count({ after, layer, before: named, bins }, control);
  });
}

interface Counting {
  readonly after: WeightModel;
  readonly layer: Layer;
  readonly before: { readonly name: string; readonly model: WeightModel } | null;
  readonly bins: number;
}

async function count({ after, layer, before, bins }: Counting, control: JobControl): Promise<WeightsDocument> {
  const weight = opened(after, layer);
  const twin = before === null ? null : beforeOf(before.model, after, layer);
  let other: LayerWeight | null = null;
  try {
    other = twin === null || before === null ? null : alignedWith(opened(before.model, twin), weight);
    const total = 2 * (weight.elements + (other?.elements ?? 0));
    const context = reading(control, total);
    const extent = await extentOf(weight, context);
    const extentBefore = other === null ? null : await extentOf(other, context);
    const edges = histogramEdges(extentBefore === null ? [extent] : [extent, extentBefore], bins);
    const spread = new Spread(extent, edges);
    const spreadBefore = extentBefore === null ? null : new Spread(extentBefore, edges);
    const change = new Change(magnitudeOf(extent, extentBefore));
    await together(weight, other, context, (values, valuesBefore) => {
      spread.see(values);
      if (valuesBefore === null) return;
      spreadBefore?.see(valuesBefore);
      change.see(values, valuesBefore);
    });
    return {
      schema: 'tierwise.weights/1',
      model: after.path,
      layer: layer.id,
      tensor: weight.tensor,
      dtype: weight.dtype,
      shape: weight.dims,
      figures: spread.figures(),
      edges,
      counts: spread.counts,
      before:
        before === null || spreadBefore === null
          ? null
          : { model: before.name, figures: spreadBefore.figures(), counts: spreadBefore.counts, relativeChange: change.relative },
    };
  } finally {
    weight.close();
    other?.close();
  }
}

/** Slices of one tensor, beside the same slices of the other where there is one. */
export async function together(
  weight: LayerWeight,
  other: LayerWeight | null,
  context: ReadContext,
  see: (values: Float64Array, before: Float64Array | null) => void,
): Promise<void> {
  if (other === null) return eachSlice(weight, context, (values) => see(values, null));
  let buffer = new Float64Array(0);
  await eachSlice(weight, context, (values, start) => {
    if (buffer.length < values.length) buffer = new Float64Array(values.length);
    const problem = other.read(start, values.length, buffer);
    if (problem !== null) throw new TierwiseError(problem.code, problem.message, 'Export the model again, or fetch its data again.');
    context.onSlice?.(values.length);
    see(values, buffer.length === values.length ? buffer : buffer.subarray(0, values.length));
  });
}

/** The largest finite magnitude of two tensors; 0 when there is none. */
function magnitudeOf(...extents: readonly (Extent | null)[]): number {
  const found = extents.flatMap((extent) =>
    extent === null || extent.min > extent.max ? [] : [Math.abs(extent.min), Math.abs(extent.max)],
  );
  return Math.max(0, ...found);
}

/** Reading that reports how far it is and lets itself be stopped. */
export function reading(control: JobControl, totalElements: number): ReadContext {
  let done = 0;
  let told = 0;
  return {
    host: nodeHost,
    abort: control.abort,
    onSlice: (elements) => {
      done += elements;
      if (done - told < totalElements / 50) return;
      told = done;
      control.onProgress?.({ stage: 'counting', message: 'weights', fraction: Math.min(1, done / totalElements) });
    },
  };
}

/** Opens a model whose weights are asked for. Throws TierwiseError when it is none. */
export async function openWeightModel(environment: Environment, path: string): Promise<WeightModel> {
  const found = await openModel(environment, path);
  if (found.content !== undefined) return { path: found.path, model: found.content.model, layers: found.content.layers };
  const first = found.diagnostics.find((d) => d.severity === 'error');
  throw new TierwiseError(first?.code ?? 'not-onnx', `${path}: ${first?.message ?? 'it is not a model'}`, 'Give a model (.onnx).');
}

/** Runs `use` on a model or on REVISION:path, which is taken out of its repository for as long as that takes. */
export async function withModel<T>(environment: Environment, name: string, use: (model: WeightModel) => Promise<T>): Promise<T> {
  const revision = revisionPath(name);
  if (revision === undefined) return use(await openWeightModel(environment, name));
  const folder = await mkdtemp(join(tmpdir(), 'tierwise-weights-'));
  try {
    return await use(await openWeightModel(environment, (await takeOut(revision, folder, process.cwd())).path));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The layer of the earlier model that answers to `layer`; null when there is none. */
export function beforeOf(before: WeightModel, after: WeightModel, layer: Layer): Layer | null {
  const same = before.layers.find((candidate) => candidate.id === layer.id);
  if (same !== undefined) return same;
  return matchLayers(before.layers, after.layers).find((pair) => pair.after === layer)?.before ?? null;
}

function layerNamed(model: WeightModel, id: string): Layer {
  const layer = model.layers.find((candidate) => candidate.id === id);
  if (layer !== undefined) return layer;
  throw new TierwiseError(
    'unknown-layer',
    `${model.path} has no layer ${quoteName(id)}`,
    `It has ${model.layers.length} layers; \`tierwise inspect\` lists them.`,
  );
}

/** The weight of a layer, opened. Throws TierwiseError with the code of what is wrong with it. */
export function opened({ path, model }: WeightModel, layer: Layer): LayerWeight {
  const folder = dirname(resolve(path));
  const found = openLayerWeight(model, layer, (location) => openExternal(folder, location));
  if (found.value !== undefined) return found.value;
  const first = found.diagnostics[0];
  throw new TierwiseError(
    first?.code ?? 'weights-not-stored',
    first?.message ?? `the weights of ${quoteName(layer.id)} cannot be read`,
    'Other layers can be looked at.',
  );
}
