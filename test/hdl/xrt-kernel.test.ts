import { describe, expect, test } from 'vitest';
import { FunctionalDevice } from '../../solver-core/backends/engine/functional-device.ts';
import type { EngineParameters } from '../../solver-core/backends/engine/parameters.ts';
import { RemoteDevice } from '../../solver-core/backends/engine/remote-device.ts';
import { engineHash, goldenHash18 } from '../../solver-core/backends/engine/self-test.ts';
import { nodeHost } from '../../solver-core/backends/sim/node-host.ts';
import { infoCall } from '../../solver-core/backends/xrt/kernel-call.ts';
import { cornerCases, operationCases } from './cases.ts';
import { runCase } from './run-case.ts';
import { smallParameters, titled } from './simulators.ts';
import { KernelBench } from './xrt-bench.ts';
import { compiler, kernelParameters, nativeKernel, verilatedKernel, verilator } from './xrt-build.ts';
import { KernelLink } from './xrt-kernel-link.ts';

const goldenEngine: EngineParameters = {
  lanes: 8,
  wordBits: 18,
  accumulatorBits: 48,
  operandDepth: 4096,
  gramDepth: 1024,
  maxFeatures: 64,
};
const goldenKernel = { ...kernelParameters(goldenEngine), CLOCK_HZ: 300_000_000, CARD: 7 };
const smallEngine = smallParameters(4, 16, 40, 2);

const simulators = [
  { name: titled('Verilator', verilator), missing: verilator === undefined, build: verilatedKernel },
  { name: titled('the native library', compiler), missing: compiler === undefined, build: nativeKernel },
];

describe.each(simulators)('the kernel in $name', ({ missing, build }) => {
  test.skipIf(missing)('says what it is', async () => {
    const bench = new KernelBench(await build(goldenKernel));
    const status = await bench.call(infoCall());
    expect(status).toMatchObject({ state: 'done', stepsDone: 16, lanes: 8, wordBits: 18, accumulatorBits: 48, limbs: 1, maxFeatures: 64 });
    expect(status).toMatchObject({ operandDepth: 4096, gramDepth: 1024, clockHz: 300_000_000, card: 7, cycles: 0, activity: 0 });
    expect((await bench.close()).violation).toBe('none');
  });

  test.skipIf(missing).each([0, 35, 70])(
    'solves the bring-up problem with %i %% of all clocks held back: the golden hash',
    async (percent) => {
      const bench = new KernelBench(await build(goldenKernel));
      bench.stall(percent + 1, percent);
      const link = await KernelLink.open(bench);
      expect(await engineHash(new RemoteDevice(link))).toBe(goldenHash18);
      const { violation, longest } = await bench.close();
      expect(violation).toBe('none');
      expect(longest).toBe(2048);
    },
  );
});

test.skipIf(verilator === undefined)(
  `the kernel in ${titled('Verilator', verilator)} gives the bits, flags and cycles of the model in every operation and corner case`,
  async () => {
    const model = new FunctionalDevice(nodeHost, smallEngine);
    const bench = new KernelBench(await verilatedKernel(kernelParameters(smallEngine)));
    bench.stall(5, 20);
    const device = new RemoteDevice(await KernelLink.open(bench));
    for (const problem of [...cornerCases(4, 16, 40), ...operationCases(4, 16, 40, 2)]) {
      expect(await runCase(device, problem), problem.name).toEqual(await runCase(model, problem));
    }
    expect((await bench.close()).violation).toBe('none');
  },
);
