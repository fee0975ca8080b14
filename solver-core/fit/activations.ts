import { checkAbort } from '../model/abort.ts';
import { TierwiseError, assert } from '../model/error.ts';
import type { SolveContext } from './backend.ts';
import type { ModelRunner, RunTensor } from './model-runner.ts';
import { isInMemory, rowBatches } from './row-batches.ts';
import type { FitRows } from './row-batches.ts';
import { batchSize, rowShapeFor } from './rows.ts';
import type { ModelInput } from './rows.ts';

/** Consecutive rows of a layer's input. Valid until the next chunk is asked for. */
export interface ActivationChunk {
  readonly rows: number;
  /** Number of the first of these rows among all rows of the source. */
  readonly firstRow: number;
  /** [rows, columns] */
  readonly x: Float32Array;
  /** The same numbers where the rows are bytes that nothing was computed from: their sums can be exact. */
  readonly bytes?: Uint8Array;
}

/** The input of a layer for all fit rows. Every call of `chunks` gives the same rows with the same bits. */
export interface ActivationSource {
  /** Samples times positions. */
  readonly rows: number;
  readonly columns: number;
  /** Rows per sample: 1, the length of a sequence, or the output positions of a convolution. */
  readonly positions: number;
  /** [columns] means over all rows of a fit, when this source holds only a part of them. */
  readonly means?: Float64Array;
  /** `preferredRows`: how many rows per chunk suit the reader; a source that can be cut anywhere follows it. Never changes the rows. */
  chunks(preferredRows?: number): AsyncIterable<ActivationChunk>;
}

/** One value of the model for consecutive samples. Valid until the next batch is asked for. */
export interface TensorBatch {
  /** Number of the first sample. */
  readonly first: number;
  readonly count: number;
  /** [count, ...shape] */
  readonly tensor: RunTensor;
  /** The same numbers, those of a batch that is filled up excepted, where the data file stores bytes and this is the model's input. */
  readonly bytes?: Uint8Array;
}

/** One value of the model for all fit rows. Every call of `batches` gives the same batches with the same bits. */
export interface TensorSource {
  readonly samples: number;
  /** Shape of one sample. */
  readonly shape: readonly number[];
  batches(): AsyncIterable<TensorBatch>;
}

/** Samples the model is run on at once when it does not fix its batch. */
const preferredBatch = 256;

/** All rows as batches of the model's input, in order; a fixed batch is filled up with zero samples. */
export async function* inputBatches(data: FitRows, input: ModelInput): AsyncGenerator<TensorBatch> {
  const shape = rowShapeFor(input, data.inputShape);
  assert(shape !== undefined, 'rows that do not fit the model reached the runner');
  const elements = shape.reduce((product, dim) => product * dim, 1);
  const size = batchSize(input, preferredBatch);
  const isFixed = typeof input.shape?.[0] === 'number';
  for await (const { first, rows: count, x, bytes } of rowBatches(data, size)) {
    let values = x.subarray(0, count * elements);
    if (isFixed && count < size) {
      const padded = new Float32Array(size * elements);
      padded.set(values);
      values = padded;
    }
    const stored = bytes === undefined ? {} : { bytes: bytes.subarray(0, count * elements) };
    yield { first, count, tensor: { dims: [isFixed ? size : count, ...shape], data: values }, ...stored };
  }
}

/** Runs the model on all rows and yields one of its outputs batch by batch, without the rows that only fill up a fixed batch. */
export async function* modelOutputs(
  runner: ModelRunner,
  data: FitRows,
  input: ModelInput,
  output: string,
  context: SolveContext,
): AsyncGenerator<TensorBatch> {
  for await (const batch of inputBatches(data, input)) {
    checkAbort(context.abort);
    const results = await runner.run(new Map([[input.name, batch.tensor]]), [output]);
    const tensor = results.get(output);
    assert(tensor !== undefined, `the runner gave no value for ${output}`);
    const perSample = tensor.data.length / batch.tensor.dims[0]!;
    if (tensor.dims[0] !== batch.tensor.dims[0] || !Number.isInteger(perSample)) {
      throw new TierwiseError(
        'batch-mixed',
        `a batch of ${batch.tensor.dims[0]} samples gave a value of shape [${tensor.dims.join(', ')}]; its first dimension should be the batch`,
        'Layers can be fitted only where each sample is computed by itself.',
      );
    }
    yield {
      first: batch.first,
      count: batch.count,
      tensor: { dims: [batch.count, ...tensor.dims.slice(1)], data: tensor.data.subarray(0, batch.count * perSample) },
    };
    await context.host.pause();
  }
}

