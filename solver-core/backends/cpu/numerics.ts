import type { Numerics } from '../../fit/numerics.ts';
import { lazyOrt } from './ort-load.ts';
import { ortMultiply } from './ort-multiply.ts';
import { plainMultiply, plainNumerics } from './plain-numerics.ts';

export { plainNumerics };

/**
 * The linear algebra of this machine: ONNX Runtime where its library is there and the size pays for a call, own kernels elsewhere.
 * The library is loaded at the first use that needs it.
 */
export function cpuNumerics(): Numerics {
  const ort = lazyOrt();
  const plain = plainNumerics();
  return {
    ...plain,
    get description() {
      return ort.version() ?? plain.description;
    },
    multiply: async (product) => {
      if (product.m * product.n * product.k <= loopsUpTo) return plainMultiply(product);
      const kernels = await ort.kernels();
      return kernels === undefined ? plainMultiply(product) : ortMultiply(kernels, product);
    },
  };
}

/** A call of ONNX Runtime costs 11 us; a loop does this many multiply-adds in that time (numerics reference 2.1). */
const loopsUpTo = 4096;
