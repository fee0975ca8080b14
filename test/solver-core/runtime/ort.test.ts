import { describe, expect, test } from 'vitest';
import { execFileSync } from 'node:child_process';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';
import { toElements, toFloat32 } from '../../../solver-core/runtime/ort-elements.ts';
import { projectRoot } from '../../shared.ts';
import { tinyModel } from '../fit/tiny-model.ts';

const runtime = ortRuntime();
const relu = tinyModel(['n', 2], [{ op: 'Relu' }], ['n', 2]);

describe('ONNX Runtime', () => {
  test('runs a model from its bytes', async () => {
    const runner = await runtime.open(relu);
    expect([runner.inputs, runner.outputs]).toEqual([['x'], ['y']]);
    const out = await runner.run(new Map([['x', { dims: [2, 2], data: Float32Array.from([-1, 2, 3, -4]) }]]), ['y']);
    expect(out.get('y')).toEqual({ dims: [2, 2], data: Float32Array.from([0, 2, 3, 0]) });
    expect(runtime.version).toMatch(/^onnxruntime-node \d+\.\d+/);
    await runner.dispose();
  });

  test('a part of a larger array is taken as it is', async () => {
    const runner = await runtime.open(relu);
    const data = Float32Array.from([9, 9, -1, 5, 9]).subarray(2, 4);
    expect((await runner.run(new Map([['x', { dims: [1, 2], data }]]), ['y'])).get('y')!.data).toEqual(Float32Array.from([0, 5]));
    await runner.dispose();
  });

  test.each([
    ['bytes that are no model', () => Uint8Array.from([1, 2, 3])],
    ['no bytes', () => new Uint8Array(0)],
    ['an unknown operator', () => tinyModel(['n', 2], [{ op: 'NoSuchOperator' }], ['n', 2])],
  ])('%s are rejected with a clear error', async (_name, bytes) => {
    await expect(runtime.open(bytes())).rejects.toMatchObject({
      name: 'TierwiseError',
      code: 'model-run-failed',
      advice: expect.stringContaining('inspect') as string,
    });
  });

  test('rows of the wrong shape are rejected with a clear error', async () => {
    const runner = await runtime.open(relu);
    await expect(runner.run(new Map([['x', { dims: [1, 3], data: new Float32Array(3) }]]), ['y'])).rejects.toMatchObject({
      code: 'model-run-failed',
    });
    await expect(runner.run(new Map([['z', { dims: [1, 2], data: new Float32Array(2) }]]), ['y'])).rejects.toMatchObject({
      code: 'model-run-failed',
    });
    await runner.dispose();
  });

  test('a message never exceeds its bound', async () => {
    const model = tinyModel(['n', 2], [{ op: 'X'.repeat(50_000) }], ['n', 2]);
    const error: unknown = await runtime.open(model).catch((e: unknown) => e);
    expect((error as Error).message.length).toBeLessThan(600);
  });

  test('importing the part does not load the library', () => {
    const script = `import('./solver-core/runtime/ort.ts').then((m) => { m.ortRuntime(); console.log(Object.keys(require.cache).some((k) => k.includes('onnxruntime'))); });`;
    const bundle = `require('esbuild').build({ stdin: { contents: ${JSON.stringify(script)}, resolveDir: '.', loader: 'ts' }, bundle: true, platform: 'node', format: 'cjs', external: ['onnxruntime-node'], write: false }).then((r) => (0, eval)('(function(require){' + r.outputFiles[0].text + '})')(require));`;
    expect(execFileSync(process.execPath, ['-e', bundle], { cwd: projectRoot, encoding: 'utf8' }).trim()).toBe('false');
  });
});

describe('element types', () => {
  test.each([
    ['float64', Float64Array.from([1.5, -2]), [1.5, -2]],
    ['int64', BigInt64Array.from([3n, -4n]), [3, -4]],
    ['uint8', Uint8Array.from([255, 0]), [255, 0]],
    ['bool', Uint8Array.from([1, 0]), [1, 0]],
    ['float16', Uint16Array.from([0x3c00, 0xc000]), [1, -2]],
  ] as const)('%s outputs become float32', (type, data, expected) => {
    expect(Array.from(toFloat32(type, data))).toEqual(expected);
  });

  test('all 65536 halves survive the way to float32 and back', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const back = toElements(toFloat32('float16', all), 'float16') as Uint16Array;
    for (let bits = 0; bits < 65536; bits++) {
      const isNaN16 = (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
      if (isNaN16) expect(back[bits]! & 0x7fff).toBe(0x7e00);
      else if (back[bits] !== bits) throw new Error(`half ${bits.toString(16)} came back as ${back[bits]!.toString(16)}`);
    }
    expect(back.length).toBe(65536);
  });

  test('halves are rounded to nearest, ties to even, and overflow to infinity', () => {
    const values = Float32Array.from([1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519, 65520, 2 ** -25, 2 ** -24 * 1.5]);
    expect(Array.from(toElements(values, 'float16') as Uint16Array)).toEqual([0x3c00, 0x3c02, 0x7bff, 0x7c00, 0, 2]);
  });

  test('integers are rounded and clamped', () => {
    expect(toElements(Float32Array.from([-5, 1.6, 300]), 'uint8')).toEqual(Uint8Array.from([0, 2, 255]));
    expect(toElements(Float32Array.from([-5.4, 2]), 'int64')).toEqual(BigInt64Array.from([-5n, 2n]));
  });

  test('texts are refused', () => {
    expect(() => toFloat32('string', ['a'])).toThrow(/string/);
    expect(() => toElements(new Float32Array(1), 'string')).toThrow(/string/);
  });
});
