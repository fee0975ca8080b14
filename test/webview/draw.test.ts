import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatBand, formatValue } from '../../extension/format.ts';
import { compareWithDescent, ratioOf } from '../../webview/app/compare.ts';
import type { Bar } from '../../webview/app/draw/bars.ts';
import { drawBars, fitText } from '../../webview/app/draw/bars.ts';
import { axisJoules, joulesBand, joulesText, ratioText } from '../../webview/app/draw/joules.ts';
import { drawMark } from '../../webview/app/draw/marks.ts';
import { chooseScale, makeScale } from '../../webview/app/draw/scale.ts';
import type { Shape } from '../../webview/app/draw/shape.ts';
import { createTranslator } from '../../webview/app/strings.ts';
import { tolerances } from '../tolerances.ts';
import { figure } from './canned-figure.ts';

const measure = (text: string): number => text.length * 7;
const bar = (value: number, low = value, high = value, patch: Partial<Bar> = {}): Bar => ({
  label: '/fc1/Gemm',
  text: `${value} J`,
  title: 'tip',
  source: 'modelled',
  tone: 'lower',
  value,
  low,
  high,
  ...patch,
});
const draw = (bars: readonly Bar[], widthPx: number, scale: 'linear' | 'log'): Shape =>
  drawBars({ bars, widthPx, scale, measure, ariaLabel: 'a chart' });

function all(shape: Shape, className: string): Shape[] {
  const here = String(shape.attributes['class'] ?? '')
    .split(' ')
    .includes(className)
    ? [shape]
    : [];
  return [...here, ...(shape.children ?? []).flatMap((child) => all(child, className))];
}
const width = (shape: Shape | undefined): number => Number(shape?.attributes['width']);

