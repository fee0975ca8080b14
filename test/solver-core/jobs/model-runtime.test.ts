import { expect, test } from 'vitest';
import type { ModelRuntime } from '../../../solver-core/fit/model-runner.ts';
import { modelRuntime } from '../../../solver-core/jobs/model-runtime.ts';
import { TierwiseError } from '../../../solver-core/model/error.ts';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';
import { tolerances } from '../../tolerances.ts';
import { readExample } from './model-runtime-models.ts';

/** Stands for ONNX Runtime on a platform that it has no library for. */
function missingNative(): ModelRuntime & { readonly asked: () => number } {
  let asked = 0;
  return {
    version: 'onnxruntime-node',
    asked: () => asked,
    open: () => {
      asked += 1;
      return Promise.reject(
        new TierwiseError('runtime-unavailable', 'ONNX Runtime cannot be loaded on test-x64: not there', 'Install it.', {
          category: 'backend',
        }),
      );
    },
  };
}

test('with ONNX Runtime there is no finding, and the version is that of ONNX Runtime', async () => {
  const runtime = modelRuntime();
  await (await runtime.open(readExample('digits'))).dispose();
  expect(runtime.version).toMatch(/^onnxruntime-node \d/);
  expect(runtime.findings()).toEqual([]);
});

test('without it the engine of our own gives the same answers, says so, and the library is looked for once', async () => {
  const native = missingNative();
  const runtime = modelRuntime(native);
  const bytes = readExample('digits');
  const own = await runtime.open(bytes);
  const oracle = await ortRuntime().open(bytes);
  const input = new Map([[own.inputs[0] ?? '', { dims: [2, 64], data: Float32Array.from({ length: 128 }, (_, i) => (i % 17) / 16) }]]);
  const name = own.outputs[0] ?? '';
  const got = (await own.run(input, [name])).get(name)?.data ?? new Float32Array();
  const expected = (await oracle.run(input, [name])).get(name)?.data ?? new Float32Array();
  expect(got.length).toBe(expected.length);
  expect(got.length).toBeGreaterThan(0);
  got.forEach((value, i) => expect(Math.abs(value - (expected[i] ?? NaN))).toBeLessThan(tolerances.outputsFp32.absolute));
  await runtime.open(bytes);
  expect(native.asked()).toBe(1);
  expect(runtime.version).toMatch(/^tierwise-sparse /);
  expect(runtime.findings()).toMatchObject([{ code: 'fallback-runtime', severity: 'info' }]);
});

test('a model that neither can run is refused with platform, operator, node and a way out', async () => {
  const error: unknown = await modelRuntime(missingNative())
    .open(readExample('conv'))
    .catch((one: unknown) => one);
  expect(error).toMatchObject({ code: 'runtime-unavailable', category: 'backend' });
  expect(String(error)).toMatch(/test-x64.*"Conv".*"conv1"/s);
  expect((error as TierwiseError).advice).toMatch(/Linux or Windows/);
});

test('an error of the model itself is not taken for a missing library', async () => {
  const runtime = modelRuntime();
  await expect(runtime.open(new Uint8Array(4))).rejects.toMatchObject({ code: 'model-run-failed' });
  expect(runtime.findings()).toEqual([]);
});
