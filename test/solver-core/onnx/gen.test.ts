import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { generateOnnx } from '../../../.ci/gen-onnx.mjs';
import { dtypeFromOnnx } from '../../../solver-core/model/shape-inference/onnx-types.ts';
import { TensorProto_DataType as T } from '../../../solver-core/onnx/gen/onnx_pb.ts';
import { projectRoot } from '../../shared.ts';
import { floats, modelBytes, node, value } from './build-model.ts';

test('the committed decoder is what the schema generates', async (context) => {
  const out = mkdtempSync(join(tmpdir(), 'tierwise-gen-test-'));
  try {
    try {
      await generateOnnx(out);
    } catch (error) {
      context.skip(`buf cannot run here: ${String(error)}`);
    }
    expect(readFileSync(join(out, 'onnx_pb.ts'), 'utf8')).toBe(readFileSync(join(projectRoot, 'solver-core/onnx/gen/onnx_pb.ts'), 'utf8'));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});

/** Element types by the names that ONNX Runtime uses in its messages. */
const ortNames: Readonly<Record<string, string>> = { FLOAT: 'float', DOUBLE: 'double' };

test('element type numbers are those of ONNX Runtime', async () => {
  const names = Object.entries(T).filter(([, number]) => number > 0);
  expect(names.length).toBe(26);
  const seen: Record<string, string> = {};
  for (const [name, number] of names) {
    // A graph input whose declared type is not that of the node's output: the refusal names both.
    const bytes = modelBytes(
      {
        input: [value('x', [1], number)],
        node: [node('Identity', ['x'], ['y'])],
        output: [value('y', [1], number === T.FLOAT ? T.INT64 : T.FLOAT)],
      },
      25,
      { irVersion: 10n },
    );
    const message = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 }).then(
      () => 'accepted',
      (error: unknown) => String(error),
    );
    seen[name] = message;
  }
  for (const [name] of names) expect(seen[name]?.toLowerCase(), name).toContain(`tensor(${(ortNames[name] ?? name).toLowerCase()}`);
});

test('every published element type has a name of ours', () => {
  const names = Object.values(T)
    .filter((v) => v > 0)
    .map(dtypeFromOnnx);
  expect(new Set(names).size).toBe(26);
  expect(names).not.toContain('unknown');
  expect(floats('a', [1]).dataType).toBe(1);
});
