/** Mean and standard deviation of each input, over all rows (not n - 1). */
export interface Moments {
  /** [inputs] */
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Takes rows in as they come and gives their moments at the end; one row at a time (Welford 1962), so that no sum of squares cancels. */
export function momentsTally(inputs: number): { add(x: Float32Array, rows: number): void; moments(): Moments } {
  const mean = new Float64Array(inputs);
  const squares = new Float64Array(inputs);
  let count = 0;
  return {
    add(x, rows) {
      for (let r = 0; r < rows; r++) {
        count++;
        for (let j = 0; j < inputs; j++) {
          const gap = x[r * inputs + j]! - mean[j]!;
          mean[j] = mean[j]! + gap / count;
          squares[j] = squares[j]! + gap * (x[r * inputs + j]! - mean[j]!);
        }
      }
    },
    moments: () => ({ mean, deviation: squares.map((v) => Math.sqrt(v / Math.max(1, count))) }),
  };
}
