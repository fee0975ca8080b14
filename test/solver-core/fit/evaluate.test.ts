import { expect, test } from 'vitest';
import { evaluate } from '../../../solver-core/fit/evaluate.ts';
import type { ModelRunner } from '../../../solver-core/fit/model-runner.ts';
import type { LabelledRows } from '../../../solver-core/fit/rows.ts';
import { quiet } from './problems.ts';

/** Gives each row's values back, [batch, ...shape]. */
const echo = (shape: readonly number[]): ModelRunner => ({
  inputs: ['x'],
  outputs: ['y'],
  run: async (inputs) => new Map([['y', { dims: [inputs.get('x')!.dims[0]!, ...shape], data: inputs.get('x')!.data }]]),
  dispose: () => Promise.resolve(),
});
const input = { name: 'x', shape: ['n', 3] };
const rows = (x: number[], labels: LabelledRows['labels']): LabelledRows => ({
  rows: x.length / 3,
  inputShape: [3],
  x: Float32Array.from(x),
  labels,
});
const classes = (...values: number[]): LabelledRows['labels'] => ({ kind: 'class', values: Int32Array.from(values), classes: 3 });

test('accuracy counts rows whose largest output is the label; the first of equals wins; what is not a number is never right', async () => {
  const x = [0, 1, 0, /* tie */ 1, 1, 0, /* NaN wins nothing */ NaN, 0, -1, /* all NaN */ NaN, NaN, NaN, -3, -2, -1];
  expect(await evaluate(echo([3]), 'y', rows(x, classes(1, 0, 1, 0, 0)), input, quiet)).toEqual({
    rows: 5,
    metric: 'accuracy',
    value: 3 / 5,
    correct: 3,
  });
});

test('outputs with dimensions of size 1 behind them count as they are', async () => {
  expect(await evaluate(echo([3, 1, 1]), 'y', rows([1, 0, 0], classes(0)), input, quiet)).toMatchObject({ correct: 1 });
});

test('numbers are compared by mean squared error', async () => {
  const labels = { kind: 'regression' as const, values: Float32Array.from([1, 2, 3, 0, 0, 2]), outputs: 3 };
  expect(await evaluate(echo([3]), 'y', rows([1, 2, 3, 0, 0, 0], labels), input, quiet)).toEqual({
    rows: 2,
    metric: 'mse',
    value: 4 / 6,
    correct: null,
  });
});

test('more classes than outputs are refused with both numbers', async () => {
  const labels = { kind: 'class' as const, values: Int32Array.from([4]), classes: 5 };
  await expect(evaluate(echo([3]), 'y', rows([1, 2, 3], labels), input, quiet)).rejects.toMatchObject({
    code: 'label-shape-mismatch',
    message: expect.stringMatching(/5 classes.*3 numbers/) as string,
  });
});

test('a model that mixes the samples of a batch is refused', async () => {
  const mixing: ModelRunner = { ...echo([3]), run: async () => new Map([['y', { dims: [1, 3], data: new Float32Array(3) }]]) };
  await expect(evaluate(mixing, 'y', rows([1, 2, 3, 4, 5, 6], classes(0, 0)), input, quiet)).rejects.toMatchObject({ code: 'batch-mixed' });
});
