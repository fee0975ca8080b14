import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FunctionalDevice } from '../../../../solver-core/backends/engine/functional-device.ts';
import { triangleWords } from '../../../../solver-core/backends/engine/host-words.ts';
import { layoutOrThrow } from '../../../../solver-core/backends/engine/layout.ts';
import { AbortError } from '../../../../solver-core/model/abort.ts';
import { loadImage } from '../../../../solver-core/backends/sim/load-image.ts';
import { nodeHost } from '../../../../solver-core/backends/sim/node-host.ts';
import { RateMeter } from '../../../../solver-core/backends/sim/rate.ts';
import { openSimDevice, predictCycles } from '../../../../solver-core/backends/sim/sim-device.ts';
import { WasmDevice } from '../../../../solver-core/backends/sim/wasm-device.ts';
import { randomCase, randomWords } from '../../../hdl/cases.ts';
import { defaultImageFolder } from '../../../hdl/images.ts';
import { runCase } from '../../../hdl/run-case.ts';

let imageFolder = '';
let folder = '';
beforeAll(async () => {
  imageFolder = await defaultImageFolder();
  folder = await mkdtemp(join(tmpdir(), 'tierwise-sim-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('loading an image', () => {
  test('says what to do when it was not built', async () => {
    await expect(loadImage(join(folder, 'nowhere'))).rejects.toMatchObject({
      code: 'engine-image-missing',
      category: 'backend',
      message: expect.stringContaining('engine image not built; run npm run build:hdl') as string,
    });
  });

  test('refuses an image that is not the one its manifest names', async () => {
    await copyFile(join(imageFolder, 'manifest.json'), join(folder, 'manifest.json'));
    const wasm = await readFile(join(imageFolder, 'engine.wasm'));
    wasm[wasm.length - 1]! ^= 1;
    await writeFile(join(folder, 'engine.wasm'), wasm);
    await expect(loadImage(folder)).rejects.toMatchObject({ code: 'engine-image-damaged' });
  });

  test('refuses a manifest without parameters, and one that is no JSON', async () => {
    await copyFile(join(imageFolder, 'engine.wasm'), join(folder, 'engine.wasm'));
    const manifest = JSON.parse(await readFile(join(imageFolder, 'manifest.json'), 'utf8')) as Record<string, unknown>;
    await writeFile(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, parameters: { N: 'eight' } }));
    await expect(loadImage(folder)).rejects.toMatchObject({
      code: 'engine-image-damaged',
      message: expect.stringContaining('"eight" for N') as string,
    });
    await writeFile(join(folder, 'manifest.json'), '{');
    await expect(loadImage(folder)).rejects.toMatchObject({ code: 'engine-image-damaged' });
  });
});

describe('the simulated engine', () => {
  test('lets the event loop turn while it works, and its image names it', async () => {
    let pauses = 0;
    const image = await loadImage(imageFolder);
    // A clock that claims one second per look: slices become as short as allowed.
    let now = 0;
    const device = await WasmDevice.create(image, { nowMs: () => (now += 1000), pause: async () => void pauses++ });
    const problem = randomCase('slices', 48, 4, 200, 18, 14, 2 ** 28);
    expect(await runCase(device, problem)).toEqual(await runCase(new FunctionalDevice(nodeHost), problem));
    expect(pauses).toBeGreaterThan(40);
    expect(device.info).toMatchObject({ level: 'rtl-wasm', image: image.sha256, maxFeatures: 1024 });
  });

  test('stops within a slice when cancelled, and works again after begin', async () => {
    const abort = { aborted: false };
    let pauses = 0;
    let now = 0;
    const device = await WasmDevice.create(await loadImage(imageFolder), {
      nowMs: () => (now += 1000),
      pause: async () => {
        pauses++;
        if (pauses === 5) abort.aborted = true;
      },
    });
    const d = 64;
    const problem = randomCase('again', 20, 3, 30, 18, 14, 2 ** 26);
    const expected = await runCase(new FunctionalDevice(nodeHost), problem);
    await device.begin({ features: d, outputs: 2, diagonal: new Float64Array(d).fill(2 ** 30) });
    pauses = 0;
    await expect(device.accumulate(randomWords(1, 500, d + 2, 14), 500, abort)).rejects.toBeInstanceOf(AbortError);
    expect(pauses).toBe(5);
    await expect(device.factor(0)).rejects.toMatchObject({ code: 'internal-assertion' });
    expect(await runCase(device, problem)).toEqual(expected);
    // Cancelled in the middle of CHOL, the command itself is thrown away.
    await device.begin({ features: d, outputs: 2, diagonal: new Float64Array(d).fill(2 ** 30) });
    pauses = 0;
    abort.aborted = false;
    await expect(device.factor(0, abort)).rejects.toBeInstanceOf(AbortError);
    expect(await runCase(device, problem)).toEqual(expected);
  });

  test('a solve that is cancelled leaves nothing to read, and toggles are counted anew from begin', async () => {
    const abort = { aborted: false };
    let now = 0;
    const device = await WasmDevice.create(await loadImage(imageFolder), { nowMs: () => (now += 1000), pause: async () => undefined });
    const d = 40;
    const problem = { features: d, outputs: 3, diagonal: new Float64Array(d).fill(2 ** 30) };
    await device.begin(problem);
    expect(device.activity).toBe(0);
    await device.accumulate(randomWords(1, 20, d + 3, 14), 20);
    expect(device.activity).toBeGreaterThan(20);
    await device.factor(0);
    const r = { values: new Float64Array(d * 3).fill(1000), fractionBits: 17 };
    await device.solve(r, abort);
    await device.factor(0);
    await device.backSubstitute();
    abort.aborted = true;
    await expect(device.readGram(abort)).rejects.toBeInstanceOf(AbortError);
    await expect(device.readFactor(abort)).rejects.toBeInstanceOf(AbortError);
    await expect(device.readWeights(abort)).rejects.toBeInstanceOf(AbortError);
    await device.factor(0);
    await expect(device.solve(r, abort)).rejects.toBeInstanceOf(AbortError);
    await device.begin(problem);
    expect(device.activity).toBe(0);
    await expect(device.solve(r)).rejects.toMatchObject({ code: 'internal-assertion' });
  });

  test('an aborted flag is seen before any work', async () => {
    const device = await WasmDevice.create(await loadImage(imageFolder), nodeHost);
    await expect(device.begin({ features: 1, outputs: 1, diagonal: new Float64Array(1) }, { aborted: true })).rejects.toBeInstanceOf(
      AbortError,
    );
    await device.dispose();
    await expect(device.begin({ features: 1, outputs: 1, diagonal: new Float64Array(1) })).rejects.toMatchObject({
      code: 'internal-assertion',
    });
  });
});

