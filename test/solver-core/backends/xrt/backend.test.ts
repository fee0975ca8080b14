import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { boardsJob } from '../../../../solver-core/jobs/boards.ts';
import { backendChoice, openBackend } from '../../../../solver-core/jobs/choose-backend.ts';
import type { Environment } from '../../../../solver-core/jobs/environment.ts';
import { createEnvironment } from '../../../../solver-core/jobs/environment.ts';
import { nodeHost } from '../../../../solver-core/jobs/host.ts';
import { listXrt } from '../../../../solver-core/jobs/xrt.ts';
import type { Shim } from '../../../xrt-shim/build-shim.ts';
import { buildShim, shimMissing } from '../../../xrt-shim/build-shim.ts';
import { buildWorker, failure, scratch } from './rig.ts';

const planned = { kind: 'cpu' } as const;

test('xrt and xrt:N on the command line choose a card', () => {
  expect(backendChoice('xrt', planned)).toEqual({ kind: 'xrt', device: 0 });
  expect(backendChoice('xrt:3', planned)).toEqual({ kind: 'xrt', device: 3 });
  expect(backendChoice('', { kind: 'xrt', device: 2 })).toEqual({ kind: 'xrt', device: 2 });
  for (const name of ['xrt:', 'xrt:-1', 'xrt:one', 'xrt:100']) expect(() => backendChoice(name, planned)).toThrow('there is no backend');
});

describe.skipIf(shimMissing() !== null)('the xrt backend', () => {
  const folder = scratch();
  let shim: Shim;
  let environment: Environment;
  beforeAll(async () => {
    shim = await buildShim('model');
    buildWorker(folder.path);
    environment = createEnvironment('0.0.0', join(folder.path, 'cli.cjs'));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });
  afterAll(() => folder.remove());

  /** What a rehearsal sets (docs/xrt.md). */
  function rehearse(more: Readonly<Record<string, string>> = {}): void {
    const variables = { XILINX_XRT: shim.root, TIERWISE_XRT_FILE_ROOT: shim.fileRoot, TIERWISE_XCLBIN: shim.xclbin, ...more };
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  }

  test('solves on the card, and says that cards have been simulated only', async () => {
    rehearse();
    const backend = await openBackend(environment, { kind: 'xrt', device: 0 }, []);
    expect(backend.info).toMatchObject({ kind: 'xrt', device: 'accelerator card 0 (8 lanes, 18-bit words)' });
    expect(backend.info.image).toMatch(/^[0-9a-f]{64}$/);
    expect(backend.info.note).toContain('simulated card only');
    const x = Float64Array.from({ length: 80 }, (_, i) => Math.sin(i * i));
    const y = Float64Array.from({ length: 20 }, (_, i) => 3 * x[i * 4]! - x[i * 4 + 3]!);
    const source = {
      ...{ rows: 20, columns: 4, outputs: 1 },
      async *chunks() {
        yield { rows: 20, x, y };
      },
    };
    const solution = await backend.solve({ source, lambda: 1e-9, bias: false }, { host: nodeHost });
    await backend.dispose();
    expect([...solution.w].map((w) => Math.round(w * 1e6) / 1e6 + 0)).toEqual([3, 0, 0, -1]);
    expect(solution.engine).toMatchObject({ level: 'card' });
  });

  test('without an xclbin, or with a bad timeout, it says what to set', async () => {
    rehearse({ TIERWISE_XCLBIN: '' });
    const error = await failure(openBackend(environment, { kind: 'xrt', device: 1 }, []));
    expect(error.code).toBe('xrt-no-xclbin');
    expect(error.advice).toContain('TIERWISE_XCLBIN');
    rehearse({ TIERWISE_XRT_TIMEOUT_S: 'soon' });
    expect((await failure(openBackend(environment, { kind: 'xrt', device: 0 }, []))).code).toBe('bad-environment');
  });

  test('boards lists the card, and asks it when told to', async () => {
    rehearse({ PATH: '/nonexistent' });
    const quiet = await listXrt(environment, undefined);
    expect(quiet).toEqual({
      xrt: [
        {
          ...{ index: 0, bdf: '0000:65:00.1', name: 'AMD/Xilinx 0x5005', answer: { kind: 'not-asked' } },
          ...{ powerW: null, rails: [], powerNote: 'not asked' },
        },
      ],
      notes: [],
    });
    expect((await listXrt(environment, '/dev/ttyUSB0')).xrt[0]!.answer.kind).toBe('not-asked');
    const asked = await listXrt(environment, 'xrt:0');
    expect(asked.xrt[0]!.answer).toMatchObject({ kind: 'engine', engine: { lanes: 8, baud: null, clockHz: 300_000_000 } });
    expect(asked.xrt[0]!.powerNote).toContain('neither xrt-smi nor xbutil');
    const boards = await boardsJob(environment, {}, {});
    expect(boards.xrt).toEqual(quiet.xrt);
  });
});
