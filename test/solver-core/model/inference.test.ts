import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findLayers } from '../../../solver-core/model/layers.ts';
import { inferShapes } from '../../../solver-core/model/shape-inference/infer.ts';
import { readModel } from '../../../solver-core/onnx/index.ts';
import { floats, graph, int64s, modelBytes, node, value, type AttributeValue } from '../onnx/build-model.ts';

describe('values of small integer tensors are followed', () => {
  /** Shape arithmetic as exporters write it: the result must be a known Reshape target. */
  test('Shape, Gather, Unsqueeze, Concat, Mul, Slice, Where, Cast, Range and Transpose fold to numbers', () => {
    const bytes = modelBytes({
      input: [value('x', ['n', 6, 4])],
      initializer: [
        int64s('zero', [0], []),
        int64s('one', [1], []),
        int64s('two', [2], []),
        int64s('axis', [0]),
        int64s('minus', [-1]),
        int64s('big', [2 ** 31 - 1]),
      ],
      node: [
        node('Shape', ['x'], ['shape']),
        node('Gather', ['shape', 'zero'], ['n']),
        node('Gather', ['shape', 'one'], ['c']),
        node('Div', ['c', 'two'], ['half']),
        node('Unsqueeze', ['n', 'axis'], ['n1']),
        node('Unsqueeze', ['half', 'axis'], ['half1']),
        node('Concat', ['n1', 'minus', 'half1'], ['target'], { axis: 0 }),
        node('Slice', ['target', 'minus', 'big'], ['last']),
        node('Equal', ['target', 'minus'], ['isOpen']),
        node('Where', ['isOpen', 'shape', 'target'], ['filled']),
        node('Range', ['zero', 'c', 'two'], ['range']),
        node('Cast', ['range'], ['floats'], { to: 1 }),
        node('ReduceProd', ['shape'], ['all'], { keepdims: 0 }),
        node('Reshape', ['x', 'target'], ['y']),
      ],
      output: [value('y')],
    });
    const model = readModel(bytes).value;
    if (model === undefined) throw new Error('no model');
    const { values } = inferShapes(model.graph, { named: { n: 5 } });
    const known = (name: string): readonly number[] | null | undefined => values.get(name)?.values;
    expect(known('target')).toEqual([5, -1, 3]);
    expect(known('last')).toEqual([3]);
    expect(known('filled')).toEqual([5, 6, 3]);
    expect(known('floats')).toEqual([0, 2, 4]);
    expect(known('all')).toEqual([120]);
    expect(values.get('y')?.shape).toEqual([5, 8, 3]);
  });

  test('a tensor described in a few bytes is never made', () => {
    const bytes = modelBytes({
      initializer: [int64s('huge', [2 ** 20, 2 ** 20])],
      node: [node('ConstantOfShape', ['huge'], ['w']), node('Transpose', ['w'], ['t']), node('Add', ['t', 'w'], ['y'])],
      output: [value('y')],
    });
    const model = readModel(bytes).value;
    if (model === undefined) throw new Error('no model');
    const before = process.memoryUsage().arrayBuffers;
    const { values } = inferShapes(model.graph);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
    expect(values.get('y')?.shape).toEqual([2 ** 20, 2 ** 20]);
    expect(values.get('y')?.values).toBe(null);
  });
});

