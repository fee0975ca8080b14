import fc from 'fast-check';
import ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { findLayers, inferShapes } from '../../../solver-core/model/index.ts';
import {
  encodeModel,
  readModel,
  readTensor,
  upstreamModel,
  withFloatWeights,
  withQuantisedLayers,
} from '../../../solver-core/onnx/index.ts';
import type { OnnxModel, QuantisedLayer } from '../../../solver-core/onnx/index.ts';
import { tolerances } from '../../tolerances.ts';
import { modelBytes, node, value } from './build-model.ts';
import { layerCases, layerModel, numbers, sampleShape } from './qdq-models.ts';

const open = (bytes: Uint8Array): OnnxModel => readModel(bytes).value!;
const layersOf = (model: OnnxModel) => findLayers(model.graph, inferShapes(model.graph));

/** The only output. */
async function run(model: OnnxModel, x: Float32Array, dims: readonly number[]): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(encodeModel(model), { logSeverityLevel: 4, graphOptimizationLevel: 'disabled' });
  const outputs = await session.run({ x0: new ort.Tensor(x, dims) });
  const name = session.outputNames[0]!;
  await session.release();
  return outputs[name]!.data as Float32Array;
}

describe('withFloatWeights', () => {
  test('stores, bit for bit, what the nodes give, computes the same, and tells the steps', async () => {
    await fc.assert(
      fc.asyncProperty(layerCases, async (c) => {
        const plain = open(layerModel(c));
        const layer = layersOf(plain).find(({ id }) => id === 'layer')!;
        const { inputs, outputs } = layer.linear!;
        const draw = numbers(c.seed + 1);
        const largest = c.bits === 4 ? 7 : 127;
        const quantised: QuantisedLayer = {
          id: 'layer',
          weights: Int8Array.from({ length: inputs * outputs }, () => Math.round(draw() * largest)),
          scales: Float32Array.from({ length: outputs }, () => 0.001 + 0.01 * Math.abs(draw())),
          bits: c.bits,
          bias: null,
          input: c.quantiseInput ? { scale: 1 / 200, zeroPoint: c.zeroPoint } : null,
        };
        const stored = open(encodeModel(withQuantisedLayers(plain, [quantised])));
        expect(layersOf(stored).find(({ id }) => id === 'layer')!.linear).toBeNull();
        const { model, steps, bytes } = withFloatWeights(stored);
        const found = layersOf(model).find(({ id }) => id === 'layer')!;
        const of = steps.get(found.weight!)!;
        expect(of.steps).toEqual(quantised.scales);
        expect(found.linear!.weightDims[of.axis]).toBe(outputs);
        expect([...bytes.values()]).toEqual(quantised.input === null ? [] : [{ scale: Math.fround(1 / 200), zeroPoint: c.zeroPoint }]);
        if (quantised.input !== null) expect(bytes.has(found.input)).toBe(true);
        const shape = [2, ...sampleShape(c)];
        const x = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, numbers(c.seed + 2));
        expect(readTensor(model, found.weight!).value!.data).toEqual(await run(upstreamModel(stored, [found.weight!]), x, shape));
        const [got, wanted] = [await run(model, x, shape), await run(stored, x, shape)];
        got.forEach((v, i) => expect(Math.abs(v - wanted[i]!)).toBeLessThan(tolerances.outputsFp32.absolute));
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  test('a model without integers comes back as it is', () => {
    const model = open(modelBytes({ input: [value('x', [1, 2])], output: [value('y', [1, 2])], node: [node('Relu', ['x'], ['y'])] }));
    const result = withFloatWeights(model);
    expect(result.model).toBe(model);
    expect(result.steps.size + result.bytes.size).toBe(0);
  });
});
