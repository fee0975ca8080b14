import { expect, test, vi } from 'vitest';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';

vi.mock('onnxruntime-node', () => {
  throw new Error('libonnxruntime.so.1: cannot open shared object file');
});

test('a library that cannot be loaded is reported with platform, cause and advice', async () => {
  await expect(ortRuntime().open(new Uint8Array(4))).rejects.toMatchObject({
    name: 'TierwiseError',
    code: 'runtime-unavailable',
    category: 'backend',
    message: expect.stringContaining(`${process.platform}-${process.arch}`) as string,
    advice: expect.stringContaining('onnxruntime-node') as string,
  });
});
