import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  CancellationTokenSource,
  createMessageConnection,
  ProgressType,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node.js';
import type { CancellationToken, MessageConnection } from 'vscode-jsonrpc/node.js';
import type { ProgressEvent } from '../../../solver-core/protocol/index.ts';
import { buildProduct } from '../../cli/product.ts';
import type { Product } from '../../cli/product.ts';
import { diffSchema } from '../../cli/diff-schema.ts';
import { checkSchema, energySchema, evalSchema, fitSchema, inspectSchema } from '../../cli/schemas.ts';

let product: Product;
let folder = '';
beforeAll(async () => {
  product = await buildProduct();
  folder = product.digits();
});
afterAll(() => product.remove());

/** A solver process with a connection to it. */
class Solver {
  readonly child: ChildProcessWithoutNullStreams;
  readonly rpc: MessageConnection;
  stderr = '';

  constructor() {
    this.child = spawn(process.execPath, [product.solver], { stdio: 'pipe' });
    this.child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    // Writing to a process that has ended is no failure of the test.
    this.child.stdin.on('error', () => undefined);
    this.rpc = createMessageConnection(new StreamMessageReader(this.child.stdout), new StreamMessageWriter(this.child.stdin));
    this.rpc.onError(() => undefined);
    this.rpc.listen();
  }

  ask(method: string, params: unknown, token?: CancellationToken): Promise<unknown> {
    return token === undefined ? this.rpc.sendRequest(method, params) : this.rpc.sendRequest(method, params, token);
  }

  async failure(
    method: string,
    params: unknown,
  ): Promise<{ readonly number: number; readonly code: string; readonly message: string; readonly advice: string }> {
    try {
      await this.ask(method, params);
    } catch (error) {
      if (error instanceof ResponseError)
        return { number: error.code, ...(error.data as { code: string; message: string; advice: string }) };
      throw error;
    }
    throw new Error(`${method} did not fail`);
  }

  /** Listens to the progress of a request; `onEvent` is called with each. */
  progress(token: string, onEvent: (event: ProgressEvent) => void): void {
    this.rpc.onProgress(new ProgressType<ProgressEvent>(), token, onEvent);
  }

  maps(): string {
    return readFileSync(`/proc/${this.child.pid}/maps`, 'utf8');
  }

  /** Closes our end; resolves with the exit code. */
  async close(): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const ended = once(this.child, 'exit') as Promise<[number | null]>;
    this.child.stdin.end();
    const [code] = await ended;
    this.rpc.dispose();
    return code;
  }
}

async function withSolver(work: (solver: Solver) => Promise<void>): Promise<void> {
  const solver = new Solver();
  try {
    await work(solver);
  } finally {
    expect(await solver.close()).toBe(0);
  }
}

const plan = (): string => join(folder, 'digits.tiers');
const inputs = ['digits.npz', 'digits.onnx', 'digits.tiers'];

