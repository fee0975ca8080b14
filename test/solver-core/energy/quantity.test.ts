import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatBand, formatBytes, formatCount, formatFull, formatQuantity, formatSi } from '../../../solver-core/energy/format.ts';
import type { Quantity, Source } from '../../../solver-core/energy/quantity.ts';
import { add, divideBand, exactly, joinRefs, max, quantity, scale, sum, times, weakest } from '../../../solver-core/energy/quantity.ts';
import { tolerances } from '../../tolerances.ts';

const sources: readonly Source[] = ['assumed', 'modelled', 'simulated', 'measured'];
const anyQuantity = fc
  .tuple(
    fc.double({ min: 0, max: 1e3, noNaN: true }),
    fc.double({ min: 0, max: 1e3, noNaN: true }),
    fc.double({ min: 0, max: 1e3, noNaN: true }),
    fc.constantFrom(...sources),
    fc.constantFrom('a', 'b', 'a; c'),
  )
  .map(([x, y, z, source, ref]) => {
    const [low = 0, value = 0, high = 0] = [x, y, z].sort((a, b) => a - b);
    return quantity('J', { low, value, high, source, ref });
  });

function j(value: number, low: number, high: number, source: Source = 'modelled'): Quantity<'J'> {
  return quantity('J', { value, low, high, source, ref: 'test' });
}

describe('arithmetic', () => {
  test('every operation keeps the order of the band and the weakest source', () => {
    fc.assert(
      fc.property(anyQuantity, anyQuantity, fc.double({ min: 0, max: 100, noNaN: true }), (a, b, factor) => {
        for (const q of [add(a, b), max(a, b), scale(a, factor), times(a, b)]) expect(q.low <= q.value && q.value <= q.high).toBe(true);
        expect(add(a, b).source).toBe(weakest(a.source, b.source));
        expect(sources.indexOf(add(a, b).source)).toBe(Math.min(sources.indexOf(a.source), sources.indexOf(b.source)));
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  test('sums do not depend on the order beyond rounding', () => {
    fc.assert(
      fc.property(fc.array(anyQuantity, { minLength: 1, maxLength: 8 }), (list) => {
        const forth = sum(list);
        const back = sum([...list].reverse());
        expect(Math.abs(forth.value - back.value)).toBeLessThanOrEqual(tolerances.sumFp64.relative * forth.value);
        expect(forth.ref.split('; ').sort()).toEqual(back.ref.split('; ').sort());
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  test('references join without repeats', () => {
    expect(joinRefs('a; b', 'b; c')).toBe('a; b; c');
    expect(joinRefs('', 'a')).toBe('a');
    expect(joinRefs('a', '')).toBe('a');
  });

  test('units must agree, bands must be in order, references must be there', () => {
    const seconds = exactly(1, 's', 'measured', 'clock');
    expect(() => add(seconds as unknown as Quantity<'J'>, j(1, 1, 1))).toThrow('units differ: s and J');
    expect(() => j(1, 2, 3)).toThrow('not a band');
    expect(() => exactly(1, 'J', 'assumed', '')).toThrow('not a band');
    expect(() => exactly(NaN, 'J', 'assumed', 'x')).toThrow('not a band');
    expect(() => scale(j(1, 1, 1), -1)).toThrow('cannot be scaled');
  });

  test('division turns the ends around', () => {
    expect(divideBand(j(6, 4, 8), j(2, 1, 4))).toMatchObject({ value: 3, low: 1, high: 8 });
    expect(() => divideBand(j(1, 1, 1), j(1, 0, 1))).toThrow('starts at 0');
  });
});

describe('text', () => {
  test.each([
    [1.234e-6, '1.2 µJ'],
    [1e-6, '1 µJ'],
    [9.96e-7, '1 µJ'],
    [12.4e-12, '12 pJ'],
    [124e-9, '120 nJ'],
    [0, '0 J'],
    [1, '1 J'],
    [2500, '2.5 kJ'],
    [3e-17, '0.03 fJ'],
    [NaN, 'unknown'],
    [Infinity, 'unknown'],
  ])('%d J is %s', (value, text) => {
    expect(formatSi(value, 'J')).toBe(text);
  });

  test('bands share a prefix where both ends read well', () => {
    expect(formatBand(j(1.2e-6, 0.4e-6, 3.1e-6))).toBe('0.4-3.1 µJ');
    expect(formatBand(j(1e-6, 4.6e-9, 728e-6))).toBe('4.6 nJ to 730 µJ');
    expect(formatBand(j(1e-6, 0, 2e-6))).toBe('0-2 µJ');
    expect(formatBand(j(1e-6, 1e-6, 1e-6))).toBe('1 µJ');
  });

  test('whole lines, counts, bytes', () => {
    expect(formatFull(j(1.2e-6, 0.4e-6, 3.1e-6))).toBe('1.2 µJ (0.4-3.1 µJ, modelled)');
    expect(formatQuantity(j(3e-6, 1e-6, 4e-6))).toBe('3.0 µJ');
    expect(formatQuantity(exactly(15e-6, 'J', 'assumed', 'plan'))).toBe('15 µJ');
    expect([formatCount(1234567), formatCount(null), formatBytes(26_280), formatBytes(12)]).toEqual(['1,234,567', '?', '25.7 KiB', '12 B']);
  });
});
