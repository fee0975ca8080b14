import fc from 'fast-check';
import ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { findLayers, inferShapes } from '../../../solver-core/model/index.ts';
import type { Layer } from '../../../solver-core/model/layer.ts';
import { encodeModel, readModel, withHead, type NewHead, type OnnxModel } from '../../../solver-core/onnx/index.ts';
import type { NodeProto, TensorProto } from '../../../solver-core/onnx/gen/onnx_pb.ts';
import { tolerances } from '../../tolerances.ts';
import { floats, modelBytes, node, value } from './build-model.ts';

/** Form of the head in a made-up model, and what is put into it. */
interface Case {
  readonly op: 'Gemm' | 'MatMul' | 'MatMul+Add' | 'Gemm without bias';
  readonly transB: boolean;
  readonly viaTranspose: boolean;
  readonly asConstant: boolean;
  readonly alpha: number;
  readonly beta: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly newOutputs: number;
  readonly features: number | null;
  readonly compensated: boolean;
  readonly listedAsInputs: boolean;
  readonly seed: number;
}

const cases = fc.record<Case>({
  op: fc.constantFrom('Gemm', 'MatMul', 'MatMul+Add', 'Gemm without bias'),
  transB: fc.boolean(),
  viaTranspose: fc.boolean(),
  asConstant: fc.boolean(),
  alpha: fc.constantFrom(1, 0.5, -2),
  beta: fc.constantFrom(1, 0.25, 3),
  inputs: fc.integer({ min: 1, max: 6 }),
  outputs: fc.integer({ min: 1, max: 4 }),
  newOutputs: fc.integer({ min: 0, max: 3 }),
  features: fc.option(fc.integer({ min: 1, max: 7 })),
  compensated: fc.boolean(),
  listedAsInputs: fc.boolean(),
  seed: fc.integer({ min: 1, max: 2 ** 30 }),
});

/** Numbers in [-1, 1) that follow from a seed. */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  };
}

const unknownField = new Uint8Array([0xc2, 0x3e, 5, ...new TextEncoder().encode('extra')]);

function modelOf(c: Case): Uint8Array {
  const draw = numbers(c.seed);
  const isGemm = c.op.startsWith('Gemm');
  const turned = (isGemm && c.transB) !== c.viaTranspose;
  const dims = turned ? [c.outputs, c.inputs] : [c.inputs, c.outputs];
  const stored: TensorProto[] = [floats('w', dims, draw)];
  const nodes: NodeProto[] = [node('Identity', ['x'], ['h'], {}, 'tierwise_relu')];
  if (c.asConstant) nodes.push(node('Constant', [], ['w'], { value: { tensor: stored.pop()! } }));
  if (c.viaTranspose) nodes.push(node('Transpose', ['w'], ['wt'], { perm: [1, 0] }));
  const weight = c.viaTranspose ? 'wt' : 'w';
  const hasBias = c.op === 'Gemm' || c.op === 'MatMul+Add';
  if (hasBias) stored.push(floats('b', [c.outputs], draw));
  if (isGemm) {
    const attributes = { alpha: { float: c.alpha }, beta: { float: c.beta }, transB: c.transB ? 1 : 0 };
    nodes.push(node('Gemm', hasBias ? ['h', weight, 'b'] : ['h', weight], ['scores'], attributes, 'head'));
  } else {
    nodes.push(node('MatMul', ['h', weight], [hasBias ? 'product' : 'scores'], {}, 'head'));
    if (hasBias) nodes.push(node('Add', ['product', 'b'], ['scores']));
  }
  nodes.push(node('Softmax', ['scores'], ['p'], { axis: -1 }), node('ArgMax', ['scores'], ['best'], { axis: 1, keepdims: 0 }));
  return modelBytes({
    node: nodes,
    initializer: stored,
    input: [value('x', ['n', c.inputs]), ...(c.listedAsInputs ? stored.map((t) => value(t.name!, t.dims.map(Number))) : [])],
    output: [value('scores', ['n', c.outputs]), value('p', ['n', c.outputs]), value('best', ['n'], 7)],
    valueInfo: [value('h', ['n', c.inputs]), ...(c.op === 'MatMul+Add' ? [value('product', ['n', c.outputs])] : [])],
  });
}

function open(bytes: Uint8Array): OnnxModel {
  const { value: model, diagnostics } = readModel(bytes);
  if (model === undefined) throw new Error(JSON.stringify(diagnostics));
  return model;
}

function headLayer(model: OnnxModel): Layer {
  const layer = findLayers(model.graph, inferShapes(model.graph)).find((l) => l.id === 'head');
  if (layer === undefined) throw new Error('no head');
  return layer;
}

