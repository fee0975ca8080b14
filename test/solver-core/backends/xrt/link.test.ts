import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MoverDescriptor } from '../../../../solver-core/backends/engine/link.ts';
import { descriptorWords } from '../../../../solver-core/backends/engine/link.ts';
import { XrtLink } from '../../../../solver-core/backends/xrt/xrt-link.ts';
import type { Shim } from '../../../xrt-shim/build-shim.ts';
import { buildShim, shimMissing } from '../../../xrt-shim/build-shim.ts';
import { buildWorker, linkOptions, scratch } from './rig.ts';

const missing = shimMissing();

describe.skipIf(missing !== null)('XRT link over the simulated card', () => {
  const folder = scratch();
  let shim: Shim;
  let worker: string;
  beforeAll(async () => {
    shim = await buildShim('fake');
    worker = buildWorker(folder.path);
  });
  afterAll(() => folder.remove());

  test('says what the kernel is and moves words of both memories there and back', async () => {
    const link = await XrtLink.open(linkOptions(shim, worker));
    expect(link.info).toMatchObject({ level: 'card', lanes: 8, wordBits: 18, accumulatorBits: 48, limbs: 2, goldenHash: null });
    const operands: MoverDescriptor = {
      ...{ space: 'operand', bits: 18, triangle: false, packed: false, diagonal: false },
      ...{ first: 3, columns: 72, blocks: 9, rows: 5, row0: 0, base: 700 },
    };
    const words = Int32Array.from({ length: descriptorWords(operands) }, (_, i) => ((i * 7919) % 262144) - 131072);
    await link.load(operands, words);
    expect([...(await link.read(operands))]).toEqual([...words]);
    const gram: MoverDescriptor = {
      ...{ space: 'gram', bits: 48, triangle: true, packed: true, diagonal: false },
      ...{ first: 0, columns: 21, blocks: 3, rows: 13, row0: 0, base: 11 },
    };
    const entries = Float64Array.from({ length: descriptorWords(gram) }, (_, i) => (i % 2 === 0 ? -1 : 1) * (2 ** 46 + i * 2 ** 31 + i));
    await link.load(gram, entries);
    expect([...(await link.read(gram))]).toEqual([...entries]);
    expect([...(await link.read({ ...operands, rows: 1 }))]).toEqual([...words.subarray(0, 69)]);
    // Column 3 is lane 3 of block 0.
    await link.clear('operand', 700, 9, 2 ** 3);
    const cleared = await link.read({ ...operands, rows: 1 });
    expect([cleared[0], cleared[1], cleared[8]]).toEqual([0, words[1], 0]);
    await link.close();
  });
});