describe('strange nodes degrade alone', () => {
  test('an unknown operator gives one warning and unknown outputs; the rest is inferred', () => {
    const bytes = modelBytes({
      input: [value('x', [2, 3])],
      node: [node('Frobnicate', ['x'], ['a']), node('Frobnicate', ['a'], ['b']), node('Relu', ['x'], ['y'])],
      output: [value('b'), value('y')],
    });
    const model = readModel(bytes).value;
    if (model === undefined) throw new Error('no model');
    const { values, diagnostics } = inferShapes(model.graph);
    expect(diagnostics.map((d) => [d.code, d.severity])).toEqual([['unknown-operator', 'warning']]);
    expect(values.get('b')?.shape).toBe(null);
    expect(values.get('y')?.shape).toEqual([2, 3]);
  });

  test('contradicting inputs give a warning that names the node', () => {
    const bytes = modelBytes({
      input: [value('x', [2, 3])],
      initializer: [floats('w', [4, 5])],
      node: [node('MatMul', ['x', 'w'], ['y'], {}, 'product')],
      output: [value('y')],
    });
    const model = readModel(bytes).value;
    if (model === undefined) throw new Error('no model');
    const { diagnostics } = inferShapes(model.graph);
    expect(diagnostics.map((d) => [d.code, d.where.node])).toEqual([['shape-conflict', 'product']]);
  });

  test('attributes of the wrong kind never throw', () => {
    const operators = [
      'Conv',
      'MaxPool',
      'Reshape',
      'Transpose',
      'Squeeze',
      'Concat',
      'Split',
      'Slice',
      'Gather',
      'Pad',
      'Resize',
      'TopK',
      'Loop',
      'Scan',
      'If',
      'LSTM',
      'Einsum',
      'OneHot',
      'Range',
      'ConstantOfShape',
      'Attention',
      'Tile',
      'Expand',
      'MatMul',
      'Gemm',
      'DepthToSpace',
    ];
    const names = [
      'axis',
      'axes',
      'perm',
      'pads',
      'kernel_shape',
      'strides',
      'equation',
      'k',
      'num_scan_inputs',
      'blocksize',
      'split',
      'hidden_size',
      'scales',
    ];
    const wild: fc.Arbitrary<AttributeValue> = fc.oneof(
      fc.integer({ min: -9, max: 9 }),
      fc.string({ maxLength: 5 }),
      fc.array(fc.integer({ min: -3, max: 9 }), { maxLength: 5 }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...operators),
        fc.dictionary(fc.constantFrom(...names), wild, { maxKeys: 4 }),
        fc.array(fc.array(fc.integer({ min: -2, max: 6 }), { maxLength: 4 }), { maxLength: 5 }),
        (op, attributes, inputs) => {
          const stored = inputs.map((values, i) => int64s(`s${i}`, values));
          const model = readModel(
            modelBytes({
              input: [value('x', [2, 3, 4])],
              initializer: stored,
              node: [node(op, ['x', ...stored.map((s) => s.name ?? '')], ['y'], attributes)],
              output: [value('y')],
            }),
          ).value;
          if (model === undefined) throw new Error('no model');
          expect(inferShapes(model.graph).values.has('y')).toBe(true);
        },
      ),
      { numRuns: 1500, seed: 20262 },
    );
  });
});

describe('hostile graphs are inferred in bounded memory and time', () => {
  const infer = (bytes: Uint8Array): ReturnType<typeof inferShapes> => {
    const model = readModel(bytes).value;
    if (model === undefined) throw new Error('no model');
    const shapes = inferShapes(model.graph);
    expect(findLayers(model.graph, shapes)).toBeDefined();
    return shapes;
  };

  test('a long chain over a tensor at the folding limit stops being folded', () => {
    const n = 20_000;
    const chain = Array.from({ length: n }, (_, i) => node('Neg', [i === 0 ? 'c' : `n${i - 1}`], [`n${i}`]));
    const { values } = infer(
      modelBytes({ initializer: [int64s('c', new Array<number>(4096).fill(1))], node: chain, output: [value(`n${n - 1}`)] }),
    );
    expect(values.get('n10')?.values?.length).toBe(4096);
    expect(values.get(`n${n - 1}`)).toMatchObject({ shape: [4096], values: null });
  });

  test('loops in loops stop at the limit instead of doubling for ever', () => {
    let body = graph({
      input: [value('i'), value('c'), value('v')],
      node: [node('Identity', ['c'], ['d']), node('Relu', ['v'], ['w'])],
      output: [value('d'), value('w')],
    });
    for (let level = 0; level < 22; level++) {
      body = graph({
        input: [value('i'), value('c'), value('v')],
        node: [node('Identity', ['c'], ['d']), node('Loop', ['', '', 'v'], ['w'], { body: { graph: body } })],
        output: [value('d'), value('w')],
      });
    }
    const { diagnostics } = infer(
      modelBytes({ input: [value('x', [2])], node: [node('Loop', ['', '', 'x'], ['y'], { body: { graph: body } })], output: [value('y')] }),
    );
    expect(diagnostics.map((d) => d.code)).toContain('inference-limit');
  });

  test('a shape of thousands of dimensions is unknown', () => {
    const { values } = infer(
      modelBytes({
        input: [value('x', [1])],
        initializer: [int64s('s', new Array<number>(4096).fill(1))],
        node: [node('Reshape', ['x', 's'], ['y'])],
        output: [value('y')],
      }),
    );
    expect(values.get('y')?.shape).toBe(null);
  });

  test('many subgraphs and outputs take linear time', () => {
    const n = 20_000;
    const branch = graph({ node: [node('Identity', ['x'], ['b'])], output: [value('b')] });
    const nodes = Array.from({ length: n }, (_, i) =>
      node('If', ['c'], [`y${i}`], { then_branch: { graph: branch }, else_branch: { graph: branch } }),
    );
    const { values } = infer(
      modelBytes({ input: [value('x', [3]), value('c', [], 9)], node: nodes, output: nodes.map((_, i) => value(`y${i}`)) }),
    );
    expect(values.get(`y${n - 1}`)?.shape).toEqual([3]);
  });
});
