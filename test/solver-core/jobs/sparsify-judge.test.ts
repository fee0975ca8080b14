import { expect, test } from 'vitest';
import type { LabelledRows } from '../../../solver-core/fit/index.ts';
import { judge } from '../../../solver-core/jobs/sparsify-judge.ts';
import type { Judgement } from '../../../solver-core/jobs/sparsify-judge.ts';
import { guessingFindings } from '../../../solver-core/jobs/sparsify-record.ts';
import { buildModel, readModel } from '../../../solver-core/onnx/index.ts';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';
import { tolerances } from '../../tolerances.ts';

/** y = x · w on four rows of two numbers, labels 0 1 1 0. */
async function judged(outputs: number, weights: readonly number[]): Promise<Judgement> {
  const bytes = buildModel({
    name: 'm',
    inputs: [{ name: 'x', type: 'float32', dims: ['rows', 2] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['rows', outputs] }],
    tensors: [{ name: 'w', dims: [2, outputs], data: Float32Array.from(weights) }],
    nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
  });
  const rows: LabelledRows = {
    rows: 4,
    inputShape: [2],
    x: Float32Array.of(1, 0, 0, 1, 0, 2, 3, 0),
    labels: { kind: 'class', values: Int32Array.of(0, 1, 1, 0), classes: 2 },
  };
  const input = { name: 'x', shape: ['rows', 2] };
  const heldOut = { kind: 'rows', input, output: 'y', rows } as const;
  return await judge(readModel(bytes).value!, heldOut, new Map([['y', outputs]]), { runtime: ortRuntime(), control: {}, stage: 'judging' });
}

test('classes: loss, share of right answers, and what guessing costs', async () => {
  const good = await judged(2, [1, 0, 0, 1]);
  expect([good.accuracy, good.guessing]).toEqual([1, Math.log(2)]);
  expect(good.loss).toBeLessThan(Math.log(2));
  expect(guessingFindings(good, 'row', 'p.tiers')).toEqual([]);
});

test('equal scores, and worse ones, are said to protect nothing', async () => {
  for (const weights of [
    [0, 0, 0, 0],
    [0, 1, 1, 0],
  ]) {
    const bad = await judged(2, weights);
    expect(guessingFindings(bad, 'row', 'p.tiers')).toMatchObject([{ code: 'no-better-than-guessing', severity: 'warning' }]);
  }
});

test('one number per row has no share of right answers', async () => {
  const one = await judged(1, [0, 0.5]);
  expect([one.accuracy, one.guessing]).toEqual([null, null]);
  // Scores 0, 0.5, 1, 0 and labels 0, 1, 1, 0.
  expect(Math.abs(one.loss - 0.25 / 4)).toBeLessThan(tolerances.outputsFp32.absolute);
});
