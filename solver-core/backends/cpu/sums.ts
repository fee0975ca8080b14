import type { RowSource, SolveContext } from '../../fit/backend.ts';
import { gramPass, type PassOptions } from './gram-pass.ts';
import type { ShiftedSums } from './gram-sums.ts';
import { probeIntegers, type IntegerSupport } from './integer-probe.ts';
import type { OrtKernels } from './ort-kernels.ts';

/**
 * Up to this many multiply-adds fp32 rows are multiplied in fp64: that takes about 20 ms, and the answer keeps all digits. fp32
 * products are 2 to 2.5 times faster, which matters above.
 */
const wideUpTo = 2 ** 29;

/** Sums of rows by the fastest products that suit them. */
export interface Summing {
  /** `wide`: fp64 products for fp32 rows; default: only where they take little time. */
  shifted(source: RowSource, context: SolveContext, options?: { readonly wide?: boolean }): Promise<ShiftedSums>;
}

/** Sums with the kernels of ONNX Runtime. Integer kernels are probed once, when the first bytes come. */
export function ortSumming(kernels: OrtKernels): Summing {
  let integers: Promise<IntegerSupport> | undefined;
  return {
    async shifted(source, context, options = {}) {
      integers ??= probeIntegers(kernels);
      const wide = options.wide ?? source.rows * source.columns * (source.columns + source.outputs) <= wideUpTo;
      const pass: PassOptions = { wide, integers: await integers };
      return gramPass(source, context, kernels, pass);
    },
  };
}
