import { cpuNumerics } from '../../../solver-core/backends/cpu/index.ts';
import { createRandom, normals } from '../../../solver-core/fit/prng.ts';
import { arrayRows } from '../../../solver-core/fit/ridge/array-rows.ts';
import type { RowSource } from '../../../solver-core/fit/backend.ts';

/** A linear layer with inputs as they come out of a ReLU layer: a few latent causes, mixed, cut at 0. */
export interface MadeLayer {
  readonly weights: Float64Array;
  readonly inputs: RowSource;
  /** Fresh rows of the same kind, [rows, d]. */
  readonly fresh: Float64Array;
  readonly freshRows: number;
}

export async function madeLayer(
  n: number,
  d: number,
  k: number,
  options: { readonly latent?: number; readonly noise?: number; readonly seed?: number } = {},
): Promise<MadeLayer> {
  const { latent = 24, noise = 0.2, seed = 1 } = options;
  const random = createRandom(seed, 'layer');
  const mixing = normals(random, latent * d);
  const freshRows = 1500;
  const causes = normals(random, (n + freshRows) * latent);
  const rows = await cpuNumerics().multiply({ a: causes, b: mixing, m: n + freshRows, k: latent, n: d });
  for (let at = 0; at < rows.length; at++) rows[at] = Math.max(0, rows[at]! / Math.sqrt(latent) + noise * random.normal());
  const weights = normals(random, d * k).map((v) => v / Math.sqrt(d));
  return { weights, inputs: arrayRows(rows.slice(0, n * d), new Float64Array(0), d, 0), fresh: rows.slice(n * d), freshRows };
}

/** ‖X(W − Q) − b‖/‖XW‖ by loops. */
export function lostOutput(x: Float64Array, n: number, w: Float64Array, q: Float64Array, change: Float64Array): number {
  const k = change.length;
  const d = w.length / k;
  let error = 0;
  let size = 0;
  for (let r = 0; r < n; r++) {
    for (let o = 0; o < k; o++) {
      let whole = 0;
      let lost = -change[o]!;
      for (let i = 0; i < d; i++) {
        whole += x[r * d + i]! * w[i * k + o]!;
        lost += x[r * d + i]! * (w[i * k + o]! - q[i * k + o]!);
      }
      error += lost * lost;
      size += whole * whole;
    }
  }
  return Math.sqrt(error / size);
}
