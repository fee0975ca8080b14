import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cpuNumerics, plainNumerics } from '../../../../solver-core/backends/cpu/index.ts';
import type { Numerics, RankUpdate, RankUpdated } from '../../../../solver-core/fit/numerics.ts';
import { createRandom, normals } from '../../../../solver-core/fit/prng.ts';
import { tolerances } from '../../../tolerances.ts';
import { engines, largestError } from './matrices.ts';

type Updating = Pick<Numerics, 'rankUpdate'>;

const all: readonly (readonly [string, Updating])[] = [['plain', plainNumerics()], ['this machine', cpuNumerics()], ...engines];

/** XᵀX + λI, both triangles, by a triple loop. */
function gramOf(x: Float64Array, n: number, d: number, lambda: number): Float64Array {
  const g = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      let s = i === j ? lambda : 0;
      for (let r = 0; r < n; r++) s += x[r * d + i]! * x[r * d + j]!;
      g[i * d + j] = s;
    }
  }
  return g;
}

async function inverseOf(g: Float64Array, d: number): Promise<Float64Array> {
  const factor = await plainNumerics().factor(g, d);
  if ('failedPivot' in factor) throw new Error('not positive definite');
  return factor.inverse();
}

function lowerOf(r: Float64Array, d: number): Float64Array {
  return r.map((v, at) => (at % d <= Math.floor(at / d) ? v : 0));
}

async function accepted(numerics: Updating, update: RankUpdate): Promise<RankUpdated> {
  const answer = await numerics.rankUpdate(update);
  if (!('r' in answer)) throw new Error(`refused at ${answer.smallestPivot}`);
  return answer;
}

describe.each(all)('rank update, %s', (_name, numerics) => {
  test('absorbing and removing rows equals the inverse of the Gram with and without them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 18 }),
        fc.integer({ min: 0, max: 1e6 }),
        async (d, q, seed) => {
          const n = d + q + 5;
          const x = normals(createRandom(seed, 'rank'), n * d);
          const all = await inverseOf(gramOf(x, n, d, 0.5), d);
          const less = await inverseOf(gramOf(x, n - q, d, 0.5), d);
          const rows = x.slice((n - q) * d);
          const grown = await accepted(numerics, { r: less, d, rows, q, sign: 1 });
          expect(largestError(grown.r, all)).toBeLessThan(tolerances.ridgeFp64.relative);
          const shrunk = await accepted(numerics, { r: all, d, rows, q, sign: -1 });
          expect(largestError(shrunk.r, less)).toBeLessThan(tolerances.ridgeFp64.relative);
          for (const [answer, r] of [
            [grown, all],
            [shrunk, less],
          ] as const) {
            const gain = await plainNumerics().multiply({ a: r, b: rows, m: d, k: d, n: q, transposeB: true });
            expect(largestError(answer.gain, gain)).toBeLessThan(tolerances.ridgeFp64.relative);
          }
        },
      ),
      { seed: 20261121, numRuns: 25 },
    );
  });

  test('the answer is exactly symmetric, and the given inverse is kept unless it may be overwritten', async () => {
    const d = 37;
    const x = normals(createRandom(3, 'rank'), 2 * d * d);
    const r = await inverseOf(gramOf(x, 2 * d, d, 1), d);
    const before = Float64Array.from(r);
    const kept = await accepted(numerics, { r, d, rows: x.slice(0, d), q: 1, sign: 1 });
    expect(r).toEqual(before);
    for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) expect(kept.r[i * d + j]).toBe(kept.r[j * d + i]);
    let overwritten = await accepted(numerics, { r, d, rows: x.slice(0, d), q: 1, sign: 1, overwrite: true });
    expect(lowerOf(overwritten.r, d)).toEqual(lowerOf(kept.r, d));
    for (let row = 1; row < 6; row++) {
      overwritten = await accepted(numerics, {
        r: overwritten.r,
        d,
        rows: x.slice(row * d, (row + 1) * d),
        q: 1,
        sign: 1,
        overwrite: true,
      });
    }
    // Many rows after few, and few after many: the two ways may hand R to each other.
    for (const [first, last, q] of [
      [6, 22, 16],
      [22, 24, 2],
    ] as const) {
      overwritten = await accepted(numerics, { r: overwritten.r, d, rows: x.slice(first * d, last * d), q, sign: 1, overwrite: true });
    }
    const joint = await accepted(numerics, { r: before, d, rows: x.slice(0, 24 * d), q: 24, sign: 1 });
    const both = await accepted(numerics, { r: overwritten.r, d, rows: new Float64Array(d), q: 1, sign: 1 });
    expect(largestError(both.r, joint.r)).toBeLessThan(tolerances.ridgeFp64.relative);
    expect(largestError(lowerOf(overwritten.r, d), lowerOf(joint.r, d))).toBeLessThan(tolerances.ridgeFp64.relative);
  });

  test.each([1, 3, 15])('rows that were never absorbed are refused and R stays (%i rows)', async (q) => {
    const d = 24;
    const x = normals(createRandom(q, 'rank'), 40 * d);
    const r = await inverseOf(gramOf(x, 40, d, 0.1), d);
    const before = Float64Array.from(r);
    const strange = normals(createRandom(99, 'rank'), q * d).map((v) => 30 * v);
    const answer = await numerics.rankUpdate({ r, d, rows: strange, q, sign: -1, overwrite: true });
    expect('smallestPivot' in answer && answer.smallestPivot < 0).toBe(true);
    expect(r).toEqual(before);
  });

  test('no rows change nothing', async () => {
    const r = Float64Array.of(2, 1, 1, 3);
    const answer = await accepted(numerics, { r, d: 2, rows: new Float64Array(0), q: 0, sign: 1 });
    expect(answer).toEqual({ r, gain: new Float64Array(0) });
  });
});
