import { describe, expect, test } from 'vitest';
import { cpuNumerics, plainNumerics } from '../../../../solver-core/backends/cpu/index.ts';
import { decodeArrayFile, encodeArrayFile } from '../../../../solver-core/data/array-file.ts';
import type { LearnerState } from '../../../../solver-core/learn/learner.ts';
import type { RidgeLearnerOptions } from '../../../../solver-core/learn/ridge/options.ts';
import type { RidgeLearner } from '../../../../solver-core/learn/ridge/ridge-learner.ts';
import { createRidgeLearner, resumeRidgeLearner } from '../../../../solver-core/learn/ridge/ridge-learner.ts';
import { batches, classRows, learned, pick, range, ridgeOptions } from '../learn-rows.ts';

const numerics = plainNumerics();

/** Through the bytes of a file, as a job stores it. */
function resumed(learner: RidgeLearner): RidgeLearner {
  const bytes = encodeArrayFile('state', 1, learner.state());
  const file = decodeArrayFile('state', 1, bytes).value;
  const back = file === undefined ? undefined : resumeRidgeLearner(file, numerics).value;
  if (back === undefined) throw new Error('the state does not come back');
  return back;
}

function bytesOf(learner: RidgeLearner): string {
  return Buffer.from(encodeArrayFile('state', 1, learner.state())).toString('base64');
}

const kinds: readonly (Partial<RidgeLearnerOptions> & { readonly name: string })[] = [
  { name: 'statistics' },
  { name: 'R form', form: 'r' },
  { name: 'auto', form: 'auto' },
  { name: 'forgetting', forgetting: 0.9 },
  { name: 'expansion', expand: 20 },
  { name: 'expansion in R form', expand: 20, form: 'r' },
  { name: 'compensation', expand: 20, compensation: 0.6 },
];

describe('a resumed head is one that was never interrupted, bit for bit', () => {
  test.each(kinds)('$name', async ({ name: _, ...options }) => {
    const parts = batches(classRows(180, 24, 4, 17), 4);
    const start = await createRidgeLearner(ridgeOptions({ inputs: 24, ...options }), numerics);
    const through = await learned(start, parts);
    let stopping = resumed(start);
    for (const part of parts) stopping = resumed(await stopping.updated(part));
    expect(bytesOf(stopping)).toBe(bytesOf(through));
    expect(through.form).toBe(options.form === undefined ? 'statistics' : 'r');
    const rows = classRows(10, 24, 4, 18);
    expect(Buffer.from((await stopping.scores(rows)).buffer)).toEqual(Buffer.from((await through.scores(rows)).buffer));
  });

  test("also on the machine's own kernels, with another arithmetic object after the pause", async () => {
    const rows = classRows(400, 90, 4, 19);
    const parts = [pick(rows, range(0, 200)), ...batches(pick(rows, range(200, 400)), 7)];
    for (const form of ['r', 'statistics'] as const) {
      const options = ridgeOptions({ inputs: 90, form });
      const through = await learned(await createRidgeLearner(options, cpuNumerics()), parts);
      let stopping = await createRidgeLearner(options, cpuNumerics());
      for (const part of parts) {
        const next = await stopping.updated(part);
        // A candidate that is tried and dropped must leave no trace.
        await (await stopping.updated(parts[3]!)).scores(parts[1]!);
        stopping = resumeRidgeLearner(next.state(), cpuNumerics()).value!;
      }
      expect(stopping.form).toBe(form);
      expect(bytesOf(stopping)).toBe(bytesOf(through));
    }
  });

  test('what was saved does not change when the head goes on', async () => {
    const [first, second] = batches(classRows(40, 6, 3, 5), 20);
    const before = await learned(await createRidgeLearner(ridgeOptions({ form: 'r' }), numerics), [first!]);
    const saved = bytesOf(before);
    const scores = await before.scores(second!);
    await (await before.updated(second!)).updated(first!);
    await before.without(first!);
    expect(bytesOf(before)).toBe(saved);
    expect(await before.scores(second!)).toEqual(scores);
  });
});

describe('a state that does not fit is refused', () => {
  const good = async (): Promise<LearnerState> => {
    const options = ridgeOptions({ inputs: 6, expand: 8, form: 'r' });
    return (await learned(await createRidgeLearner(options, numerics), batches(classRows(40, 6, 3, 1), 2))).state();
  };
  const code = (state: LearnerState): string | undefined => {
    const { value, diagnostics } = resumeRidgeLearner(state, numerics);
    expect(value === undefined).toBe(diagnostics.length > 0);
    return diagnostics[0]?.code;
  };

  test('the good one is accepted', async () => expect(code(await good())).toBeUndefined());

  test.each([
    ['another learner', { kind: 'gradient' }, 'state-wrong-learner'],
    ['a newer version', { version: 2 }, 'state-too-new'],
    ['no version', { version: 'x' }, 'state-too-new'],
    ['no options', { options: 5 }, 'state-damaged'],
    ['options that cannot be', { options: { inputs: -1 } }, 'state-damaged'],
    ['more outputs than arrays', { outputs: 4 }, 'state-damaged'],
    ['outputs beyond memory', { outputs: 2 ** 40 }, 'state-damaged'],
    ['negative rows', { rows: -1 }, 'state-damaged'],
    ['an R form without lambda', { inverse: { updates: 1 } }, 'state-damaged'],
    ['an unknown coding', { coding: 'signed' }, 'state-damaged'],
    ['a count of batches that is none', { smallBatches: 1.5 }, 'state-damaged'],
  ])('%s', async (_name, change, expected) => {
    const state = await good();
    expect(code({ ...state, header: { ...state.header, ...change } })).toBe(expected);
  });

  test('more recent rows than are ever kept', async () => {
    const state = await good();
    const withRows = (n: number): LearnerState => ({
      header: { ...state.header, recentRows: n },
      arrays: new Map(state.arrays).set('recent.x', new Float64Array(8 * n)).set('recent.y', new Float64Array(3 * n)),
    });
    expect(code(withRows(64))).toBeUndefined();
    expect(code(withRows(65))).toBe('state-damaged');
  });

  test('every array must be there, whole and finite', async () => {
    const state = await good();
    for (const [name, values] of state.arrays) {
      const changed = (array: Float64Array | undefined): LearnerState => {
        const arrays = new Map(state.arrays);
        if (array === undefined) arrays.delete(name);
        else arrays.set(name, array);
        return { ...state, arrays };
      };
      expect(code(changed(undefined)), `${name} missing`).toBe('state-damaged');
      expect(code(changed(values.subarray(1))), `${name} short`).toBe('state-damaged');
      expect(code(changed(values.with(values.length - 1, NaN))), `${name} NaN`).toBe('state-damaged');
    }
  });
});
