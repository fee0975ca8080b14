import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ResponseError, StreamMessageReader, StreamMessageWriter, createMessageConnection } from 'vscode-jsonrpc/node.js';
import { buildProduct } from '../../../cli/product.ts';
import type { Product } from '../../../cli/product.ts';
import type { Shim } from '../../../xrt-shim/build-shim.ts';
import { buildShim, shimMissing } from '../../../xrt-shim/build-shim.ts';
import { buildWorker } from './rig.ts';

describe.skipIf(shimMissing() !== null)('the solver process fitting on a card that fails in the middle', () => {
  let product: Product;
  let shim: Shim;
  beforeAll(async () => {
    product = await buildProduct();
    buildWorker(dirname(product.solver));
    shim = await buildShim('model');
  });
  afterAll(() => product.remove());

  test.each([
    { fault: 'segv', code: 'xrt-crashed' },
    { fault: 'abort', code: 'xrt-aborted' },
    { fault: 'hang', code: 'xrt-run-timeout' },
  ])('$fault: the fit is $code, no file is left, and the process answers on without XRT in it', async ({ fault, code }) => {
    const folder = product.digits();
    const before = readdirSync(folder);
    const env = {
      ...{ ...process.env, XILINX_XRT: shim.root, TIERWISE_XRT_FILE_ROOT: shim.fileRoot, TIERWISE_XCLBIN: shim.xclbin },
      // The bring-up problem takes fewer calls than this.
      ...{ TIERWISE_SHIM_FAULT: fault, TIERWISE_SHIM_FAULT_AT: '24', TIERWISE_XRT_TIMEOUT_S: '5' },
    };
    const child = spawn(process.execPath, [product.solver], { stdio: 'pipe', env });
    const rpc = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
    rpc.listen();
    const fit = rpc.sendRequest('tierwise/fit', { path: `${folder}/digits.tiers`, backend: 'xrt:0' });
    const error: unknown = await fit.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ResponseError);
    expect((error as ResponseError<{ code: string; advice: string }>).data).toMatchObject({ code });
    expect((error as ResponseError<{ code: string; advice: string }>).data?.advice).not.toBe('');
    expect(readdirSync(folder)).toEqual(before);
    await expect(rpc.sendRequest('tierwise/hello', {})).resolves.toMatchObject({ pid: child.pid });
    const maps = readFileSync(`/proc/${child.pid}/maps`, 'utf8');
    expect(maps).not.toContain('koffi');
    expect(maps).not.toContain('libxrt');
    const ended = once(child, 'exit');
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
    rpc.dispose();
  });
});
