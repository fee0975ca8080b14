import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { SolverClient, type SolverClientOptions } from '../../extension/server-client.ts';
import { SolverError } from '../../extension/solver-error.ts';
import { solverEnv } from '../../extension/solver-process.ts';

const script = fileURLToPath(new URL('./scripted-solver.mjs', import.meta.url));
const clients: SolverClient[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.dispose()));
});

/** A client whose solver behaves as `behaviour` says per method; all other methods answer. */
function client(
  behaviour: Readonly<Record<string, unknown>>,
  options: Partial<SolverClientOptions> = {},
): { solver: SolverClient; lines: string[] } {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const solver = new SolverClient({
    command: () => ({ executable: process.execPath, script, env: { TIERWISE_SCRIPT: JSON.stringify(behaviour) } }),
    log: { trace: write, info: write, warn: write, error: write },
    graceMs: 100,
    ...options,
  });
  clients.push(solver);
  return { solver, lines };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error('resolved'),
    (reason: unknown) => reason,
  );
  return error instanceof SolverError ? error.code : String(error);
}

/** A cancel token one can pull. */
function cancelSource(): { token: NonNullable<Parameters<SolverClient['request']>[2]>['token'] & object; cancel: () => void } {
  const listeners = new Set<() => void>();
  const state = { isCancellationRequested: false };
  const token = {
    get isCancellationRequested() {
      return state.isCancellationRequested;
    },
    onCancellationRequested(listener: () => void) {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
  };
  return {
    token,
    cancel: () => {
      state.isCancellationRequested = true;
      for (const listener of listeners) listener();
    },
  };
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('solver client', () => {
  it('starts the process with the first request, not before', async () => {
    const { solver } = client({});
    expect(solver.pid).toBeUndefined();
    const hello = await solver.request('tierwise/hello', {});
    expect(hello.pid).toBe(solver.pid);
  });

  it('sets the allocator environment and drops options meant for the host', () => {
    const env = solverEnv({ NODE_OPTIONS: '--inspect', PATH: '/bin' }, { ELECTRON_RUN_AS_NODE: '1' });
    expect(env).toEqual({
      PATH: '/bin',
      ELECTRON_RUN_AS_NODE: '1',
      MALLOC_MMAP_THRESHOLD_: '4294967296',
      MALLOC_TRIM_THRESHOLD_: '17179869184',
      MALLOC_ARENA_MAX: '1',
    });
  });

  it('delivers progress in order before the result', async () => {
    const { solver } = client({ 'tierwise/fit': 'progress' });
    const fractions: (number | null)[] = [];
    await solver.request('tierwise/fit', { path: '/p.tiers' }, { onProgress: (event) => fractions.push(event.fraction) });
    expect(fractions).toEqual([0.25, 0.75]);
  });

  it('passes on code and advice of a failed request', async () => {
    const { solver } = client({ 'tierwise/fit': 'fail', 'tierwise/check': 'fail-bare' });
    const error = await solver.request('tierwise/fit', { path: '/p.tiers' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'plan-invalid', message: 'The plan has 2 errors.', advice: 'Open the Problems list.' });
    expect(await codeOf(solver.request('tierwise/check', { path: '/p.tiers' }))).toBe('solver-request-failed');
  });

  it.each(['crash', 'killed'])('fails every pending request when the process ends (%s), and starts anew', async (behaviour) => {
    const { solver } = client({ 'tierwise/fit': behaviour, 'tierwise/inspect': 'hang' });
    const inspecting = codeOf(solver.request('tierwise/inspect', { path: '/m.onnx' }));
    const fitting = codeOf(solver.request('tierwise/fit', { path: '/p.tiers' }));
    expect(await fitting).toBe('solver-crashed');
    expect(await inspecting).toBe('solver-crashed');
    expect(solver.pid).toBeUndefined();
    await expect(solver.ready()).resolves.toBeUndefined();
  });

  it('treats text on stdout as a failure of the protocol and ends the process', async () => {
    const { solver } = client({ 'tierwise/check': 'garbage' });
    await solver.ready();
    const pid = solver.pid ?? 0;
    expect(await codeOf(solver.request('tierwise/check', { path: '/p.tiers' }))).toBe('solver-protocol');
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
    await expect(solver.ready()).resolves.toBeUndefined();
  });

  it('ends a process that closed its pipe', async () => {
    const { solver } = client({ 'tierwise/check': 'close-stdout' });
    expect(await codeOf(solver.request('tierwise/check', { path: '/p.tiers' }))).toBe('solver-crashed');
  });

  it('reports a hang after the silence limit and works again afterwards', async () => {
    const { solver } = client({ 'tierwise/check': 'hang' });
    expect(await codeOf(solver.request('tierwise/check', { path: '/p.tiers' }, { silenceLimitMs: 150 }))).toBe('solver-timeout');
    await expect(solver.ready()).resolves.toBeUndefined();
  });

  it('lets a short request wait behind a long one instead of ending the process', async () => {
    const { solver } = client({ 'tierwise/fit': 'cancellable', 'tierwise/check': 'hang' });
    const source = cancelSource();
    const fitting = codeOf(solver.request('tierwise/fit', { path: '/p.tiers' }, { token: source.token, silenceLimitMs: 60_000 }));
    const checking = codeOf(solver.request('tierwise/check', { path: '/p.tiers' }, { silenceLimitMs: 50 }));
    const first = await Promise.race([checking, new Promise((done) => setTimeout(done, 300, 'still waiting'))]);
    expect(first).toBe('still waiting');
    source.cancel();
    expect(await fitting).toBe('cancelled');
    expect(await checking).toBe('solver-timeout');
  });

  it('cancels politely: the process lives on', async () => {
    const { solver } = client({ 'tierwise/fit': 'cancellable' });
    await solver.ready();
    const pid = solver.pid;
    const source = cancelSource();
    const fitting = codeOf(solver.request('tierwise/fit', { path: '/p.tiers' }, { token: source.token }));
    source.cancel();
    expect(await fitting).toBe('cancelled');
    expect(solver.pid).toBe(pid);
  });

  it('ends a process that ignores the cancel, and repeats the reading requests it took down', async () => {
    const { solver } = client({ 'tierwise/fit': 'chatty-hang' });
    await solver.ready();
    const pid = solver.pid ?? 0;
    const source = cancelSource();
    const fitting = codeOf(
      solver.request('tierwise/fit', { path: '/p.tiers' }, { token: source.token, onProgress: () => source.cancel() }),
    );
    expect(await fitting).toBe('cancelled');
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
    await expect(solver.ready()).resolves.toBeUndefined();
    expect(solver.pid).not.toBe(pid);
  });

  it('asks a reading request again when the process was ended for a restart', async () => {
    const { solver } = client({});
    await solver.ready();
    const hello = solver.request('tierwise/hello', {});
    await Promise.all([solver.restart(), expect(hello).resolves.toMatchObject({ version: '1' })]);
  });

  it('does not start anything for a request that is cancelled already', async () => {
    const { solver } = client({});
    const source = cancelSource();
    source.cancel();
    expect(await codeOf(solver.request('tierwise/fit', { path: '/p.tiers' }, { token: source.token }))).toBe('cancelled');
    expect(solver.pid).toBeUndefined();
  });

  it('stops restarting after the crash limit, until asked to', async () => {
    const clock = { nowMs: 0 };
    const { solver } = client({ 'tierwise/check': 'crash' }, { crashLimit: 2, crashWindowMs: 1000, nowMs: () => clock.nowMs });
    const check = (): Promise<string> => codeOf(solver.request('tierwise/check', { path: '/p.tiers' }));
    expect([await check(), await check(), await check()]).toEqual(['solver-crashed', 'solver-crashed', 'solver-crash-loop']);
    await solver.restart();
    expect(await check()).toBe('solver-crashed');
    expect(await check()).toBe('solver-crashed');
    clock.nowMs = 1001;
    expect(await check()).toBe('solver-crashed');
  });

  it('says so when the executable does not exist', async () => {
    const { solver } = client({}, { command: () => ({ executable: '/nonexistent/node', script, env: {} }) });
    const error = await solver.ready().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'solver-not-started', advice: expect.stringContaining('tierwise.solver.nodePath') as string });
  });

  it('fails pending requests on dispose and kills a process that does not leave', async () => {
    const { solver } = client({ 'tierwise/check': 'hang', stubborn: true });
    await solver.ready();
    const pid = solver.pid ?? 0;
    const checking = codeOf(solver.request('tierwise/check', { path: '/p.tiers' }));
    await solver.dispose();
    expect(await checking).toBe('solver-disposed');
    expect(isAlive(pid)).toBe(false);
    expect(await codeOf(solver.ready())).toBe('solver-disposed');
  });

  it('writes what the process says on stderr into the log', async () => {
    const { solver, lines } = client({ 'tierwise/fit': 'chatty-hang' });
    const source = cancelSource();
    const fitting = codeOf(solver.request('tierwise/fit', { path: '/p.tiers' }, { token: source.token }));
    await expect.poll(() => lines, { timeout: 20_000 }).toContain('[solver] still alive');
    source.cancel();
    expect(await fitting).toBe('cancelled');
  });
});
