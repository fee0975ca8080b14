import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkAbort } from '../../../../solver-core/model/abort.ts';
import type { AbortFlag } from '../../../../solver-core/model/abort.ts';
import { arrayRows } from '../../../../solver-core/fit/ridge/array-rows.ts';
import { solveOnDevice } from '../../../../solver-core/backends/engine/solve-on-device.ts';
import { madeProblem, quiet } from '../../fit/problems.ts';
import { FunctionalDevice } from '../../../../solver-core/backends/engine/functional-device.ts';
import type { EngineDevice, Limbs } from '../../../../solver-core/backends/engine/device.ts';
import { splitDescriptor } from '../../../../solver-core/backends/engine/link.ts';
import type { EngineCommand, EngineLinkInfo, MoverDescriptor, RunResult } from '../../../../solver-core/backends/engine/link.ts';
import { layoutOrThrow } from '../../../../solver-core/backends/engine/layout.ts';
import { joinLimbs, splitLimbs } from '../../../../solver-core/backends/engine/places.ts';
import { RemoteDevice } from '../../../../solver-core/backends/engine/remote-device.ts';
import { checkRemoteDevice } from '../../../../solver-core/backends/engine/remote-self-test.ts';
import { gramShift } from '../../../../solver-core/backends/engine/shift.ts';
import { EngineMemory, MemoryLink, testEngine } from '../serial/engine-memory.ts';
import { xorshift } from '../serial/random.ts';

const host = { pause: () => Promise.resolve() };

function remote(info: EngineLinkInfo = testEngine): { device: RemoteDevice; link: MemoryLink; model: FunctionalDevice } {
  const link = new MemoryLink(new EngineMemory(info));
  return { device: new RemoteDevice(link), link, model: new FunctionalDevice(host, info) };
}

function rowsOf(rows: number, columns: number, bits: number, seed: number): Int32Array {
  const random = xorshift(seed);
  return Int32Array.from({ length: rows * columns }, () => (random() >>> (32 - bits)) - 2 ** (bits - 1));
}

/** Everything a device computes of one problem, with flags, cycles and host words. */
async function everything(device: EngineDevice, d: number, m: number, limbs: Limbs): Promise<unknown> {
  const words = rowsOf(90, d + m, 12, 5);
  const results: unknown[] = [];
  await device.begin({ features: d, outputs: m, diagonal: new Float64Array(d).fill(2 ** 24) });
  results.push(await device.accumulate(words, 90));
  results.push(await device.accumulate(words.subarray(0, 10 * (d + m)), 10, undefined, { subtract: true }));
  results.push(await device.decay(5));
  const gram = await device.readGram();
  await device.loadGram(gram);
  let largest = 0;
  for (let i = 0; i < d; i++) largest = Math.max(largest, gram[i * (d + m) + i]!);
  results.push(await device.factor(gramShift(largest, device.info.wordBits), undefined, limbs));
  results.push(await device.backSubstitute(), await device.readFactor(), await device.readWeights());
  const fractionBits = limbs * (device.info.wordBits - 1);
  const r = Float64Array.from(rowsOf(d, m, 16, 9), (v) => v * 2 ** (fractionBits - 20));
  const right = { values: r.map(Math.round), fractionBits };
  for (const part of ['both', 'forward', 'backward'] as const) results.push(await device.solve(right, undefined, part));
  results.push(gram, await device.readGram(), { ...device.totals });
  return results;
}

test.each([
  [24, 3, 1],
  [24, 3, 2],
  [13, 1, 1],
  [13, 1, 2],
  [16, 8, 1],
  [33, 7, 2],
  [1, 1, 1],
] as const)('%i features, %i outputs, %i limbs: the bits, flags, cycles and words of the model', async (d, m, limbs) => {
  const { device, model } = remote();
  expect(await everything(device, d, m, limbs)).toEqual(await everything(model, d, m, limbs));
});

test('an engine of 2 lanes with 16-bit words agrees too', async () => {
  const small = { ...testEngine, lanes: 2, wordBits: 16, accumulatorBits: 40, limbs: 1 as const, operandDepth: 4096 };
  const { device, model } = remote(small);
  expect(await everything(device, 9, 2, 1)).toEqual(await everything(model, 9, 2, 1));
});

