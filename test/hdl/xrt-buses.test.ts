import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { infoCall } from '../../solver-core/backends/xrt/kernel-call.ts';
import { kernelArguments, kernelRegisters, kernelVersion } from '../../solver-core/backends/xrt/generated/kernel.ts';
import { titled } from './simulators.ts';
import { KernelBench, defaultAddresses } from './xrt-bench.ts';
import { smallKernel, verilatedKernel, verilator } from './xrt-build.ts';
import { kernelChecks } from './xrt-checks.ts';

const { control, gie, ier, isr, result, version } = kernelRegisters;
const idle = 4;
const running = 1;
const doneAndReady = 2 + 8;
const busyBit = 2 ** 31;

describe.skipIf(verilator === undefined)(`registers of the kernel in ${titled('Verilator', verilator)}`, async () => {
  if (verilator === undefined) return;
  const bench = new KernelBench(await verilatedKernel(smallKernel));
  beforeEach(() => {
    bench.stall(1, 0);
    bench.reset();
  });
  afterAll(async () => {
    expect((await bench.close()).violation).toBe('none');
  });

  /** A call of its own that takes some clocks: the status block alone. */
  const start = (): void => {
    bench.prepare(infoCall());
    bench.write(control, 1);
  };

  test('are idle and empty after a reset', async () => {
    expect(await bench.read(control)).toBe(idle);
    for (const { offset } of kernelArguments) expect(await bench.read(offset)).toBe(0);
    for (const offset of [gie, ier, isr, result, 0x64, 0xfc]) expect(await bench.read(offset)).toBe(0);
    expect(await bench.read(version)).toBe(kernelVersion);
  });

  test('keep every argument apart from the others, byte by byte, whatever the order of address and data', async () => {
    const words = kernelArguments.flatMap(({ offset, sizeBytes }) => (sizeBytes === 8 ? [offset, offset + 4] : [offset]));
    for (const percent of [0, 60]) {
      bench.stall(9, percent);
      words.forEach((offset, i) => bench.write(offset, 0x01010101 * (i + 1)));
      for (const [i, offset] of words.entries()) expect(await bench.read(offset)).toBe(0x01010101 * (i + 1));
      for (let strobes = 0; strobes < 16; strobes++) {
        const offset = words[strobes]!;
        bench.write(offset, 0xa4a3a2a1, strobes);
        const bytes = [0xa1, 0xa2, 0xa3, 0xa4].map((b, i) => ((strobes >> i) & 1 ? b : strobes + 1));
        expect(await bench.read(offset)).toBe(bytes.reduceRight((word, b) => word * 256 + b));
      }
    }
  });

  test('can be read while another is written', async () => {
    const [first, second] = [kernelArguments[1].offset, kernelArguments[2].offset];
    bench.write(first, 0x1234);
    for (let seed = 1; seed < 60; seed++) {
      bench.stall(seed, 50);
      expect(await bench.exchange(second, seed, first)).toBe(0x1234);
      expect(await bench.read(second)).toBe(seed);
    }
  });

  test('show done and ready once, and idle from the end on', async () => {
    start();
    expect((await bench.go(1000)).busy).toBe(false);
    expect(await bench.read(control)).toBe(idle + doneAndReady);
    expect(await bench.read(control)).toBe(idle);
    expect(await bench.read(result)).toBe(16 * 2 ** 16);
  });

  test('interrupt when told to, until the bit is toggled', async () => {
    start();
    await bench.go(1000);
    expect(await bench.interrupt()).toBe(false);
    expect(await bench.read(isr)).toBe(0);
    bench.write(ier, 1);
    start();
    await bench.go(1000);
    expect(await bench.read(isr)).toBe(1);
    expect(await bench.interrupt()).toBe(false);
    bench.write(gie, 1);
    await bench.read(gie);
    expect(await bench.interrupt()).toBe(true);
    bench.write(isr, 1);
    expect(await bench.read(isr)).toBe(0);
    expect(await bench.interrupt()).toBe(false);
    bench.write(ier, 2);
    start();
    await bench.go(1000);
    expect(await bench.read(isr)).toBe(2);
  });

  test('ignore a second start and new arguments while a call runs', async () => {
    bench.stall(3, 90);
    start();
    bench.write(control, 1);
    const scalar = kernelArguments[1];
    bench.write(scalar.offset, 0x55);
    expect(await bench.read(result)).toBeGreaterThanOrEqual(busyBit);
    bench.stall(3, 0);
    await bench.go(10_000);
    expect(await bench.read(scalar.offset)).toBe(0);
    expect(await bench.read(control)).toBe(idle + doneAndReady);
    // One call, not two: after its end nothing starts by itself.
    expect((await bench.go(1000)).busy).toBe(false);
    expect(await bench.read(control)).toBe(idle);
  });

  test('show start while a call runs, and only byte 0 starts one', async () => {
    bench.prepare(infoCall());
    bench.write(control, 1, 0xe);
    expect(await bench.read(control)).toBe(idle);
    bench.stall(3, 90);
    bench.write(control, 1);
    expect((await bench.read(control)) & (running + idle)).toBe(running);
  });

  test('come back from a reset in the middle of a call', async () => {
    bench.stall(3, 90);
    start();
    bench.reset();
    expect(await bench.read(control)).toBe(idle);
    bench.stall(3, 0);
    expect((await bench.call(infoCall(), defaultAddresses)).state).toBe('done');
  });
});

describe(`the kernel in ${titled('Verilator', verilator)}`, () => {
  test.skipIf(verilator === undefined).each(kernelChecks)('%s', async (_name, check) => {
    const bench = new KernelBench(await verilatedKernel(smallKernel));
    const wrong = await check(bench);
    const { violation, accesses, longest } = await bench.close();
    expect([wrong, violation]).toEqual([undefined, 'none']);
    expect(accesses).toBeGreaterThan(0);
    expect(longest).toBeLessThanOrEqual(2048);
  });
});
