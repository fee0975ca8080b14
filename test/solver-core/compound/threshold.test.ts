import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ExitResults } from '../../../solver-core/compound/threshold.ts';
import { alwaysEscalate, cheapestPoint, exitCurve, thinned } from '../../../solver-core/compound/threshold.ts';
import { near } from './toy.ts';

const rowsArbitrary = fc.array(
  fc.record({
    confidence: fc.integer({ min: 0, max: 10 }).map((v) => v / 10),
    lower: fc.integer({ min: 0, max: 1 }),
    upper: fc.integer({ min: 0, max: 4 }).map((v) => v / 4),
    context: fc.integer({ min: 0, max: 3 }),
    position: fc.integer({ min: 1, max: 9 }),
  }),
  { minLength: 1, maxLength: 40 },
);
type Row = typeof rowsArbitrary extends fc.Arbitrary<infer T> ? (T extends (infer R)[] ? R : never) : never;
const costs = { lowerJ: 1, upperTokenJ: 3, upperHeadJ: 0.5 };

function resultsOf(rows: readonly Row[]): ExitResults {
  const column = (key: keyof Row): number[] => rows.map((row) => row[key]);
  return {
    ...{ confidence: column('confidence'), lower: column('lower'), upper: column('upper') },
    costs: { ...costs, context: column('context'), position: column('position') },
  };
}

/** Accuracy and joules at a threshold, row by row. */
function counted(rows: readonly Row[], threshold: number): { accuracy: number; energyJ: number; escalated: number } {
  const up = rows.filter(({ confidence }) => confidence < threshold);
  const right = rows.reduce((sum, row) => sum + (row.confidence < threshold ? row.upper : row.lower), 0);
  const furthest = [0, 1, 2, 3].map((c) => Math.max(0, ...up.filter(({ context }) => context === c).map(({ position }) => position)));
  const tokens = furthest.reduce((a, b) => a + b, 0);
  const energyJ = costs.lowerJ + (tokens * costs.upperTokenJ + up.length * costs.upperHeadJ) / rows.length;
  return { accuracy: right / rows.length, energyJ, escalated: up.length / rows.length };
}

describe('threshold', () => {
  test('every point of the curve is what counting row by row gives', () => {
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        const curve = exitCurve(resultsOf(rows));
        expect(curve[0]).toMatchObject({ threshold: 0, escalated: 0 });
        expect(curve.at(-1)).toMatchObject({ threshold: alwaysEscalate, escalated: 1 });
        for (const point of curve) {
          const oracle = counted(rows, point.threshold);
          near(point.accuracy, oracle.accuracy);
          near(point.energyJ, oracle.energyJ);
          expect(point.escalated).toBe(oracle.escalated);
        }
      }),
      { seed: 20261121, numRuns: 300 },
    );
  });

  test('the chosen point is the cheapest of an exhaustive search', () => {
    fc.assert(
      fc.property(rowsArbitrary, fc.constantFrom(0, 0.01, 0.1, 1), (rows, within) => {
        const chosen = cheapestPoint(exitCurve(resultsOf(rows)), within);
        const all = Array.from({ length: 401 }, (_, i) => counted(rows, i / 200));
        const target = all.at(-1)!.accuracy - within;
        const best = Math.min(...all.filter(({ accuracy }) => accuracy > target - Number.EPSILON * 100).map(({ energyJ }) => energyJ));
        near(chosen.energyJ, best);
        expect(chosen.accuracy).toBeGreaterThan(target - Number.EPSILON * 100);
      }),
      { seed: 20261122, numRuns: 300 },
    );
  });

  test('neighbouring doubles are told apart', () => {
    const [low, high] = [0.5, 0.5 + Number.EPSILON / 2];
    const curve = exitCurve({ confidence: [high, low], lower: [1, 0], upper: [0, 1] });
    const middle = curve[1]!;
    expect([low < middle.threshold, high < middle.threshold]).toEqual([true, false]);
    expect(middle).toMatchObject({ accuracy: 1, escalated: 0.5 });
  });

  test('a thinned curve keeps its ends and the chosen point', () => {
    const n = 1000;
    const curve = exitCurve({
      confidence: Array.from({ length: n }, (_, i) => i / n),
      lower: new Array<number>(n).fill(0),
      upper: new Array<number>(n).fill(1),
    });
    const few = thinned(curve, 20, curve[777]!);
    expect(few.length).toBeLessThanOrEqual(20);
    expect(few).toContain(curve[777]);
    expect([few[0], few.at(-1)]).toEqual([curve[0], curve.at(-1)]);
    expect(few.map(({ threshold }) => threshold)).toEqual(few.map(({ threshold }) => threshold).toSorted((a, b) => a - b));
    expect(exitCurve({ confidence: [], lower: [], upper: [] })).toEqual([]);
  });
});
