import { create } from '@bufbuild/protobuf';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { weightChangesJob } from '../../../solver-core/jobs/weight-changes.ts';
import { weightsJob } from '../../../solver-core/jobs/weights.ts';
import { TensorProto_DataLocation, TensorProto_DataType as T, TensorProtoSchema } from '../../../solver-core/onnx/gen/onnx_pb.ts';
import type { TensorProto } from '../../../solver-core/onnx/gen/onnx_pb.ts';
import { weightsText } from '../../../solver-core/report/weights-text.ts';
import type { WeightsDocument } from '../../../solver-core/protocol/index.ts';
import { modelBytes, node, value } from '../onnx/build-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'tierwise-weights-hostile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const environment = createEnvironment('0', join(folder, 'solver.cjs'));

/** A model of one MatMul whose weight is `fields`. */
function write(name: string, fields: Parameters<typeof create<typeof TensorProtoSchema>>[1]): string {
  const weight: TensorProto = create(TensorProtoSchema, { name: 'w', dataType: T.FLOAT, ...(fields as object) });
  const [rows, columns] = weight.dims.map(Number);
  const graph = {
    node: [node('MatMul', ['x', 'w'], ['y'], {}, 'layer')],
    initializer: [weight],
    input: [value('x', ['n', rows ?? 1])],
    output: [value('y', ['n', columns ?? 1])],
  };
  writeFileSync(join(folder, name), modelBytes(graph, 21, { irVersion: 10n }));
  return join(folder, name);
}
const raw = (values: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const count = (path: string, before?: string): Promise<WeightsDocument> =>
  weightsJob(environment, { path, layer: 'layer', ...(before === undefined ? {} : { before }) });
const external = (location: string, dims: readonly bigint[]): object => ({
  dims,
  dataLocation: TensorProto_DataLocation.EXTERNAL,
  externalData: [{ key: 'location', value: location }],
});

test('numbers of one kind: equal ones, zeros of either sign, none that is finite', async () => {
  const equal = await count(write('equal.onnx', { dims: [2n, 4n], rawData: raw(Array.from({ length: 8 }, () => 0.25)) }));
  expect(equal.figures).toMatchObject({ min: 0.25, max: 0.25, mean: 0.25, standardDeviation: 0, zeros: 0, nearZeros: 0 });
  expect(Math.max(...equal.counts)).toBe(8);
  const zeros = await count(write('zeros.onnx', { dims: [2n, 2n], rawData: raw([-0, 0, -0, 0]) }));
  expect(zeros.figures).toMatchObject({ zeros: 4, nearZeros: 4, standardDeviation: 0 });
  expect(weightsText(zeros)).not.toContain('-0 ');
  const none = await count(write('none.onnx', { dims: [2n, 2n], rawData: raw([NaN, Infinity, -Infinity, NaN]) }));
  expect(none.figures).toEqual({
    count: 4,
    nonFinite: 4,
    zeros: 0,
    nearZeros: 0,
    min: null,
    max: null,
    mean: null,
    standardDeviation: null,
  });
  expect(Math.max(...none.counts)).toBe(0);
  expect(weightsText(none)).not.toMatch(/NaN|undefined/);
  expect((await count(join(folder, 'zeros.onnx'), join(folder, 'none.onnx'))).before?.relativeChange).toBeNull();
});

test('a tensor without elements, and one without dimensions', async () => {
  const empty = write('empty.onnx', { dims: [0n, 4n] });
  const scalar = write('scalar.onnx', { dims: [], rawData: raw([3]) });
  for (const path of [empty, scalar]) {
    // A layer may be refused as none: what counts is a document or a code.
    const document = await count(path).catch((error: { code?: string }) => error);
    if ('code' in document) expect(document.code).toMatch(/^[a-z-]+$/);
    else if ('figures' in document) {
      expect(document.counts.reduce((a, b) => a + b, 0)).toBe(document.figures.count);
      expect(weightsText(document)).not.toMatch(/NaN|undefined/);
    }
    const changes = await weightChangesJob(environment, { path, before: join(folder, 'equal.onnx') });
    expect(JSON.stringify(changes)).not.toContain('NaN');
  }
});

test('2^31 elements that are declared and not there end with a code, without their memory', async () => {
  const dims = [65_536n, 32_768n];
  const heapBytes = process.memoryUsage().arrayBuffers;
  await expect(count(write('declared.onnx', { dims, rawData: raw([1]) }))).rejects.toMatchObject({ code: 'tensor-size-mismatch' });
  await expect(count(write('missing.onnx', external('missing.bin', dims)))).rejects.toMatchObject({
    code: expect.stringMatching(/^external-/) as string,
  });
  writeFileSync(join(folder, 'short.bin'), '');
  truncateSync(join(folder, 'short.bin'), 4096);
  await expect(count(write('short.onnx', external('short.bin', dims)))).rejects.toMatchObject({
    code: expect.stringMatching(/^[a-z-]+$/) as string,
  });
  await expect(count(write('absurd.onnx', { dims: [2n ** 40n, 2n ** 40n], rawData: raw([1]) }))).rejects.toMatchObject({
    code: expect.stringMatching(/^[a-z-]+$/) as string,
  });
  expect(process.memoryUsage().arrayBuffers - heapBytes).toBeLessThan(64e6);
});
