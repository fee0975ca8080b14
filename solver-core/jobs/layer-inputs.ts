import { seededOrder } from '../energy/switching/random.ts';
import type { FitRows, ModelInput, ModelRunner, ModelRuntime, RunTensor, SolveContext } from '../fit/index.ts';
import { fillPatches, patchGrid } from '../fit/patches.ts';
import { rowBatches } from '../fit/row-batches.ts';
import { batchSize, rowShapeFor } from '../fit/rows.ts';
import { checkAbort } from '../model/abort.ts';
import { TierwiseError, assert } from '../model/error.ts';
import type { Layer, LinearForm } from '../model/layer.ts';
import type { OnnxModel } from '../onnx/index.ts';
import { encodeModel, upstreamModel } from '../onnx/index.ts';

/** Whose inputs to collect; all layers have a `linear` form. */
export interface LayerInputsRequest {
  readonly model: OnnxModel;
  readonly layers: readonly Layer[];
  readonly input: ModelInput;
  readonly data: FitRows;
  readonly runtime: ModelRuntime;
  readonly context: SolveContext;
  /** Default 512. */
  readonly samples?: number;
  /** Default 4096. */
  readonly rows?: number;
  /** Default 1. */
  readonly seed?: number;
  /** Called for a layer whose input cannot be collected, with the reason; such a layer is left out. Default: the first one is an error. */
  readonly onUnusable?: (layer: Layer, reason: string) => void;
}

/** What a layer reads on the calibration samples. */
export interface LayerInputRows {
  readonly layer: Layer;
  /** Smallest and largest value of the whole input tensor over all samples, not only of the rows kept. */
  readonly low: number;
  readonly high: number;
  readonly rows: number;
  /** [rows, groups · inputs]: dense layers their last dimension, convolutions patches, group after group. */
  readonly x: Float32Array;
  /** Rows of one inference. */
  readonly positions: number;
  /** Rows that follow each other; see `IntegerLayer`. */
  readonly runRows: number;
}

/** Rows of a layer take at most this many numbers, and one pass keeps about this many of all its layers. */
const layerElements = 2 ** 23;
const passElements = 2 ** 26;
/** Samples per run; also bounds the values of all layers that one run holds. */
const samplesPerRun = 32;
/** Most successive positions taken at once from one sample: images differ more than places in one, so many short runs say more than few long ones. */
const mostRunRows = 16;

/** Inputs of the layers on seeded samples of the data, in the order of the layers; layers share passes as far as memory allows. */
export async function* layerInputs(request: LayerInputsRequest): AsyncGenerator<LayerInputRows> {
  const { layers, context } = request;
  const passes = passesOf(layers, request.rows ?? 4096);
  let done = 0;
  for (const pass of passes) {
    const share = (fraction: number): void =>
      context.onProgress?.((done + fraction * pass.length) / layers.length, `running the model for ${pass.length} layers`);
    yield* onePass(request, pass, share);
    done += pass.length;
  }
}

function passesOf(layers: readonly Layer[], rows: number): readonly Layer[][] {
  const passes: Layer[][] = [];
  let room = 0;
  for (const layer of layers) {
    const columns = columnsOf(layer.linear!);
    const size = Math.min(layerElements, rows * columns) + samplesPerRun * (layer.inputElements ?? columns);
    if (passes.length === 0 || size > room) {
      passes.push([]);
      room = passElements;
    }
    passes.at(-1)!.push(layer);
    room -= size;
  }
  return passes;
}

/** One run of the model over the samples. A layer's rows are let go when the next layer's are asked for. */
async function* onePass(
  request: LayerInputsRequest,
  layers: readonly Layer[],
  share: (fraction: number) => void,
): AsyncGenerator<LayerInputRows> {
  const { model, input, data, context } = request;
  const samples = Math.min(data.rows, request.samples ?? 512);
  let collectors = layers.map((layer) => collector(layer, samples, request.rows ?? 4096, request.seed ?? 1));
  const names = [...new Set(layers.map((layer) => layer.input))];
  const computed = names.filter((name) => name !== input.name);
  const runner = computed.length === 0 ? null : await request.runtime.open(encodeModel(upstreamModel(model, computed)));
  try {
    let first = 0;
    for await (const batch of sampledBatches(data, input, samples, request.seed ?? 1)) {
      checkAbort(context.abort);
      const values = await valuesOf(runner, input, batch, computed);
      const { tensor, count } = batch;
      collectors = collectors.filter((each) => taken(request, each, values.get(each.layer.input)!, tensor.dims[0]!, { first, count }));
      first += batch.count;
      share(first / samples);
      await context.host.pause();
    }
  } finally {
    await runner?.dispose();
  }
  for (let each = collectors.shift(); each !== undefined; each = collectors.shift()) yield each.result();
}