test('what was in the memories before does not matter, unused lanes included', async () => {
  const { device, link, model } = remote();
  await everything(device, 33, 7, 2);
  link.memory.operand.fill(-77);
  link.memory.gram.fill(-99);
  expect(await everything(device, 21, 2, 1)).toEqual(await everything(model, 21, 2, 1));
});

test('rows beyond a chunk become several commands', async () => {
  const { device, link } = remote();
  await device.begin({ features: 24, outputs: 3, diagonal: new Float64Array(24).fill(2 ** 20) });
  const { chunkRows } = layoutOrThrow(device.info, 24, 3);
  const rows = 2 * chunkRows + 5;
  await device.accumulate(rowsOf(rows, 27, 10, 1), rows);
  expect(link.commands.map((c) => c.rows)).toEqual([chunkRows, chunkRows, 5]);
});

class WrongLink extends MemoryLink {
  change: Partial<RunResult> = {};
  override async run(command: EngineCommand): Promise<RunResult> {
    return { ...(await super.run(command)), ...this.change };
  }
}

test('an engine that takes other cycles than the formula is not believed', async () => {
  const link = new WrongLink(new EngineMemory(testEngine));
  const device = new RemoteDevice(link);
  await device.begin({ features: 8, outputs: 1, diagonal: new Float64Array(8).fill(2 ** 20) });
  link.change = { cycles: 17 };
  await expect(device.factor(0)).rejects.toMatchObject({
    code: 'board-cycles-mismatch',
    message: expect.stringContaining('took 17 cycles') as string,
  });
  await expect(device.factor(0)).rejects.toThrow('factor before begin');
});

test('the self-test passes on a good engine, small ones too, and fails on a wrong bit', async () => {
  const { device } = remote();
  await checkRemoteDevice(device, testEngine, host);
  const tiny = {
    ...testEngine,
    lanes: 2,
    wordBits: 16,
    accumulatorBits: 40,
    limbs: 1 as const,
    operandDepth: 1024,
    gramDepth: 256,
    maxFeatures: 24,
  };
  await checkRemoteDevice(remote(tiny).device, tiny, host);
  const bad = remote();
  const read = bad.link.memory.read.bind(bad.link.memory);
  bad.link.memory.read = (descriptor) => {
    const words = read(descriptor);
    if (descriptor.space === 'operand') words[3]! += 1;
    return words;
  };
  await expect(checkRemoteDevice(bad.device, testEngine, host)).rejects.toMatchObject({ code: 'board-self-test-failed' });
});

test('a cancelled call leaves a device that wants begin', async () => {
  const { device } = remote();
  const problem = { features: 8, outputs: 1, diagonal: new Float64Array(8).fill(2 ** 20) };
  await device.begin(problem);
  await expect(device.factor(0, { aborted: true })).rejects.toMatchObject({ name: 'AbortError' });
  await expect(device.factor(0)).rejects.toThrow('factor before begin');
  await device.begin(problem);
  await expect(device.factor(0)).resolves.toMatchObject({ breakdown: false });
});

test('a descriptor in parts names the same words in the same order', () => {
  const memory = new EngineMemory(testEngine);
  const descriptor = fc.record({
    triangle: fc.boolean(),
    packed: fc.boolean(),
    diagonal: fc.boolean(),
    first: fc.nat(20),
    columns: fc.integer({ min: 20, max: 60 }),
    rows: fc.nat(40),
    row0: fc.nat(5),
    base: fc.nat(50),
  });
  fc.assert(
    fc.property(descriptor, fc.integer({ min: 1, max: 90 }), (some, most) => {
      const whole: MoverDescriptor = { ...some, space: 'operand', bits: 24, blocks: 8 };
      const parts = splitDescriptor(whole, testEngine.lanes, most);
      for (const part of parts) {
        const words = memory.places(part).length;
        expect(words).toBeGreaterThan(0);
        expect(words).toBeLessThanOrEqual(most);
      }
      expect(parts.flatMap((part) => memory.places(part))).toEqual(memory.places(whole));
    }),
    { seed: 8, numRuns: 400 },
  );
});

