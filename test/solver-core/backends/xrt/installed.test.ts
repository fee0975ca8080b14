import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { coreutilName, findXrt } from '../../../../solver-core/backends/xrt/find-xrt.ts';
import type { XrtHost } from '../../../../solver-core/backends/xrt/host.ts';
import { xrtHost } from '../../../../solver-core/backends/xrt/host.ts';
import type { FailedStep } from '../../../../solver-core/backends/xrt/messages.ts';
import { WorkerProcess } from '../../../../solver-core/backends/xrt/worker-process.ts';
import { XrtLink } from '../../../../solver-core/backends/xrt/xrt-link.ts';
import { testXclbin } from '../../../xrt-shim/build-shim.ts';
import { buildWorker, failure, scratch, scriptWorker } from './rig.ts';

const installed = xrtHost()
  .libraryFolders.map((folder) => join(folder, coreutilName))
  .find((file) => existsSync(file));

/** This machine without any XRT variables. */
function plainHost(env: Readonly<Record<string, string>> = {}): XrtHost {
  return { ...xrtHost(), fileRoot: '/', env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env } };
}

const asked = { index: 0, xclbin: '/nonexistent.xclbin', kernel: 'tierwise_kernel' };

// What XRT itself does when nobody checks first (hardware reference, failures without a card): the parent must live on each time.
describe.skipIf(installed === undefined)('the installed XRT without a card', () => {
  const folder = scratch();
  let worker: string;
  beforeAll(() => {
    worker = buildWorker(folder.path);
  });
  afterAll(() => folder.remove());

  /** Opens card 0 with exactly this environment. */
  async function openWith(env: Readonly<Record<string, string>>, library = installed!): Promise<FailedStep | string> {
    const process = await WorkerProcess.start({ file: worker, env });
    try {
      const { reply } = await process.request({ kind: 'open', library, ...asked }, new Uint8Array(0), 20_000, 'opening');
      return reply.kind === 'failed' ? `${reply.step}: ${await process.lastWords()}` : reply.kind;
    } finally {
      await process.close();
    }
  }

  test('a library that is missing is a failed step', async () => {
    expect(await openWith({}, '/nonexistent/libxrt_coreutil.so.2')).toMatch(/^library/);
  });

  test.each([
    { name: 'XILINX_XRT unset', env: {} },
    { name: 'XILINX_XRT with a wrong layout', env: { XILINX_XRT: '/usr' } },
    { name: 'an emulation mode that is none', env: { XILINX_XRT: '/usr', XCL_EMULATION_MODE: 'warp' } },
  ])('$name aborts the worker', async ({ env }) => {
    expect((await failure(openWith(env as Record<string, string>))).code).toBe('xrt-aborted');
  });

  test('with the root that findXrt makes, no card is a refusal with a reason', async () => {
    const xrt = await findXrt(plainHost({ XCL_EMULATION_MODE: 'warp', NODE_OPTIONS: '--inspect' }));
    expect(xrt.env).toMatchObject({ ELECTRON_RUN_AS_NODE: '1' });
    expect(Object.keys(xrt.env)).not.toContain('XCL_EMULATION_MODE');
    expect(Object.keys(xrt.env)).not.toContain('NODE_OPTIONS');
    expect(existsSync(join(xrt.env['XILINX_XRT']!, 'lib/libxrt_core.so.2'))).toBe(true);
    expect(await openWith(xrt.env, xrt.library)).toMatch(/^open: .*Could not open device/);
    await xrt.dispose();
    await xrt.dispose();
    expect(existsSync(join(xrt.env['XILINX_XRT']!, 'lib'))).toBe(false);
  });

  test('the emulation of hardware never takes the parent along', async () => {
    const xrt = await findXrt(plainHost(), 'hw_emu');
    expect(xrt.env['XCL_EMULATION_MODE']).toBe('hw_emu');
    const outcome = await openWith(xrt.env, xrt.library).catch((error: { code: string }) => error.code);
    expect(String(outcome)).toMatch(/^(xclbin|xrt-aborted|xrt-crashed|xrt-worker-ended)/);
    await xrt.dispose();
  });

  test('opening a link names the missing card before XRT is loaded', async () => {
    const xclbin = join(folder.path, 'card.xclbin');
    writeFileSync(xclbin, testXclbin());
    const fileRoot = join(folder.path, 'empty');
    const error = await failure(XrtLink.open({ index: 0, xclbin, workerFile: '/nonexistent', host: { ...plainHost(), fileRoot } }));
    expect(error.code).toBe('xrt-no-card');
  });
});

describe('looking for XRT', () => {
  const folder = scratch();
  afterAll(() => folder.remove());
  const host = (changes: Partial<XrtHost>): XrtHost => ({ ...plainHost(), libraryFolders: [], ...changes });
  const installation = (name: string, files: readonly string[]): string => {
    for (const file of files) {
      mkdirSync(join(folder.path, name, file, '..'), { recursive: true });
      writeFileSync(join(folder.path, name, file), '');
    }
    return join(folder.path, name);
  };

  test.each([
    { platform: 'win32', architecture: 'x64' },
    { platform: 'darwin', architecture: 'arm64' },
    { platform: 'linux', architecture: 'riscv64' },
  ])('$platform on $architecture is xrt-platform', async (machine) => {
    expect((await failure(findXrt(host({ ...machine, architecture: machine.architecture })))).code).toBe('xrt-platform');
  });

  test('names every folder it looked into', async () => {
    const error = await failure(findXrt(host({ env: { XILINX_XRT: '/one', LD_LIBRARY_PATH: '/two:three' }, libraryFolders: ['/four'] })));
    expect(error.code).toBe('xrt-library-missing');
    expect(error.message).toContain('/one/lib, /two, /four');
  });

  test('half an installation is xrt-core-missing', async () => {
    const half = installation('half', ['lib/libxrt_coreutil.so.2']);
    expect((await failure(findXrt(host({ libraryFolders: [join(half, 'lib')] })))).code).toBe('xrt-core-missing');
  });

  test('a whole installation is used as it is, without a private root', async () => {
    const whole = installation('whole', ['lib/libxrt_coreutil.so.2', 'lib/libxrt_core.so.2']);
    const found = await findXrt(host({ env: { XILINX_XRT: '/wrong' }, libraryFolders: [join(whole, 'lib')] }));
    expect(found.env['XILINX_XRT']).toBe(whole);
    await found.dispose();
    expect(existsSync(join(whole, 'lib'))).toBe(true);
  });

  test('an emulation mode that XRT would abort for is refused', async () => {
    expect((await failure(findXrt(host({}), 'warp'))).code).toBe('xrt-bad-emulation-mode');
  });
});

test('a worker that signals its whole group, as XRT does when an emulated device dies, takes nobody along', async () => {
  const folder = scratch();
  const file = scriptWorker(folder.path, 'group', `process.kill(0, 'SIGTERM'); setInterval(() => {}, 1000);`);
  const error = await failure(WorkerProcess.start({ file, env: {} }));
  folder.remove();
  expect(error.code).toBe('xrt-worker-ended');
  expect(error.message).toContain('SIGTERM');
});
