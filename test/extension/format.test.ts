import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Quantity } from '../../solver-core/protocol/index.ts';
import {
  formatBand,
  formatBytes,
  formatCount,
  formatMetric,
  formatNumber,
  formatQuantity,
  formatShape,
  formatValue,
  speakQuantity,
} from '../../extension/format.ts';
import { tolerances } from '../tolerances.ts';
import { plainText } from './fixtures.ts';

const quantity = (value: number, low = value, high = value): Quantity<'J'> => ({
  value,
  unit: 'J',
  low,
  high,
  source: 'modelled',
  ref: 'test',
});

describe('format', () => {
  it.each([
    [0, '0 J'],
    [1, '1.00 J'],
    [6.1234e-7, '612 nJ'],
    [1.2e-5, '12.0 \u00b5J'],
    [0.9996e-6, '1.00 \u00b5J'],
    [0.99951e-3, '1.00 mJ'],
    [123456, '123 kJ'],
    [3e-18, '0.00300 fJ'],
    [2.5e12, '2500 GJ'],
  ])('writes %d joules as %s', (value, text) => {
    expect(formatQuantity(quantity(value))).toBe(text);
  });

  it('never shows more than three significant digits wrong: text and value agree within half a unit of the third digit', () => {
    const scale: Record<string, number> = { f: 1e-15, p: 1e-12, n: 1e-9, '\u00b5': 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9 };
    fc.assert(
      fc.property(fc.double({ min: 1e-15, max: 9e11, noNaN: true }), (value) => {
        const match = /^([\d.]+) (\D?)J$/.exec(formatValue(value, 'J'));
        const shown = Number(match?.[1]) * (scale[match?.[2] ?? ''] ?? NaN);
        expect(Math.abs(shown - value) / value).toBeLessThanOrEqual(tolerances.shownDigits.relative);
      }),
      { seed: 20260101, numRuns: 500 },
    );
  });

  it('writes both ends of a band with one prefix', () => {
    expect(formatBand(quantity(5e-7, 4e-7, 1.5e-6), plainText)).toBe('0.400 to 1.50 \u00b5J');
  });

  it('gives each end its own prefix when the band spans decades', () => {
    expect(formatBand(quantity(1e-2, 8.42e-4, 1.48), plainText)).toBe('842 \u00b5J to 1.48 J');
    expect(formatBand(quantity(1e-2, 0, 1.48), plainText)).toBe('0 to 1.48 J');
  });

  it('speaks unit and provenance in words', () => {
    expect(speakQuantity(quantity(1.2e-6), plainText)).toBe('1.20 microjoule, modelled');
  });

  it('writes counts, sizes, shapes and numbers', () => {
    expect([formatCount(1234567), formatCount(null)]).toEqual(['1,234,567', '\u2013']);
    expect([formatBytes(999), formatBytes(3140), formatBytes(1e8)]).toEqual(['999 B', '3.14 kB', '100 MB']);
    expect([formatShape([1, 'batch', null]), formatShape([]), formatShape(null)]).toEqual(['1 \u00d7 batch \u00d7 ?', '()', '\u2013']);
    expect([formatNumber(1.26e-7), formatNumber(12.345), formatNumber(0), formatNumber(null)]).toEqual(['1.3e-7', '12.3', '0', '\u2013']);
    expect([formatMetric('accuracy', 0.9694), formatMetric('mse', 0.25)]).toEqual(['96.9 %', '0.25']);
  });

  it('groups whole numbers as the platform does', () => {
    const platform = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeNat(), fc.nat(20_000), fc.integer(), fc.double({ noNaN: true, min: 0.6 })), (value) => {
        expect(formatCount(value)).toBe(platform.format(value));
      }),
      { seed: 7, numRuns: 500 },
    );
    expect(formatCount(-0)).toBe('0');
  });
});
