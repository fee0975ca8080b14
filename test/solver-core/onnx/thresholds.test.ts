import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { findBlocks } from '../../../solver-core/model/blocks.ts';
import { findLayers, inferShapes } from '../../../solver-core/model/index.ts';
import type { Layer } from '../../../solver-core/model/layer.ts';
import { findSites } from '../../../solver-core/model/sites.ts';
import { encodeModel, readModel, withThresholds, type OnnxModel, type SiteThreshold } from '../../../solver-core/onnx/index.ts';
import type { NodeProto, TensorProto } from '../../../solver-core/onnx/gen/onnx_pb.ts';
import { hasShared, shared } from '../../shared.ts';
import { tolerances } from '../../tolerances.ts';
import { floats, modelBytes, node, value } from './build-model.ts';

function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  };
}

function open(bytes: Uint8Array): { model: OnnxModel; layers: readonly Layer[] } {
  const { value: model, diagnostics } = readModel(bytes);
  if (model === undefined) throw new Error(JSON.stringify(diagnostics));
  return { model, layers: findLayers(model.graph, inferShapes(model.graph)) };
}

async function run(bytes: Uint8Array, x: Float32Array, dims: readonly number[]): Promise<Map<string, Float32Array>> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  try {
    const out = await session.run({ x: new ort.Tensor('float32', x, [...dims]) });
    return new Map(Object.entries(out).map(([name, tensor]) => [name, tensor.data as Float32Array]));
  } finally {
    await session.release();
  }
}

/** A layer behind a sum, whose value others read too. */
interface Case {
  readonly op: 'Gemm' | 'MatMul' | 'MatMul+Add' | 'Gemm without bias' | 'Conv' | 'Conv without bias';
  readonly rank3: boolean;
  readonly transB: boolean;
  readonly named: boolean;
  readonly alpha: number;
  readonly beta: number;
  readonly channels: number;
  readonly outputs: number;
  readonly perChannel: boolean;
  readonly centred: boolean;
  readonly seed: number;
  readonly opset: number;
}

const cases = fc.record<Case>({
  op: fc.constantFrom('Gemm', 'MatMul', 'MatMul+Add', 'Gemm without bias', 'Conv', 'Conv without bias'),
  rank3: fc.boolean(),
  transB: fc.boolean(),
  named: fc.boolean(),
  alpha: fc.constantFrom(1, 0.5, -2),
  beta: fc.constantFrom(1, 0.25, 3),
  channels: fc.integer({ min: 1, max: 5 }),
  outputs: fc.integer({ min: 1, max: 4 }),
  perChannel: fc.boolean(),
  centred: fc.boolean(),
  seed: fc.integer({ min: 1, max: 2 ** 30 }),
  opset: fc.constantFrom(11, 13, 17),
});

const kernel = [2, 3] as const;
const image = [4, 5] as const;

function isConv(c: Case): boolean {
  return c.op.startsWith('Conv');
}

function inputDims(c: Case): number[] {
  if (isConv(c)) return [2, c.channels, ...image];
  return c.op.startsWith('MatMul') && c.rank3 ? [2, 3, c.channels] : [3, c.channels];
}

function modelOf(c: Case): Uint8Array {
  const draw = numbers(c.seed);
  const hasBias = c.op === 'Gemm' || c.op === 'MatMul+Add' || c.op === 'Conv';
  const stored: TensorProto[] = hasBias ? [floats('b', [c.outputs], draw)] : [];
  const nodes: NodeProto[] = [node('Add', ['x', 'x'], ['h'])];
  const name = c.named ? 'layer' : '';
  if (isConv(c)) {
    stored.push(floats('w', [c.outputs, c.channels, ...kernel], draw));
    nodes.push(node('Conv', hasBias ? ['h', 'w', 'b'] : ['h', 'w'], ['y'], {}, name));
  } else if (c.op.startsWith('Gemm')) {
    stored.push(floats('w', c.transB ? [c.outputs, c.channels] : [c.channels, c.outputs], draw));
    const attributes = { alpha: { float: c.alpha }, beta: { float: c.beta }, transB: c.transB ? 1 : 0 };
    nodes.push(node('Gemm', hasBias ? ['h', 'w', 'b'] : ['h', 'w'], ['y'], attributes, name));
  } else {
    stored.push(floats('w', [c.channels, c.outputs], draw));
    nodes.push(node('MatMul', ['h', 'w'], [hasBias ? 'p' : 'y'], {}, name));
    if (hasBias) nodes.push(node('Add', ['p', 'b'], ['y']));
  }
  nodes.push(node('Neg', ['h'], ['other']));
  const open = inputDims(c).map((d, i) => (i === 0 ? 'n' : d));
  return modelBytes({ node: nodes, initializer: stored, input: [value('x', open)], output: [value('y'), value('other')] }, c.opset);
}

