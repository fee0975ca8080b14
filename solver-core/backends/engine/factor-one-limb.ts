import type { Factorisation, Substitution } from './factorisation.ts';
import { neededRows } from './factorisation.ts';
import { PostProcessor, pivotScaling } from './post-processor.ts';

/** CHOL of gram [d, columns] with shift `sh` in words of F = fractionBits fraction bits. */
export function oneLimbFactor(gram: Float64Array, d: number, columns: number, sh: number, fractionBits: number): Factorisation {
  const factor = new Float64Array(d * columns);
  const e = new Float64Array(d);
  const rm = new Float64Array(d);
  const sums = new Float64Array(columns);
  const post = new PostProcessor(fractionBits);
  const scaleDown = 2 ** -sh;
  let breakdown = false;
  let high = false;
  return {
    fractionBits,
    factor,
    row(i) {
      sums.fill(0);
      for (let k = 0; k < i; k++) {
        const at = k * columns;
        const scalar = factor[at + i]!;
        if (scalar === 0) continue;
        for (let j = i; j < columns; j++) sums[j]! += scalar * factor[at + j]!;
      }
      const at = i * columns;
      const pivot = pivotScaling(Math.floor(gram[at + i]! * scaleDown) - sums[i]!, fractionBits);
      breakdown ||= pivot.low;
      high ||= pivot.high;
      e[i] = pivot.e;
      rm[i] = pivot.rm;
      for (let j = i; j < columns; j++) {
        factor[at + j] = post.scale(Math.floor(gram[at + j]! * scaleDown) - sums[j]!, pivot.e, pivot.rm);
      }
    },
    flags: () => ({ breakdown, saturated: high || post.clipped }),
    substitution(direction, vector): Substitution {
      const m = columns - d;
      const own = new PostProcessor(fractionBits);
      const products = new Float64Array(m);
      const one = 2 ** fractionBits;
      return {
        row(i) {
          products.fill(0);
          const [from, to] = neededRows(direction, i, d);
          for (let k = from; k < to; k++) {
            const scalar = direction === 'forward' ? factor[k * columns + i]! : factor[i * columns + k]!;
            if (scalar === 0) continue;
            for (let o = 0; o < m; o++) products[o]! += scalar * vector[k * m + o]!;
          }
          for (let o = 0; o < m; o++) vector[i * m + o] = own.scale(vector[i * m + o]! * one - products[o]!, e[i]!, rm[i]!);
        },
        get saturated() {
          return own.clipped;
        },
      };
    },
  };
}
