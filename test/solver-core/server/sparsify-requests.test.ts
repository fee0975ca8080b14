import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  CancellationTokenSource,
  createMessageConnection,
  ProgressType,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node.js';
import type { MessageConnection } from 'vscode-jsonrpc/node.js';
import type { ProgressEvent, SparsifyDocument } from '../../../solver-core/protocol/index.ts';
import { buildProduct } from '../../cli/product.ts';
import type { Product } from '../../cli/product.ts';
import { evalSchema } from '../../cli/schemas.ts';
import { sparsifySchema } from '../../cli/sparsify-schema.ts';
import { languageModel, letters, text } from '../jobs/tiny-language-model.ts';

let product: Product;
let folder = '';
beforeAll(async () => {
  product = await buildProduct();
  folder = product.scratch();
  writeFileSync(join(folder, 'm.onnx'), languageModel());
  writeFileSync(join(folder, 'vocab.json'), JSON.stringify([...letters]));
  writeFileSync(join(folder, 'input.txt'), text(4000));
  writeFileSync(
    join(folder, 'p.tiers'),
    'model "m.onnx"\ntext "input.txt" tokens "vocab.json" context 16 split 0.8\ntarget "seneca-type"\n',
  );
});
afterAll(() => product.remove());

async function withSolver(work: (rpc: MessageConnection) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, [product.solver], { stdio: 'pipe' });
  const rpc = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
  rpc.listen();
  try {
    await work(rpc);
  } finally {
    const ended = once(child, 'exit');
    rpc.end();
    child.stdin.end();
    await ended;
    rpc.dispose();
  }
}

const progress = new ProgressType<ProgressEvent>();

test('a cancelled search is continued by the next request, every configuration told as it is found', () =>
  withSolver(async (rpc) => {
    const path = join(folder, 'p.tiers');
    const stop = new CancellationTokenSource();
    rpc.onProgress(progress, 'first', (event) => {
      if (event.sparsity !== undefined) stop.cancel();
    });
    const first = rpc.sendRequest('tierwise/sparsify', { path, progressToken: 'first' }, stop.token);
    await expect(first).rejects.toMatchObject({ data: { code: 'cancelled' } });
    expect(existsSync(join(folder, 'm.sparse.partial.json'))).toBe(true);
    expect(existsSync(join(folder, 'm.sparse.onnx'))).toBe(false);
    const points: string[] = [];
    rpc.onProgress(progress, 'second', ({ sparsity }) => {
      if (sparsity !== undefined) points.push(sparsity.id);
    });
    const document = await rpc.sendRequest<SparsifyDocument>('tierwise/sparsify', { path, progressToken: 'second' });
    expect(v.safeParse(sparsifySchema, document).issues).toBeUndefined();
    expect(document.resumed).toBe(true);
    expect(points).toEqual(document.points.map(({ id }) => id));
    expect(existsSync(join(folder, 'm.sparse.partial.json'))).toBe(false);
    const evaluated = await rpc.sendRequest('tierwise/eval', {
      model: join(folder, 'm.sparse.onnx'),
      data: join(folder, 'input.txt'),
      tokens: join(folder, 'vocab.json'),
      context: 16,
    });
    expect(v.safeParse(evalSchema, evaluated).issues).toBeUndefined();
  }));

/** Requests whose parameters are not what the protocol says. */
const bad = [
  ['tierwise/sparsify', {}],
  ['tierwise/sparsify', { path: 'p', method: 'best' }],
  ['tierwise/sparsify', { path: 'p', per: 'row' }],
  ['tierwise/sparsify', { path: 'p', maxLoss: 0 }],
  ['tierwise/sparsify', { path: 'p', maxLoss: '2' }],
  ['tierwise/sparsify', { path: 'p', without: 'att.key' }],
  ['tierwise/sparsify', { path: 'p', without: [1] }],
  ['tierwise/sparsify', { path: 'p', correct: 'no' }],
  ['tierwise/eval', { model: 'm', data: 'd', tokens: 1 }],
  ['tierwise/eval', { model: 'm', data: 'd', tokens: 't', context: 0 }],
  ['tierwise/eval', { model: 'm', data: 'd', engine: 'gpu' }],
] as const;

test('other parameters are bad requests', () =>
  withSolver(async (rpc) => {
    for (const [method, params] of bad)
      await expect(rpc.sendRequest(method, params), JSON.stringify(params)).rejects.toMatchObject({ data: { code: 'bad-request' } });
  }));
