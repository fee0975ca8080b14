import { expect, test } from 'vitest';
import fc from 'fast-check';
import { createRandom } from '../../../solver-core/fit/prng.ts';
import { splitRows } from '../../../solver-core/fit/split.ts';

test('the numbers are those of xoshiro128**, by arithmetic on big integers', () => {
  // The first four numbers determine nothing simple, so the state is rebuilt from the documented seeding.
  const mask = 0xffffffffn;
  const mul = (a: bigint, b: bigint): bigint => (a * b) & mask;
  const rotl = (v: bigint, n: bigint): bigint => ((v << n) | (v >> (32n - n))) & mask;
  const mix = (value: bigint): bigint => {
    let h = value & mask;
    h = mul(h ^ (h >> 16n), 0x85ebca6bn);
    h = mul(h ^ (h >> 13n), 0xc2b2ae35n);
    return h ^ (h >> 16n);
  };
  let hash = mix(42n) ^ mix(0x9e3779b9n);
  [...'demo'].forEach((c, i) => (hash = mix(hash ^ BigInt(c.charCodeAt(0) + i))));
  const s = [1n, 2n, 3n, 4n].map((i) => mix(hash + mul(i, 0x9e3779b9n)));
  const random = createRandom(42, 'demo');
  for (let n = 0; n < 50; n++) {
    const expected = mul(rotl(mul(s[1]!, 5n), 7n), 9n);
    const t = (s[1]! << 9n) & mask;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotl(s[3]!, 11n);
    expect(random.uint32()).toBe(Number(expected));
  }
});

test('seeds and streams are unrelated; equal ones repeat', () => {
  const first = (seed: number, stream: string): string => {
    const random = createRandom(seed, stream);
    return [random.uint32(), random.uint32()].join();
  };
  expect(first(7, 'a')).toBe(first(7, 'a'));
  const seeds = [0, 1, 2, 7, -1, 2 ** 32, 2 ** 32 + 1, 2 ** 52];
  expect(new Set(seeds.flatMap((seed) => ['a', 'b', 'ab', ''].map((stream) => first(seed, stream)))).size).toBe(seeds.length * 4);
});

test('normal variates have the moments of a normal distribution', () => {
  const random = createRandom(1, 'normal');
  const n = 40_000;
  let [m1, m2, m3, m4] = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const v = random.normal();
    m1 += v / n;
    m2 += v ** 2 / n;
    m3 += v ** 3 / n;
    m4 += v ** 4 / n;
  }
  // Five standard errors of each sample moment: sqrt(1, 2, 15, 96) / sqrt(n).
  const bound = (variance: number): number => 5 * Math.sqrt(variance / n);
  expect(Math.abs(m1)).toBeLessThan(bound(1));
  expect(Math.abs(m2 - 1)).toBeLessThan(bound(2));
  expect(Math.abs(m3)).toBeLessThan(bound(15));
  expect(Math.abs(m4 - 3)).toBeLessThan(bound(96));
});

test('a split uses every row exactly once and depends on the seed alone', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 400 }), fc.double({ min: 0.001, max: 0.999, noNaN: true }), fc.integer(), (n, fraction, seed) => {
      const { fit, heldOut } = splitRows(n, fraction, seed);
      expect([...fit, ...heldOut].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
      expect(fit.length).toBe(Math.min(n - 1, Math.max(1, Math.floor(n * fraction))));
      expect(splitRows(n, fraction, seed)).toEqual({ fit, heldOut });
    }),
    { seed: 20260105, numRuns: 100 },
  );
  expect(splitRows(1797, 0.8, 1).fit.length).toBe(1437);
  expect(splitRows(100, 0.5, 1)).not.toEqual(splitRows(100, 0.5, 2));
  expect(splitRows(1, 0.5, 1).heldOut.length).toBe(1);
});

test('every row is held out about equally often', () => {
  const counts = new Array<number>(20).fill(0);
  for (let seed = 0; seed < 2000; seed++) for (const row of splitRows(20, 0.75, seed).heldOut) counts[row]!++;
  // Binomial with n = 2000, p = 1/4: five standard deviations.
  for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(5 * Math.sqrt(2000 * 0.25 * 0.75));
});
