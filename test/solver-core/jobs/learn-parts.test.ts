import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alignLabels, labelKindOf, sliceLabels } from '../../../solver-core/jobs/learn-labels.ts';
import { figureOf, lossesOf } from '../../../solver-core/jobs/learn-losses.ts';
import { choosePolicy, rebased, resumePolicy, rememberPolicy, withinBudget } from '../../../solver-core/jobs/learn-policy.ts';
import { filterRows, joinedRows, noRows, rowsBetween, withRows } from '../../../solver-core/jobs/learn-waiting.ts';
import { writeLearned } from '../../../solver-core/jobs/learn.ts';
import type { SavedLearning } from '../../../solver-core/jobs/state-file.ts';
import { withoutWaiting } from '../../../solver-core/jobs/unlearn.ts';
import { parseRowList } from '../../../solver-core/jobs/unlearn-rows.ts';
import { createPolicy } from '../../../solver-core/learn/index.ts';
import type { RowLabels } from '../../../solver-core/fit/index.ts';
import type { Plan, UpperTier } from '../../../solver-core/model/plan.ts';

const range = { line: 1, column: 1, endLine: 1, endColumn: 2 };
const settings = { seed: 20261121 };

describe('lists of rows', () => {
  test('are the numbers written down, once each and increasing', () => {
    const part = fc.tuple(fc.nat(49), fc.nat(9), fc.boolean());
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), (parts) => {
        const text = parts.map(([first, more, isRange]) => (isRange ? `${first} .. ${first + more}` : String(first))).join(',');
        const wanted = new Set(
          parts.flatMap(([first, more, isRange]) => Array.from({ length: isRange ? more + 1 : 1 }, (_, i) => first + i)),
        );
        expect([...parseRowList(text, 60)]).toEqual([...wanted].sort((a, b) => a - b));
      }),
      settings,
    );
    expect([...parseRowList(' all ', 3)]).toEqual([0, 1, 2]);
  });

  test.each(['', '1,', '-1', '1..', '..3', '1...3', '0x1', '1e3', '3..1', '١'])('%j is refused', (text) => {
    expect(() => parseRowList(text, 10)).toThrow(expect.objectContaining({ code: 'rows-invalid' }));
  });

  test('are checked against the number of rows', () => {
    expect(() => parseRowList('10', 10)).toThrow(expect.objectContaining({ code: 'rows-out-of-range' }));
    expect(() => parseRowList('0..99999999999999', 10)).toThrow(expect.objectContaining({ code: 'rows-out-of-range' }));
  });
});

describe('labels of another file', () => {
  const named = (names: readonly string[], values: readonly number[]): RowLabels =>
    ({ kind: 'class', values: Int32Array.from(values), classes: names.length, names }) as RowLabels;

  test('keep the number of a name, and new names get the next ones', () => {
    const known = labelKindOf(named(['cat', 'dog'], [0, 1]));
    const { labels, kind } = alignLabels(named(['ant', 'dog', 'eel'], [0, 1, 2, 1]), known, 'b.csv');
    expect([...labels.values]).toEqual([2, 1, 3, 1]);
    expect(kind.names).toEqual(['cat', 'dog', 'ant', 'eel']);
  });

  test('whole numbers are classes and classes numbers, as the learner wants', () => {
    const classes = { kind: 'class', names: null } as const;
    const numbers: RowLabels = { kind: 'regression', outputs: 1, values: Float32Array.of(3, 0) };
    expect(alignLabels(numbers, classes, 'f').labels).toEqual({ kind: 'class', values: Int32Array.of(3, 0), classes: 4 });
    expect(alignLabels(named(['7', '-2'], [0, 1, 0]), { kind: 'regression', names: null }, 'f').labels).toEqual({
      kind: 'regression',
      outputs: 1,
      values: Float32Array.of(7, -2, 7),
    });
    const bad: RowLabels = { kind: 'regression', outputs: 1, values: Float32Array.of(3, 0.5) };
    expect(() => alignLabels(bad, classes, 'f.csv')).toThrow(/row 1 of f\.csv has the label 0\.5/);
    expect(() => alignLabels(named(['x'], [0]), classes, 'f')).toThrow(expect.objectContaining({ code: 'labels-do-not-fit' }));
  });

  test('are cut with their rows', () => {
    const labels: RowLabels = { kind: 'regression', outputs: 2, values: Float32Array.of(0, 1, 2, 3, 4, 5) };
    expect(sliceLabels(labels, 1, 2).values).toEqual(Float32Array.of(2, 3, 4, 5));
  });
});

