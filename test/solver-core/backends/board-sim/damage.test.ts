import { expect, test } from 'vitest';
import fc from 'fast-check';
import { Damage } from '../../../../solver-core/backends/board-sim/damage.ts';

const bytes = Uint8Array.from({ length: 50_000 }, (_, i) => (i * 37) & 255);
const sound = { drop: 0, flip: 0, garbage: 0 };

test('a sound line passes the very bytes', () => {
  expect(new Damage(sound, 1).apply(bytes)).toBe(bytes);
});

test.each([
  ['drop', { ...sound, drop: 0.02 }],
  ['flip', { ...sound, flip: 0.02 }],
  ['garbage', { ...sound, garbage: 0.02 }],
] as const)('%s happens about as often as asked and is counted', (name, rates) => {
  const damage = new Damage(rates, 7);
  const out = damage.apply(bytes);
  const { dropped, flipped, inserted, passed } = damage.counts;
  const done = { drop: dropped, flip: flipped, garbage: inserted }[name];
  expect(passed).toBe(bytes.length);
  // 1000 expected of 50 000, standard deviation 31: six of them.
  expect(done).toBeGreaterThan(800);
  expect(done).toBeLessThan(1200);
  expect(dropped + flipped + inserted).toBe(done);
  expect(out.length).toBe(bytes.length - dropped + inserted);
  if (name === 'flip') {
    const changed = [...out].map((byte, i) => byte ^ bytes[i]!).filter((difference) => difference !== 0);
    expect(changed).toHaveLength(flipped);
    expect(changed.every((difference) => (difference & (difference - 1)) === 0)).toBe(true);
  }
});

test('the same seed gives the same damage however the bytes are cut; another seed another', () => {
  const rates = { drop: 0.1, flip: 0.1, garbage: 0.1 };
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 100, maxLength: 400 }), fc.nat(1000), fc.nat(99), (given, seed, cut) => {
      const whole = [...new Damage(rates, seed).apply(given)];
      const cutting = new Damage(rates, seed);
      expect([...cutting.apply(given.subarray(0, cut)), ...cutting.apply(given.subarray(cut))]).toEqual(whole);
      expect([...new Damage(rates, seed + 1).apply(given)]).not.toEqual(whole);
    }),
    { seed: 20261121 },
  );
});
