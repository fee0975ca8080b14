import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { directBreakEven } from '../../solver-core/energy/break-even.ts';
import { factorSentence } from '../../webview/app/compare.ts';
import { axisEnd, crossing, crossings, spentAfter } from '../../webview/app/break-even.ts';
import { drawBars } from '../../webview/app/draw/bars.ts';
import type { Shape } from '../../webview/app/draw/shape.ts';
import { sumFigures } from '../../webview/app/report-figures.ts';
import { createTranslator } from '../../webview/app/strings.ts';
import { tolerances } from '../tolerances.ts';
import { figure } from './canned-figure.ts';

const t = createTranslator({});
/** Whole joules, whose sums are exact. */
const energyJ = fc.integer({ min: 1, max: 10_000 });

describe('break-even', () => {
  test('is what the solver says, and where the curves cross', () => {
    fc.assert(
      fc.property(energyJ, energyJ, energyJ, (sgdJ, solveJ, incrementalJ) => {
        const n = crossing(sgdJ, solveJ, incrementalJ);
        expect(n).toBe(directBreakEven(sgdJ, solveJ, incrementalJ));
        if (n === null) return;
        const methods = {
          sgd: figure(sgdJ, 'modelled', 1),
          solve: figure(solveJ, 'modelled', 1),
          incremental: figure(incrementalJ, 'modelled', 1),
        };
        const at = spentAfter(methods, n, 'value');
        expect(at.direct).toBeLessThanOrEqual(at.sgd);
        if (n > 0) {
          const before = spentAfter(methods, n - 1, 'value');
          expect(before.direct).toBeGreaterThan(before.sgd);
        }
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  test('the ends of the bands are the best and the worst case', () => {
    const all = crossings({ sgd: figure(1, 'modelled', 2), solve: figure(5, 'modelled', 2), incremental: figure(0.1, 'modelled', 2) });
    expect(all).toEqual({ value: 5, best: 1, worst: 32 });
    expect(axisEnd(null)).toBe(10);
    expect(axisEnd(40)).toBe(80);
  });
});

describe('stacked bars', () => {
  const find = (shape: Shape, name: string): Shape[] => [
    ...(String(shape.attributes['class'] ?? '')
      .split(' ')
      .includes(name)
      ? [shape]
      : []),
    ...(shape.children ?? []).flatMap((child) => find(child, name)),
  ];
  const bar = { label: 'a', text: '4 J', value: 4, low: 1, high: 100, source: 'modelled', tone: 'plain', title: '' } as const;
  const segments = [
    { value: 1, pattern: 0 },
    { value: 3, pattern: 1 },
  ];
  const draw = (scale: 'linear' | 'log'): Shape =>
    drawBars({ bars: [{ ...bar, segments }], widthPx: 800, scale, measure: (text) => text.length * 7, ariaLabel: 'x', clip: true });

  test('parts lie side by side and are together as long as the whole', () => {
    const [a, b] = find(draw('linear'), 'part').map(({ attributes }) => ({
      x: Number(attributes['x']),
      width: Number(attributes['width']),
    }));
    if (!a || !b) throw new Error('two parts were expected');
    expect(b.x).toBeCloseTo(a.x + a.width, tolerances.drawnPixels.digits);
    expect(b.width / a.width).toBeCloseTo(3, tolerances.drawnPixels.digits);
  });

  test('a band beyond the picture ends in an arrow, not in a cap', () => {
    expect(String(find(draw('linear'), 'whisker')[0]?.attributes['d'])).toMatch(/l5 3\.5l-5 3\.5$/);
  });

  test('lengths are never stacked on a logarithmic scale', () => {
    expect(find(draw('log'), 'part')).toHaveLength(0);
  });
});

describe('sums and factors', () => {
  test('a sum takes the weakest source and every reference once', () => {
    const sum = sumFigures([figure(1, 'measured', 2), figure(2, 'assumed', 2)], t);
    expect(sum).toMatchObject({ value: 3, low: 1.5, high: 6, source: 'assumed' });
    expect(sum?.ref).toBe(figure(1, 'measured').ref);
    expect(sumFigures([], t)).toBeNull();
  });

  test('a factor is never told as certain where bands overlap', () => {
    const tell = (before: number, after: number, spread: number): string =>
      factorSentence(
        { kind: 'select', energyBefore: figure(before, 'modelled', spread), energyAfter: figure(after, 'modelled', spread) },
        t,
      );
    expect(tell(10, 1, 2)).toBe('10× less (2.5× to 40× by the bands)');
    expect(tell(10, 1, 4)).toMatch(/^10× less by the central values\. The bands overlap/);
    expect(tell(1, 10, 2)).toBe('10× more (2.5× to 40× by the bands)');
    expect(tell(1, 1, 2)).toBe('The same energy.');
    expect(factorSentence({ kind: 'fit', energyBefore: null, energyAfter: figure(1, 'modelled') }, t)).toMatch(/no factor/);
  });
});