describe('rows that wait', () => {
  test('come back as they went in, in pieces or whole', () => {
    const value = fc.float({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.array(value, { minLength: 3, maxLength: 3 }), fc.nat(9)), { maxLength: 20 }),
        fc.nat(20),
        (rows, cut) => {
          const part = (from: readonly (typeof rows)[number][]): Parameters<typeof withRows>[1] => ({
            rows: {
              rows: from.length,
              x: Float32Array.from(from.flatMap(([x]) => x)),
              labels: { kind: 'class', classes: 10, values: Int32Array.from(from, ([, y]) => y) },
            },
            prints: Float64Array.from(from, (_, i) => i),
          });
          const at = Math.min(cut, rows.length);
          const waiting = withRows(withRows(noRows(3, 1), part(rows.slice(0, at))), part(rows.slice(at)));
          const back = rowsBetween(waiting, 0, waiting.rows, 'class');
          expect(back.rows.x).toEqual(part(rows).rows.x);
          expect([...back.rows.labels.values]).toEqual(rows.map(([, y]) => y));
          if (rows.length > 0) {
            const joined = joinedRows([part(rows.slice(0, at)), part(rows.slice(at))], part(rows).rows.labels);
            expect(joined.rows.x).toEqual(back.rows.x);
          }
          // A pause that ends after so many more rows still does when some of those that wait are taken out.
          const policy = { ...createPolicy({ kind: 'gain' }), seen: waiting.rows, quietUntil: waiting.rows + 40 };
          const less = withoutWaiting({ waiting, policy }, (row) => row % 2 === 0);
          expect(less.policy).toMatchObject({ seen: less.waiting.rows, quietUntil: less.waiting.rows + 40 });
          const even = filterRows(waiting, (row) => row % 2 === 0);
          expect([...even.labels]).toEqual(rows.filter((_, i) => i % 2 === 0).map(([, y]) => y));
        },
      ),
      settings,
    );
  });
});

test('a state that somebody else wrote meanwhile stops the writing of all three files', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tierwise-'));
  try {
    const paths = { output: join(folder, 'm.onnx'), record: join(folder, 'm.json'), state: join(folder, 'm.state') };
    writeFileSync(paths.state, 'theirs');
    const readState = { saved: {} as SavedLearning, sha256: 'of what was read' };
    const written = writeLearned(paths, { model: new Uint8Array(1), record: null, state: new Uint8Array(1), readState }, {});
    await expect(written).rejects.toMatchObject({ code: 'state-changed' });
    expect(readdirSync(folder)).toEqual(['m.state']);
    expect(readFileSync(paths.state, 'utf8')).toBe('theirs');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('losses', () => {
  test('count as an evaluation counts: first of equals, never NaN, never a label without an output', () => {
    const scores = Float32Array.of(1, 1, 0, NaN, 0, 2, 5, NaN, NaN);
    const rows = { rows: 3, x: new Float32Array(0), labels: { kind: 'class', classes: 4, values: Int32Array.of(0, 2, 3) } } as const;
    const losses = lossesOf(scores, 3, rows);
    expect([...losses.values]).toEqual([0, 0, 1]);
    expect([...losses.confidences!]).toEqual([1, 2, 5]);
    expect(figureOf(losses)).toBe(1 - 1 / 3);
  });

  test('of numbers are mean squared errors', () => {
    const rows = {
      rows: 2,
      x: new Float32Array(0),
      labels: { kind: 'regression', outputs: 2, values: Float32Array.of(0, 0, 1, 1) },
    } as const;
    const losses = lossesOf(Float32Array.of(1, 1, 1, 3), 2, rows);
    expect([losses.metric, ...losses.values]).toEqual(['mse', 1, 2]);
  });
});

describe('the policy of a run', () => {
  const tier = { name: 'head', layers: [], budgets: [], gainPerJoule: undefined } as unknown as UpperTier;
  const plan = { budgets: [] } as unknown as Plan;
  const budget = { limitJ: 0.002, per: 'update', range } as const;

  test('is that of the plan: always without rule and budget, else by gain, the smallest budget counting', () => {
    expect(choosePolicy('plan', plan, tier, 10).options.kind).toBe('always');
    const bounded = choosePolicy('plan', { ...plan, budgets: [{ ...budget, limitJ: 5 }] }, { ...tier, budgets: [budget] }, 10);
    expect(bounded.options).toMatchObject({ kind: 'gain', bucket: { refillJ: 0.002, capacityJ: 0.002 } });
    expect(choosePolicy('plan', plan, { ...tier, gainPerJoule: 3 }, 10).text).toBe('gain per joule > 3');
    expect(choosePolicy('never', plan, { ...tier, gainPerJoule: 3 }, 10).options.kind).toBe('never');
    expect(choosePolicy('plan', { ...plan, budgets: [{ ...budget, per: 'inference' }] }, tier, 10).options.kind).toBe('always');
  });

  test('lets no more rows wait than a decision can pay for', () => {
    const { options } = choosePolicy('plan', plan, { ...tier, budgets: [budget] }, 10);
    const state = withinBudget(createPolicy(options), (rows) => rows * 1e-5);
    expect(state.options.pendingKeep).toBe(200);
    expect(state.options.pendingLimit).toBe(100);
    expect(withinBudget(createPolicy(options), () => 0)).toEqual(createPolicy(options));
    expect(withinBudget(createPolicy(options), () => 1).options.pendingKeep).toBe(1);
  });

  test('comes back from its memory, and starts anew in price and bucket under another budget', () => {
    const { options } = choosePolicy('plan', plan, { ...tier, budgets: [budget] }, 10);
    const used = {
      ...withinBudget(createPolicy(options), (rows) => rows * 1e-5),
      seen: 70,
      absorbed: 6,
      absorbedBefore: 6,
      bucketJ: 0.001,
      priceJ: 0.5,
    };
    const { state, dropped } = rebased(used);
    expect([dropped, state.seen, state.absorbed]).toEqual([6, 64, 0]);
    expect(resumePolicy(options, rememberPolicy(state), 64)).toEqual(state);
    const other = choosePolicy('plan', plan, { ...tier, budgets: [{ ...budget, limitJ: 1 }] }, 10).options;
    expect(resumePolicy(other, rememberPolicy(state), 64)).toMatchObject({ bucketJ: 0, priceJ: 1, seen: 64 });
  });
});