describe('scales', () => {
  test('linear scales start at zero, end at a round number and keep proportions', () => {
    const scale = makeScale([{ value: 3.2e-6, low: 1e-6, high: 7.3e-6 }], 'linear', 5);
    expect(scale.ticks.map((tick) => axisJoules(tick.value))).toEqual(['0', '2 µJ', '4 µJ', '6 µJ', '8 µJ']);
    expect(scale.place(4e-6)).toBeCloseTo(0.5, tolerances.scalePlace.digits);
  });

  test('log scales give each decade the same length', () => {
    const scale = makeScale([{ value: 2e-9, low: 1.5e-9, high: 9e-6 }], 'log', 7);
    expect(scale.ticks.map((tick) => axisJoules(tick.value))).toEqual(['1 nJ', '10 nJ', '100 nJ', '1 µJ', '10 µJ']);
    expect(scale.place(1e-7)).toBeCloseTo(0.5, tolerances.scalePlace.digits);
    expect(scale.place(0)).toBe(0);
  });

  test('a band that spans decades or very unequal layers ask for a log scale', () => {
    expect(
      chooseScale([
        { value: 1, low: 1, high: 2 },
        { value: 3, low: 1, high: 4 },
      ]),
    ).toBe('linear');
    expect(
      chooseScale([
        { value: 1, low: 1, high: 1 },
        { value: 100, low: 1, high: 100 },
      ]),
    ).toBe('log');
    expect(chooseScale([{ value: 1, low: 0.1, high: 90 }])).toBe('log');
    expect(chooseScale([])).toBe('linear');
  });

  test('every value and band end has a place in 0..1 in order, on at most the ticks asked for', () => {
    const energy = fc.double({ min: 1e-15, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(energy, { minLength: 1, maxLength: 8 }),
        fc.constantFrom('linear' as const, 'log' as const),
        fc.integer({ min: 2, max: 9 }),
        (values, kind, maxTicks) => {
          const rows = values.map((value) => ({ value, low: value / 2, high: value * 3 }));
          const scale = makeScale(rows, kind, maxTicks);
          expect(scale.ticks.length).toBeGreaterThanOrEqual(2);
          expect(scale.ticks.length).toBeLessThanOrEqual(maxTicks + 1);
          for (const row of rows) {
            const places = [row.low, row.value, row.high].map(scale.place);
            expect(places.every((at) => at >= 0 && at <= 1)).toBe(true);
            expect(places).toEqual(places.toSorted((a, b) => a - b));
            expect(row.high).toBeLessThanOrEqual(scale.max * (1 + 1e-12)); // one rounding of a product
          }
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe('bars', () => {
  test('lengths are proportional to the values on a linear scale', () => {
    const bars = all(draw([bar(2), bar(4), bar(8)], 800, 'linear'), 'bar');
    expect(width(bars[1]) / width(bars[0])).toBeCloseTo(2, tolerances.drawnPixels.digits);
    expect(width(bars[2]) / width(bars[0])).toBeCloseTo(4, tolerances.drawnPixels.digits);
  });

  test('whiskers span the band and are absent without one', () => {
    const shape = draw([bar(4, 2, 8), bar(4)], 800, 'linear');
    const whiskers = all(shape, 'whisker');
    expect(whiskers).toHaveLength(1);
    const [from, to] = (String(whiskers[0]?.attributes['d']).match(/^M([\d.]+) .*H([\d.]+)/) ?? []).slice(1).map(Number);
    const left = Number(all(shape, 'bar')[0]?.attributes['x']);
    const length = width(all(shape, 'bar')[0]);
    expect((from ?? 0) - left).toBeCloseTo(length / 2, tolerances.drawnPixels.digits);
    expect((to ?? 0) - left).toBeCloseTo(length * 2, tolerances.drawnPixels.digits);
  });

  test.each([300, 480, 800, 1400])('nothing leaves a drawing of %d px', (widthPx) => {
    const long = bar(3e-3, 1e-9, 5, { label: '/a/very/long/name/'.repeat(12), text: '3 mJ' });
    for (const scale of ['linear', 'log'] as const) {
      const shape = draw([long, bar(1e-9, 0, 1e-8), bar(Number.NaN, Number.NaN, Number.NaN, { text: 'unknown' })], widthPx, scale);
      for (const rect of all(shape, 'bar')) expect(Number(rect.attributes['x']) + width(rect)).toBeLessThanOrEqual(widthPx);
      for (const tick of all(shape, 'tick')) {
        const [centre, half] = [Number(tick.attributes['x']), measure(tick.text ?? '') / 2];
        expect(centre - half).toBeGreaterThanOrEqual(-0.01); // coordinates are rounded to 0.01 px
        expect(centre + half).toBeLessThanOrEqual(widthPx);
      }
      expect(JSON.stringify(shape)).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  test('tick labels never touch', () => {
    const ticks = all(draw([bar(123, 1e-7, 5e5)], 300, 'log'), 'tick').map((tick) => ({
      x: Number(tick.attributes['x']),
      half: measure(tick.text ?? '') / 2,
    }));
    expect(ticks.length).toBeGreaterThan(1);
    for (const [index, tick] of ticks.slice(1).entries())
      expect(tick.x - tick.half).toBeGreaterThan((ticks[index]?.x ?? 0) + (ticks[index]?.half ?? 0));
  });

  test('says the result to screen readers and keeps the tooltip as text', () => {
    const shape = draw([bar(1, 1, 1, { title: '<b>x</b>' })], 600, 'linear');
    expect(shape.attributes['aria-label']).toBe('a chart');
    expect(JSON.stringify(shape)).toContain('"text":"<b>x</b>"');
  });
});

test('names are cut in the middle until they fit', () => {
  expect(fitText('short', 100, measure)).toBe('short');
  const cut = fitText('/encoder/layers.11/attention/MatMul', 105, measure);
  expect(measure(cut)).toBeLessThanOrEqual(105);
  expect(cut).toMatch(/^\/enc.*….*MatMul$/);
  expect(fitText('abc', 0, measure)).toBe('a…');
});

test('the four provenance signs differ in form', () => {
  const forms = (['measured', 'simulated', 'modelled', 'assumed'] as const).map((source) => JSON.stringify(drawMark(source).children));
  expect(new Set(forms).size).toBe(4);
});

test('axis energies and ratios as text', () => {
  expect([0, 1e-12, 2.5e-6, 0.05, 1000, 3e9].map(axisJoules)).toEqual(['0', '1 pJ', '2.5 µJ', '50 mJ', '1 kJ', '3 GJ']);
  expect([1.23, 41.4, 1290, 41_234, 3.21e6].map(ratioText)).toEqual(['1.2', '41', '1,300', '41,000', '3.2 million']);
});

describe('comparison with gradient descent', () => {
  const t = createTranslator({});
  test.each([
    [figure(1e-3, 'modelled', 2), figure(1e-5, 'simulated', 2), '100× less than gradient descent (25× to 400×)'],
    [figure(1e-5, 'modelled', 2), figure(1e-3, 'simulated', 2), '100× more than gradient descent (25× to 400×)'],
    [figure(2e-5, 'modelled', 3), figure(1e-5, 'assumed', 3), '2× less than gradient descent, but the bands overlap'],
    [figure(1e-5, 'modelled', 3), figure(1e-5, 'assumed', 3), 'About as much as gradient descent'],
    [null, figure(1, 'assumed'), ''],
    [figure(0, 'assumed'), figure(1, 'assumed'), ''],
  ])('case %#', (sgd, other, expected) => {
    expect(compareWithDescent(t, sgd, other)).toBe(expected);
  });

  test('an unbounded band gives an open range', () => {
    const zeroLow = { ...figure(1e-5, 'assumed', 2), low: 0 };
    expect(ratioOf(figure(1, 'modelled'), zeroLow)?.high).toBe(Number.POSITIVE_INFINITY);
    expect(compareWithDescent(t, figure(1, 'modelled', 2), zeroLow)).toContain('at least');
  });
});

test('sums made on a page are written as the host writes figures', () => {
  const t = createTranslator({});
  const energyJ = fc.double({ min: 1e-15, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(energyJ, energyJ, (a, b) => {
      const quantity = { value: a, unit: 'J', low: Math.min(a, b), high: Math.max(a, b), source: 'modelled', ref: '' } as const;
      expect(joulesText(a)).toBe(formatValue(a, 'J'));
      expect(joulesBand(t, quantity)).toBe(formatBand(quantity, (message, ...args) => t(message, ...args.map(String))));
    }),
    { seed: 5, numRuns: 500 },
  );
  expect([0, 1e-8, 9.996e-7].map(joulesText)).toEqual(['0 J', '10.0 nJ', '1.00 µJ']);
});
