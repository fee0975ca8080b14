import fc from 'fast-check';
import ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import type { StoredLayer } from '../../../solver-core/compress/select/types.ts';
import { layerWeights } from '../../../solver-core/jobs/integer-layers.ts';
import { storedModel } from '../../../solver-core/jobs/select-stored.ts';
import { findLayers, inferShapes } from '../../../solver-core/model/index.ts';
import { encodeModel, readModel } from '../../../solver-core/onnx/index.ts';
import { tolerances } from '../../tolerances.ts';
import { hasBias, layerCases, layerModel, numbers, sampleShape } from '../onnx/qdq-models.ts';

async function run(bytes: Uint8Array, x: ort.Tensor): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  try {
    return (await session.run({ x0: x }))['y']!.data as Float32Array;
  } finally {
    await session.release();
  }
}

/**
 * Weights on a grid that 8 bits hold, and inputs on the grid of their bytes: the stored model must then give what the original gives,
 * through the runtime on both sides, whatever the layout of its weight, alpha, beta, groups and bias.
 */
test('a layer whose weights are on the grid of its integers gives the same as before', async () => {
  await fc.assert(
    fc.asyncProperty(layerCases, fc.integer({ min: 1, max: 2 ** 30 }), async (c, seed) => {
      const draw = numbers(seed);
      const bytes = layerModel({ ...c, opset: Math.max(13, c.opset) });
      const model = readModel(bytes).value!;
      const layers = findLayers(model.graph, inferShapes(model.graph));
      const layer = layers.find(({ id }) => id === 'layer')!;
      const weights = layerWeights(model, layer);
      if (typeof weights === 'string') throw new Error(weights);
      const { values, d, k, groups } = weights;
      // Steps so fine that rounding to them moves no output visibly: the largest weight at the last integer.
      const scales = new Float64Array(groups * k);
      const inputs = d / groups;
      const integers = new Int8Array(values.length);
      const rest = new Float64Array(groups * k);
      for (let g = 0; g < groups; g++) {
        for (let n = 0; n < k; n++) {
          const own = Array.from({ length: inputs }, (_, i) => values[(g * inputs + i) * k + n]!);
          const most = Math.max(...own.map(Math.abs)) || 1;
          scales[g * k + n] = most / 127;
          own.forEach((w, i) => {
            const v = Math.round(w / scales[g * k + n]!);
            integers[(g * inputs + i) * k + n] = v;
            rest[g * k + n] = rest[g * k + n]! + Math.abs(w - v * scales[g * k + n]!);
          });
        }
      }
      const change = Float64Array.from({ length: groups * k }, () => (hasBias(c) && c.newBias ? draw() : 0));
      const stored: StoredLayer = { id: 'layer', bits: 8, integers, scales, biasChange: change, input: { scale: 1 / 255, zeroPoint: 0 } };
      const written = encodeModel(storedModel(model, layers, new Map([['layer', stored]])));
      const shape = sampleShape(c);
      const x = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.round(255 * Math.abs(draw())) / 255);
      const tensor = new ort.Tensor('float32', x, [1, ...shape]);
      const [before, after] = [await run(bytes, tensor), await run(written, tensor)];
      const perOutput = after.length / (groups * k);
      after.forEach((v, at) => {
        const o = Math.floor(at / perOutput);
        // Inputs lie in 0..1, so what rounding the weights can do to a sum is the sum of what it does to each.
        expect(Math.abs(v - before[at]! - change[o]!)).toBeLessThanOrEqual(rest[o]! + tolerances.outputsFp32.absolute);
      });
    }),
    { seed: 20261121, numRuns: 150 },
  );
});
