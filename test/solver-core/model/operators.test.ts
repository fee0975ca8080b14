import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inferShapes } from '../../../solver-core/model/shape-inference/infer.ts';
import { readModel } from '../../../solver-core/onnx/index.ts';
import type { TensorProto } from '../../../solver-core/onnx/gen/onnx_pb.ts';
import { attribute, floats, int64s, modelBytes, node, value, type AttributeValue } from '../onnx/build-model.ts';
import { runInOrt } from '../onnx/ort-oracle.ts';

/** A model of one node: the first input is a graph input of this shape, the others are stored. */
interface Case {
  readonly op: string;
  readonly x: readonly number[];
  readonly stored?: readonly TensorProto[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly outputs?: number;
  readonly opset?: number;
}

function encode(c: Case): Uint8Array {
  const outputs = Array.from({ length: c.outputs ?? 1 }, (_, i) => `y${i}`);
  const inputs = ['x', ...(c.stored ?? []).map((t) => t.name ?? '')];
  return modelBytes(
    {
      node: [node(c.op, inputs, outputs, c.attributes)],
      input: [value('x', c.x)],
      output: outputs.map((o) => value(o)),
      initializer: (c.stored ?? []).filter((t) => t.name !== ''),
    },
    c.opset,
  );
}

/** Inferred shapes equal those of ONNX Runtime; what it refuses, inference must refuse or leave unknown without a throw. */
async function agrees(c: Case): Promise<boolean> {
  const bytes = encode(c);
  const model = readModel(bytes).value;
  if (model === undefined) throw new Error('the test made no model');
  const shapes = inferShapes(model.graph);
  let outputs: Awaited<ReturnType<typeof runInOrt>>;
  try {
    outputs = await runInOrt(bytes, () => 1);
  } catch {
    return false;
  }
  for (const [name, tensor] of outputs) {
    expect({ c: describeCase(c), shape: shapes.values.get(name)?.shape, dtype: shapes.values.get(name)?.dtype }).toEqual({
      c: describeCase(c),
      shape: tensor.dims,
      dtype: tensor.type,
    });
  }
  return true;
}

function describeCase(c: Case): string {
  return JSON.stringify({ ...c, stored: c.stored?.map((t) => [t.name, t.dims.map(Number), t.int64Data.map(Number)]) });
}

/** Runs the property over generated cases and checks that the oracle accepted enough of them. */
async function check(arbitrary: fc.Arbitrary<Case>, runs = 60): Promise<void> {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(arbitrary, async (c) => {
      if (await agrees(c)) accepted++;
    }),
    { numRuns: runs, seed: 20261 },
  );
  expect(accepted).toBeGreaterThan(runs / 4);
}

const size = fc.integer({ min: 1, max: 9 });
const shape = (min: number, max: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 1, max: 5 }), { minLength: min, maxLength: max });
const pads = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 4 });
const pair = (max: number): fc.Arbitrary<number[]> => fc.array(fc.integer({ min: 1, max }), { minLength: 2, maxLength: 2 });
const autoPad = fc.constantFrom('NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID');

const window = fc.record({ kernel: pair(4), strides: pair(3), dilations: pair(2), pads, autoPad, ceil: fc.integer({ min: 0, max: 1 }) });

function windowAttributes(w: {
  kernel: number[];
  strides: number[];
  dilations: number[];
  pads: number[];
  autoPad: string;
}): Record<string, AttributeValue> {
  return {
    kernel_shape: w.kernel,
    strides: w.strides,
    dilations: w.dilations,
    ...(w.autoPad === 'NOTSET' ? { pads: w.pads } : { auto_pad: w.autoPad }),
  };
}

