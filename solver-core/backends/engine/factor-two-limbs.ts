import type { Factorisation, Substitution } from './factorisation.ts';
import { neededRows } from './factorisation.ts';
import { PostProcessor2, highLimb, pivotScaling2 } from './post-processor.ts';

/*
 * Words of two limbs, v = hi·2^F + lo. Sums are kept apart as in the hardware: H of hi·hi, C of hi·lo + lo·hi; lo·lo is dropped by
 * definition. With them T = start - H·2^F - C (3F fraction bits) is held as high·2^F + low, 0 <= low < 2^F, all of it exact in doubles.
 */

/** CHOL of gram [d, columns] with shift `sh` in words of two limbs; F = fractionBits of one limb, 17 at most. */
export function twoLimbFactor(gram: Float64Array, d: number, columns: number, sh: number, fractionBits: number): Factorisation {
  const factor = new Float64Array(d * columns);
  const hi = new Float64Array(d * columns);
  const lo = new Float64Array(d * columns);
  const e = new Float64Array(d);
  const rm = new Float64Array(d);
  const sumsH = new Float64Array(columns);
  const sumsC = new Float64Array(columns);
  const post = new PostProcessor2(fractionBits);
  const one = 2 ** fractionBits;
  let breakdown = false;
  let isHigh = false;
  const sumRowsAbove = (i: number): void => {
    sumsH.fill(0);
    sumsC.fill(0);
    for (let k = 0; k < i; k++) {
      const at = k * columns;
      const [scalarHi, scalarLo] = [hi[at + i]!, lo[at + i]!];
      if (scalarHi === 0 && scalarLo === 0) continue;
      for (let j = i; j < columns; j++) {
        sumsH[j]! += scalarHi * hi[at + j]!;
        sumsC[j]! += scalarHi * lo[at + j]! + scalarLo * hi[at + j]!;
      }
    }
  };
  return {
    fractionBits: 2 * fractionBits,
    factor,
    row(i) {
      sumRowsAbove(i);
      const at = i * columns;
      const high = new Float64Array(columns);
      const low = new Float64Array(columns);
      for (let j = i; j < columns; j++) {
        // floor(G·2^F / 2^sh) = whole·2^F + rest: a double scaled by a power of two is exact.
        const g = gram[at + j]!;
        const whole = Math.floor(g * 2 ** -sh);
        const rest = Math.floor((g - whole * 2 ** sh) * 2 ** (fractionBits - sh)) - sumsC[j]!;
        const carry = Math.floor(rest / one);
        high[j] = whole - sumsH[j]! + carry;
        low[j] = rest - carry * one;
      }
      const pivot = pivotScaling2(high[i]!, low[i]!, fractionBits);
      breakdown ||= pivot.low;
      isHigh ||= pivot.high;
      e[i] = pivot.e;
      rm[i] = pivot.rm;
      for (let j = i; j < columns; j++) {
        const word = post.scale(high[j]!, low[j]!, pivot.e, pivot.rm);
        factor[at + j] = word;
        hi[at + j] = highLimb(word, fractionBits);
        lo[at + j] = word - hi[at + j]! * one;
      }
    },
    flags: () => ({ breakdown, saturated: isHigh || post.clipped }),
    substitution(direction, vector): Substitution {
      const m = columns - d;
      const own = new PostProcessor2(fractionBits);
      return {
        row(i) {
          const [from, to] = neededRows(direction, i, d);
          for (let o = 0; o < m; o++) {
            let [h, c] = [0, 0];
            for (let k = from; k < to; k++) {
              const at = direction === 'forward' ? k * columns + i : i * columns + k;
              const word = vector[k * m + o]!;
              const wordHi = highLimb(word, fractionBits);
              h += hi[at]! * wordHi;
              c += hi[at]! * (word - wordHi * one) + lo[at]! * wordHi;
            }
            const carry = Math.floor(-c / one);
            vector[i * m + o] = own.scale(vector[i * m + o]! - h + carry, -c - carry * one, e[i]!, rm[i]!);
          }
        },
        get saturated() {
          return own.clipped;
        },
      };
    },
  };
}