/** Hands a collector its value; false when the value is none that it can use and somebody is told so. */
function taken(
  { onUnusable }: LayerInputsRequest,
  each: Collector,
  value: RunTensor,
  batchRows: number,
  samples: { readonly first: number; readonly count: number },
): boolean {
  try {
    if (value.dims[0] !== batchRows) throw mixedBatch(each.layer, value.dims, batchRows);
    each.take(value, samples.first, samples.count);
    return true;
  } catch (error) {
    if (onUnusable === undefined || !(error instanceof TierwiseError) || error.category !== 'input') throw error;
    onUnusable(each.layer, error.message);
    return false;
  }
}

function mixedBatch(layer: Layer, dims: readonly number[], batchRows: number): TierwiseError {
  return new TierwiseError(
    'batch-mixed',
    `a batch of ${batchRows} samples gave ${JSON.stringify(layer.input)} the shape [${dims.join(', ')}]; its first dimension should be the batch`,
    'Layers can be priced only where each sample is computed by itself.',
  );
}

/** Values per name for the samples of one batch, without those that fill a fixed batch up. */
async function valuesOf(
  runner: ModelRunner | null,
  input: ModelInput,
  batch: SampledBatch,
  computed: readonly string[],
): Promise<ReadonlyMap<string, RunTensor>> {
  const values = new Map<string, RunTensor>([[input.name, batch.tensor]]);
  if (runner !== null)
    for (const [name, tensor] of await runner.run(new Map([[input.name, batch.tensor]]), computed)) values.set(name, tensor);
  return values;
}

interface SampledBatch {
  readonly count: number;
  readonly tensor: RunTensor;
}

/** `samples` rows of the data, drawn with the seed, in the order of the file. */
async function* sampledBatches(data: FitRows, input: ModelInput, samples: number, seed: number): AsyncGenerator<SampledBatch> {
  const shape = rowShapeFor(input, data.inputShape);
  assert(shape !== undefined, 'rows that do not fit the model reached the runner');
  const elements = shape.reduce((product, dim) => product * dim, 1);
  const size = batchSize(input, samplesPerRun);
  const wanted = seededOrder(data.rows, seed).subarray(0, samples).sort();
  let values = new Float32Array(size * elements);
  let count = 0;
  let next = 0;
  for await (const { first, rows, x } of rowBatches(data, size)) {
    for (; next < samples && wanted[next]! < first + rows; next++) {
      const row = wanted[next]! - first;
      values.set(x.subarray(row * elements, (row + 1) * elements), count * elements);
      if (++count < size) continue;
      yield { count, tensor: { dims: [size, ...shape], data: values } };
      values = new Float32Array(size * elements);
      count = 0;
    }
    if (next === samples) break;
  }
  if (count === 0) return;
  const held = typeof input.shape?.[0] === 'number' ? size : count;
  yield { count, tensor: { dims: [held, ...shape], data: values.subarray(0, held * elements) } };
}

interface Collector {
  readonly layer: Layer;
  /** Takes what belongs to this layer from the values of samples first .. first + count - 1. */
  take(tensor: RunTensor, first: number, count: number): void;
  result(): LayerInputRows;
}

