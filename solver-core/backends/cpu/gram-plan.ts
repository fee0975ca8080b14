/** How the sums of a problem are cut into products. A function of the problem's width alone, so that bits never depend on the number of workers. */
export interface GramPlan {
  /** Rows per chunk. */
  readonly chunkRows: number;
  /** Columns per block of the Gram's lower triangle. */
  readonly blockColumns: number;
}

/** Elements of a chunk: never more than the 32 MiB of fp32 that an output may take with room to spare, and at least what keeps calls few. */
const mostElements = 2 ** 23;
const leastElements = 2 ** 20;
const mostRows = 4096;
const leastRows = 512;

/**
 * d: columns of the rows, k: of the targets. Rows per chunk: 4·d, so that a chunk is in proportion to the Gram (16·d² bytes beside
 * 8·d²), but 512 to 4096 and between the bounds above; more rows fold less often, fewer take less memory (bench/results/gram.md).
 * Never a multiple of 32: rows of a transposed chunk then do not start at equal places of the cache, which costs 1 to 3 %. Bytes take a
 * quarter of the memory and as many rows as fit. fp64: half as many.
 * Blocks: 16, a multiple of 16 columns each; fewer waste more of the square (8 blocks cost 6 % at 784 columns), more are too narrow.
 * Bytes: 8, and 4 from 1024 columns on, where the integer kernel is fastest (numerics reference 2.4 and 4).
 */
export function gramPlan(d: number, k: number, kind: 'float32' | 'float64' | 'uint8'): GramPlan {
  const width = Math.max(d, k, 1);
  const wanted = kind === 'uint8' ? mostRows : Math.max(4 * width, leastElements / width);
  const rows = 32 * Math.floor(Math.max(leastRows, Math.min(mostRows, wanted, mostElements / width)) / 32) - 16;
  const blocks = kind === 'uint8' ? (width < 1024 ? 8 : 4) : 16;
  return { chunkRows: kind === 'float64' ? rows / 2 : rows, blockColumns: Math.max(16, 16 * Math.ceil(d / (16 * blocks))) };
}
