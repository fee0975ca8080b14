import { describe, expect, test } from 'vitest';
import { preflight } from '../../../solver-core/fit/preflight.ts';
import type { PreflightRequest } from '../../../solver-core/fit/preflight.ts';
import { rowShapeFor } from '../../../solver-core/fit/rows.ts';
import type { LabelledRows } from '../../../solver-core/fit/rows.ts';
import { tolerances } from '../../tolerances.ts';
import { floats, modelBytes, node, value } from '../onnx/build-model.ts';
import { lower, openModel, planOf, upper } from './digits.ts';
import { tinyModel } from './tiny-model.ts';

const model = openModel(
  tinyModel(
    ['n', 4],
    [
      { op: 'Gemm', name: 'a', stored: { w1: [4, 6], b1: [6] } },
      { op: 'Relu' },
      { op: 'Gemm', name: 'b', stored: { w2: [6, 3], b2: [3] } },
    ],
    ['n', 3],
  ),
);
const good: LabelledRows = {
  rows: 20,
  inputShape: [4],
  x: new Float32Array(80).fill(1),
  labels: { kind: 'class', values: new Int32Array(20).fill(2), classes: 3 },
};
const request: PreflightRequest = { input: model.input, layers: model.layers, plan: planOf([lower(['a'])], [upper(['b'])]), data: good };
const codes = (changes: Partial<PreflightRequest>): string[] =>
  preflight({ ...request, ...changes }).diagnostics.map((d) => `${d.severity} ${d.code}`);
const message = (changes: Partial<PreflightRequest>): string =>
  preflight({ ...request, ...changes })
    .diagnostics.map((d) => d.message)
    .join('\n');

test('a sound plan has no findings and a cost', () => {
  const result = preflight(request);
  expect(result.diagnostics).toEqual([]);
  // 20 rows: 4·(4/2 + 6)·20 + 4³/6 + 4²·6  and  6·(6/2 + 3)·20 + 6³/6 + 6²·3
  expect(Math.abs(result.macs / (640 + 64 / 6 + 96 + 720 + 36 + 108) - 1)).toBeLessThan(tolerances.sumFp64.relative);
  expect(result.peakBytes).toBeGreaterThan(80 * 4);
});

describe('findings', () => {
  test('rows of the wrong shape, with both shapes', () => {
    const data = { ...good, inputShape: [2, 3], x: new Float32Array(120) };
    expect(codes({ data })).toEqual(['error data-shape-mismatch']);
    expect(message({ data })).toMatch(/\[2, 3\].*"x" takes \[n, 4\]/);
  });

  test('values that are not finite, with their place', () => {
    const x = Float32Array.from(good.x);
    x[9] = NaN;
    expect(codes({ data: { ...good, x } })).toEqual(['error data-not-finite']);
    expect(message({ data: { ...good, x } })).toContain('row 2, element 1');
  });

  test.each([3, -1])('label %d for three outputs', (label) => {
    const values = new Int32Array(20);
    values[7] = label;
    const data: LabelledRows = { ...good, labels: { kind: 'class', values, classes: 3 } };
    expect(codes({ data })).toEqual(['error label-out-of-range']);
    expect(message({ data })).toMatch(new RegExp(`Row 7 has label ${label}.*"b" has 3 outputs.*0 to 2`));
  });

  test('labels of another width', () => {
    const data: LabelledRows = { ...good, labels: { kind: 'regression', values: new Float32Array(40), outputs: 2 } };
    expect(codes({ data })).toEqual(['error label-shape-mismatch']);
  });

  test('fewer rows than unknowns is a warning per layer', () => {
    expect(codes({ fitRows: 5 })).toEqual(['warning few-rows']);
    expect(message({ fitRows: 5 })).toMatch(/"b" has 7 unknowns per output and only 5 rows/);
    expect(codes({ fitRows: 4 })).toEqual(['warning few-rows', 'warning few-rows']);
  });

  test('no rows at all', () => {
    expect(
      codes({
        data: { rows: 0, inputShape: [4], x: new Float32Array(0), labels: { kind: 'class', values: new Int32Array(0), classes: 0 } },
      }),
    ).toEqual(['error too-few-rows']);
  });

  test('more memory than allowed names the largest layer', () => {
    expect(codes({ maxBytes: 1000 })).toEqual(['error fit-too-large']);
    expect(codes({ maxBytes: 100, plan: planOf([]) })).toEqual(['error nothing-to-fit', 'error fit-too-large']);
    expect(message({ maxBytes: 1000 })).toContain('"a" with 4 inputs');
  });

  test('tiers that this version cannot fit', () => {
    expect(codes({ plan: planOf([lower(['a', 'b'], { targets: 'teacher' })]) })).toEqual([]);
    expect(codes({ plan: planOf([lower(['a'])]) })).toEqual(['warning output-layer-not-fitted']);
    expect(codes({ plan: planOf([], [upper(['a', 'b'])]) })).toEqual(['warning upper-layer-not-started']);
    expect(codes({ plan: planOf([]) })).toEqual(['error nothing-to-fit']);
  });

  test('a layer that cannot be solved says why', () => {
    const layers = [{ ...model.layers[0]!, linear: null, notSolvable: 'it is round' }, model.layers[1]!];
    expect(codes({ layers })).toEqual(['error layer-not-solvable']);
    expect(message({ layers })).toContain('it is round');
  });
});

