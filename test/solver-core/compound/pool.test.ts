import { describe, expect, test } from 'vitest';
import type { PoolRow } from '../../../solver-core/compound/pool.ts';
import { poolAnew, poolOf, poolRows, withNewest, withResults } from '../../../solver-core/compound/pool.ts';
import { recalibrated } from '../../../solver-core/compound/recalibrate.ts';
import type { WindowScores } from '../../../solver-core/compound/recalibrate.ts';
import type { StreamState } from '../../../solver-core/compound/types.ts';
import { fakeLearner, near, prices, started, toyRows } from './toy.ts';

const row = (confidence: number, lower: boolean, upper: boolean | null): PoolRow => ({ confidence, lower, upper });
const measured = poolOf(
  { confidence: Float64Array.of(0.1, 0.1, 0.9, 0.9), lower: Float64Array.of(0, 0, 1, 1), upper: Float64Array.of(1, 1, 1, 0) },
  true,
);

describe('the pool', () => {
  test('where the upper exit was not asked, decisions of like confidence stand in, drawn a little towards all', () => {
    const { upper, asked } = withResults(measured, [
      row(0.9, true, null),
      row(0.1, false, null),
      row(0.5, true, null),
      row(0.1, true, false),
    ]);
    const mean = 3 / 4;
    [(1 + mean) / 3, (2 + mean) / 3, mean, 0].forEach((v, i) => near(upper[4 + i]!, v));
    expect([...asked]).toEqual([1, 1, 1, 1, 0, 0, 0, 1]);
  });

  test('it keeps the newest decisions only', () => {
    const rows = Array.from({ length: poolRows + 10 }, (_, i) => row(i / 1000, true, true));
    const pool = withResults(measured, rows);
    expect(pool.confidence).toHaveLength(poolRows);
    expect(pool.confidence[0]).toBe(10 / 1000);
    expect(poolOf({ confidence: pool.confidence, lower: pool.lower, upper: pool.upper }, false).asked.every((v) => v === 0)).toBe(true);
  });

  test('the newest can be said anew by another head', () => {
    const { confidence, lower, upper } = withNewest(measured, [row(0.3, true, false)]);
    expect([[...confidence], [...lower], [...upper]]).toEqual([
      [0.1, 0.1, 0.9, 0.3],
      [0, 0, 1, 1],
      [1, 1, 1, 0],
    ]);
  });

  test('anew it rests on what was asked since', () => {
    const { confidence, upper } = poolAnew([row(0.1, false, true), row(0.1, false, false), row(0.9, true, null)]);
    expect([...confidence]).toEqual([0.1, 0.1, 0.9]);
    expect([...upper]).toEqual([1, 0, 0.5]);
  });
});

describe('a new threshold', () => {
  /** The lower head is sure of and right on rows 20 to 39 of 40; the upper one was asked on rows 0 to 19. */
  function window(upperIsRight: boolean): WindowScores {
    const labels = Int32Array.from({ length: 40 }, (_, r) => (r < 20 ? r % 2 : 0));
    const scores = Float32Array.from({ length: 80 }, (_, i) => (i % 2 === 0 ? (i < 40 ? 0.1 : 1) : 0));
    const upperLabels = labels.slice(0, 20);
    const upperScores = Float32Array.from({ length: 40 }, (_, i) => (upperLabels[i >> 1] === i % 2 ? 1 : 0) * (upperIsRight ? 1 : -1));
    return {
      lower: { rows: 40, labels, scores, outputs: 2 },
      upper: { rows: 20, labels: upperLabels, scores: upperScores, outputs: 2 },
      upperRows: Array.from({ length: 20 }, (_, i) => i),
    };
  }

  test('rests on all of the pool, and while an alarm lasts on the window alone', async () => {
    const base = await started(toyRows(300, 4, 1));
    const fake = { learner: fakeLearner(2, () => [0, 0]), temperature: 0.5 };
    // In the pool of before, the lower exit is right on everything that it is sure of by half.
    const old = {
      ...base.pool,
      confidence: base.pool.confidence.map(() => 0.55),
      lower: base.pool.lower.map(() => 1),
      upper: base.pool.upper.map(() => 1),
    };
    const state: StreamState = { ...base, lower: fake, upper: fake, pool: old };
    const widths = { lower: 5, upper: 7 };
    const calm = recalibrated(
      { ...state, settings: { ...state.settings, escalate: { confidence: 'auto', within: 0.2 } } },
      window(true),
      prices,
      widths,
    );
    const alarmed: StreamState = { ...state, alarmAt: 3 };
    const after = recalibrated(alarmed, window(true), prices, widths);
    expect(calm.pool.confidence).toHaveLength(old.confidence.length);
    expect(after.pool.confidence).toHaveLength(40);
    // Half of the window's rows are unsure, and only the upper exit is right on them.
    const escalated = (threshold: number): number => after.pool.confidence.filter((p) => p < threshold).length;
    expect(escalated(after.threshold)).toBe(20);
    // Where the upper exit is no better, some decisions still ask it.
    const useless = recalibrated(alarmed, window(false), prices, widths);
    expect(useless.threshold).toBeGreaterThan(0);
    // It costs the passes of the searches: 44 over 40 rows of 2 scores, and over 20.
    const passes = 44 * ((40 * prices.head('lower', 2).value) / 5 + (20 * prices.head('upper', 2).value) / 7);
    near(after.energy.value * 1e6, passes * 1e6);
    // A handful of rows is no ground for forgetting all others, nor for another temperature.
    const whole = window(true);
    const few: WindowScores = {
      lower: { ...whole.lower, rows: 8 },
      upper: { ...whole.upper, rows: 8 },
      upperRows: whole.upperRows.slice(0, 8),
    };
    const little = recalibrated(alarmed, few, prices, widths);
    expect(little.pool.confidence).toHaveLength(old.confidence.length);
    expect([little.lower.temperature, little.energy.value]).toEqual([0.5, 0]);
    // A plan with a number keeps it.
    const fixed: StreamState = { ...alarmed, threshold: 0.7, settings: { ...state.settings, escalate: { confidence: 0.7, within: 0 } } };
    expect(recalibrated(fixed, window(true), prices, widths).threshold).toBe(0.7);
  });
});
