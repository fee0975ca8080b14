import type { ChunkSums, GramBlock } from './gram-chunk.ts';

/** The growing sums of a pass, fp64. `gram` may lie in memory that threads share. */
export interface GramTotals {
  readonly sumX: Float64Array;
  readonly sumY: Float64Array;
  readonly gram: Float64Array;
  readonly cross: Float64Array;
  readonly squareY: Float64Array;
  readonly varies: Uint8Array;
}

export function emptyTotals(d: number, k: number, gram = new Float64Array(d * d)): GramTotals {
  return {
    sumX: new Float64Array(d),
    sumY: new Float64Array(k),
    gram,
    cross: new Float64Array(d * k),
    squareY: new Float64Array(k),
    varies: new Uint8Array(d),
  };
}

/** Adds what belongs to a chunk but is no part of the Gram. */
export function addChunk(totals: GramTotals, chunk: ChunkSums, d: number, k: number): void {
  const { sumX, sumY, cross, squareY, varies } = totals;
  for (let i = 0; i < d; i++) {
    const row = i * (k + 1);
    sumX[i] = sumX[i]! + chunk.cross[row]!;
    for (let o = 0; o < k; o++) cross[i * k + o] = cross[i * k + o]! + chunk.cross[row + 1 + o]!;
    if (chunk.varies[i] !== 0) varies[i] = 1;
  }
  for (let o = 0; o < k; o++) {
    sumY[o] = sumY[o]! + chunk.sumY[o]!;
    squareY[o] = squareY[o]! + chunk.squareY[o]!;
  }
}

/** Adds a block column to the lower triangle of the Gram; four at a time, which halves the time of the loop and of its first run. */
export function addBlock(gram: Float64Array, { first, columns, values }: GramBlock, d: number): void {
  const rows = d - first;
  for (let i = 0; i < Math.min(columns, rows); i++) {
    const to = (first + i) * d + first;
    const from = i * columns;
    for (let j = 0; j <= i; j++) gram[to + j] = gram[to + j]! + values[from + j]!;
  }
  for (let i = columns; i < rows; i++) {
    let to = (first + i) * d + first;
    let from = i * columns;
    const end = from + columns;
    for (; from < end - 3; from += 4, to += 4) {
      gram[to] = gram[to]! + values[from]!;
      gram[to + 1] = gram[to + 1]! + values[from + 1]!;
      gram[to + 2] = gram[to + 2]! + values[from + 2]!;
      gram[to + 3] = gram[to + 3]! + values[from + 3]!;
    }
    for (; from < end; from++, to++) gram[to] = gram[to]! + values[from]!;
  }
}

/**
 * True when no product overflowed. Squares of X bound its other products, but those with Y stand alone: small inputs times huge
 * targets leave the squares of both unharmed in fp64 and still do not fit fp32.
 */
export function isFiniteSum({ gram, cross, squareY }: GramTotals, d: number): boolean {
  for (let i = 0; i < d; i++) if (!Number.isFinite(gram[i * d + i]!)) return false;
  return cross.every(Number.isFinite) && squareY.every(Number.isFinite);
}