test('limbs come together again and lie within their words', () => {
  const f = 17;
  const top = 2 ** (2 * f) - 2 ** (f - 1) - 1;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -(2 ** (2 * f)), max: top }), { maxLength: 20 }), (list) => {
      const values = Float64Array.from(list);
      const [high, low] = splitLimbs(values, f);
      for (const v of high) expect(v >= -(2 ** f) && v < 2 ** f).toBe(true);
      for (const v of low) expect(v >= -(2 ** (f - 1)) && v < 2 ** (f - 1)).toBe(true);
      expect(joinLimbs(high, low, f)).toEqual(values);
    }),
    { seed: 8 },
  );
});

/** A link whose cancel comes at the n-th read from now on. */
class CancelledLink extends MemoryLink {
  readonly abort = { aborted: false };
  readsLeft = Infinity;
  /** Then at the first read of the sums. */
  sums = false;
  ended = false;
  override async read(descriptor: MoverDescriptor, abort?: AbortFlag): Promise<Float64Array> {
    if (--this.readsLeft <= 0 || (this.sums && descriptor.space === 'gram')) this.abort.aborted = true;
    this.ended = abort?.aborted === true;
    checkAbort(abort);
    return super.read(descriptor);
  }
}

test.each([
  ['readGram', 1],
  ['readFactor', 1],
  ['readFactor', 2],
  ['readWeights', 2],
] as const)('a cancel ends %s in its read %i over the link', async (name, reads) => {
  const link = new CancelledLink(new EngineMemory(testEngine));
  const device = new RemoteDevice(link);
  await device.begin({ features: 8, outputs: 1, diagonal: new Float64Array(8).fill(2 ** 20) });
  await device.factor(0, undefined, 2);
  await device.backSubstitute();
  link.readsLeft = reads;
  await expect(device[name](link.abort)).rejects.toMatchObject({ name: 'AbortError' });
  link.abort.aborted = false;
  await expect(device.factor(0)).rejects.toThrow('factor before begin');
});

test('a fit and a bring-up that are cancelled while results are read end there', async () => {
  const made = madeProblem(60, 6, 2, 3);
  const problem = { source: arrayRows(made.x, made.y, made.d, made.k), lambda: 0.1, bias: true };
  for (const reads of [1, 2]) {
    const link = new CancelledLink(new EngineMemory(testEngine));
    link.readsLeft = reads;
    const fit = solveOnDevice(problem, new RemoteDevice(link), { ...quiet, abort: link.abort });
    await expect(fit).rejects.toMatchObject({ name: 'AbortError' });
    expect(link.readsLeft).toBe(0);
  }
  // Too nearly singular for the words of the engine: the host asks for the sums.
  const link = new CancelledLink(new EngineMemory(testEngine));
  link.sums = true;
  const hard = madeProblem(60, 6, 2, 3, { kappa: 1e13 });
  const source = arrayRows(hard.x, hard.y, hard.d, hard.k);
  const fit = solveOnDevice({ source, lambda: 0, bias: false }, new RemoteDevice(link), { ...quiet, abort: link.abort });
  await expect(fit).rejects.toMatchObject({ name: 'AbortError' });
  expect(link.ended).toBe(true);
  for (const reads of [1, 2, 3]) {
    const link = new CancelledLink(new EngineMemory(testEngine));
    link.readsLeft = reads;
    await expect(checkRemoteDevice(new RemoteDevice(link), testEngine, host, link.abort)).rejects.toMatchObject({ name: 'AbortError' });
    expect(link.readsLeft).toBe(0);
  }
});

test('a device in this process looks at a cancel before it reads', async () => {
  const { model } = remote();
  await model.begin({ features: 8, outputs: 1, diagonal: new Float64Array(8).fill(2 ** 20) });
  await model.factor(0);
  await model.backSubstitute();
  for (const name of ['readGram', 'readFactor', 'readWeights'] as const)
    await expect(model[name]({ aborted: true })).rejects.toMatchObject({ name: 'AbortError' });
});
