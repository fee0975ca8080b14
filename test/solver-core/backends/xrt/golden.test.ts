import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RemoteDevice } from '../../../../solver-core/backends/engine/remote-device.ts';
import { engineHash, goldenHash18 } from '../../../../solver-core/backends/engine/self-test.ts';
import { XrtLink } from '../../../../solver-core/backends/xrt/xrt-link.ts';
import type { Shim } from '../../../xrt-shim/build-shim.ts';
import { buildShim, shimMissing } from '../../../xrt-shim/build-shim.ts';
import { buildWorker, linkOptions, scratch } from './rig.ts';

describe.skipIf(shimMissing() !== null)('the kernel RTL behind XRT', () => {
  const folder = scratch();
  let shim: Shim;
  let worker: string;
  beforeAll(async () => {
    shim = await buildShim('model');
    worker = buildWorker(folder.path);
  });
  afterAll(() => folder.remove());

  test('answers the bring-up problem with the golden hash', async () => {
    const link = await XrtLink.open(linkOptions(shim, worker));
    expect(link.info).toMatchObject({ lanes: 8, wordBits: 18, goldenHash: goldenHash18, clockHz: 300_000_000 });
    const device = new RemoteDevice(link);
    expect(await engineHash(device)).toBe(goldenHash18);
    await device.dispose();
  });
});
