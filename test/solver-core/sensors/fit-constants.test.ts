import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../solver-core/fit/prng.ts';
import type { FitRow } from '../../../solver-core/sensors/fit-constants.ts';
import { fitConstants } from '../../../solver-core/sensors/fit-constants.ts';
import { tolerances } from '../../tolerances.ts';

type Factors = { readonly compute: number; readonly memory: number; readonly static: number };
const scales = [1, 40, 900, 7, 12_000, 0.3];
/** Models of very different sizes and mixes of compute, memory and static energy. */
const models = (count: number): readonly FitRow['parts'][] =>
  scales.slice(0, count).map((scale, at) => ({
    compute: scale * (1 + (at % 3)) * 1e-6,
    memory: scale * (3 - (at % 2) * 2.5) * 1e-6,
    static: scale * (at % 4 === 1 ? 2 : 0.4) * 1e-6,
  }));
const measuredAs = (count: number, f: Factors, noise: (at: number) => number = () => 1): readonly FitRow[] =>
  models(count).map((parts, at) => ({
    parts,
    relativeError: 0.02,
    measuredJ: (f.compute * parts.compute + f.memory * parts.memory + f.static * parts.static) * noise(at),
  }));
const same = (factor: number): Factors => ({ compute: factor, memory: factor, static: factor });

describe('constants fitted to measurements', () => {
  test.each([1, 2, 3, 6])('all constants 1.7 times too low are found, from %i measurements', (count) => {
    const fitted = fitConstants(measuredAs(count, same(1.7)))!;
    expect(fitted.constants.map(({ name }) => name)).toEqual(['all']);
    const [factor] = fitted.constants.map((constant) => constant.factor);
    expect(Math.abs(factor!.value / 1.7 - 1)).toBeLessThan(tolerances.sumFp64.relative);
    expect(factor).toMatchObject({ source: 'modelled' });
    expect(fitted.leaveOneOut === null).toBe(count < 3);
    if (fitted.leaveOneOut !== null) expect(fitted.leaveOneOut).toBeLessThan(tolerances.sumFp64.relative);
  });

  test('one or two measurements move the value and leave no spread of their own; more bound it', () => {
    const spread = (count: number): number => {
      const { low, high } = fitConstants(measuredAs(count, same(1.7), (at) => 1 + 0.1 * (-1) ** at))!.constants[0]!.factor;
      return Math.log(high / low);
    };
    expect(spread(1)).toBe(0);
    expect(spread(2)).toBe(0);
    expect(spread(3)).toBeGreaterThan(spread(6));
    expect(spread(6)).toBeGreaterThan(0.1);
  });

  test('compute and memory that are off by different factors are told apart once there are enough measurements', () => {
    const truth = { compute: 1.7, memory: 3.5, static: 3.5 };
    expect(fitConstants(measuredAs(3, truth))!.constants).toHaveLength(1);
    const fitted = fitConstants(measuredAs(6, truth))!;
    expect(fitted.constants.map(({ name }) => name)).toEqual(['compute', 'rest']);
    expect(fitted.constants.map(({ factor }) => Number(factor.value.toPrecision(9)))).toEqual([1.7, 3.5]);
    expect(fitted.leaveOneOut).toBeLessThan(tolerances.sumFp64.relative * 1000);
  });

  test('three factors, too', () => {
    const fitted = fitConstants(measuredAs(6, { compute: 1.7, memory: 3.5, static: 0.4 }))!;
    expect(fitted.constants.map(({ name, factor }) => [name, Number(factor.value.toPrecision(9))])).toEqual([
      ['compute', 1.7],
      ['memory', 3.5],
      ['static', 0.4],
    ]);
  });

  test('models of one mix tell one factor only, however many there are', () => {
    const rows = scales.map((scale): FitRow => ({
      measuredJ: scale * 5,
      relativeError: 0,
      parts: { compute: scale, memory: scale, static: scale },
    }));
    expect(fitConstants(rows)!.constants.map(({ name }) => name)).toEqual(['all']);
  });

  test('no factor is ever 0 or negative, whatever was measured', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1e-9, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 6 }), (measured) => {
        const fitted = fitConstants(models(measured.length).map((parts, at) => ({ parts, relativeError: 0.1, measuredJ: measured[at]! })))!;
        for (const { factor } of fitted.constants) {
          expect(factor.low).toBeGreaterThan(0);
          expect(factor.low <= factor.value && factor.value <= factor.high && Number.isFinite(factor.high)).toBe(true);
        }
      }),
      { seed: 11 },
    );
  });

  test('noise of 10 % is not taken for structure, moves the factor by 10 % over the root of the count, and the band holds the truth', () => {
    const random = createRandom(3, 'calibration');
    const trials = 300;
    let held = 0;
    const errors: number[] = [];
    for (let trial = 0; trial < trials; trial++) {
      const { constants } = fitConstants(measuredAs(6, same(1.7), () => Math.exp(0.1 * random.normal())))!;
      const { value, low, high } = constants[0]!.factor;
      if (constants.length === 1) errors.push(Math.log(value / 1.7));
      if (low <= 1.7 && 1.7 <= high) held++;
    }
    expect(errors.length / trials).toBeGreaterThan(0.95);
    const deviation = Math.sqrt(errors.reduce((total, error) => total + error * error, 0) / errors.length);
    expect(Math.abs(deviation / (0.1 / Math.sqrt(6)) - 1)).toBeLessThan(tolerances.seededDeviation.relative);
    // The band is for another model, which is further off than the mean of these.
    expect(held / trials).toBeGreaterThan(0.97);
  });

  test('nothing to scale is no calibration', () => {
    expect(fitConstants([])).toBeNull();
    expect(fitConstants([{ measuredJ: 1, relativeError: 0, parts: { compute: 0, memory: 0, static: 0 } }])).toBeNull();
  });
});
