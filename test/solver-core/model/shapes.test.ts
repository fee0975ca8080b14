import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import type { ModelGraph } from '../../../solver-core/model/graph.ts';
import { inferShapes } from '../../../solver-core/model/shape-inference/infer.ts';
import { TensorProtoSchema } from '../../../solver-core/onnx/gen/onnx_pb.ts';
import { encodeModel, readModel, withGraphOutputs, type OnnxModel } from '../../../solver-core/onnx/index.ts';
import { hasShared } from '../../shared.ts';
import { backendTests, bytesOf, fixtures, materialModels } from '../onnx/material.ts';
import { runInOrt } from '../onnx/ort-oracle.ts';

/** Sizes for the symbolic dimensions; the GPT-2 sample ties three of them together. */
const bindings: readonly Readonly<Record<string, number>>[] = [
  { total_seq_len: 1, past_seq_len: 0 },
  { batch: 3, seq: 5, Sequence: 4, batch_size: 2, seq_len: 3, past_seq_len: 4, total_seq_len: 7 },
];

function open(path: string): OnnxModel {
  const { value, diagnostics } = readModel(bytesOf(path));
  expect(diagnostics).toEqual([]);
  if (value === undefined) throw new Error('no model');
  return value;
}

/** The graph without any declared type of an inner value or output: nothing to copy the answer from. */
function undeclared(graph: ModelGraph): ModelGraph {
  return { ...graph, valueInfos: new Map(), outputs: graph.outputs.map((o) => ({ ...o, kind: 'unknown', dtype: 'unknown', shape: null })) };
}

const samples = [...fixtures, ...materialModels];

describe('shapes equal those that ONNX Runtime computes, for every value of the graph', () => {
  for (const { name, path } of samples) {
    test.each(bindings)(`${name} with %o`, async (named) => {
      const model = open(path);
      const shapes = inferShapes(undeclared(model.graph), { named });
      expect(shapes.diagnostics).toEqual([]);
      const all = model.graph.nodes.flatMap((n) => n.outputs).filter((o) => o !== '');
      const probe = encodeModel(withGraphOutputs(model, all));
      const outputs = await runInOrt(probe, (dim) => named[dim] ?? 1);
      const expected = Object.fromEntries([...outputs].map(([key, tensor]) => [key, { dims: tensor.dims, dtype: tensor.type }]));
      const actual = Object.fromEntries(
        [...outputs.keys()].map((key) => [key, { dims: shapes.values.get(key)?.shape, dtype: shapes.values.get(key)?.dtype }]),
      );
      expect(outputs.size).toBeGreaterThanOrEqual(all.length);
      expect(actual).toEqual(expected);
    });
  }
});

describe.skipIf(!hasShared)('shapes equal the stored outputs of the ONNX backend tests', () => {
  test.each(backendTests)('$name', ({ path }) => {
    const model = open(join(path, 'model.onnx'));
    const shapes = inferShapes(undeclared(model.graph));
    expect(shapes.diagnostics).toEqual([]);
    const files = readdirSync(join(path, 'test_data_set_0'))
      .filter((f) => f.startsWith('output_'))
      .sort();
    expect(files.length).toBe(model.graph.outputs.length);
    for (const [i, file] of files.entries()) {
      const tensor = fromBinary(TensorProtoSchema, bytesOf(join(path, 'test_data_set_0', file)));
      const output = model.graph.outputs[i];
      const facts = shapes.values.get(output?.name ?? '');
      // Loops and branches whose length depends on the data leave a dimension open.
      const inferred = facts?.shape?.map((d, k) => d ?? Number(tensor.dims[k]));
      expect(inferred, output?.name).toEqual(tensor.dims.map(Number));
    }
  });
});
