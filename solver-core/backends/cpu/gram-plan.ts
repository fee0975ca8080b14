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
 * 4096, less 16: rows of a chunk then do not start at equal places of the cache, which costs 1 to 3 %. fp64: half as many.
 * Blocks: 16, a multiple of 16 columns each; fewer waste more of the square (8 blocks cost 6 % at 784 columns), more are too narrow.
 * Bytes: 8, and 4 from 1024 columns on, where the integer kernel is fastest (numerics reference 2.4 and 4, and bench/results/gram.md).
 */
export function gramPlan(d: number, k: number, kind: 'float32' | 'float64' | 'uint8'): GramPlan {
  const width = Math.max(d, k, 1);
  const power = Math.min(4096, Math.max(512, 2 ** Math.floor(Math.log2(chunkElements / width))));
  const rows = power - 16;
  const blocks = kind === 'uint8' ? (width < 1024 ? 8 : 4) : 16;
  return { chunkRows: kind === 'float64' ? rows / 2 : rows, blockColumns: Math.max(16, 16 * Math.ceil(d / (16 * blocks))) };
}
