import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sparseRuntime } from '../../../../solver-core/backends/sparse/index.ts';
import { buildModel, type BuiltAttribute, type BuiltGraph, type BuiltNode, type BuiltTensor } from '../../../../solver-core/onnx/index.ts';
import { expectLikeOrt, runOnce, values } from './engines.ts';

/** A layer y = x W (+ b) with stored weights. */
function layerGraph(
  rows: number,
  k: number,
  n: number,
  op: 'MatMul' | 'Gemm' | 'Dense',
  attributes: Record<string, BuiltAttribute> = {},
): BuiltGraph {
  const turned = attributes['transB'] === 1;
  const weights = { name: 'w', dims: turned ? [n, k] : [k, n], data: values([k, n], 11).data };
  const bias = { name: 'b', dims: [n], data: values([n], 12).data };
  const nodes: BuiltNode[] =
    op === 'Dense'
      ? [
          { op: 'MatMul', inputs: ['x', 'w'], outputs: ['p'] },
          { op: 'Add', inputs: ['b', 'p'], outputs: ['y'] },
        ]
      : [{ op, inputs: op === 'Gemm' ? ['x', 'w', 'b'] : ['x', 'w'], outputs: ['y'], attributes }];
  return {
    name: 'layer',
    inputs: [{ name: 'x', type: 'float32', dims: attributes['transA'] === 1 ? [k, rows] : [rows, k] }],
    outputs: [{ name: 'y', type: 'float32', dims: [rows, n] }],
    tensors: op === 'MatMul' ? [weights] : [weights, bias],
    nodes,
  };
}

const bits = (data: Float32Array): number[] => [...new Int32Array(data.buffer, data.byteOffset, data.length)];

describe('layers with stored weights', () => {
  const size = fc.integer({ min: 1, max: 70 });
  const op = fc.constantFrom('MatMul' as const, 'Gemm' as const, 'Dense' as const);

  test('any shape and share of zeros: as ONNX Runtime', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        size,
        size,
        op,
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (rows, k, n, kind, zeros) => {
          await expectLikeOrt(layerGraph(rows, k, n, kind), { x: values([rows, k], k, zeros) });
        },
      ),
      { seed: 20261121, numRuns: 60 },
    );
  });

  test.each([
    { transB: 1 },
    { transA: 1, transB: 1 },
    { transA: 1, alpha: { float: 0.5 } },
    { alpha: { float: -2 }, beta: { float: 0.25 } },
  ])('Gemm with %j', (attributes) => {
    const { transA } = attributes as { transA?: number };
    return expectLikeOrt(layerGraph(3, 6, 9, 'Gemm', attributes), { x: values(transA === 1 ? [6, 3] : [3, 6], 4, 0.5) });
  });

  test('skipping gives the bits of not skipping, and counts what it left out', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        size,
        size,
        op,
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (rows, k, n, kind, zeros) => {
          const model = buildModel(layerGraph(rows, k, n, kind));
          const x = values([rows, k], k + n, zeros);
          const [skipping, full] = [sparseRuntime(), sparseRuntime({ skipZeros: false })];
          const a = await runOnce(skipping, model, { x });
          const b = await runOnce(full, model, { x });
          expect(bits(a.get('y')!.data)).toEqual(bits(b.get('y')!.data));
          expect(skipping.counts()).toEqual({ macs: rows * k * n, skipped: n * x.data.filter((v) => v === 0).length });
          expect(full.counts()).toEqual({ macs: rows * k * n, skipped: 0 });
        },
      ),
      { seed: 20261121, numRuns: 60 },
    );
  });

  test.each([
    [1021, 530],
    [1030, 2050],
  ])('%i x %i weights, beyond the caches, are read in other orders and give the same bits', async (k, n) => {
    const model = buildModel(layerGraph(1, k, n, 'MatMul'));
    for (const zeros of [0, 0.2, 0.6]) {
      const x = values([1, k], 3, zeros);
      const runtime = sparseRuntime();
      const a = await runOnce(runtime, model, { x });
      const b = await runOnce(sparseRuntime({ skipZeros: false }), model, { x });
      expect(bits(a.get('y')!.data)).toEqual(bits(b.get('y')!.data));
      // Where reading everything is quicker, nothing counts as skipped.
      const skips = zeros === 0.6 || (zeros === 0.2 && k * n * 4 < 2 ** 23);
      expect(runtime.counts().skipped).toBe(skips ? n * x.data.filter((v) => v === 0).length : 0);
    }
  });

  test('a layer with infinite weights skips nothing: 0 · ∞ stays NaN; NaN and infinite inputs are no zeros', async () => {
    const graph = layerGraph(1, 5, 3, 'MatMul');
    const infinite = values([5, 3], 11).data;
    infinite[4] = Infinity;
    const withInfinity: BuiltGraph = { ...graph, tensors: [{ name: 'w', dims: [5, 3], data: infinite }] };
    const x = { dims: [1, 5], data: Float32Array.of(1, 0, 2, 0, 3) };
    await expectLikeOrt(withInfinity, { x });
    const runtime = sparseRuntime();
    const { data } = (await runOnce(runtime, buildModel(withInfinity), { x })).get('y')!;
    expect([...data].map(Number.isNaN)).toEqual([false, true, false]);
    expect(runtime.counts().skipped).toBe(0);
    await expectLikeOrt(graph, { x: { dims: [1, 5], data: Float32Array.of(NaN, 0, 2, 0, 3) } });
    await expectLikeOrt(graph, { x: { dims: [1, 5], data: Float32Array.of(Infinity, 0, 0, 0, 3) } });
  });

  test('counts go on per layer over several models, closed ones included', async () => {
    const runtime = sparseRuntime();
    const model = buildModel(layerGraph(2, 4, 3, 'MatMul'));
    const x = { dims: [2, 4], data: Float32Array.of(0, 1, 0, 1, 1, 1, 1, 0) };
    await runOnce(runtime, model, { x });
    await runOnce(runtime, model, { x });
    expect([...runtime.layerCounts()]).toEqual([['MatMul_0', { macs: 48, skipped: 18 }]]);
  });
});

