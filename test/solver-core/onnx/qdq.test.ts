import fc from 'fast-check';
import ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { findLayers, inferShapes } from '../../../solver-core/model/index.ts';
import type { Layer } from '../../../solver-core/model/layer.ts';
import {
  encodeModel,
  inspectModel,
  quantiseFindings,
  readModel,
  whyNotQuantisable,
  withQuantisedLayers,
  type OnnxModel,
  type QuantisedLayer,
} from '../../../solver-core/onnx/index.ts';
import { tolerances } from '../../tolerances.ts';
import { floats, modelBytes, node, value } from './build-model.ts';
import { bytesOf, materialModels } from './material.ts';
import {
  hasBias,
  isConvCase,
  layerCases,
  layerModel,
  numbers,
  sampleShape,
  side,
  spatialRank,
  unknownField,
  type LayerCase,
} from './qdq-models.ts';

function open(bytes: Uint8Array): OnnxModel {
  const { value: model, diagnostics } = readModel(bytes);
  if (model === undefined) throw new Error(JSON.stringify(diagnostics));
  return model;
}

const layersOf = (model: OnnxModel): readonly Layer[] => findLayers(model.graph, inferShapes(model.graph));

/** Made-up integers for a layer: the whole range of the bits, every output with its own scale. */
function quantisedOf(c: LayerCase, layer: Layer): QuantisedLayer {
  const draw = numbers(c.seed + 1);
  const { inputs, outputs } = layer.linear!;
  const largest = 2 ** (c.bits - 1) - 1;
  return {
    id: layer.id,
    weights: Int8Array.from({ length: inputs * outputs }, () => Math.round(draw() * largest)),
    scales: Float32Array.from({ length: outputs }, () => 0.001 + 0.01 * Math.abs(draw())),
    bits: c.bits,
    bias: c.newBias && hasBias(c) ? Float32Array.from({ length: outputs }, draw) : null,
    input: c.quantiseInput ? { scale: 1 / 200, zeroPoint: c.zeroPoint } : null,
  };
}

/** Round half to even of a float32 quotient, as the ONNX specification of QuantizeLinear says. */
function integerOf(x: number, scale: number, zeroPoint: number): number {
  const quotient = Math.fround(x / Math.fround(scale));
  const floor = Math.floor(quotient);
  const rest = quotient - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
  return Math.min(255, Math.max(0, rounded + zeroPoint));
}

/** The layer in integer arithmetic, output by output: the oracle. `x`: one sample, after Relu. */
function simulate(c: LayerCase, q: QuantisedLayer, bias: Float32Array | null, x: Float32Array): number[] {
  const steps = q.input;
  const scale = steps === null ? 1 : Math.fround(steps.scale);
  const zero = steps?.zeroPoint ?? 0;
  const a = Array.from(x, (v) => (steps === null ? v : integerOf(v, steps.scale, zero) - zero));
  const alpha = c.op.startsWith('Gemm') ? c.alpha : 1;
  const out: number[] = [];
  const finish = (o: number, sum: number): void => {
    out.push(alpha * sum * scale * q.scales[o]! + (bias?.[o] ?? 0));
  };
  if (!isConvCase(c)) {
    const turned = (c.op.startsWith('Gemm') && c.transB) !== (c.via === 'Transpose');
    for (let o = 0; o < c.outputs; o++) {
      finish(o, a.reduce((s, v, i) => s + v * q.weights[turned ? o * c.inputs + i : i * c.outputs + o]!, 0)); // prettier-ignore
    }
    return out;
  }
  const rows = spatialRank(c) === 2 ? side : 1;
  const high = spatialRank(c) === 2 ? 3 : 1;
  const pad = spatialRank(c) === 2 ? 1 : 0;
  for (let o = 0; o < c.outputs * c.groups; o++) {
    const first = Math.floor(o / c.outputs) * c.inputs;
    for (let y = 0; y < rows; y++) {
      for (let z = 0; z < side; z++) {
        let sum = 0;
        for (let i = 0; i < c.inputs; i++) {
          for (let u = 0; u < high; u++) {
            for (let v = 0; v < 3; v++) {
              const [row, column] = [y + u - pad, z + v - 1];
              if (row < 0 || row >= rows || column < 0 || column >= side) continue;
              sum += a[((first + i) * rows + row) * side + column]! * q.weights[((o * c.inputs + i) * high + u) * 3 + v]!;
            }
          }
        }
        finish(o, sum);
      }
    }
  }
  return out;
}

