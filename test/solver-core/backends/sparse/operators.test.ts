import fc from 'fast-check';
import { describe, test } from 'vitest';
import type { BuiltAttribute, BuiltTensor, BuiltType } from '../../../../solver-core/onnx/index.ts';
import type { RunTensor } from '../../../../solver-core/fit/model-runner.ts';
import { expectLikeOrt, values } from './engines.ts';

/** Fed at run time, stored in the model, or left out. */
type Operand = RunTensor | BuiltTensor['data'] | '';

/** One node on inputs x, y, ... and stored tensors, against ONNX Runtime. */
interface Case {
  readonly op: string;
  readonly inputs: readonly Operand[];
  readonly attributes?: Readonly<Record<string, BuiltAttribute>>;
  readonly outputs?: number;
  readonly outputType?: BuiltType;
  readonly inputType?: BuiltType;
  readonly opset?: number;
}

async function check({
  op,
  inputs,
  attributes = {},
  outputs = 1,
  outputType = 'float32',
  inputType = 'float32',
  opset = 17,
}: Case): Promise<void> {
  const names = inputs.map((input, i) => (input === '' ? '' : `x${i}`));
  const fed = inputs.flatMap((input, i) => (isFed(input) ? [[`x${i}`, input] as const] : []));
  const stored = inputs.flatMap((input, i) => (input === '' || isFed(input) ? [] : [tensor(`x${i}`, input)]));
  const results = Array.from({ length: outputs }, (_, i) => `y${i}`);
  await expectLikeOrt(
    {
      name: op,
      opset,
      inputs: fed.map(([name, { dims }]) => ({ name, type: inputType, dims })),
      outputs: results.map((name) => ({ name, type: outputType, dims: [] })),
      tensors: stored,
      nodes: [{ op, inputs: names, outputs: results, attributes }],
    },
    Object.fromEntries(fed),
  );
}

function isFed(input: Operand): input is RunTensor {
  return input !== '' && 'dims' in input;
}

function tensor(name: string, data: BuiltTensor['data']): BuiltTensor {
  return data instanceof Float32Array
    ? { name, dims: data.length === 1 ? [] : [data.length], data }
    : { name, dims: [data.int64.length], data };
}

const ints = (...int64: number[]): BuiltTensor['data'] => ({ int64 });
const positive = (t: RunTensor): RunTensor => ({ dims: t.dims, data: t.data.map((v) => Math.abs(v) + 0.1) });
const scaled = (t: RunTensor, by: number): RunTensor => ({ dims: t.dims, data: t.data.map((v) => v * by) });
const truth = (t: RunTensor): RunTensor => ({ dims: t.dims, data: t.data.map((v) => (v > 0 ? 1 : 0)) });
const x = values([3, 5, 7], 1, 0.2);