describe('thresholds in front of layers', () => {
  /** |v| > t ? v : 0, or |v| < limit ? 0 : v, with v = x or x - c; the layer reads it, and so may the outside. */
  function thresholdGraph(form: 'above' | 'below', centred: boolean, perChannel: boolean, seen: boolean): BuiltGraph {
    const tensors: BuiltTensor[] = [
      { name: 'w', dims: [8, 5], data: values([8, 5], 1).data },
      { name: 'zero', dims: [], data: new Float32Array(1) },
      perChannel ? { name: 't', dims: [8], data: values([8], 2).data.map(Math.abs) } : { name: 't', dims: [], data: Float32Array.of(0.7) },
      { name: 'c', dims: [8], data: values([8], 3).data },
    ];
    const v = centred ? 'd' : 'x';
    const nodes: BuiltNode[] = [
      ...(centred ? [{ op: 'Sub', inputs: ['x', 'c'], outputs: ['d'] }] : []),
      { op: 'Abs', inputs: [v], outputs: ['a'] },
      { op: 'Greater', inputs: form === 'above' ? ['a', 't'] : ['t', 'a'], outputs: ['g'] },
      { op: 'Where', inputs: form === 'above' ? ['g', v, 'zero'] : ['g', 'zero', v], outputs: ['s'] },
      { op: 'MatMul', inputs: ['s', 'w'], outputs: ['y'] },
      { op: 'MatMul', inputs: ['s', 'w'], outputs: ['z'] },
    ];
    const outputs = ['y', 'z', ...(seen ? ['s'] : [])].map((name) => ({ name, type: 'float32' as const, dims: [] }));
    return { name: 'threshold', inputs: [{ name: 'x', type: 'float32', dims: [3, 8] }], outputs, tensors, nodes };
  }

  const forms = (['above', 'below'] as const).flatMap((form) =>
    [false, true].flatMap((centred) =>
      [false, true].flatMap((perChannel) => [false, true].map((seen) => [form, centred, perChannel, seen] as const)),
    ),
  );
  test.each(forms)('%s, centred %s, per channel %s, result seen %s: as ONNX Runtime', async (...form) => {
    const x = values([3, 8], 9, 0.2);
    x.data[3] = 0.7;
    await expectLikeOrt(thresholdGraph(...form), { x });
    const runtime = sparseRuntime();
    await runOnce(runtime, buildModel(thresholdGraph(...form)), { x });
    const seen = (
      await runOnce(sparseRuntime({ skipZeros: false }), buildModel(thresholdGraph(form[0], form[1], form[2], true)), { x })
    ).get('s')!;
    const zeros = seen.data.filter((v) => v === 0).length;
    expect(zeros).toBeGreaterThan(3);
    expect(runtime.counts()).toEqual({ macs: 2 * 3 * 8 * 5, skipped: 2 * 5 * zeros });
  });

  test('a NaN stays one where the model says so', async () => {
    const x = values([3, 8], 9);
    x.data[2] = NaN;
    for (const form of ['above', 'below'] as const) await expectLikeOrt(thresholdGraph(form, false, false, false), { x });
  });
});
