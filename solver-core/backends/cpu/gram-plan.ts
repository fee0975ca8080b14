/** How the sums of a problem are cut into products. A function of the problem's width alone, so that bits never depend on the number of workers. */
export interface GramPlan {
  /** Rows per chunk. */
  readonly chunkRows: number;
  /** Columns per block of the Gram's lower triangle. */
  readonly blockColumns: number;
}

/** Elements of a transposed chunk: 32 MiB of fp32, 16 MiB of bytes in two copies, 32 MiB of fp64 (half the rows). */
const chunkElements = 2 ** 23;

/**
 * d: columns of the rows, k: of the targets. Rows per chunk: the largest power of two that keeps a chunk below 2²³ elements, 512 to
 * 4096 (fp64: half of it). Blocks: 8 or, from 1024 columns on, 16 (measured flat between the two, p = 4 is 5 to 10 % slower), a multiple
 * of 16 columns each (numerics reference 2.4). Bytes above 1024 columns: 4 blocks, where the integer kernel is fastest (reference 4).
 */
export function gramPlan(d: number, k: number, kind: 'float32' | 'float64' | 'uint8'): GramPlan {
  const width = Math.max(d, k, 1);
  const rows = Math.min(4096, Math.max(512, 2 ** Math.floor(Math.log2(chunkElements / width))));
  const blocks = width < 1024 ? 8 : kind === 'uint8' ? 4 : 16;
  return { chunkRows: kind === 'float64' ? rows / 2 : rows, blockColumns: Math.max(16, 16 * Math.ceil(d / (16 * blocks))) };
}
