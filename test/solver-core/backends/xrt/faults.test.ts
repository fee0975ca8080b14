import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineCommand } from '../../../../solver-core/backends/engine/link.ts';
import { WorkerProcess } from '../../../../solver-core/backends/xrt/worker-process.ts';
import { XrtLink } from '../../../../solver-core/backends/xrt/xrt-link.ts';
import type { Shim } from '../../../xrt-shim/build-shim.ts';
import { buildShim, shimMissing, testXclbin } from '../../../xrt-shim/build-shim.ts';
import { buildWorker, failure, groupLives, linkOptions, scratch, scriptWorker } from './rig.ts';

const missing = shimMissing();

const gram: EngineCommand = {
  ...{ operation: 'gram', twoLimbs: false, subtract: false, decay: 0, shift: 0 },
  ...{ features: 8, blocks: 2, rows: 1, rowBase: 100, vecBase: 0 },
};

describe.skipIf(missing !== null)('faults of XRT and of the card', () => {
  const folder = scratch();
  let shim: Shim;
  let worker: string;
  beforeAll(async () => {
    shim = await buildShim('fake');
    worker = buildWorker(folder.path);
  });
  afterAll(() => folder.remove());

  /** Faults strike at the second kernel call: the first one asks the kernel what it is. */
  const open = (env: Readonly<Record<string, string>>): Promise<XrtLink> =>
    XrtLink.open({
      ...linkOptions(shim, worker, { TIERWISE_SHIM_FAULT_AT: '1', ...env }),
      timeouts: { openMs: 20_000, runMs: 1000, graceMs: 10_000 },
    });

  test.each([
    { fault: 'error', code: 'xrt-run-error', says: /state 5/ },
    { fault: 'hang', code: 'xrt-run-timeout', says: /state 8/ },
    { fault: 'segv', code: 'xrt-crashed', says: /SIGSEGV/ },
    { fault: 'abort', code: 'xrt-aborted', says: /SIGABRT/ },
    { fault: 'exit', code: 'xrt-worker-ended', says: /exit code 3/ },
    { fault: 'corrupt', code: 'xrt-wrong-image', says: /status block starts with/ },
  ])('a card with the fault "$fault" is $code, and the next link works', async ({ fault, code, says }) => {
    const link = await open({ TIERWISE_SHIM_FAULT: fault });
    const pid = link.workerPid!;
    const error = await failure(link.run(gram));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(says);
    expect(error.advice).not.toBe('');
    expect(error.category).toBe('backend');
    await link.close();
    expect(groupLives(pid)).toBe(false);
    const next = await open({});
    await expect(next.run(gram)).resolves.toMatchObject({ state: 'done', cycles: 1234 });
    await next.close();
  });

  test('a worker that somebody else kills is xrt-worker-ended', async () => {
    const link = await open({ TIERWISE_SHIM_FAULT: 'hang' });
    const run = failure(link.run(gram));
    process.kill(link.workerPid!, 'SIGKILL');
    expect((await run).code).toBe('xrt-worker-ended');
    await link.close();
  });

  test('a link that failed stays failed and says why', async () => {
    const link = await open({ TIERWISE_SHIM_FAULT: 'segv' });
    await failure(link.run(gram));
    expect((await failure(link.run(gram))).code).toBe('xrt-crashed');
    await link.close();
  });

  test('a card that cannot be opened is xrt-open-failed with the words of XRT', async () => {
    const error = await failure(open({ TIERWISE_SHIM_FAULT: 'open-null' }));
    expect(error.code).toBe('xrt-open-failed');
    expect(error.message).toContain("Could not open device with index '0'");
  });

  test('a card that is not there is xrt-open-failed', async () => {
    const error = await failure(XrtLink.open({ ...linkOptions(shim, worker), index: 3 }));
    expect(error.code).toBe('xrt-open-failed');
    expect(error.message).toContain('Card 3');
  });

  test('an xclbin that XRT cannot parse, and a file that is none, are xrt-bad-xclbin', async () => {
    const damaged = join(folder.path, 'damaged.xclbin');
    writeFileSync(damaged, testXclbin().subarray(0, 1200));
    const other = join(folder.path, 'other.xclbin');
    writeFileSync(other, 'not an xclbin at all');
    for (const xclbin of [damaged, other]) {
      const error = await failure(XrtLink.open({ ...linkOptions(shim, worker), xclbin }));
      expect(error.code).toBe('xrt-bad-xclbin');
      expect(error.message).toContain(xclbin);
    }
    const gone = await failure(XrtLink.open({ ...linkOptions(shim, worker), xclbin: join(folder.path, 'gone.xclbin') }));
    expect(gone.code).toBe('xrt-xclbin-missing');
  });

  test('an xclbin with another kernel is xrt-wrong-kernel', async () => {
    const xclbin = join(folder.path, 'vadd.xclbin');
    writeFileSync(xclbin, testXclbin('vadd'));
    const error = await failure(XrtLink.open({ ...linkOptions(shim, worker), xclbin }));
    expect(error.code).toBe('xrt-wrong-kernel');
    expect(error.message).toContain('tierwise_kernel');
  });

  test.each([
    { env: { TIERWISE_FAKE_VERSION: '9' }, says: /version 9, expected 1/ },
    { env: { TIERWISE_FAKE_LANES: '7' }, says: /7 lanes/ },
  ])('a kernel with other parameters is xrt-wrong-image ($says)', async ({ env, says }) => {
    const error = await failure(open(env));
    expect(error.code).toBe('xrt-wrong-image');
    expect(error.message).toMatch(says);
  });

  test('a kernel that writes no status is not believed to have the status of the call before', async () => {
    const link = await open({ TIERWISE_FAKE_MUTE: '1' });
    const error = await failure(link.run(gram));
    expect(error.code).toBe('xrt-wrong-image');
    expect(error.message).toContain('wrote no status block');
    await link.close();
  });

  test.each([
    { state: '3', code: 'xrt-kernel-refused', says: /bad-descriptor/ },
    { state: '6', code: 'xrt-memory-error', says: /read-error/ },
    { state: '77', code: 'xrt-kernel-refused', says: /state 77/ },
  ])('state $state of the kernel is $code', async ({ state, code, says }) => {
    const error = await failure(open({ TIERWISE_FAKE_STATE: state }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(says);
  });

  test('a cancelled call ends as AbortError, and the process with it', async () => {
    const link = await XrtLink.open({
      ...linkOptions(shim, worker, { TIERWISE_SHIM_FAULT: 'hang', TIERWISE_SHIM_FAULT_AT: '1' }),
      timeouts: { cancelMs: 50 },
    });
    const pid = link.workerPid!;
    const flag = { aborted: false };
    const run = link.run(gram, flag);
    flag.aborted = true;
    await expect(run).rejects.toThrow('cancelled');
    await link.close();
    expect(groupLives(pid)).toBe(false);
  });

  test('a wrong XILINX_XRT, which makes XRT abort, is repaired for the worker', async () => {
    const options = linkOptions(shim, worker, { XILINX_XRT: '/nonexistent' });
    // The system's own library finds no card behind the files we show it: a clear refusal, where it would have aborted.
    const error = await failure(XrtLink.open(options));
    expect(error.code).toBe('xrt-open-failed');
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`tierwise-xrt-${process.pid}-`))).toEqual([]);
  });
});

