import { describe, expect, test } from 'vitest';
import { FunctionalDevice } from '../../solver-core/backends/engine/functional-device.ts';
import type { EngineParameters } from '../../solver-core/backends/engine/parameters.ts';
import { defaultEngineParameters } from '../../solver-core/backends/engine/parameters.ts';
import { maxRows } from '../../solver-core/backends/engine/shift.ts';
import { loadImage } from '../../solver-core/backends/sim/load-image.ts';
import type { EngineImage } from '../../solver-core/backends/sim/load-image.ts';
import { nodeHost } from '../../solver-core/backends/sim/node-host.ts';
import { WasmDevice } from '../../solver-core/backends/sim/wasm-device.ts';
import { randomCase } from './cases.ts';
import type { EngineCase } from './cases.ts';
import { defaultImageFolder, variantImage } from './images.ts';
import { allCases, inTwoLimbs, runCase } from './run-case.ts';
import { smallParameters } from './simulators.ts';

const variants: readonly EngineParameters[] = [smallParameters(2, 16, 40, 2), smallParameters(4, 18, 40), smallParameters(16, 16, 48, 2)];

/** One model and one simulated engine; each case runs on both. */
async function compare(image: EngineImage, cases: readonly EngineCase[]): Promise<void> {
  const model = new FunctionalDevice(nodeHost, image.parameters);
  const rtl = await WasmDevice.create(image, nodeHost);
  for (const problem of cases) {
    expect(await runCase(rtl, problem), problem.name).toEqual(await runCase(model, problem));
    expect(rtl.totals, problem.name).toEqual(model.totals);
  }
}

describe('RTL as WebAssembly gives the bits, flags, cycles and host words of the model', () => {
  test.each(variants)('$lanes lanes, $wordBits/$accumulatorBits bits, $limbs limb(s)', async (parameters) => {
    await compare(await variantImage(parameters), allCases(parameters));
  });

  test('shipped engine: corner cases and sizes up to 256 features, several chunks of rows, many outputs', async () => {
    await compare(await loadImage(await defaultImageFolder()), [
      ...allCases(defaultEngineParameters),
      randomCase('several chunks', 17, 3, 600, 18, 15, 2 ** 24),
      randomCase('odd sizes', 77, 11, 90, 18, 16, 2 ** 33),
      inTwoLimbs(randomCase('odd sizes, two limbs', 77, 11, 90, 18, 16, 2 ** 33)),
      randomCase('more outputs than features', 12, 130, 40, 18, 14, 2 ** 25),
      randomCase('256 features', 256, 10, 64, 18, 14, 2 ** 28),
    ]);
  });

  test('shipped engine: all rows the accumulator can take at full scale, and not one more', async () => {
    const rows = maxRows(18, 48);
    expect(rows).toBe(8191);
    const full = new Int32Array(2 * rows).fill(-(2 ** 17));
    const image = await loadImage(await defaultImageFolder());
    const problem: EngineCase = {
      name: 'full',
      features: 1,
      outputs: 1,
      diagonal: new Float64Array(1),
      steps: [{ kind: 'rows', words: full, rows }, { kind: 'factor', shift: 13 }, { kind: 'back' }],
    };
    await compare(image, [problem]);
    for (const device of [new FunctionalDevice(nodeHost), await WasmDevice.create(image, nodeHost)]) {
      await runCase(device, problem);
      await expect(device.accumulate(Int32Array.of(-(2 ** 17), 0), 1)).rejects.toMatchObject({ code: 'engine-gram-overflow' });
      expect((await device.readGram())[0]).toBe(8191 * 2 ** 34);
    }
  });
});