/** Keeps the range of a layer's input and seeded runs of its rows. */
function collector(layer: Layer, samples: number, mostRows: number, seed: number): Collector {
  const linear = layer.linear!;
  const columns = columnsOf(linear);
  const cap = Math.max(2, Math.min(mostRows, Math.floor(layerElements / columns)));
  // Where each sample streams: data files are often sorted.
  const place = seededOrder(samples, seed + 1);
  let low = Infinity;
  let high = -Infinity;
  let runs: Runs | undefined;
  let x = new Float32Array(0);
  return {
    layer,
    take({ dims, data }, first, count) {
      const elements = data.length / dims[0]!;
      for (let i = 0; i < count * elements; i++) {
        const v = data[i]!;
        if (v < low) low = v;
        if (v > high) high = v;
      }
      const reader = rowReader(layer, linear, dims.slice(1));
      if (runs === undefined) {
        runs = runsOf(reader.positions, samples, cap);
        x = new Float32Array(runs.perSample * runs.samples * runs.rows * columns);
      }
      for (let s = 0; s < count; s++) {
        const at = place[first + s]!;
        if (at >= runs.samples) continue;
        const sample = data.subarray(s * elements, (s + 1) * elements);
        for (let r = 0; r < runs.perSample; r++) {
          const run = at * runs.perSample + r;
          // Blocks rotate from sample to sample, so that all positions are met equally often; the last one ends at the last position.
          const start = Math.min((run % runs.blocks) * runs.rows, reader.positions - runs.rows);
          reader.read(sample, start, runs.rows, x, run * runs.rows * columns);
        }
      }
    },
    result() {
      assert(runs !== undefined, 'there are no rows');
      const rows = x.length / columns;
      return { layer, low, high, rows, x, positions: runs.positions, runRows: runs.positions === 1 ? rows : runs.rows };
    },
  };
}

/** How the rows of a layer are cut into runs. */
interface Runs {
  readonly positions: number;
  /** Rows of a run, and runs that cover all positions. */
  readonly rows: number;
  readonly blocks: number;
  /** Samples that give rows, and runs of each. */
  readonly samples: number;
  readonly perSample: number;
}

function runsOf(positions: number, samples: number, cap: number): Runs {
  const longest = Math.min(positions, mostRunRows, cap);
  let rows = longest;
  // A length that divides the positions meets each of them once; one much shorter would have too few transitions.
  while (rows > longest / 2 && positions % rows !== 0) rows--;
  if (positions % rows !== 0) rows = longest;
  const blocks = Math.ceil(positions / rows);
  const wanted = Math.max(1, Math.floor(cap / rows));
  return {
    positions,
    rows,
    blocks,
    samples: Math.min(samples, wanted),
    perSample: Math.max(1, Math.min(blocks, Math.floor(wanted / samples))),
  };
}

/** Inputs of all groups together. */
function columnsOf({ inputs, groups }: LinearForm): number {
  return inputs * groups;
}

interface RowReader {
  readonly positions: number;
  /** Writes rows start .. start + rows - 1 of a sample. */
  read(sample: Float32Array, start: number, rows: number, into: Float32Array, at: number): void;
}

function rowReader(layer: Layer, linear: LinearForm, shape: readonly number[]): RowReader {
  const columns = columnsOf(linear);
  if (linear.patches === null) {
    const positions = shape.reduce((a, b) => a * b, 1) / columns;
    if (shape.at(-1) !== columns || positions < 1) throw wrongShape(layer, shape);
    return { positions, read: (sample, start, rows, into, at) => into.set(sample.subarray(start * columns, (start + rows) * columns), at) };
  }
  const grid = patchGrid(linear.patches, shape.slice(1));
  const taps = linear.patches.kernel.reduce((a, b) => a * b, 1);
  // Channels outside, taps inside: the patch of all channels holds the groups one after the other.
  if (grid === undefined || shape[0]! * taps !== columns) throw wrongShape(layer, shape);
  const range = { first: 0, count: shape[0]! };
  const lines = new Int32Array(taps / linear.patches.kernel.at(-1)!);
  return {
    positions: grid.positions,
    read: (sample, start, rows, into, at) => fillPatches(sample, grid, range, start, rows, into, at, lines),
  };
}

function wrongShape(layer: Layer, shape: readonly number[]): TierwiseError {
  return new TierwiseError(
    'model-run-failed',
    `layer ${JSON.stringify(layer.id)} reads values of shape [${shape.join(', ')}] per sample, which do not fit its weights`,
    'Check the model with `tierwise inspect`.',
  );
}
