import { describe, expect, test } from 'vitest';
import type { InspectDocument } from '../../../solver-core/protocol/index.ts';
import { encodeModel, fitMetadataKey, inspectModel, readModel, withMetadata, type ModelSummary } from '../../../solver-core/onnx/index.ts';
import { floats, modelBytes, node, value } from './build-model.ts';
import { bytesOf, fixtures, materialModels } from './material.ts';

function inspect(bytes: Uint8Array, named: Readonly<Record<string, number>> = {}): ModelSummary {
  const model = readModel(bytes).value;
  if (model === undefined) throw new Error('no model');
  return inspectModel(model, { path: 'm.onnx', sha256: 'ab', bytes: bytes.length }, { named });
}

describe('inspectModel', () => {
  test('has the fields of the inspect document', () => {
    const bytes = bytesOf(fixtures[0]?.path ?? '');
    // The compiler checks that the summary fits the protocol.
    const document: InspectDocument = { schema: 'tierwise.inspect/1', ...inspect(bytes) };
    expect(document.model).toMatchObject({
      path: 'm.onnx',
      sha256: 'ab',
      bytes: 27_096,
      irVersion: 8,
      opsets: { 'ai.onnx': 17 },
      nodes: 5,
      inputs: [{ name: 'input', dtype: 'float32', shape: ['batch', 64] }],
      outputs: [{ name: 'logits', dtype: 'float32', shape: ['batch', 10] }],
    });
    expect(document.model.producer).toMatch(/^pytorch /);
    expect(document.totals).toEqual({ layers: 3, macs: 6464, macsComplete: true, parameters: 6570, weightBytes: 26_280 });
    expect(document.layers[0]).toEqual({
      id: '/net/net.0/Gemm',
      op: 'Gemm',
      inputShape: [1, 64],
      outputShape: [1, 64],
      macs: 4096,
      parameters: 4160,
      weightBytes: 16_640,
      weight: 'net.0.weight',
      fitted: null,
    });
  });

  test('the totals are the sums over the layers', () => {
    const { totals, layers } = inspect(bytesOf(fixtures[0]?.path ?? ''), { batch: 4 });
    expect(totals.macs).toBe(layers.reduce((sum, l) => sum + (l.macs ?? 0), 0));
    expect(totals.macs).toBe(4 * 6464);
  });

  test('a shared weight counts once in the totals', () => {
    const { totals } = inspect(
      modelBytes({
        input: [value('x', [1, 3])],
        initializer: [floats('w', [3, 3])],
        node: [node('MatMul', ['x', 'w'], ['a']), node('MatMul', ['a', 'w'], ['b'])],
        output: [value('b')],
      }),
    );
    expect([totals.layers, totals.macs, totals.parameters, totals.weightBytes]).toEqual([2, 18, 9, 36]);
  });

  test('an unknown operator before a layer makes the totals incomplete, and says so', () => {
    const { totals, layers, diagnostics } = inspect(
      modelBytes({
        input: [value('x', [1, 3])],
        initializer: [floats('w', [3, 3])],
        node: [node('Frob', ['x'], ['a']), node('MatMul', ['a', 'w'], ['b'])],
        output: [value('b')],
      }),
    );
    expect([totals.macsComplete, layers[0]?.macs, layers[0]?.parameters]).toEqual([false, null, 9]);
    expect(diagnostics.map((d) => d.code)).toEqual(['unknown-operator']);
  });

  test('a fitted layer says how', () => {
    const model = readModel(bytesOf(fixtures[0]?.path ?? '')).value;
    if (model === undefined) throw new Error('no model');
    const fitted = withMetadata(model, { [fitMetadataKey('/net/net.0/Gemm')]: 'ridge' });
    expect(inspect(encodeModel(fitted)).layers.map((l) => l.fitted)).toEqual(['ridge', null, null]);
  });

  test('hostile names stay plain properties', () => {
    const summary = inspect(modelBytes({}, 17, { metadataProps: [{ key: '__proto__', value: 'x' }] }));
    expect(Object.getPrototypeOf(summary.model.metadata)).toBe(Object.prototype);
    expect(Object.entries(summary.model.metadata)).toEqual([['__proto__', 'x']]);
  });

  test.each(materialModels)('$name inspects without a finding, with all MACs known', ({ path }) => {
    const summary = inspect(bytesOf(path));
    expect(summary.diagnostics).toEqual([]);
    expect(summary.totals.macsComplete).toBe(true);
    expect(summary.totals.layers).toBeGreaterThan(0);
  });
});
