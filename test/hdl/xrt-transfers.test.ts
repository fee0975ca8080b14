import { describe, expect, test } from 'vitest';
import { titled } from './simulators.ts';
import { KernelBench } from './xrt-bench.ts';
import { smallKernel, verilatedKernel, verilator } from './xrt-build.ts';
import { kernelChecks } from './xrt-checks.ts';

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