test('an image that cannot run is an error of the backend, not a stray exception', async () => {
  const image = await loadImage(imageFolder);
  await expect(WasmDevice.create({ ...image, wasm: image.wasm.subarray(0, 100) }, nodeHost)).rejects.toMatchObject({
    code: 'engine-crashed',
    category: 'backend',
  });
});

describe('choosing a level', () => {
  const small = [{ features: 16, outputs: 4, rows: 100 }];

  test('the RTL answers small work, and the reason gives the prediction', async () => {
    const { device, reason, predictedS, rateHz } = await openSimDevice({ imageFolder, work: small });
    expect(device.info.level).toBe('rtl-wasm');
    expect(reason).toMatch(/^RTL simulation: .* million cycles at .* million per second, about .* s$/);
    expect(predictedS * rateHz).toBeCloseTo(predictCycles(device.info, small));
  });

  test('the functional model answers work that would take too long, with the parameters of the image', async () => {
    const { device, reason } = await openSimDevice({ imageFolder, work: [{ features: 1000, outputs: 10, rows: 1e6 }] });
    expect(device.info).toMatchObject({ level: 'functional', lanes: 8, maxFeatures: 1024 });
    expect(reason).toMatch(/^functional model, bit-identical to the RTL: the RTL simulation would take .*, more than 30 s$/);
  });

  test('either level can be insisted on', async () => {
    expect((await openSimDevice({ imageFolder, work: small, level: 'functional' })).device.info.level).toBe('functional');
    expect((await openSimDevice({ imageFolder, work: small, level: 'rtl', limitS: 0 })).device.info.level).toBe('rtl-wasm');
    expect((await openSimDevice({ imageFolder, work: small, limitS: 0 })).device.info.level).toBe('functional');
  });

  test('a layer that does not fit is an error, not a wrong answer', async () => {
    await expect(openSimDevice({ imageFolder, work: [{ features: 4000, outputs: 1, rows: 1 }] })).rejects.toMatchObject({
      code: 'engine-too-small',
    });
  });

  test('outputs that need several runs are predicted as several runs', async () => {
    const { device } = await openSimDevice({ imageFolder, work: small });
    const once = predictCycles(device.info, [{ features: 1024, outputs: 56, rows: 10 }]);
    const twice = predictCycles(device.info, [{ features: 1024, outputs: 112, rows: 10 }]);
    expect(twice).toBe(2 * once);
  });

  test('the prediction counts exactly the cycles and words a solve then takes', async () => {
    const problem = randomCase('predicted', 33, 5, 300, 18, 14, 2 ** 28);
    const device = await WasmDevice.create(await loadImage(imageFolder), nodeHost);
    await runCase(device, problem);
    const { gramCycles, cholCycles, backCycles, hostWords } = device.totals;
    // A solve reads R and W; the case read G, too.
    const gramWords = triangleWords(layoutOrThrow(device.info, 33, 5));
    const taken = gramCycles + cholCycles + backCycles + hostWords - gramWords;
    expect(predictCycles(device.info, [{ features: 33, outputs: 5, rows: 300 }])).toBe(taken);
  });
});

test('the rate meter forgets the distant past', () => {
  const meter = new RateMeter();
  expect(meter.rateHz(7)).toBe(7);
  meter.add(1000, 10);
  expect(meter.rateHz(7)).toBe(100);
  for (let i = 0; i < 20; i++) meter.add(10_000, 10);
  expect(meter.rateHz(7)).toBeGreaterThan(990);
});