describe('operators give what ONNX Runtime gives', () => {
  test.each(['Neg', 'Abs', 'Relu', 'Sigmoid', 'Tanh', 'Exp', 'Erf', 'Floor', 'Ceil', 'Softmax', 'Identity'])('%s', (op) =>
    check({ op, inputs: [x] }),
  );
  test.each(['Sqrt', 'Log', 'Reciprocal'])('%s', (op) => check({ op, inputs: [positive(x)] }));
  test('Exp and Sigmoid far out, of infinities and of NaN', async () => {
    const far = { dims: [9], data: Float32Array.of(-1e30, -104, -88, -87, 80, 88.5, 89, Infinity, NaN) };
    await check({ op: 'Sigmoid', inputs: [far] });
    const quotient = { dims: [6], data: Float32Array.of(-1e30, -104, -88, -87, -1e-9, NaN) };
    await check({ op: 'Exp', inputs: [quotient] });
  });

  const shapes: readonly (readonly [number[], number[]])[] = [
    [
      [3, 5, 7],
      [3, 5, 7],
    ],
    [[3, 5, 7], [7]],
    [
      [3, 5, 7],
      [5, 1],
    ],
    [
      [3, 1, 7],
      [5, 1],
    ],
    [[], [3, 2]],
    [
      [4, 1],
      [1, 6],
    ],
    [[1], [1]],
  ];
  test.each(shapes)('arithmetic with broadcasting of %j and %j', async (a, b) => {
    for (const op of ['Add', 'Sub', 'Mul', 'Max', 'Min']) {
      await check({ op, inputs: [values(a, 2), values(b, 3)] });
      await check({ op, inputs: [values(b, 3), values(a, 2)] });
    }
    await check({ op: 'Div', inputs: [values(a, 2), positive(values(b, 3))] });
    await check({ op: 'Pow', inputs: [positive(values(a, 2)), values(b, 3)] });
    for (const op of ['Greater', 'Less', 'GreaterOrEqual', 'LessOrEqual', 'Equal']) {
      await check({ op, inputs: [values(a, 2, 0.5), values(b, 3, 0.5)], outputType: 'bool' });
    }
    await expectLikeOrt(
      {
        name: 'choice',
        inputs: [
          { name: 'a', type: 'float32', dims: a },
          { name: 'b', type: 'float32', dims: b },
        ],
        outputs: [{ name: 'y', type: 'float32', dims: [] }],
        nodes: [
          { op: 'Greater', inputs: ['a', 'b'], outputs: ['g'] },
          { op: 'Where', inputs: ['g', 'b', 'a'], outputs: ['y'] },
        ],
      },
      { a: values(a, 2), b: values(b, 3) },
    );
  });
  test('broadcasting of any shapes', async () => {
    const dims = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(dims, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.nat(3), async (full, ones, cut) => {
        const other = full.map((size, i) => (ones[i] ? 1 : size)).slice(Math.min(cut, full.length));
        await check({ op: 'Sub', inputs: [values(full, 5), values(other, 6)] });
      }),
      { seed: 20261121, numRuns: 40 },
    );
  });
  test('powers with stored exponents', async () => {
    for (const exponent of [1, 2, 3, 0.5, 1.5]) await check({ op: 'Pow', inputs: [positive(x), Float32Array.of(exponent)] });
  });
  test('Max and Min of three', async () => {
    for (const op of ['Max', 'Min', 'Sum']) await check({ op, inputs: [x, values([7], 2), values([5, 7], 3)] });
  });
  test('whole numbers are divided towards zero', async () => {
    const numbers = { dims: [4], data: Float32Array.of(-7, 7, -1, 6) };
    const by = { dims: [4], data: Float32Array.of(2, 2, 2, -4) };
    await check({ op: 'Div', inputs: [numbers, by], inputType: 'int64', outputType: 'int64' });
  });
  test('Clip with one or two limits, as inputs and as attributes', async () => {
    await check({ op: 'Clip', inputs: [x, Float32Array.of(-0.5), Float32Array.of(0.25)] });
    await check({ op: 'Clip', inputs: [x, '', Float32Array.of(0.25)] });
    await check({ op: 'Clip', inputs: [x], attributes: { min: { float: -0.5 } }, opset: 9 });
  });
  test('Cast', async () => {
    const fractions = scaled(x, 3);
    await check({ op: 'Cast', inputs: [fractions], attributes: { to: 7 }, outputType: 'int64' });
    await check({ op: 'Cast', inputs: [x], attributes: { to: 9 }, outputType: 'bool' });
    await check({ op: 'Cast', inputs: [truth(x)], attributes: { to: 1 }, inputType: 'int64' });
  });

  test('moving elements', async () => {
    for (const perm of [
      [2, 0, 1],
      [1, 0, 2],
      [0, 2, 1],
      [0, 1, 2],
    ])
      await check({ op: 'Transpose', inputs: [x], attributes: { perm } });
    for (const axis of [0, 1, -1]) {
      const other = values(
        [3, 5, 7].map((size, d) => (d === (axis + 3) % 3 ? 2 : size)),
        8,
      );
      await check({ op: 'Concat', inputs: [x, other, x], attributes: { axis } });
      await check({ op: 'Gather', inputs: [x, ints(2, 0, -1)], attributes: { axis } });
      await check({ op: 'Gather', inputs: [x, ints(1)], attributes: { axis } });
    }
    await check({ op: 'Slice', inputs: [x, ints(1, -3), ints(2 ** 53, -1), ints(0, 2)] });
    await check({ op: 'Slice', inputs: [x, ints(4, 0), ints(-100, 7), ints(1, 2), ints(-2, 3)] });
    await check({ op: 'Slice', inputs: [x, ints(1), ints(2), ints(0)] });
    await check({ op: 'Split', inputs: [x, ints(3, 4)], attributes: { axis: 2 }, outputs: 2 });
    await check({ op: 'Split', inputs: [values([4, 6], 3)], attributes: { axis: 0 }, outputs: 2 });
    await check({ op: 'Expand', inputs: [values([5, 1], 2), ints(3, 1, 4)] });
    await check({ op: 'Reshape', inputs: [x, ints(0, -1)] });
    await check({ op: 'Flatten', inputs: [x], attributes: { axis: 2 } });
    await check({ op: 'Unsqueeze', inputs: [x, ints(0, -1)] });
    await check({ op: 'Squeeze', inputs: [values([1, 4, 1, 3], 2), ints(0)] });
    await check({ op: 'Squeeze', inputs: [values([1, 4, 1, 3], 2)] });
    await check({ op: 'Shape', inputs: [x], outputType: 'int64' });
    await check({ op: 'Size', inputs: [x], outputType: 'int64' });
  });

  test('sums and extremes over dimensions', async () => {
    for (const op of ['ReduceMean', 'ReduceMax', 'ReduceMin']) {
      for (const axes of [[-1], [0], [0, 2], [1, 2], [0, 1, 2]]) {
        await check({ op, inputs: [x], attributes: { axes, keepdims: 0 } });
        await check({ op, inputs: [x], attributes: { axes } });
      }
    }
    await check({ op: 'ReduceSum', inputs: [x, ints(1)] });
    await check({ op: 'ReduceSum', inputs: [x] });
  });
  test('normalisations', async () => {
    const scale = values([7], 5).data;
    await check({ op: 'LayerNormalization', inputs: [x, scale, values([7], 6).data], attributes: { axis: -1, epsilon: { float: 1e-3 } } });
    await check({ op: 'LayerNormalization', inputs: [x, scale] });
    for (const axis of [0, 1, 2]) {
      await check({ op: 'Softmax', inputs: [x], attributes: { axis } });
      await check({ op: 'Softmax', inputs: [x], attributes: { axis }, opset: 11 });
    }
  });
  test('products of activations', async () => {
    const shapesOf: readonly (readonly [number[], number[]])[] = [
      [
        [3, 4],
        [4, 5],
      ],
      [
        [2, 3, 4],
        [4, 5],
      ],
      [
        [2, 3, 4],
        [2, 4, 5],
      ],
      [
        [2, 1, 3, 4],
        [5, 4, 2],
      ],
      [[4], [4, 3]],
      [[3, 4], [4]],
      [[4], [4]],
    ];
    for (const [a, b] of shapesOf) await check({ op: 'MatMul', inputs: [values(a, 1, 0.3), values(b, 2)] });
    await check({
      op: 'Gemm',
      inputs: [values([4, 3], 1), values([5, 4], 2), values([5], 3)],
      attributes: { transA: 1, transB: 1, alpha: { float: 0.5 }, beta: { float: 2 } },
    });
  });
});