function headOf(c: Case): NewHead {
  const draw = numbers(c.seed + 1);
  const fill = (count: number): Float32Array => Float32Array.from({ length: count }, draw);
  const outputs = c.outputs + c.newOutputs;
  const { features } = c;
  const expansion = features === null ? null : { features, w: fill(c.inputs * features), b: fill(features) };
  return {
    expansion,
    w: fill((features ?? c.inputs) * outputs),
    b: fill(outputs),
    compensation: features !== null && c.compensated ? fill(features * outputs) : null,
    outputs,
  };
}

/** The definition of a head, in doubles: the oracle. */
function scoresOf(head: NewHead, x: Float32Array, rows: number, inputs: number): number[] {
  const scores: number[] = [];
  for (let r = 0; r < rows; r++) {
    const row = [...x.subarray(r * inputs, (r + 1) * inputs)];
    const e = head.expansion;
    const z =
      e === null ? row : Array.from({ length: e.features }, (_, f) => row.reduce((s, v, i) => s + v * e.w[i * e.features + f]!, e.b[f]!));
    for (let o = 0; o < head.outputs; o++) {
      let sum = head.b[o]!;
      z.forEach((v, f) => {
        sum += (e === null ? v : Math.max(0, v)) * head.w[f * head.outputs + o]!;
        if (head.compensation !== null) sum += Math.tanh(v) * head.compensation[f * head.outputs + o]!;
      });
      scores.push(sum);
    }
  }
  return scores;
}

async function run(
  bytes: Uint8Array,
  x: Float32Array,
  rows: number,
): Promise<{ scores: readonly number[]; dims: readonly (readonly number[])[] }> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  try {
    const out = await session.run({ x: new ort.Tensor('float32', x, [rows, x.length / rows]) });
    return { scores: [...(out['scores']!.data as Float32Array)], dims: ['scores', 'p', 'best'].map((name) => out[name]!.dims) };
  } finally {
    await session.release();
  }
}

describe('withHead', () => {
  test('runs in ONNX Runtime with the scores of the head, for every form of a dense layer', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        const bytes = Buffer.concat([modelOf(c), unknownField]);
        const model = open(bytes);
        const head = headOf(c);
        const written = encodeModel(withHead(model, headLayer(model), head));
        const rows = 3;
        const x = Float32Array.from({ length: rows * c.inputs }, numbers(c.seed + 2));
        const { scores, dims } = await run(written, x, rows);
        expect(dims).toEqual([[rows, head.outputs], [rows, head.outputs], [rows]]);
        const expected = scoresOf(head, x, rows, c.inputs);
        scores.forEach((v, i) => expect(Math.abs(v - expected[i]!)).toBeLessThan(tolerances.outputsFp32.absolute));
        // It reads back: declared shapes agree with the new size, the same layer is found, unknown fields are there.
        const again = open(written);
        const shapes = inferShapes(again.graph);
        expect(shapes.diagnostics).toEqual([]);
        expect(again.graph.outputs.map((o) => o.shape?.at(-1))).toEqual([head.outputs, head.outputs, 'n']);
        expect(headLayer(again).linear).toMatchObject({ inputs: c.features ?? c.inputs, outputs: head.outputs });
        expect(Buffer.from(written).includes(Buffer.from('extra'))).toBe(true);
        // The model that was given is as it was.
        expect(Buffer.compare(encodeModel(model), bytes)).toBe(0);
      }),
      { seed: 20261121, numRuns: 150 },
    );
  });

  test('a head of the same size changes two tensors and nothing else', () => {
    const c: Case = {
      op: 'Gemm', transB: true, viaTranspose: false, asConstant: false, alpha: 1, beta: 1, inputs: 3, outputs: 2, newOutputs: 0,
      features: null, compensated: false, listedAsInputs: false, seed: 5,
    }; // prettier-ignore
    const model = open(modelOf(c));
    const changed = withHead(model, headLayer(model), headOf(c));
    expect({ ...changed.proto.graph, initializer: null }).toEqual({ ...model.proto.graph, initializer: null });
    expect(changed.proto.graph?.initializer.map((t) => t.name)).toEqual(['w', 'b']);
  });

  test('refuses values beyond float32', () => {
    const c = fc.sample(cases, { seed: 1, numRuns: 1 })[0]!;
    const model = open(modelOf(c));
    const head = headOf(c);
    head.w[0] = Infinity;
    expect(() => withHead(model, headLayer(model), head)).toThrowError(/beyond float32/);
  });
});