describe('faults of the worker process', () => {
  const folder = scratch();
  afterAll(() => folder.remove());
  const start = (file: string, executable?: string): Promise<WorkerProcess> =>
    WorkerProcess.start(
      { file, env: { PATH: process.env['PATH'] ?? '' }, ...(executable === undefined ? {} : { executable }) },
      file.includes('silent') ? 300 : 20_000,
    );
  const frame = `const frame = (h) => { const t = Buffer.from(JSON.stringify(h)); const p = Buffer.alloc(8); p.writeUInt32LE(t.length, 0); return Buffer.concat([p, t]); };
    const out = new (require('net').Socket)({ fd: 3, readable: false, writable: true });`;

  test('a worker that is not installed, cannot be started, or ends at once', async () => {
    expect((await failure(start(join(folder.path, 'gone.cjs')))).code).toBe('xrt-worker-missing');
    const quiet = scriptWorker(folder.path, 'quiet', 'process.exit(7);');
    expect((await failure(start(quiet, '/nonexistent/node'))).code).toBe('xrt-worker-failed');
    const ended = await failure(start(quiet));
    expect(ended.code).toBe('xrt-worker-ended');
    expect(ended.message).toContain('exit code 7');
  });

  test('a worker that never says a word is killed at its deadline', async () => {
    const error = await failure(start(scriptWorker(folder.path, 'silent', 'setInterval(() => {}, 1000);')));
    expect(error.code).toBe('xrt-hung');
  });

  test('a worker that spins, and what it started, end together at the deadline', async () => {
    const file = scriptWorker(
      folder.path,
      'spin',
      `${frame} out.write(frame({ kind: 'ready' }));
       process.stdin.once('data', () => { const c = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
         console.error('child ' + c.pid); c.on('spawn', () => { for (;;); }); });`,
    );
    const worker = await start(file);
    const error = await failure(worker.request({ kind: 'close' }, new Uint8Array(0), 500, 'spinning'));
    expect(error.code).toBe('xrt-hung');
    expect(error.message).toContain('spinning');
    const child = Number(/child (\d+)/.exec(error.message)![1]);
    await worker.close();
    expect(isProcess(child)).toBe(false);
  });

  test.each([
    { name: 'garbage', script: `out.write(Buffer.alloc(64, 0xff)); setInterval(() => {}, 1000);`, code: 'xrt-worker-ended' },
    { name: 'nonsense', script: `out.write(frame({ kind: 'hello' })); setInterval(() => {}, 1000);`, code: 'xrt-worker-failed' },
  ])('a worker that answers $name is ended', async ({ name, script, code }) => {
    expect((await failure(start(scriptWorker(folder.path, name, `${frame} ${script}`)))).code).toBe(code);
  });

  test('text of the worker stays bounded and free of control characters', async () => {
    const script = `for (let i = 0; i < 2000; i++) process.stderr.write('\\x1b[31mnoise ' + i + '\\n');
      process.stderr.write('[XRT] ERROR: the \\x1b[31mreason ' + 'x'.repeat(1000) + '\\n'); setTimeout(() => process.abort(), 50);`;
    const error = await failure(start(scriptWorker(folder.path, 'loud', script)));
    expect(error.code).toBe('xrt-aborted');
    expect(error.message.length).toBeLessThan(700);
    expect(error.message).toContain('the  [31mreason xxx');
    expect(error.message).not.toContain('\u001b');
  });

  test.skipIf(missing !== null)('a worker does not outlive the program that started it', async () => {
    const worker = buildWorker(folder.path);
    const parent = spawn(process.execPath, [
      '-e',
      `const c = require('child_process').spawn(process.execPath, [${JSON.stringify(worker)}], { detached: true, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] });
       c.stdio[3].once('data', () => process.stdout.write(c.pid + '\\n'));`,
    ]);
    const [text] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(text.toString());
    expect(isProcess(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until(() => !isProcess(pid));
    expect(isProcess(pid)).toBe(false);
  });
});

/** True while a process runs; one that only waits to be collected does not count. */
function isProcess(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^\d+ \(.*\) Z/.test(text);
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
}
