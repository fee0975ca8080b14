import { checkAbort } from '../model/abort.ts';
import { TierwiseError, assert } from '../model/error.ts';
import { quoteName } from '../model/quote.ts';
import type { SolveContext } from './backend.ts';
import type { ModelRunner, RunTensor } from './model-runner.ts';
import { isInMemory, rowBatches, rowElements } from './row-batches.ts';
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
}

/** The input of a layer for all fit rows. Every call of `chunks` gives the same chunks with the same bits. */
export interface ActivationSource {
  /** Samples times positions. */
  readonly rows: number;
  readonly columns: number;
  /** Rows per sample: 1, or the sequence length of a layer that is applied at every position. */
  readonly positions: number;
  /** [columns] means over all rows of a fit, when this source holds only a part of them. */
  readonly means?: Float64Array;
  chunks(): AsyncIterable<ActivationChunk>;
}

/** Samples the model is run on at once when it does not fix its batch. */
const preferredBatch = 256;

/** One batch of samples as the model's input tensor; a fixed batch is filled up with zero samples. */
interface Batch {
  readonly first: number;
  readonly count: number;
  readonly tensor: RunTensor;
}

/** All rows as batches of the model's input, in order. */
export async function* inputBatches(data: FitRows, input: ModelInput): AsyncGenerator<Batch> {
  const shape = rowShapeFor(input, data.inputShape);
  assert(shape !== undefined, 'rows that do not fit the model reached the runner');
  const elements = shape.reduce((product, dim) => product * dim, 1);
  const size = batchSize(input, preferredBatch);
  const isFixed = typeof input.shape?.[0] === 'number';
  for await (const { first, rows: count, x } of rowBatches(data, size)) {
    let values = x;
    if (isFixed && count < size) {
      const padded = new Float32Array(size * elements);
      padded.set(values);
      values = padded;
    }
    yield { first, count, tensor: { dims: [isFixed ? size : count, ...shape], data: values } };
  }
}

/** Runs the model on all rows and yields one of its outputs batch by batch, without the rows that only fill up a fixed batch. */
export async function* modelOutputs(
  runner: ModelRunner,
  data: FitRows,
  input: ModelInput,
  output: string,
  context: SolveContext,
): AsyncGenerator<{ first: number; count: number; tensor: RunTensor }> {
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

/** Where a layer's input comes from. */
export interface LayerInput {
  readonly data: FitRows;
  readonly input: ModelInput;
  /** Name of the value the layer reads. */
  readonly value: string;
  /** d: size of its last dimension. */
  readonly columns: number;
  readonly context: SolveContext;
}

/** A layer that reads the model's input itself. */
export function inputRows(layer: LayerInput): ActivationSource {
  const { data, columns } = layer;
  const positions = rowElements(data) / columns;
  if (isInMemory(data)) return memoryRows(data.x, columns, positions);
  return {
    rows: data.rows * positions,
    columns,
    positions,
    async *chunks() {
      for await (const { first, rows, x } of data.batches(Math.max(1, Math.floor(preferredBatch / positions))))
        yield { rows: rows * positions, firstRow: first * positions, x };
    },
  };
}

/**
 * A layer that reads an inner value: collected once when all of it fits into `budgetBytes`, else computed anew on every pass.
 * The runner belongs to the caller and must outlive the source.
 */
export async function computedRows(layer: LayerInput, runner: ModelRunner, budgetBytes: number): Promise<ActivationSource> {
  const { data, input, value, columns, context } = layer;
  let kept: Float32Array | undefined;
  let positions = 0;
  for await (const { first, tensor, count } of modelOutputs(runner, data, input, value, context)) {
    if (first === 0) {
      positions = positionsOf(tensor, columns, count, value);
      const elements = data.rows * positions * columns;
      if (elements * Float32Array.BYTES_PER_ELEMENT > budgetBytes) break;
      kept = new Float32Array(elements);
    }
    kept?.set(tensor.data, first * positions * columns);
  }
  if (kept !== undefined) return memoryRows(kept, columns, positions);
  return {
    rows: data.rows * positions,
    columns,
    positions,
    async *chunks() {
      for await (const { first, count, tensor } of modelOutputs(runner, data, input, value, context)) {
        yield { rows: count * positions, firstRow: first * positions, x: tensor.data };
      }
    },
  };
}

function positionsOf(tensor: RunTensor, columns: number, count: number, value: string): number {
  const positions = tensor.data.length / (count * columns);
  if (tensor.dims.at(-1) === columns && Number.isInteger(positions) && positions > 0) return positions;
  throw new TierwiseError(
    'model-run-failed',
    `the layer's input ${quoteName(value)} has shape [${tensor.dims.join(', ')}], expected ${columns} as its last dimension`,
    'Check the model with `tierwise inspect`.',
  );
}

function memoryRows(x: Float32Array, columns: number, positions: number): ActivationSource {
  const rows = x.length / columns;
  assert(Number.isInteger(rows), `${x.length} elements do not fill rows of ${columns}`);
  return {
    rows,
    columns,
    positions,
    async *chunks() {
      for (let first = 0; first < rows; first += preferredBatch) {
        const count = Math.min(preferredBatch, rows - first);
        yield { rows: count, firstRow: first, x: x.subarray(first * columns, (first + count) * columns) };
      }
    },
  };
}