/** What the thresholded layer gives, in doubles: the oracle. */
function expected(c: Case, h: Float32Array, site: SiteThreshold): Float64Array {
  const draw = numbers(c.seed);
  const hasBias = c.op === 'Gemm' || c.op === 'MatMul+Add' || c.op === 'Conv';
  const bias = hasBias ? Float32Array.from({ length: c.outputs }, draw) : new Float32Array(c.outputs);
  const k = isConv(c) ? kernel[0] * kernel[1] : 1;
  const w = Float32Array.from({ length: c.outputs * c.channels * k }, draw);
  const isGemm = c.op.startsWith('Gemm');
  const [alpha, beta] = isGemm ? [c.alpha, c.beta] : [1, 1];
  const at = (i: number): number => site.threshold[site.threshold.length === 1 ? 0 : i]!;
  // Outside of the threshold the value itself counts, inside of it the centre does: that is what moving c·W to the bias means.
  const seen = (v: number, i: number): number => {
    const centre = site.centre?.[i] ?? 0;
    return Math.abs(Math.fround(v - centre)) > at(i) ? v : centre;
  };
  if (!isConv(c)) {
    const rows = h.length / c.channels;
    return Float64Array.from({ length: rows * c.outputs }, (_, n) => {
      const [r, o] = [Math.floor(n / c.outputs), n % c.outputs];
      let sum = beta * bias[o]!;
      for (let i = 0; i < c.channels; i++)
        sum += alpha * seen(h[r * c.channels + i]!, i) * w[isGemm && c.transB ? o * c.channels + i : i * c.outputs + o]!;
      return sum;
    });
  }
  const [height, width] = [image[0] - kernel[0] + 1, image[1] - kernel[1] + 1];
  const plane = image[0] * image[1];
  return Float64Array.from({ length: 2 * c.outputs * height * width }, (_, n) => {
    const column = n % width;
    const row = Math.floor(n / width) % height;
    const o = Math.floor(n / (width * height)) % c.outputs;
    const b = Math.floor(n / (width * height * c.outputs));
    let sum = bias[o]!;
    for (let i = 0; i < c.channels; i++)
      for (let u = 0; u < kernel[0]; u++)
        for (let v = 0; v < kernel[1]; v++)
          sum +=
            seen(h[(b * c.channels + i) * plane + (row + u) * image[1] + column + v]!, i) *
            w[((o * c.channels + i) * kernel[0] + u) * kernel[1] + v]!;
    return sum;
  });
}

function siteOf(c: Case): SiteThreshold {
  const draw = numbers(c.seed + 1);
  const threshold = Float32Array.from({ length: c.perChannel ? c.channels : 1 }, () => Math.abs(draw()));
  return { site: 'h', axis: isConv(c) ? 1 : -1, threshold, centre: c.centred ? Float32Array.from({ length: c.channels }, draw) : null };
}