describe('single operators with random arguments: shapes as ONNX Runtime computes them', () => {
  test('Conv', () =>
    check(
      fc.record({ w: window, h: size, v: size, group: fc.integer({ min: 1, max: 2 }) }).map(({ w, h, v, group }) => ({
        op: 'Conv',
        x: [2, 4, h, v],
        stored: [floats('w', [6, 4 / group, ...w.kernel])],
        attributes: { ...windowAttributes({ ...w, dilations: w.autoPad.startsWith('SAME') ? [1, 1] : w.dilations }), group },
      })),
      80,
    ));

  test('ConvTranspose', () =>
    check(
      fc
        .record({ w: window, h: size, v: size, group: fc.integer({ min: 1, max: 2 }), extra: fc.boolean() })
        .map(({ w, h, v, group, extra }) => ({
          op: 'ConvTranspose',
          x: [2, 4, h, v],
          stored: [floats('w', [4, 3, ...w.kernel])],
          attributes: {
            ...windowAttributes({ ...w, dilations: w.autoPad.startsWith('SAME') ? [1, 1] : w.dilations }),
            group,
            ...(extra && w.autoPad === 'NOTSET' ? { output_padding: w.strides.map((s) => s - 1) } : {}),
          },
        })),
      80,
    ));

  test.each(['MaxPool', 'AveragePool'])('%s', (op) =>
    check(
      fc.record({ w: window, h: size, v: size }).map(({ w, h, v }) => {
        const { dilations: _dilations, ...rest } = windowAttributes({
          ...w,
          pads: w.pads.map((p, i) => Math.min(p, (w.kernel[i % 2] ?? 1) - 1)),
        });
        return { op, x: [1, 2, h, v], attributes: { ...rest, ceil_mode: w.ceil } };
      }),
      120,
    ),
  );

  test('Reshape with 0 and -1', () =>
    check(
      fc
        .record({ x: shape(1, 4), zero: fc.nat(3), open: fc.nat(3), allowzero: fc.integer({ min: 0, max: 1 }) })
        .chain(({ x, zero, open, allowzero }) =>
          fc.shuffledSubarray(x, { minLength: x.length }).map((to) => {
            const target = [...to];
            if (allowzero === 0 && zero < target.length && x[zero] === target[zero]) target[zero] = 0;
            if (open < target.length) target[open] = -1;
            return { op: 'Reshape', x, stored: [int64s('s', target)], attributes: { allowzero } };
          }),
        ),
    ));

  test('Transpose, Flatten, Squeeze, Unsqueeze, Expand, Tile', () =>
    check(
      fc.oneof(
        shape(1, 4).chain((x) =>
          fc
            .shuffledSubarray(
              x.map((_, i) => i),
              { minLength: x.length },
            )
            .map((perm): Case => ({ op: 'Transpose', x, attributes: { perm } })),
        ),
        fc
          .record({ x: shape(1, 4), axis: fc.integer({ min: -4, max: 4 }) })
          .map(({ x, axis }): Case => ({ op: 'Flatten', x, attributes: { axis } })),
        shape(1, 3).map((x): Case => ({ op: 'Squeeze', x: [1, ...x, 1], stored: [int64s('a', [0, -1])] })),
        fc
          .record({ x: shape(1, 3), a: fc.integer({ min: -3, max: 3 }) })
          .map(({ x, a }): Case => ({ op: 'Unsqueeze', x, stored: [int64s('a', [a])] })),
        fc
          .record({ x: shape(1, 3), to: shape(1, 4) })
          .map(({ x, to }): Case => ({ op: 'Expand', x: x.map((d, i) => (i % 2 === 0 ? 1 : d)), stored: [int64s('s', to)] })),
        shape(1, 3).map((x): Case => ({
          op: 'Tile',
          x,
          stored: [
            int64s(
              'r',
              x.map((_, i) => i + 1),
            ),
          ],
        })),
      ),
      120,
    ));

  test('Slice with negative starts, ends and steps', () =>
    check(
      fc
        .record({
          x: shape(1, 3),
          start: fc.integer({ min: -12, max: 12 }),
          end: fc.oneof(fc.integer({ min: -12, max: 12 }), fc.constantFrom(2 ** 31 - 1, -(2 ** 31))),
          step: fc.constantFrom(1, 2, 3, -1, -2),
          axis: fc.integer({ min: -3, max: 2 }),
        })
        .map(({ x, start, end, step, axis }) => ({
          op: 'Slice',
          x,
          stored: [int64s('b', [start]), int64s('e', [end]), int64s('a', [axis]), int64s('t', [step])],
        })),
      200,
    ));

  test('Pad and Split', () =>
    check(
      fc.oneof(
        fc
          .record({ x: shape(2, 2), p: fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 4, maxLength: 4 }) })
          .map(({ x, p }): Case => ({ op: 'Pad', x, stored: [int64s('p', p)] })),
        fc.record({ a: size, b: size, c: size }).map(({ a, b, c }): Case => ({
          op: 'Split',
          x: [2, a + b + c],
          stored: [int64s('s', [a, b, c])],
          attributes: { axis: -1 },
          outputs: 3,
        })),
        fc
          .record({ n: fc.integer({ min: 2, max: 12 }), parts: fc.integer({ min: 1, max: 4 }) })
          .map(({ n, parts }): Case => ({ op: 'Split', x: [n, 2], attributes: { num_outputs: parts }, outputs: parts, opset: 18 })),
      ),
      100,
    ));

  test('Gather, GatherElements, GatherND', () =>
    check(
      fc.oneof(
        fc.record({ x: shape(1, 3), at: shape(0, 2), axis: fc.integer({ min: -3, max: 2 }) }).map(({ x, at, axis }): Case => ({
          op: 'Gather',
          x,
          stored: [int64s('i', new Array<number>(at.reduce((a, b) => a * b, 1)).fill(0), at)],
          attributes: { axis },
        })),
        shape(2, 2).map((x): Case => ({
          op: 'GatherElements',
          x,
          stored: [int64s('i', new Array<number>(2 * (x[1] ?? 1)).fill(0), [2, x[1] ?? 1])],
          attributes: { axis: 0 },
        })),
        fc
          .record({ x: shape(2, 4), depth: fc.integer({ min: 1, max: 3 }) })
          .map(({ x, depth }): Case => ({ op: 'GatherND', x, stored: [int64s('i', new Array<number>(2 * depth).fill(0), [2, depth])] })),
      ),
      90,
    ));

  test('reductions, ArgMax and TopK', () =>
    check(
      fc.oneof(
        fc
          .record({
            x: shape(1, 4),
            axis: fc.integer({ min: -4, max: 3 }),
            keepdims: fc.integer({ min: 0, max: 1 }),
            op: fc.constantFrom('ReduceMean', 'ReduceMax', 'ReduceL2', 'ReduceProd'),
          })
          .map(({ x, axis, keepdims, op }): Case => ({ op, x, attributes: { axes: [axis], keepdims } })),
        fc
          .record({ x: shape(1, 4), keepdims: fc.integer({ min: 0, max: 1 }), noop: fc.integer({ min: 0, max: 1 }) })
          .map(({ x, keepdims, noop }): Case => ({ op: 'ReduceSum', x, attributes: { keepdims, noop_with_empty_axes: noop } })),
        fc
          .record({ x: shape(1, 4), axis: fc.integer({ min: -4, max: 3 }), keepdims: fc.integer({ min: 0, max: 1 }) })
          .map(({ x, axis, keepdims }): Case => ({ op: 'ArgMax', x, attributes: { axis, keepdims } })),
        fc
          .record({ x: shape(1, 3), k: fc.integer({ min: 1, max: 3 }) })
          .map(({ x, k }): Case => ({ op: 'TopK', x, stored: [int64s('k', [k])], outputs: 2 })),
      ),
      120,
    ));

  test('Resize by scales and sizes', () =>
    check(
      fc.oneof(
        fc.record({ h: size, v: size, s: fc.constantFrom(0.5, 1.5, 2, 0.3, 1.1, 2.6) }).map(({ h, v, s }): Case => ({
          op: 'Resize',
          x: [1, 2, h, v],
          stored: [floats('r', [0]), floats('s', [4], (i) => (i < 2 ? 1 : s))],
          attributes: { mode: 'nearest' },
        })),
        fc
          .record({ h: size, v: size, to: pair(9), policy: fc.constantFrom('stretch', 'not_larger', 'not_smaller') })
          .map(({ h, v, to, policy }): Case => ({
            op: 'Resize',
            x: [h, v],
            stored: [floats('', [0]), floats('', [0]), int64s('z', to)],
            attributes: { mode: 'nearest', keep_aspect_ratio_policy: policy },
            opset: 18,
          })),
      ),
      80,
    ));

  test('recurrent operators in every direction', () =>
    check(
      fc
        .record({
          op: fc.constantFrom(['RNN', 1, 2], ['GRU', 3, 2], ['LSTM', 4, 3]),
          two: fc.boolean(),
          steps: size,
          batch: size,
          hidden: size,
        })
        .map(({ op, two, steps, batch, hidden }): Case => {
          const [name, gates, outputs] = [String(op[0]), Number(op[1]), Number(op[2])];
          const d = two ? 2 : 1;
          return {
            op: name,
            x: [steps, batch, 3],
            stored: [floats('w', [d, gates * hidden, 3]), floats('r', [d, gates * hidden, hidden])],
            attributes: { hidden_size: hidden, direction: two ? 'bidirectional' : 'reverse' },
            outputs,
          };
        }),
    ));

  test('matrix products, Einsum, normalisation, space and depth, quantisation', () =>
    check(
      fc.oneof(
        fc.record({ a: shape(1, 3), b: shape(1, 3), k: size }).map(({ a, b, k }): Case => ({
          op: 'MatMul',
          x: [...a.slice(1).map(() => 2), k],
          stored: [floats('b', b.length === 1 ? [k] : [...b.slice(2).map(() => 2), k, 3])],
        })),
        fc.record({ t: fc.integer({ min: 0, max: 1 }), u: fc.integer({ min: 0, max: 1 }) }).map(({ t, u }): Case => ({
          op: 'Gemm',
          x: t === 0 ? [2, 3] : [3, 2],
          stored: [floats('b', u === 0 ? [3, 4] : [4, 3])],
          attributes: { transA: t, transB: u },
        })),
        fc
          .constantFrom<readonly [string, readonly number[], readonly number[]]>(
            ['bij,jk->bik', [2, 3, 4], [4, 5]],
            ['bij,bjk', [2, 3, 4], [2, 4, 5]],
            ['...i,ij->...j', [2, 3, 4], [4, 6]],
            ['ij,kj->ki', [2, 3], [4, 3]],
          )
          .map(([equation, x, w]): Case => ({ op: 'Einsum', x, stored: [floats('w', w)], attributes: { equation } })),
        shape(2, 4).map((x): Case => ({ op: 'LayerNormalization', x, stored: [floats('s', [x.at(-1) ?? 1])], outputs: 3 })),
        fc.constantFrom('DepthToSpace', 'SpaceToDepth').map((op): Case => ({ op, x: [1, 8, 4, 6], attributes: { blocksize: 2 } })),
        shape(1, 3).map((x): Case => ({ op: 'DynamicQuantizeLinear', x, outputs: 3 })),
        shape(1, 3).map((x): Case => ({ op: 'Dropout', x, outputs: 2 })),
        shape(1, 3).map((x): Case => ({ op: 'Cast', x, attributes: { to: 7 } })),
        shape(3, 4).map((x): Case => ({ op: 'GlobalAveragePool', x })),
      ),
      160,
    ));
});

test('the test builder writes attributes that the reader understands', () => {
  expect(attribute('a', [1, 2]).ints).toEqual([1n, 2n]);
});
