import type { GramKernels } from './gram-kernels.ts';

/** Which integer products of this machine are exact: both operands unsigned, and the right one signed. */
export interface IntegerSupport {
  readonly unsigned: boolean;
  readonly signed: boolean;
}

/**
 * Multiplies the operands that overflow a saturating 16-bit step (x86 without VNNI computes u8 x s8 with one; microsoft/onnxruntime
 * issue 12088) and compares with the exact products. Costs well below a millisecond.
 */
export async function probeIntegers(kernels: GramKernels): Promise<IntegerSupport> {
  const depth = 256;
  const size = 16;
  const a = new Uint8Array(size * depth).fill(255);
  const isExact = async (b: Uint8Array | Int8Array): Promise<boolean> => {
    const expected = 255 * b[0]! * depth;
    return (await kernels.integerProduct(a, b, size, size, depth)).every((v) => v === expected);
  };
  try {
    const unsigned = await isExact(new Uint8Array(size * depth).fill(255));
    const low = await isExact(new Int8Array(size * depth).fill(-128));
    return { unsigned, signed: low && (await isExact(new Int8Array(size * depth).fill(127))) };
  } catch {
    // A build of the library without the operator.
    return { unsigned: false, signed: false };
  }
}
