import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { evalJob } from '../../../solver-core/jobs/eval.ts';
import { evaluateSparse } from '../../../solver-core/jobs/eval-sparse.ts';
import type { EvalDocument } from '../../../solver-core/protocol/index.ts';
import { buildModel } from '../../../solver-core/onnx/index.ts';
import { tolerances } from '../../tolerances.ts';
import { evalSchema } from '../../cli/schemas.ts';
import { languageModel, letters, text } from './tiny-language-model.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tierwise-eval-sparse-'));
  writeFileSync(join(folder, 'm.onnx'), languageModel());
  writeFileSync(join(folder, 'vocab.json'), JSON.stringify([...letters]));
  writeFileSync(join(folder, 'input.txt'), text(700));
  // y = relu(x + [0, -10]) · w: the second input of the layer is zero for every row, the first one for none.
  writeFileSync(
    join(folder, 'half.onnx'),
    buildModel({
      name: 'half',
      inputs: [{ name: 'x', type: 'float32', dims: ['batch', 2] }],
      outputs: [{ name: 'y', type: 'float32', dims: ['batch', 3] }],
      tensors: [
        { name: 'shift', dims: [2], data: Float32Array.of(0, -10) },
        { name: 'w', dims: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
      ],
      nodes: [
        { op: 'Add', inputs: ['x', 'shift'], outputs: ['s'] },
        { op: 'Relu', inputs: ['s'], outputs: ['r'] },
        { op: 'MatMul', inputs: ['r', 'w'], outputs: ['y'] },
      ],
    }),
  );
  writeFileSync(join(folder, 'rows.csv'), ['a,b,label', ...Array.from({ length: 9 }, (_, i) => `${i + 1},${9 - i},${i % 3}`)].join('\n'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const evaluate = (model: string, data: string, more: object): Promise<EvalDocument> =>
  evalJob(createEnvironment('0', ''), { model: join(folder, model), data: join(folder, data), ...more }, {});

describe('an evaluation in the sparse engine', () => {
  test('of a text gives the loss of ONNX Runtime, and what was skipped', async () => {
    const params = { tokens: join(folder, 'vocab.json'), context: 16 };
    const plain = await evaluate('m.onnx', 'input.txt', params);
    const { sparse, ...rest } = await evaluate('m.onnx', 'input.txt', { ...params, engine: 'sparse' });
    expect(Math.abs(rest.value - plain.value)).toBeLessThan(tolerances.outputsFp32.absolute);
    const { runtime, ...same } = plain;
    expect(runtime).toMatch(/^onnxruntime-node \d/);
    expect({ ...rest, value: 0, correct: 0 }).toEqual({ ...same, value: 0, correct: 0, runtime: 'tierwise-sparse 1' });
    expect(plain.sparse).toBeUndefined();
    expect(sparse!.skipped).toBeGreaterThanOrEqual(0);
    expect(sparse!.skipped).toBeLessThan(1);
    expect(sparse!.speedUp).toBeGreaterThan(0);
  });

  test('what is run again to measure is what was run, though the batches reused their memory', async () => {
    const table = buildModel({
      name: 'table',
      inputs: [{ name: 'id', type: 'int64', dims: ['n'] }],
      outputs: [{ name: 'y', type: 'float32', dims: ['n', 2] }],
      tensors: [
        { name: 'e', dims: [3, 2], data: Float32Array.of(1, 0, 0, 1, 1, 1) },
        { name: 'w', dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
      ],
      nodes: [
        { op: 'Gather', inputs: ['e', 'id'], outputs: ['h'] },
        { op: 'MatMul', inputs: ['h', 'w'], outputs: ['y'] },
      ],
    });
    const batch = new Float32Array(4);
    const document = await evaluateSparse(async (runtime) => {
      const runner = await runtime.open(table);
      await runner.run(new Map([['id', { dims: [4], data: batch }]]), ['y']);
      // No row of the table: a run of this would fail.
      batch.fill(99);
      await runner.dispose();
      return {} as EvalDocument;
    }, {});
    expect(document.sparse!.skipped).toBe(0.5);
  });

  test('of rows: the share is that of the zeros', async () => {
    const document = await evaluate('half.onnx', 'rows.csv', { engine: 'sparse' });
    expect(document.metric).toBe('accuracy');
    expect(document.sparse!.skipped).toBe(0.5);
    expect(v.safeParse(evalSchema, document).issues).toBeUndefined();
    expect(v.safeParse(evalSchema, { ...document, sparse: { skipped: 1.5, speedUp: 1 } }).success).toBe(false);
  });

  test('of a model without stored weights skips nothing', async () => {
    const model = buildModel({
      name: 'plain',
      inputs: [{ name: 'x', type: 'float32', dims: [2] }],
      outputs: [{ name: 'y', type: 'float32', dims: [2] }],
      nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }],
    });
    const document: EvalDocument = { schema: 'tierwise.eval/1', model: 'm', dataset: 'd', rows: 1, metric: 'mse', value: 0, correct: null };
    const result = await evaluateSparse(async (runtime) => {
      const runner = await runtime.open(model);
      await runner.run(new Map([['x', { dims: [2], data: Float32Array.of(1, 0) }]]), ['y']);
      return document;
    }, {});
    expect(result).toEqual({ ...document, sparse: { skipped: 0, speedUp: 1 } });
  });

  test('stops when it is asked to', async () => {
    const params = { model: join(folder, 'half.onnx'), data: join(folder, 'rows.csv'), engine: 'sparse' as const };
    let measuring = false;
    const control = {
      abort: {
        get aborted() {
          return measuring;
        },
      },
      onProgress: ({ stage }: { readonly stage: string }) => {
        measuring ||= stage === 'measuring';
      },
    };
    await expect(evalJob(createEnvironment('0', ''), params, control)).rejects.toMatchObject({ name: 'AbortError' });
  });
});