describe('requests', () => {
  test('are answered with the documents of the contract', () =>
    withSolver(async (solver) => {
      expect(await solver.ask('tierwise/hello', {})).toEqual({ version: '0.0.0-test', pid: solver.child.pid, node: process.versions.node });
      const model = join(folder, 'digits.onnx');
      expect(v.safeParse(inspectSchema, await solver.ask('tierwise/inspect', { path: model, dims: { batch: 2 } })).issues).toBeUndefined();
      expect(v.safeParse(checkSchema, await solver.ask('tierwise/check', { path: plan() })).issues).toBeUndefined();
      expect(v.safeParse(energySchema, await solver.ask('tierwise/energy', { path: plan() })).issues).toBeUndefined();
      const evaluated = await solver.ask('tierwise/eval', { model, data: join(folder, 'digits.npz') });
      expect(v.safeParse(evalSchema, evaluated).issues).toBeUndefined();
      expect(await solver.ask('tierwise/lastFit', { path: plan() })).toEqual({ fit: null, stale: false });
      const other = await solver.ask('tierwise/energy', { path: plan(), trainOn: 'mcu-class', epochs: 3 });
      expect(v.parse(energySchema, other).trainingMachine.machine).toBe('mcu-class');
      const compared = (await solver.ask('tierwise/diff', { before: model, after: plan(), target: 'up5k', format: 'md' })) as {
        diff: unknown;
        text: string;
      };
      expect(v.parse(diffSchema, compared.diff).target).toBe('up5k');
      expect(compared.text).toMatch(/^### Tierwise: energy of/);
      for (const format of ['html', 'md', 'csv', 'json'])
        expect(((await solver.ask('tierwise/report', { path: plan(), format })) as { text: string }).text.length).toBeGreaterThan(500);
    }));

  test('unsaved text counts, whatever the file says', () =>
    withSolver(async (solver) => {
      const text = readFileSync(plan(), 'utf8').replace('"ecp5-85f"', '"up5k"');
      const saved = v.parse(energySchema, await solver.ask('tierwise/energy', { path: plan() }));
      const unsaved = v.parse(energySchema, await solver.ask('tierwise/energy', { path: plan(), text }));
      expect([saved.target, unsaved.target]).toEqual(['ecp5-85f', 'up5k']);
      expect(unsaved.totals.inference?.value).not.toBe(saved.totals.inference?.value);
      const told = async (params: object): Promise<string> =>
        ((await solver.ask('tierwise/report', { path: plan(), format: 'md', ...params })) as { text: string }).text.split('\n')[0] ?? '';
      expect([await told({}), await told({ text }), await told({ text, target: 'mcu-class' })]).toEqual([
        '# Energy of digits.onnx on ecp5-85f',
        '# Energy of digits.onnx on up5k',
        '# Energy of digits.onnx on mcu-class',
      ]);
      const broken = v.parse(checkSchema, await solver.ask('tierwise/check', { path: plan(), text: text.replace('fc2', 'fc9') }));
      expect(broken.diagnostics.map((d) => d.code)).toContain('unknown-layer');
      expect((await solver.failure('tierwise/check', { path: plan(), text: ' '.repeat(2 << 20) })).code).toBe('file-too-large');
    }));

  test('failures carry a code and advice', () =>
    withSolver(async (solver) => {
      expect(await solver.failure('tierwise/inspect', { path: join(folder, 'none.onnx') })).toMatchObject({
        number: -32001,
        code: 'file-not-found',
        message: expect.stringContaining('none.onnx') as string,
        advice: expect.stringMatching(/./) as string,
      });
      expect((await solver.failure('tierwise/energy', { path: plan(), target: 'x' })).code).toBe('unknown-target');
      expect((await solver.failure('tierwise/energy', { path: plan(), trainOn: 'x' })).code).toBe('unknown-target');
      expect((await solver.failure('tierwise/diff', { before: `HEAD:${plan()}`, after: join(folder, 'none.onnx') })).code).toMatch(
        /^(file-not-found|unknown-revision)$/,
      );
      expect((await solver.failure('tierwise/measure', { path: plan(), sensor: 'wattmeter' })).code).toBe('sensor-unknown');
      expect((await solver.failure('tierwise/calibrate', { target: 'server-cpu', paths: [plan()] })).code).toBe('nothing-to-calibrate');
      expect(await solver.ask('tierwise/sensors', {})).toMatchObject({ schema: 'tierwise.sensors/1' });
      expect((await solver.failure('tierwise/fit', { path: plan(), backend: 'gpu' })).code).toBe('unknown-backend');
      expect((await solver.failure('tierwise/fit', { path: plan(), out: join(folder, 'digits.onnx') })).code).toBe(
        'output-would-overwrite',
      );
    }));

  test.each([
    ['tierwise/inspect', {}],
    ['tierwise/inspect', { path: 5 }],
    ['tierwise/inspect', { path: 'm', dims: { a: 0 } }],
    ['tierwise/inspect', { path: 'm', dims: [1] }],
    ['tierwise/inspect', null],
    ['tierwise/inspect', ['m']],
    ['tierwise/inspect', [1, 2, 3]],
    ['tierwise/inspect', []],
    ['tierwise/inspect', undefined],
    ['tierwise/energy', { path: 'm', text: 7 }],
    ['tierwise/energy', { path: 'm', trainOn: 7 }],
    ['tierwise/energy', { path: 'm', epochs: 0 }],
    ['tierwise/diff', { before: 'm' }],
    ['tierwise/diff', { before: 'm', after: 1 }],
    ['tierwise/eval', { model: 'm' }],
    ['tierwise/report', { path: 'm' }],
    ['tierwise/report', { path: 'm', format: 'exe' }],
    ['tierwise/fit', { path: 'm', progressToken: 1 }],
    ['tierwise/measure', {}],
    ['tierwise/measure', { path: 'm', sensor: 1 }],
    ['tierwise/calibrate', { target: 't' }],
    ['tierwise/calibrate', { target: 't', paths: [] }],
    ['tierwise/calibrate', { target: 't', paths: [1] }],
    ['tierwise/calibrate', { target: 't', paths: ['m'], measure: 'yes' }],
  ])('%s with %j is a bad request', (method, params) =>
    withSolver(async (solver) => {
      expect(await solver.failure(method, params)).toMatchObject({ number: -32001, code: 'bad-request' });
      expect(await solver.ask('tierwise/hello', {})).toMatchObject({ pid: solver.child.pid });
    }),
  );

  test('several parameters by position are a bad request', () =>
    withSolver(async (solver) => {
      await expect(solver.rpc.sendRequest('tierwise/inspect', { path: 'm' }, 2)).rejects.toMatchObject({ data: { code: 'bad-request' } });
    }));

  test('an unknown request is refused', () =>
    withSolver(async (solver) => {
      await expect(solver.ask('tierwise/format-disk', {})).rejects.toMatchObject({ code: -32601 });
    }));
});

describe('a fit', () => {
  test('reports progress, can be cancelled, refuses a second one, and works afterwards', () =>
    withSolver(async (solver) => {
      const own = product.digits();
      const path = join(own, 'digits.tiers');
      const source = new CancellationTokenSource();
      let second: Promise<unknown> | undefined;
      solver.progress('first', (event) => {
        if (event.stage !== 'solving' || second !== undefined) return;
        second = solver.failure('tierwise/fit', { path, backend: 'cpu' }).finally(() => source.cancel());
      });
      const cancelled = solver.ask('tierwise/fit', { path, progressToken: 'first' }, source.token);
      await expect(cancelled).rejects.toMatchObject({ code: -32800, data: { code: 'cancelled' } });
      expect(await second).toMatchObject({ code: 'fit-in-progress' });
      expect(readdirSync(own).sort()).toEqual(inputs);

      const events: ProgressEvent[] = [];
      solver.progress('next', (event) => events.push(event));
      const record = v.parse(fitSchema, await solver.ask('tierwise/fit', { path, backend: 'cpu', progressToken: 'next' }));
      expect(record.evaluation?.after).toBeGreaterThan(0.96);
      expect(readdirSync(own).sort()).toEqual(['digits.fitted.json', 'digits.fitted.onnx', ...inputs]);
      const stages = [...new Set(events.map((e) => e.stage))];
      expect(stages).toEqual(['preparing', 'solving', 'evaluating before', 'evaluating after', 'writing']);
      for (const stage of stages) {
        const fractions = events.flatMap((e) => (e.stage === stage && e.fraction !== null ? [e.fraction] : []));
        expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
        expect(fractions.every((f) => f >= 0 && f <= 1)).toBe(true);
      }
      expect(await solver.ask('tierwise/lastFit', { path })).toMatchObject({ stale: false, fit: { hashes: record.hashes } });
    }));

  test('does not stop other requests from being answered', () =>
    withSolver(async (solver) => {
      const path = join(product.digits(), 'digits.tiers');
      const source = new CancellationTokenSource();
      const order: string[] = [];
      const fit = solver.ask('tierwise/fit', { path }, source.token).catch(() => order.push('fit'));
      await solver.ask('tierwise/energy', { path: plan() });
      order.push('energy');
      source.cancel();
      await fit;
      expect(order).toEqual(['energy', 'fit']);
    }));

  test('whose client leaves in the middle ends with the process and leaves no file', async () => {
    const solver = new Solver();
    const own = product.digits();
    const running = new Promise<void>((resolve) => solver.progress('p', (event) => event.stage === 'solving' && resolve()));
    void solver.ask('tierwise/fit', { path: join(own, 'digits.tiers'), progressToken: 'p' }).catch(() => undefined);
    await running;
    expect(await solver.close()).toBe(0);
    expect(readdirSync(own).sort()).toEqual(inputs);
  });
});

describe('the process', () => {
  test.skipIf(process.platform !== 'linux')('loads the model runtime only when a model runs', () =>
    withSolver(async (solver) => {
      await solver.ask('tierwise/energy', { path: plan() });
      await solver.ask('tierwise/inspect', { path: join(folder, 'digits.onnx') });
      await solver.ask('tierwise/check', { path: plan() });
      expect(solver.maps()).not.toContain('onnxruntime');
      await solver.ask('tierwise/eval', { model: join(folder, 'digits.onnx'), data: join(folder, 'digits.npz') });
      expect(solver.maps()).toContain('onnxruntime');
    }),
  );

  test.each([
    ['text', 'hello\n\n'],
    ['a header without a length', 'Content-Type: x\r\n\r\n'],
    ['a length that is none', 'Content-Length: many\r\n\r\n{}'],
    ['a body that is no JSON', 'Content-Length: 5\r\n\r\n{{{{{'],
    ['a body that is no message', 'Content-Length: 4\r\n\r\nnull'],
    ['half a message', 'Content-Length: 500\r\n\r\n{"jsonrpc"'],
    ['zero bytes', '\0'.repeat(5000)],
    ['random bytes', Array.from({ length: 4000 }, (_, i) => String.fromCharCode((i * i * 31 + i * 7) % 256)).join('')],
  ])('garbage on stdin (%s) does not make it hang', async (_name, garbage) => {
    const child = spawn(process.execPath, [product.solver], { stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdin.on('error', () => undefined);
    child.stdout.resume();
    const ended = once(child, 'exit') as Promise<[number | null]>;
    child.stdin.write(garbage);
    child.stdin.end();
    const [code] = await ended;
    expect(code).not.toBeNull();
  });

  test('stdout carries the protocol and nothing else', async () => {
    const child = spawn(process.execPath, ['-r', join(noise(), 'noise.cjs'), product.solver], { stdio: ['pipe', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const answered = new Promise<void>((resolve) => child.stdout.on('data', () => stdout.includes('"pid"') && resolve()));
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tierwise/hello', params: {} });
    child.stdin.write(`Content-Length: ${body.length}\r\n\r\n${body}`);
    await answered;
    const ended = once(child, 'exit');
    child.stdin.end();
    await ended;
    expect(stdout).toMatch(/^Content-Length: \d+\r\n\r\n\{.*\}$/);
    expect(stderr.match(/noise/g)?.length).toBeGreaterThanOrEqual(5);
  });

  test('ends when asked to', async () => {
    const solver = new Solver();
    await solver.ask('tierwise/hello', {});
    const ended = once(solver.child, 'exit') as Promise<[number | null]>;
    solver.child.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
    solver.rpc.dispose();
  });
});

/** A folder with a script that prints through the console as soon as a request comes in. */
function noise(): string {
  const own = product.scratch();
  writeFileSync(
    join(own, 'noise.cjs'),
    `process.stdin.once('data', () => { for (const name of ['log', 'info', 'debug', 'warn', 'error']) console[name]('noise', { a: 1 }); });`,
  );
  return own;
}