describe('convolutions', () => {
  const conv = (behind: 'pool' | 'relu' | 'gemm') =>
    openModel(
      modelBytes({
        input: [value('x', ['n', 2, 8, 8])],
        output: [value('y')],
        initializer: [floats('k', [4, 1, 3, 3]), floats('b', [4]), floats('w', [144, 3])],
        node: [
          node('Conv', ['x', 'k', 'b'], ['c'], { group: 2 }, 'conv'),
          ...(behind === 'relu' ? [node('Relu', ['c'], ['r'])] : []),
          ...(behind === 'gemm'
            ? [node('Flatten', ['c'], ['f']), node('Gemm', ['f', 'w'], ['y'], {}, 'head')]
            : [node('GlobalAveragePool', [behind === 'relu' ? 'r' : 'c'], ['p']), node('Flatten', ['p'], ['y'])]),
        ],
      }),
    );
  const maps: LabelledRows = { ...good, inputShape: [2, 8, 8], x: new Float32Array(20 * 128).fill(1) };
  const check = (behind: 'pool' | 'relu' | 'gemm', changes: Partial<PreflightRequest> = {}) => {
    const { input, layers } = conv(behind);
    return preflight({ input, layers, plan: planOf([lower(layers.map((l) => l.id))]), data: maps, ...changes });
  };

  test('every position of every sample is a row, every group a problem', () => {
    const { layers, macs, diagnostics } = check('gemm');
    expect(diagnostics.map((d) => d.code)).toEqual(['few-rows']);
    expect(diagnostics[0]!.message).toContain('"head" has 144 unknowns per output and only 20 rows');
    const d = 9;
    const conv = 2 * ((20 * 36 * d * d) / 2 + d ** 3 / 6) + 20 * 36 * d * 4 + d * d * 4;
    const head = (20 * 144 * 144) / 2 + 144 ** 3 / 6 + 20 * 144 * 3 + 144 * 144 * 3;
    expect(layers.map(({ id, rows, unknowns, outputs, problems }) => [id, rows, unknowns, outputs, problems])).toEqual([
      ['conv', 720, 10, 4, 2],
      ['head', 20, 144, 3, 1],
    ]);
    expect(Math.abs(macs / (conv + head) - 1)).toBeLessThan(tolerances.sumFp64.relative);
  });

  test('a map that is averaged gives one row per sample, one behind an activation gives a warning', () => {
    expect(check('pool').layers.map((l) => l.rows)).toEqual([20]);
    // Its work is that of 20 rows, not of 20 rows for each of 36 positions.
    const d = 9;
    expect(check('pool').macs).toBe(2 * ((20 * d * d) / 2 + d ** 3 / 6) + 20 * d * 4 + d * d * 4);
    expect(check('pool').diagnostics).toEqual([]);
    const behindRelu = check('relu');
    expect(behindRelu.layers.map((l) => l.rows)).toEqual([720]);
    expect(behindRelu.diagnostics.map((d) => d.code)).toEqual(['labels-at-every-position']);
    expect(check('pool', { fitRows: 3 }).diagnostics.map((d) => d.message)).toEqual([expect.stringContaining('only 3 rows')]);
  });

  test('paddings beyond all sense are an error, not a fit without end', () => {
    const { input, layers } = openModel(
      modelBytes({
        input: [value('x', ['n', 2, 8, 8])],
        output: [value('y')],
        initializer: [floats('k', [4, 2, 3, 3])],
        node: [node('Conv', ['x', 'k'], ['c'], { pads: [0, 0, 1e9, 1e9] }, 'conv'), node('GlobalMaxPool', ['c'], ['y'])],
      }),
    );
    const { diagnostics } = preflight({ input, layers, plan: planOf([lower(['conv'])]), data: maps });
    expect(diagnostics.filter((d) => d.severity === 'error').map((d) => d.code)).toContain('fit-too-large');
  });

  test('a network that keeps its function needs no tier for its last layer', () => {
    const plan = (targets: 'labels' | 'teacher') => planOf([lower(['conv'], { targets })]);
    expect(check('gemm', { plan: plan('labels') }).diagnostics.map((d) => d.code)).toEqual(['output-layer-not-fitted']);
    expect(check('gemm', { plan: plan('teacher') }).diagnostics.map((d) => d.code)).not.toContain('output-layer-not-fitted');
    // Two maps of 4 x 36 numbers per sample, where labels are one column per group: 4 bytes each.
    const [teacher, labels] = [check('gemm', { plan: plan('teacher') }), check('gemm', { plan: plan('labels') })];
    expect(teacher.peakBytes - labels.peakBytes).toBe(4 * 20 * 36 * (2 * 4 - 2));
  });
});

test.each([
  [['n', 4], [4], [4]],
  [
    ['n', 1, 28, 28],
    [28, 28],
    [1, 28, 28],
  ],
  [['n', 784], [28, 28], undefined],
  [
    ['n', 'h', 'w'],
    [5, 6],
    [5, 6],
  ],
  [
    ['n', 3, 'w'],
    [3, 9],
    [3, 9],
  ],
  [['n', 3, 'w'], [4, 9], undefined],
  [['n'], [], []],
  [['n', 1], [], [1]],
  [null, [7], [7]],
])('a row goes into %j as %j: %j', (shape, row, expected) => {
  expect(rowShapeFor({ name: 'x', shape }, row)).toEqual(expected);
});
