import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
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
import type { LearnBatch, ProgressEvent } from '../../../solver-core/protocol/index.ts';
import { digits, fittedFolder, writeRows } from '../../cli/learn-tools.ts';
import type { Digits } from '../../cli/learn-tools.ts';
import { buildProduct } from '../../cli/product.ts';
import type { Product } from '../../cli/product.ts';
import { learnSchema, unlearnSchema } from '../../cli/schemas.ts';

let product: Product;
let data: Digits;
let folder = '';
beforeAll(async () => {
  product = await buildProduct();
  data = await digits();
  folder = await fittedFolder(product);
  writeRows(join(folder, 'new.csv'), data, data.of([3, 4, 5], 320));
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
    child.stdin.end();
    expect((await ended)[0]).toBe(0);
    rpc.dispose();
  }
}

const batchesOf = (rpc: MessageConnection, token: string, onBatch: (batch: LearnBatch) => void): void => {
  rpc.onProgress(new ProgressType<ProgressEvent>(), token, (event) => {
    if (event.batch !== undefined) onBatch(event.batch);
  });
};

test('a learning run tells each batch as it is decided, and its record has the same ones', () =>
  withSolver(async (rpc) => {
    const path = join(folder, 'digits.tiers');
    const told: LearnBatch[] = [];
    batchesOf(rpc, 'learn', (batch) => told.push(batch));
    const answer = await rpc.sendRequest('tierwise/learn', { path, data: join(folder, 'new.csv'), batchRows: 32, progressToken: 'learn' });
    const record = v.parse(learnSchema, answer);
    expect(told).toEqual(record.batches);
    expect(told.length).toBe(10);
    const removal = await rpc.sendRequest('tierwise/unlearn', { path, data: join(folder, 'new.csv'), rows: '0..31' });
    expect(v.parse(unlearnSchema, removal)).toMatchObject({ rows: 32 });
  }));

test('cancelled with keepOnCancel it answers with what was learned; without it writes nothing', () =>
  withSolver(async (rpc) => {
    const path = join(folder, 'digits.tiers');
    for (const keepOnCancel of [true, false]) {
      const before = readdirSync(folder).sort();
      const source = new CancellationTokenSource();
      const token = `keep ${keepOnCancel}`;
      batchesOf(rpc, token, (batch) => {
        if (batch.index === 2) source.cancel();
      });
      const params = {
        path,
        data: join(folder, 'new.csv'),
        state: join(folder, `${keepOnCancel}.state`),
        out: join(folder, `${keepOnCancel}.onnx`),
      };
      const asked = rpc.sendRequest('tierwise/learn', { ...params, batchRows: 1, keepOnCancel, progressToken: token }, source.token);
      if (keepOnCancel) {
        const record = v.parse(learnSchema, await asked);
        expect(record.batches.length).toBeLessThan(320);
        expect(record.diagnostics.map(({ code }) => code)).toContain('stopped-early');
        expect(readdirSync(folder)).toContain('true.state');
      } else {
        await expect(asked).rejects.toMatchObject({ code: -32800 });
        expect(readdirSync(folder).sort()).toEqual(before);
      }
    }
  }));

test.each([
  [{ batchRows: 0 }],
  [{ batchRows: 1.5 }],
  [{ batchRows: '32' }],
  [{ policy: 'often' }],
  [{ fresh: 'yes' }],
  [{ keepOnCancel: 1 }],
  [{ state: 5 }],
])('%j is refused as a request', (wrong) =>
  withSolver(async (rpc) => {
    const asked = rpc.sendRequest('tierwise/learn', { path: join(folder, 'digits.tiers'), data: join(folder, 'new.csv'), ...wrong });
    await expect(asked).rejects.toMatchObject({ data: { code: 'bad-request' } });
  }),
);

test('a second run meanwhile is refused', () =>
  withSolver(async (rpc) => {
    const params = { path: join(folder, 'digits.tiers'), data: join(folder, 'new.csv') };
    const first = rpc.sendRequest('tierwise/learn', params);
    await expect(rpc.sendRequest('tierwise/unlearn', { ...params, rows: 'all' })).rejects.toMatchObject({
      data: { code: 'fit-in-progress' },
    });
    await expect(first).resolves.toMatchObject({ schema: 'tierwise.learn/1' });
  }));
