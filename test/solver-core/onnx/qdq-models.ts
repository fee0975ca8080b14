import fc from 'fast-check';
import { floats, int64s, modelBytes, node, value } from './build-model.ts';
import type { NodeProto, TensorProto } from '../../../solver-core/onnx/gen/onnx_pb.ts';

/** A made-up model of one layer "layer" that reads x and gives y. */
export interface LayerCase {
  readonly op: 'Gemm' | 'MatMul' | 'MatMul+Add' | 'Gemm without bias' | 'Conv' | 'Conv without bias' | 'Conv1';
  readonly transB: boolean;
  readonly via: 'nothing' | 'Transpose' | 'Reshape' | 'Identity';
  readonly asConstant: boolean;
  readonly alpha: number;
  readonly beta: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly groups: number;
  readonly listedAsInputs: boolean;
  readonly opset: number;
  readonly bits: 4 | 8;
  readonly zeroPoint: number;
  readonly quantiseInput: boolean;
  readonly newBias: boolean;
  readonly seed: number;
}

export const layerCases: fc.Arbitrary<LayerCase> = fc.record({
  op: fc.constantFrom('Gemm', 'MatMul', 'MatMul+Add', 'Gemm without bias', 'Conv', 'Conv without bias', 'Conv1'),
  transB: fc.boolean(),
  via: fc.constantFrom('nothing', 'nothing', 'Transpose', 'Reshape', 'Identity'),
  asConstant: fc.boolean(),
  alpha: fc.constantFrom(1, 1, 0.5, -2),
  beta: fc.constantFrom(1, 1, 0.25, 3),
  inputs: fc.integer({ min: 1, max: 9 }),
  outputs: fc.integer({ min: 1, max: 5 }),
  groups: fc.integer({ min: 1, max: 3 }),
  listedAsInputs: fc.boolean(),
  opset: fc.constantFrom(11, 12, 13, 17, 20, 21),
  bits: fc.constantFrom(4, 8),
  zeroPoint: fc.constantFrom(0, 0, 17, 128, 255),
  quantiseInput: fc.boolean(),
  newBias: fc.boolean(),
  seed: fc.integer({ min: 1, max: 2 ** 30 }),
});

/** Numbers in [-1, 1) that follow from a seed. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  };
}

/** Spatial size of convolution inputs, kernel 3 with one zero around. */
export const side = 4;

export const isConvCase = (c: LayerCase): boolean => c.op.startsWith('Conv');
export const spatialRank = (c: LayerCase): number => (c.op === 'Conv1' ? 1 : 2);
export const hasBias = (c: LayerCase): boolean => c.op === 'Gemm' || c.op === 'MatMul+Add' || c.op === 'Conv' || c.op === 'Conv1';

/** Shape of one sample. */
export function sampleShape(c: LayerCase): readonly number[] {
  return isConvCase(c) ? [c.inputs * c.groups, ...Array.from({ length: spatialRank(c) }, () => side)] : [c.inputs];
}

/** Field 1000 of the model, a length-delimited text: no published field has this number. */
export const unknownField = new Uint8Array([0xc2, 0x3e, 5, ...new TextEncoder().encode('extra')]);

/** Dimensions of the stored weight. */
export function storedDims(c: LayerCase): readonly number[] {
  if (isConvCase(c)) {
    const kernel = Array.from({ length: spatialRank(c) }, () => 3);
    const used = [c.outputs * c.groups, c.inputs, ...kernel];
    return c.via === 'Reshape' ? [used.reduce((a, b) => a * b, 1)] : used;
  }
  const turned = (c.op.startsWith('Gemm') && c.transB) !== (c.via === 'Transpose');
  const dims = turned ? [c.outputs, c.inputs] : [c.inputs, c.outputs];
  return c.via === 'Reshape' ? [c.outputs * c.inputs] : dims;
}

export function layerModel(c: LayerCase): Uint8Array {
  const draw = numbers(c.seed);
  const nodes: NodeProto[] = [node('Relu', ['x0'], ['x'], {}, 'tierwise_relu')];
  const stored: TensorProto[] = [floats('w', storedDims(c), draw)];
  if (c.asConstant) nodes.push(node('Constant', [], ['w'], { value: { tensor: stored.pop()! } }));
  let weight = 'w';
  const outputs = isConvCase(c) ? c.outputs * c.groups : c.outputs;
  if (c.via === 'Transpose' && !isConvCase(c)) nodes.push(node('Transpose', ['w'], [(weight = 'wt')], { perm: [1, 0] }));
  if (c.via === 'Identity') nodes.push(node('Identity', ['w'], [(weight = 'wi')]));
  if (c.via === 'Reshape') {
    const used = storedDims({ ...c, via: 'nothing' });
    stored.push(int64s('shape', used));
    nodes.push(node('Reshape', ['w', 'shape'], [(weight = 'wr')]));
  }
  if (hasBias(c)) stored.push(floats('b', [outputs], draw));
  const b = hasBias(c) ? ['b'] : [];
  if (isConvCase(c)) {
    const rank = spatialRank(c);
    const attributes = { group: c.groups, pads: Array.from({ length: 2 * rank }, () => 1) };
    nodes.push(node('Conv', ['x', weight, ...b], ['y'], attributes, 'layer'));
  } else if (c.op.startsWith('Gemm')) {
    const attributes = { alpha: { float: c.alpha }, beta: { float: c.beta }, transB: c.transB ? 1 : 0 };
    nodes.push(node('Gemm', ['x', weight, ...b], ['y'], attributes, 'layer'));
  } else {
    nodes.push(node('MatMul', ['x', weight], [b.length > 0 ? 'product' : 'y'], {}, 'layer'));
    if (b.length > 0) nodes.push(node('Add', ['product', 'b'], ['y']));
  }
  const result = isConvCase(c) ? [outputs, ...sampleShape(c).slice(1)] : [outputs];
  return Buffer.concat([
    modelBytes(
      {
        node: nodes,
        initializer: stored,
        input: [
          value('x0', ['n', ...sampleShape(c)]),
          ...(c.listedAsInputs ? stored.map((t) => value(t.name!, t.dims.map(Number), t.dataType)) : []),
        ],
        output: [value('y', ['n', ...result])],
        valueInfo: [value('x', ['n', ...sampleShape(c)]), ...(c.asConstant ? [value('w', storedDims(c))] : [])],
      },
      c.opset,
      { irVersion: c.opset >= 21 ? 10n : c.listedAsInputs ? 3n : 8n, metadataProps: [{ key: 'author', value: 'somebody' }] },
    ),
    unknownField,
  ]);
}