async function run(bytes: Uint8Array, feeds: Record<string, ort.Tensor>, optimised = true): Promise<ort.InferenceSession.OnnxValueMapType> {
  const session = await ort.InferenceSession.create(bytes, {
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
    graphOptimizationLevel: optimised ? 'all' : 'disabled',
  });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** The bias as it is added: beta · b. */
function biasOf(c: LayerCase, model: OnnxModel, q: QuantisedLayer): Float32Array | null {
  if (!hasBias(c)) return null;
  if (q.bias !== null) return q.bias;
  const beta = c.op === 'Gemm' ? c.beta : 1;
  return Float32Array.from(model.graph.initializers.get('b')!.values!, (v) => v * beta);
}

describe('withQuantisedLayers', () => {
  test('gives in ONNX Runtime what integer arithmetic gives, for every form of a layer', async () => {
    await fc.assert(
      fc.asyncProperty(layerCases, fc.boolean(), async (c, optimised) => {
        const bytes = layerModel(c);
        const model = open(bytes);
        const layer = layersOf(model).find(({ id }) => id === 'layer')!;
        expect(whyNotQuantisable(model, layer)).toBeNull();
        expect(quantiseFindings(model)).toEqual([]);
        const q = quantisedOf(c, layer);
        const written = encodeModel(withQuantisedLayers(model, [q]));
        const shape = sampleShape(c);
        const draw = numbers(c.seed + 2);
        const x = Float32Array.from({ length: shape.reduce((a, b) => a * b, 2) }, draw);
        // Where inputs stay floating-point numbers, the optimiser of the runtime rounds them to 8 bits by itself: another sum.
        const { y } = await run(written, { x0: new ort.Tensor('float32', x, [2, ...shape]) }, optimised && c.quantiseInput);
        const relu = x.map((v) => Math.max(0, v));
        const bias = biasOf(c, model, q);
        const expected = [0, 1].flatMap((r) => simulate(c, q, bias, relu.subarray((r * x.length) / 2, ((r + 1) * x.length) / 2)));
        expect(y!.data.length).toBe(expected.length);
        expected.forEach((v, i) => expect(Math.abs((y!.data[i] as number) - v)).toBeLessThan(tolerances.outputsFp32.absolute));
        checkReopened(c, model, open(written));
        // The model that was given is as it was.
        expect(Buffer.compare(encodeModel(model), bytes)).toBe(0);
      }),
      { seed: 20261121, numRuns: 300 },
    );
  });

  /** The written model reads back: the same layer, its sizes, integers seen through, everything else kept. */
  function checkReopened(c: LayerCase, before: OnnxModel, after: OnnxModel): void {
    const file = { path: '/m.onnx', sha256: '', bytes: 0 };
    const [old, now] = [before, after].map((m) => inspectModel(m, file));
    expect(now!.diagnostics).toEqual([]);
    expect(now!.layers.map(({ id, op, macs, parameters }) => [id, op, macs, parameters])).toEqual(
      old!.layers.map(({ id, op, macs, parameters }) => [id, op, macs, parameters]),
    );
    const layer = layersOf(after).find(({ id }) => id === 'layer')!;
    const weights = before.graph.initializers.get('w')?.elements ?? layer.parameters - (hasBias(c) ? outputsOf(c) : 0);
    const isNibbles = c.bits === 4 && c.opset >= 21;
    expect(layer).toMatchObject({
      weight: 'w',
      weightBits: isNibbles ? 4 : 8,
      activationBits: c.quantiseInput ? 8 : 32,
      weightBytes: Math.ceil(weights * (isNibbles ? 0.5 : 1)) + (hasBias(c) ? 4 * outputsOf(c) : 0),
    });
    expect(layer.notSolvable).toMatch(/is stored as int[48]/);
    expect(after.proto.$unknown?.map(({ no, data }) => [no, ...data])).toEqual([[1000, ...unknownField.subarray(2)]]);
    expect(after.proto.metadataProps).toEqual(before.proto.metadataProps);
    expect(after.graph.opsets.get('')).toBe(Math.max(13, c.opset));
    expect(after.graph.inputs).toEqual(before.graph.inputs);
    const initializers = new Set(after.proto.graph!.initializer.map((t) => t.name));
    expect(initializers.size).toBe(after.proto.graph!.initializer.length);
  }
  const outputsOf = (c: LayerCase): number => c.outputs * (isConvCase(c) ? c.groups : 1);

  test('changes nothing but what it says', () => {
    const c: LayerCase = {
      op: 'Gemm', transB: true, via: 'nothing', asConstant: false, alpha: 1, beta: 1, inputs: 3, outputs: 2, groups: 1,
      listedAsInputs: false, opset: 17, bits: 8, zeroPoint: 0, quantiseInput: true, newBias: false, seed: 5,
    }; // prettier-ignore
    const model = open(layerModel(c));
    const q = quantisedOf(c, layersOf(model)[0]!);
    const after = withQuantisedLayers(model, [q]).proto;
    const before = model.proto;
    expect({ ...after, graph: null }).toEqual({ ...before, graph: null });
    const [g, h] = [before.graph!, after.graph!];
    expect({ ...h, node: null, initializer: null }).toEqual({ ...g, node: null, initializer: null });
    expect(h.node.map((n) => n.opType)).toEqual(['Relu', 'DequantizeLinear', 'QuantizeLinear', 'DequantizeLinear', 'Gemm']);
    expect(h.node[0]).toEqual(g.node[0]);
    expect({ ...h.node[4]!, input: null }).toEqual({ ...g.node[1]!, input: null });
    expect(h.initializer[1]).toEqual(g.initializer[1]);
    expect(h.initializer[0]).toMatchObject({ name: 'w', dims: [2n, 3n] });
    expect([...new Int8Array(h.initializer[0]!.rawData!.buffer)]).toEqual([...q.weights]);
  });

  test('layers that read one value alike share its integers', () => {
    const model = open(
      modelBytes({
        node: [node('MatMul', ['x', 'a'], ['p'], {}, 'one'), node('MatMul', ['x', 'b'], ['q'], {}, 'two'), node('Add', ['p', 'q'], ['y'])],
        initializer: [floats('a', [3, 2]), floats('b', [3, 2])],
        input: [value('x', ['n', 3])],
        output: [value('y', ['n', 2])],
      }),
    );
    const q = (id: string, zeroPoint: number): QuantisedLayer => ({
      id,
      weights: new Int8Array(6),
      scales: Float32Array.of(1, 1),
      bits: 8,
      bias: null,
      input: { scale: 0.5, zeroPoint },
    });
    const count = (m: OnnxModel): number => m.graph.nodes.filter((n) => n.op === 'QuantizeLinear').length;
    expect(count(withQuantisedLayers(model, [q('two', 3), q('one', 3)]))).toBe(1);
    expect(count(withQuantisedLayers(model, [q('two', 3), q('one', 4)]))).toBe(2);
  });
});

describe('numbers that no layer can hold are a mistake of the caller', () => {
  const c: LayerCase = {
    op: 'Gemm', transB: true, via: 'nothing', asConstant: false, alpha: 1, beta: 1, inputs: 3, outputs: 2, groups: 1,
    listedAsInputs: false, opset: 17, bits: 4, zeroPoint: 0, quantiseInput: true, newBias: true, seed: 5,
  }; // prettier-ignore
  const model = open(layerModel(c));
  const good = quantisedOf(c, layersOf(model)[0]!);
  test.each<readonly [string, Partial<QuantisedLayer>]>([
    ['a layer that is not there', { id: 'nowhere' }],
    ['integers beyond 4 bits', { weights: new Int8Array(6).fill(8) }],
    ['too few integers', { weights: new Int8Array(5) }],
    ['a scale of 0', { scales: Float32Array.of(0, 1) }],
    ['a scale that is not a number', { scales: Float32Array.of(NaN, 1) }],
    ['a bias that is infinite', { bias: Float32Array.of(Infinity, 1) }],
    ['an input scale below what float32 holds', { input: { scale: 1e-60, zeroPoint: 0 } }],
    ['a zero point of half a step', { input: { scale: 1, zeroPoint: 0.5 } }],
    ['a zero point beyond a byte', { input: { scale: 1, zeroPoint: 256 } }],
  ])('%s', (_name, wrong) => {
    expect(() => withQuantisedLayers(model, [good])).not.toThrow();
    expect(() => withQuantisedLayers(model, [{ ...good, ...wrong }])).toThrowError(
      expect.objectContaining({ code: 'internal-assertion' }) as Error,
    );
  });
});

describe('what cannot hold integers', () => {
  test('weights used twice, float16 weights and weights that are integers already are named', () => {
    const model = open(
      modelBytes({
        node: [node('MatMul', ['x', 'a'], ['p'], {}, 'one'), node('MatMul', ['p', 'a'], ['y'], {}, 'two')],
        initializer: [floats('a', [3, 3])],
        input: [value('x', ['n', 3])],
        output: [value('y', ['n', 3])],
      }),
    );
    expect(layersOf(model).map((l) => whyNotQuantisable(model, l))).toEqual([
      'its weight is used in more than one place, so solving it would change other layers',
      'its weight is used in more than one place, so solving it would change other layers',
    ]);
    const half = open(
      modelBytes({
        node: [node('MatMul', ['x', 'a'], ['y'], {}, 'one')],
        initializer: [{ ...floats('a', [3, 3]), dataType: 10, rawData: new Uint8Array(18) }],
        input: [value('x', ['n', 3], 10)],
        output: [value('y', ['n', 3], 10)],
      }),
    );
    expect(layersOf(half).map((l) => whyNotQuantisable(half, l))).toEqual([
      'its weight is stored as float16; only float32 weights become integers',
    ]);
  });

  test.each([
    ['Softmax', {}, 12, 3, /works on the dimensions from 1 on as one/],
    ['Softmax', {}, 12, 2, null],
    ['Softmax', { axis: -1 }, 12, 3, null],
    ['Dropout', { ratio: { float: 0.5 } }, 11, 2, /gives ratio as an attribute/],
    ['Dropout', { ratio: { float: 0.5 } }, 13, 2, null],
    ['Clip', { min: { float: 0 } }, 10, 2, /gives min as an attribute/],
    ['Squeeze', { axes: [1] }, 12, 2, /gives axes as an attribute/],
    ['Relu', {}, 7, 2, null],
    ['Relu', {}, 6, 2, /uses operator set 6/],
  ] as const)('%s with %o in operator set %i and %i dimensions: %s', (op, attributes, opset, rank, expected) => {
    const dims = ['n', 3, 1].slice(0, rank);
    const bytes = modelBytes(
      {
        node: [node(op, ['x'], ['y'], attributes, 'part')],
        input: [value('x', dims)],
        output: [value('y')],
      },
      opset,
    );
    const findings = quantiseFindings(open(bytes));
    if (expected === null) expect(findings).toEqual([]);
    else expect(findings).toEqual([expect.objectContaining({ code: 'opset-not-raised', message: expect.stringMatching(expected) })]);
  });
});

describe('real models', () => {
  const layered = materialModels.filter(({ name }) => /lenet5|resnet8|mlp_digits|ort_mnist|opt_char/.test(name));
  test.skipIf(layered.length === 0).each(layered)('$name runs with integers and is as it was otherwise', async ({ path }) => {
    const model = open(bytesOf(path));
    const layers = layersOf(model).filter((l) => whyNotQuantisable(model, l) === null);
    expect(layers.length).toBeGreaterThan(0);
    expect(quantiseFindings(model)).toEqual([]);
    const quantised = layers.map(({ id, linear }): QuantisedLayer => {
      const { inputs, outputs } = linear!;
      return {
        id,
        weights: Int8Array.from({ length: inputs * outputs }, (_, i) => (i % 255) - 127),
        scales: new Float32Array(outputs).fill(1e-3),
        bits: 8,
        bias: null,
        input: { scale: 0.02, zeroPoint: 5 },
      };
    });
    const written = withQuantisedLayers(model, quantised);
    const again = open(encodeModel(written));
    const file = { path, sha256: '', bytes: 0 };
    const [old, now] = [inspectModel(model, file), inspectModel(again, file)];
    expect(now.totals.macs).toBe(old.totals.macs);
    expect(now.totals.parameters).toBe(old.totals.parameters);
    expect(now.totals.weightBytes).toBeLessThan(old.totals.weightBytes / 2);
    const session = await ort.InferenceSession.create(encodeModel(written), { logSeverityLevel: 3 });
    expect(session.outputNames).toEqual(model.graph.outputs.map((o) => o.name));
    await session.release();
  });
});
