import { resolve } from 'node:path';
import { createRandom } from '../fit/prng.ts';
import type { RunTensor } from '../fit/model-runner.ts';
import { rowBatches, rowElements } from '../fit/row-batches.ts';
import { batchSize, rowShapeFor } from '../fit/rows.ts';
import type { AbortFlag } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import { openRows } from './open-rows.ts';
import { checkAgainstModel } from './rows-against-model.ts';
import type { RunnableModel } from './runnable-model.ts';

/** Inputs that a measurement goes through again and again. */
export interface MeasureInputs {
  readonly tensors: readonly RunTensor[];
  /** For people, e.g. "64 rows of digits.npz". */
  readonly text: string;
  /** Samples in one run: 1, or what the model's first dimension fixes. */
  readonly batch: number;
}

/** Different inputs, so that no run repeats the one before. */
const inputCount = 64;
/** Most numbers of all of them together. */
const maxElements = 2 ** 24;
const seed = 1;

/** Rows of a data file, or seeded standard normal numbers; batch 1 unless the model fixes another. */
export async function measureInputs(
  runnable: RunnableModel,
  dtype: string,
  data: string | undefined,
  abort: AbortFlag | undefined,
): Promise<MeasureInputs> {
  return data === undefined ? synthetic(runnable, dtype) : fromRows(runnable, data, abort);
}

function synthetic({ input }: RunnableModel, dtype: string): MeasureInputs {
  const batch = batchSize(input, 1);
  const shape = [batch, ...(input.shape ?? []).slice(1).map((dim) => (typeof dim === 'number' && dim > 0 ? dim : 1))];
  const elements = shape.reduce((product, dim) => product * dim, 1);
  if (elements > maxElements)
    throw new TierwiseError(
      'input-too-large',
      `one input of the model has ${elements} numbers; the limit is ${maxElements}`,
      'Fix smaller dimensions.',
    );
  const random = createRandom(seed, 'measure');
  // Whole numbers may be indices, of which only 0 is sure to exist.
  const isFloat = /^(float|double|bfloat)/.test(dtype);
  const count = Math.max(1, Math.min(inputCount, Math.floor(maxElements / elements)));
  const tensors = Array.from({ length: count }, (): RunTensor => ({
    dims: shape,
    data: Float32Array.from({ length: elements }, () => (isFloat ? random.normal() : 0)),
  }));
  return { tensors, text: isFloat ? `${count} seeded random inputs` : 'inputs of zeros', batch };
}

async function fromRows(runnable: RunnableModel, path: string, abort: AbortFlag | undefined): Promise<MeasureInputs> {
  const rows = await openRows(resolve(path), {}, { abort });
  try {
    checkAgainstModel(rows, runnable);
    const batch = batchSize(runnable.input, 1);
    const shape = rowShapeFor(runnable.input, rows.rows.inputShape) ?? rows.rows.inputShape;
    const most = Math.max(1, Math.min(inputCount, Math.floor(maxElements / Math.max(1, batch * rowElements(rows.rows)))));
    const tensors: RunTensor[] = [];
    for await (const { rows: count, x } of rowBatches(rows.rows, batch)) {
      if (count < batch || tensors.length >= most) break;
      tensors.push({ dims: [batch, ...shape], data: x.slice() });
    }
    if (tensors.length === 0)
      throw new TierwiseError(
        'too-few-rows',
        `${rows.name} has ${rows.rows.rows} rows; the model takes ${batch} at once`,
        'Give more rows.',
      );
    return { tensors, text: `${tensors.length * batch} rows of ${rows.name}`, batch };
  } finally {
    await rows.close();
  }
}
