import { assert } from '../model/error.ts';
import type { TensorBatch, TensorSource } from './activations.ts';

/** a − b, element by element: two values of a model for the same samples, read side by side. */
export function difference(a: TensorSource, b: TensorSource): TensorSource {
  assert(a.shape.join() === b.shape.join() && a.samples === b.samples, `[${a.shape.join(', ')}] minus [${b.shape.join(', ')}]`);
  return {
    samples: a.samples,
    shape: a.shape,
    async *batches(): AsyncGenerator<TensorBatch> {
      const others = b.batches()[Symbol.asyncIterator]();
      try {
        for await (const { first, count, tensor } of a.batches()) {
          const other = await others.next();
          assert(other.done !== true && other.value.first === first && other.value.count === count, 'the batches of two values differ');
          const subtrahend = other.value.tensor.data;
          yield { first, count, tensor: { dims: tensor.dims, data: tensor.data.map((v, i) => v - subtrahend[i]!) } };
        }
      } finally {
        await others.return?.();
      }
    },
  };
}