/** The model's input itself. */
export function inputTensors(data: FitRows, input: ModelInput): TensorSource {
  const shape = rowShapeFor(input, data.inputShape);
  assert(shape !== undefined, 'rows that do not fit the model reached a layer');
  const elements = shape.reduce((product, dim) => product * dim, 1);
  return {
    samples: data.rows,
    shape,
    async *batches() {
      for await (const { first, count, tensor, bytes } of inputBatches(data, input)) {
        const stored = bytes === undefined ? {} : { bytes };
        yield { first, count, tensor: { dims: [count, ...shape], data: tensor.data.subarray(0, count * elements) }, ...stored };
      }
    },
  };
}

/** A value of the model, for all rows. */
export interface ModelValue {
  readonly data: FitRows;
  readonly input: ModelInput;
  /** Name of the value; not that of the model's input. */
  readonly value: string;
  readonly context: SolveContext;
}

/** Whether a source still needs the runner it was made with. */
export interface ComputedTensors {
  readonly tensors: TensorSource;
  readonly needsRunner: boolean;
}

/**
 * A value that the model computes: collected once when all of it fits into `budgetBytes`, else computed anew on every pass.
 * The runner belongs to the caller and must outlive a source that needs it. Rejects with `batch-mixed` when samples are not computed
 * each by itself, with `model-run-failed` when their shapes differ.
 */
export async function computedTensors(from: ModelValue, runner: ModelRunner, budgetBytes: number): Promise<ComputedTensors> {
  const { data, input, value, context } = from;
  const outputs = (): AsyncGenerator<TensorBatch> => modelOutputs(runner, data, input, value, context);
  let kept: Float32Array | undefined;
  let shape: readonly number[] | undefined;
  let elements = 0;
  for await (const { first, tensor, count } of outputs()) {
    if (shape === undefined) {
      shape = tensor.dims.slice(1);
      elements = tensor.data.length / count;
      if (data.rows * elements * Float32Array.BYTES_PER_ELEMENT > budgetBytes) break;
      kept = new Float32Array(data.rows * elements);
    }
    if (tensor.data.length !== count * elements) {
      throw new TierwiseError(
        'model-run-failed',
        `a value of the model has shape [${tensor.dims.slice(1).join(', ')}] for some samples and [${shape.join(', ')}] for others`,
        'Layers can be fitted only where every sample has the same shape.',
      );
    }
    kept?.set(tensor.data, first * elements);
  }
  assert(shape !== undefined, 'there are no rows');
  if (kept === undefined) return { tensors: { samples: data.rows, shape, batches: outputs }, needsRunner: true };
  const size = batchSize(input, preferredBatch);
  return { tensors: memoryTensors(kept, data.rows, shape, size), needsRunner: false };
}

function memoryTensors(values: Float32Array, samples: number, shape: readonly number[], size: number): TensorSource {
  const elements = values.length / samples;
  return {
    samples,
    shape,
    async *batches() {
      for (let first = 0; first < samples; first += size) {
        const count = Math.min(size, samples - first);
        const data = values.subarray(first * elements, (first + count) * elements);
        yield { first, count, tensor: { dims: [count, ...shape], data } };
      }
    },
  };
}

/** Bytes that the rows themselves hold in memory. */
export function residentBytes(data: FitRows): number {
  return isInMemory(data) ? data.x.byteLength + (data.bytes?.byteLength ?? 0) : 0;
}
