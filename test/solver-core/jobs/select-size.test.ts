import { describe, expect, test } from 'vitest';
import { steeringSamples, valueBytes, whyTooLarge } from '../../../solver-core/jobs/select-size.ts';
import { findLayers, inferShapes } from '../../../solver-core/model/index.ts';
import type { Layer } from '../../../solver-core/model/layer.ts';
import { buildModel, readModel } from '../../../solver-core/onnx/index.ts';

/** A convolution of 3 x 3 on one channel of `side` x `side`, read as if it had other sizes. */
function layer(side: number, linear: { readonly inputs?: number; readonly outputs?: number; readonly groups?: number } = {}): Layer {
  const bytes = buildModel({
    name: 'one',
    inputs: [{ name: 'x', type: 'float32', dims: ['n', 1, side, side] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['n', 2, side - 2, side - 2] }],
    nodes: [{ op: 'Conv', inputs: ['x', 'w'], outputs: ['y'] }],
    tensors: [{ name: 'w', dims: [2, 1, 3, 3], data: new Float32Array(18).fill(1) }],
  });
  const { graph } = readModel(bytes).value!;
  const found = findLayers(graph, inferShapes(graph))[0]!;
  return { ...found, linear: { ...found.linear!, ...linear } };
}

describe('the size of a layer', () => {
  test('as it is met in practice is no obstacle', () => {
    expect(whyTooLarge(layer(32))).toBeNull();
    expect(whyTooLarge(layer(32, { inputs: 4608, outputs: 512 }))).toBeNull();
    expect(whyTooLarge({ ...layer(32), linear: null })).toBeNull();
  });

  test('is told by its inputs before any work', () => {
    expect(whyTooLarge(layer(32, { inputs: 9216, outputs: 4096 }))).toMatch(/some \d+ MiB of memory for 9216 inputs; 2048 MiB are allowed/);
    expect(whyTooLarge(layer(32, { inputs: 3000, groups: 8 }))).toMatch(/for 8 groups of 3000 inputs/);
  });

  test('of its values lessens the samples, and leaves it when too few would remain', () => {
    expect(steeringSamples(layer(32), 16384)).toBe(160);
    expect(steeringSamples(layer(32), 100)).toBe(100);
    const large = layer(1200);
    expect(whyTooLarge(large)).toBeNull();
    const samples = steeringSamples(large, 16384);
    expect(samples).toBeLessThan(160);
    expect(4 * samples * 2 * 1198 ** 2).toBeLessThanOrEqual(valueBytes);
    expect(whyTooLarge(layer(1900))).toMatch(/take 28 MiB for each sample; 512 MiB are allowed for 20 samples/);
  });
});
