import type { Numerics } from '../../fit/numerics.ts';
import { cpuFactorisations } from './factorisations.ts';
import { lazyOrt } from './ort-load.ts';
import { plainSumsOf } from './gram-sums.ts';
import { ortMultiply } from './ort-multiply.ts';
import { plainMultiply, plainNumerics } from './plain-numerics.ts';
import { ortSumming } from './sums.ts';

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
    ...cpuFactorisations(ort, plain),
    get description() {
      return ort.version() ?? plain.description;
    },
    sums: async (source, context) => {
      if (source.rows * source.columns * source.columns <= loopSumsUpTo) return plain.sums(source, context);
      const kernels = await ort.kernels();
      return kernels === undefined ? plain.sums(source, context) : plainSumsOf(await ortSumming(kernels).shifted(source, context));
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
/** Sums this small take loops less time than loading a library. */
const loopSumsUpTo = 2 ** 18;
