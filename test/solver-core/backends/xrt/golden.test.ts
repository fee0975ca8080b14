import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineDevice, Limbs } from '../../../../solver-core/backends/engine/device.ts';
import { FunctionalDevice } from '../../../../solver-core/backends/engine/functional-device.ts';
import { RemoteDevice } from '../../../../solver-core/backends/engine/remote-device.ts';
import { engineHash, goldenHash18 } from '../../../../solver-core/backends/engine/self-test.ts';
import { gramShift } from '../../../../solver-core/backends/engine/shift.ts';
import { solveOnDevice } from '../../../../solver-core/backends/engine/solve-on-device.ts';
import { nodeHost } from '../../../../solver-core/backends/sim/node-host.ts';
import { loadImage } from '../../../../solver-core/backends/sim/load-image.ts';
import { WasmDevice } from '../../../../solver-core/backends/sim/wasm-device.ts';
import { openXrtDevice } from '../../../../solver-core/backends/xrt/open-device.ts';
import { XrtLink } from '../../../../solver-core/backends/xrt/xrt-link.ts';
import type { RidgeProblem } from '../../../../solver-core/fit/backend.ts';
import { defaultImageFolder } from '../../../hdl/images.ts';
import type { Shim } from '../../../xrt-shim/build-shim.ts';
import { buildShim, shimMissing } from '../../../xrt-shim/build-shim.ts';
import { xorshift } from '../serial/random.ts';
import { buildWorker, failure, linkOptions, scratch } from './rig.ts';

const rows = 400;
const features = 64;
const outputs = 10;
const columns = features + outputs;

/** Rows like those of the digits example: pixels of 0..16 and labels, as words. */
function digitLike(seed: number): Int32Array {
  const random = xorshift(seed);
  return Int32Array.from({ length: rows * columns }, (_, i) => {
    const r = random() >>> 8;
    return i % columns < features ? (r % 17) * 512 : (r % 10 === 0 ? 9000 : 0) - 900;
  });
}

/** G, R | Z and W of the digit-like rows, before any refinement. */
async function bits(device: EngineDevice, limbs: Limbs): Promise<unknown> {
  const words = digitLike(7);
  await device.begin({ features, outputs, diagonal: new Float64Array(features).fill(2 ** 30) });
  await device.accumulate(words, rows);
  const gram = await device.readGram();
  let largest = 0;
  for (let i = 0; i < features; i++) largest = Math.max(largest, gram[i * columns + i]!);
  const { breakdown, saturated } = await device.factor(gramShift(largest, device.info.wordBits), undefined, limbs);
  await device.backSubstitute();
  return { gram, breakdown, saturated, factor: await device.readFactor(), weights: await device.readWeights() };
}

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

  test('gives the bits of the simulated engine and of the functional model on a problem of the size of digits', async () => {
    const link = await XrtLink.open(linkOptions(shim, worker));
    const card = new RemoteDevice(link);
    const sim = await WasmDevice.create(await loadImage(await defaultImageFolder()), nodeHost);
    const expected = await bits(sim, 1);
    expect(expected).toMatchObject({ breakdown: false, saturated: false });
    expect(await bits(card, 1)).toEqual(expected);
    expect(await bits(new FunctionalDevice(nodeHost, link.info), link.info.limbs)).toEqual(await bits(card, link.info.limbs));
    await card.dispose();
    await sim.dispose();
  });

  test('a whole solve over the card has the bits of the same solve on the functional model', async () => {
    const words = digitLike(11);
    const x = new Float64Array(rows * features);
    const y = new Float64Array(rows * outputs);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < features; c++) x[r * features + c] = words[r * columns + c]! / 512;
      for (let c = 0; c < outputs; c++) y[r * outputs + c] = words[r * columns + features + c]! / 9000;
    }
    const source: RidgeProblem['source'] = {
      rows,
      columns: features,
      outputs,
      async *chunks() {
        yield { rows, x, y };
      },
    };
    const problem: RidgeProblem = { source, lambda: 3, bias: true };
    const card = await openXrtDevice(linkOptions(shim, worker), nodeHost);
    const solved = await solveOnDevice(problem, card, { host: nodeHost });
    const { lanes, wordBits, accumulatorBits, limbs, operandDepth, gramDepth, maxFeatures } = card.info;
    const model = new FunctionalDevice(nodeHost, { lanes, wordBits, accumulatorBits, limbs, operandDepth, gramDepth, maxFeatures });
    const expected = await solveOnDevice(problem, model, { host: nodeHost });
    await card.dispose();
    expect(solved.engine?.level).toBe('card');
    expect(solved.w).toEqual(expected.w);
    expect(solved.b).toEqual(expected.b);
    expect({ ...solved.engine, level: '' }).toEqual({ ...expected.engine, level: '' });
  });

  test('a card whose memory flips bits is refused before it is used', async () => {
    const error = await failure(
      openXrtDevice(linkOptions(shim, worker, { TIERWISE_SHIM_FAULT: 'flip', TIERWISE_SHIM_FAULT_AT: '1' }), nodeHost),
    );
    expect(error.code).toBe('board-self-test-failed');
  });
});