describe('withThresholds', () => {
  test('gives what its definition says, for every form of a layer', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        const bytes = modelOf(c);
        const { model, layers } = open(bytes);
        const site = siteOf(c);
        const written = encodeModel(withThresholds(model, [site], layers));
        const dims = inputDims(c);
        const x = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, numbers(c.seed + 2));
        const h = x.map((v) => v + v);
        const out = await run(written, x, dims);
        const wanted = expected(c, h, site);
        expect(out.get('y')!.length).toBe(wanted.length);
        wanted.forEach((v, i) => expect(Math.abs(out.get('y')![i]! - v)).toBeLessThan(tolerances.outputsFp32.absolute));
        // Whoever else reads the value reads it as it was.
        expect(out.get('other')).toEqual(h.map((v) => -v));
        // The same layer is found again, and the model that was given is as it was.
        expect(open(written).layers.map(({ id }) => id)).toEqual(layers.map(({ id }) => id));
        expect(inferShapes(open(written).model.graph).diagnostics).toEqual([]);
        expect(Buffer.compare(encodeModel(model), bytes)).toBe(0);
      }),
      { seed: 20261121, numRuns: 200 },
    );
  });

  /** y = h·1, so that y shows what the layer reads. */
  const passing = modelBytes({
    node: [node('Identity', ['x'], ['h']), node('MatMul', ['h', 'w'], ['y'], {}, 'layer')],
    initializer: [floats('w', [1, 1], () => 1)],
    input: [value('x', ['n', 1])],
    output: [value('y', ['n', 1])],
  });

  const site = (threshold: number): SiteThreshold => ({ site: 'h', axis: -1, threshold: Float32Array.of(threshold), centre: null });

  test('a threshold of 0 changes nothing', () => {
    const { model, layers } = open(passing);
    expect(withThresholds(model, [site(0)], layers)).toBe(model);
  });

  test('is strict at the threshold, on both sides, for any float; what is no number stays', async () => {
    const { model, layers } = open(passing);
    const view = new DataView(new ArrayBuffer(4));
    const neighbour = (v: number, step: number): number => {
      view.setFloat32(0, v);
      view.setUint32(0, view.getUint32(0) + step);
      return view.getFloat32(0);
    };
    for (const t of [0.1, 0.5, 1, 3.7e-20, 1e20, 2 ** -126].map(Math.fround)) {
      const x = Float32Array.of(t, -t, neighbour(t, 1), -neighbour(t, 1), neighbour(t, -1), 0, -0, NaN, Infinity, -Infinity);
      const { y } = Object.fromEntries(await run(encodeModel(withThresholds(model, [site(t)], layers)), x, [x.length, 1]));
      expect([...y!].map((v) => v + 0)).toEqual([0, 0, x[2], x[3], 0, 0, 0, NaN, Infinity, -Infinity]);
    }
  });

  test('layers that read one value share its nodes; others read the value itself', () => {
    const { model, layers } = open(
      modelBytes({
        node: [
          node('LayerNormalization', ['x', 's'], ['h']),
          ...['q', 'k', 'v'].map((id) => node('MatMul', ['h', `w${id}`], [id], {}, id)),
          node('Add', ['h', 'q'], ['sum']),
          node('Relu', ['sum'], ['r']),
          node('Mul', ['r', 'r'], ['r2']),
          node('MatMul', ['r2', 'wo'], ['y'], {}, 'out'),
        ],
        initializer: [floats('s', [2]), ...['wq', 'wk', 'wv', 'wo'].map((w) => floats(w, [2, 2]))],
        input: [value('x', ['n', 2])],
        output: [value('y', ['n', 2]), value('k'), value('v')],
      }),
    );
    const { sites, left } = findSites(model.graph, layers, []);
    expect(left).toEqual([]);
    expect(sites.map((s) => [s.id, s.layers.map(({ id }) => id), s.channels, s.axis, s.macs, s.rectified])).toEqual([
      ['h', ['q', 'k', 'v'], 2, -1, 12, false],
      ['r2', ['out'], 2, -1, 4, true],
    ]);
    const { graph } = withThresholds(model, [site(0.5)], layers);
    const made = graph.nodes.find((n) => n.op === 'Where')!.outputs[0]!;
    expect(graph.nodes.filter((n) => n.op === 'Where')).toHaveLength(1);
    expect(graph.nodes.filter((n) => n.inputs.includes(made)).map((n) => n.name)).toEqual(['q', 'k', 'v']);
    expect(graph.nodes.find((n) => n.outputs[0] === 'sum')?.inputs).toEqual(['h', 'q']);
  });

  test('takes corrected weights and whole biases as they are', async () => {
    const c: Case = {
      op: 'MatMul', rank3: true, transB: false, named: false, alpha: 1, beta: 1, channels: 3, outputs: 2, perChannel: true, centred: true,
      seed: 9, opset: 17,
    }; // prettier-ignore
    const { model, layers } = open(modelOf(c));
    const correction = { layer: layers[0]!.id, weights: Float32Array.of(1, 0, 0, 1, 0, 0), bias: Float32Array.of(10, 20) };
    const chosen = { ...siteOf(c), threshold: Float32Array.of(100, 100, 100) };
    const { y } = Object.fromEntries(
      await run(encodeModel(withThresholds(model, [chosen], layers, [correction])), new Float32Array(18), [2, 3, 3]),
    );
    expect([...y!]).toEqual(Array.from({ length: 6 }, () => [10, 20]).flat());
    expect(() => withThresholds(model, [], layers, [{ ...correction, weights: correction.weights.map(() => NaN) }])).toThrowError(
      /beyond float32/,
    );
  });

  test('a centre behind padding is a mistake, and the site says so', () => {
    const { model, layers } = open(
      modelBytes({
        node: [node('Relu', ['x'], ['h']), node('Conv', ['h', 'w'], ['y'], { pads: [1, 1, 1, 1] }, 'conv')],
        initializer: [floats('w', [2, 3, 3, 3])],
        input: [value('x', ['n', 3, 4, 4])],
        output: [value('y')],
      }),
    );
    expect(findSites(model.graph, layers, []).sites[0]).toMatchObject({ id: 'h', axis: 1, channels: 3, centres: false, rectified: true });
    const centred = { site: 'h', axis: 1, threshold: Float32Array.of(1), centre: new Float32Array(3).fill(1) };
    expect(() => withThresholds(model, [centred], layers)).toThrowError(/padded/);
  });

  test('the input of the model is no site, also when it is scaled', () => {
    const { model, layers } = open(
      modelBytes({
        node: [
          node('Div', ['x', 'scale'], ['scaled']),
          node('Flatten', ['scaled'], ['flat']),
          node('Gemm', ['flat', 'w'], ['y'], {}, 'first'),
          node('MatMul', ['y', 'w16'], ['z'], {}, 'half'),
        ],
        initializer: [floats('scale', []), floats('w', [4, 4]), { ...floats('w16', [4, 4]), dataType: 10, rawData: new Uint8Array(32) }],
        input: [value('x', ['n', 4])],
        output: [value('z')],
      }),
    );
    const { sites, left } = findSites(model.graph, layers, []);
    expect(sites).toEqual([]);
    expect(left.map(({ layer }) => layer)).toEqual(['first', 'half']);
    expect(left.map(({ reason }) => reason)).toEqual([
      'it reads the input of the model',
      'its weights have 16 bits; thresholds are made for float32',
    ]);
  });

  const rwkv = ['att.key', 'att.value', 'att.receptance', 'att.output', 'ffn.key', 'ffn.receptance', 'ffn.value'];

  test.skipIf(!hasShared).each([
    ['rwkv_char_step', rwkv, ['ffn.value'], '/head/MatMul'],
    ['opt_char', ['qkv', 'out', 'up', 'down'], ['down'], '/lm_head/MatMul'],
  ])('%s has a site for every value that enters layers of its blocks', (name, roles, rectified, head) => {
    const { model, layers } = open(readFileSync(shared(`material/models/own/${name}.onnx`)));
    const { sites, left } = findSites(model.graph, layers, findBlocks(model.graph, layers));
    expect(sites.map((s) => [s.block, s.role])).toEqual([0, 1, 2, 3, 4, 5].flatMap((block) => roles.map((role) => [block, role])));
    expect([...new Set(sites.filter((s) => s.rectified).map((s) => s.role))]).toEqual(rectified);
    expect(left.map(({ layer }) => layer)).toEqual([head]);
    const macs = sites.reduce((sum, s) => sum + s.macs, 0);
    expect(macs).toBe(layers.filter(({ id }) => id !== head).reduce((sum, l) => sum + (l.macs ?? 0), 0));
    // Without blocks nothing says which layer is the head.
    expect(findSites(model.graph, layers, []).sites).toHaveLength(sites.length + 1);
  });
});
