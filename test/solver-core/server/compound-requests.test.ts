import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync } from 'node:fs';
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
import type { CompoundDocument, CompoundStep, ProgressEvent } from '../../../solver-core/protocol/index.ts';
import { compoundSchema } from '../../cli/compound-schema.ts';
import { buildProduct } from '../../cli/product.ts';
import type { Product } from '../../cli/product.ts';
import { projectRoot } from '../../shared.ts';

let product: Product;
let folder = '';
beforeAll(async () => {
  product = await buildProduct();
  folder = product.scratch();
  cpSync(join(projectRoot, 'examples/compound'), folder, { recursive: true });
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

test('every batch is told with its decisions; stopping keeps the whole ones, and the next request goes on', () =>
  withSolver(async (rpc) => {
    const params = { path: join(folder, 'digits.tiers'), stream: join(folder, 'stream.npz'), batchRows: 50 };
    const steps: CompoundStep[] = [];
    const stop = new CancellationTokenSource();
    rpc.onProgress(progress, 'first', ({ compound }) => {
      if (compound === undefined) return;
      steps.push(compound);
      if (steps.length === 2) stop.cancel();
    });
    const first = await rpc.sendRequest<CompoundDocument>(
      'tierwise/compound',
      { ...params, keepOnCancel: true, progressToken: 'first' },
      stop.token,
    );
    expect(v.safeParse(compoundSchema, first).issues).toBeUndefined();
    expect(first.diagnostics.map(({ code }) => code)).toContain('stopped-early');
    expect(first.totals.decisions).toBe(first.steps.length * 50);
    expect(first.steps.length).toBeLessThan(18);
    for (const step of steps) expect(step.shown.length).toBe(50);
    expect(steps[1]!.shown[0]!.index).toBe(50);
    const second = await rpc.sendRequest<CompoundDocument>('tierwise/compound', params);
    expect(second.resumed).toBe(true);
    expect(second.from).toEqual({ how: 'continued', before: first.totals.decisions, after: 900, of: 900 });
    expect(second.totals.decisions).toBe(900);
    expect(existsSync(second.outputs.log)).toBe(true);
  }));

/** Requests whose parameters are not what the protocol says. Standard input is the connection itself. */
const bad = [
  {},
  { path: 'p' },
  { path: 'p', stream: 5 },
  { path: 'p', stream: '-' },
  { path: 'p', stream: 's.txt', policy: 'sometimes' },
  { path: 'p', stream: 's.txt', batchRows: 0 },
];

test('refuses parameters that are not what the protocol says', () =>
  withSolver(async (rpc) => {
    for (const params of bad)
      await expect(rpc.sendRequest('tierwise/compound', params)).rejects.toMatchObject({ data: { code: 'bad-request' } });
  }));
