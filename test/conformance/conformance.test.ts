import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { findLayers } from '../../solver-core/model/layers.ts';
import { inferShapes } from '../../solver-core/model/shape-inference/infer.ts';
import { TensorProtoSchema } from '../../solver-core/onnx/gen/onnx_pb.ts';
import { readModel } from '../../solver-core/onnx/index.ts';
import { hasShared, projectRoot } from '../shared.ts';
import { backendTests, bytesOf, materialModels, type Sample } from '../solver-core/onnx/material.ts';

const manifest = join(projectRoot, 'test/conformance/models.txt');

/** "pass", or "fail" with what was found. */
function verdict(path: string, dataSet: string | undefined): string {
  const { value: model, diagnostics } = readModel(bytesOf(path));
  const shapes = model === undefined ? undefined : inferShapes(model.graph);
  const found = new Set([...diagnostics, ...(shapes?.diagnostics ?? [])].map((d) => d.code));
  if (model !== undefined && shapes !== undefined) {
    if (findLayers(model.graph, shapes).some((l) => l.macs === null)) found.add('macs-unknown');
    const stored =
      dataSet === undefined
        ? []
        : readdirSync(dataSet)
            .filter((f) => f.startsWith('output_'))
            .sort()
            .map((f) => fromBinary(TensorProtoSchema, bytesOf(join(dataSet, f))));
    stored.forEach((tensor, i) => {
      const shape = shapes.values.get(model.graph.outputs[i]?.name ?? '')?.shape;
      const dims = tensor.dims.map(Number);
      // A dimension that depends on the data stays open; all others must agree.
      if (JSON.stringify(shape?.map((d, k) => d ?? dims[k])) !== JSON.stringify(dims)) found.add('shape-differs');
      else if (shape?.includes(null) === true) found.add('shape-open');
    });
  }
  return found.size === 0 ? 'pass' : `fail ${[...found].sort().join(' ')}`;
}

test.skipIf(!hasShared)('third-party models and ONNX backend tests are where the manifest says', () => {
  const thirdParty = materialModels.filter((s) => s.path.includes('third-party'));
  const line = (s: Sample, path: string, dataSet?: string): string => `${s.name} ${verdict(path, dataSet)}`;
  const lines = [
    ...thirdParty.map((s) => line(s, s.path)),
    ...backendTests.map((s) => line(s, join(s.path, 'model.onnx'), join(s.path, 'test_data_set_0'))),
  ];
  const text = `${lines.sort().join('\n')}\n`;
  if (process.env['UPDATE'] === '1') writeFileSync(manifest, text);
  expect(text).toBe(readFileSync(manifest, 'utf8'));
});
