import { describe, expect, test } from 'vitest';
import { defaultKernelParameters } from '../../.ci/build-kernel-model.mjs';
import { FunctionalDevice } from '../../solver-core/backends/engine/functional-device.ts';
import type { EngineParameters } from '../../solver-core/backends/engine/parameters.ts';
import { RemoteDevice } from '../../solver-core/backends/engine/remote-device.ts';
import { engineHash, goldenHash18 } from '../../solver-core/backends/engine/self-test.ts';
import { nodeHost } from '../../solver-core/backends/sim/node-host.ts';
import { infoCall } from '../../solver-core/backends/xrt/kernel-call.ts';
import { cornerCases, operationCases } from './cases.ts';
import { runCase } from './run-case.ts';
import { titled } from './simulators.ts';
import { KernelBench } from './xrt-bench.ts';
import { compiler, nativeKernel, verilatedKernel, verilator } from './xrt-build.ts';
import { KernelLink } from './xrt-kernel-link.ts';

const p = defaultKernelParameters;
/** The engine of the kernel's default parameters. */
const engine: EngineParameters = {
  lanes: p.N,
  wordBits: p.DW,
  accumulatorBits: p.AW,
  limbs: 2,
  operandDepth: p.OPERAND_DEPTH,
  gramDepth: p.GRAM_DEPTH,
  maxFeatures: p.MAX_FEATURES,
};

const simulators = [
  { name: titled('Verilator', verilator), missing: verilator === undefined, build: () => verilatedKernel(p) },
  { name: titled('the native library', compiler), missing: compiler === undefined, build: nativeKernel },
];

describe.each(simulators)('the kernel in $name', ({ missing, build }) => {
  test.skipIf(missing)('says what it is', async () => {
    const bench = new KernelBench(await build());
    const status = await bench.call(infoCall());
    expect(status).toMatchObject({ state: 'done', stepsDone: 16, lanes: 8, wordBits: 18, accumulatorBits: 48, limbs: 2, operations: 31 });
    expect(status).toMatchObject({ maxFeatures: p.MAX_FEATURES, operandDepth: p.OPERAND_DEPTH, gramDepth: p.GRAM_DEPTH });
    expect(status).toMatchObject({ clockHz: 300_000_000, card: 0, cycles: 0, activity: 0, breakdown: false, saturated: false });
    // Only the build script knows the golden hash and the sources.
    expect(status.goldenHash).toBe(build === nativeKernel ? goldenHash18 : null);
    expect(status.imageId !== 0).toBe(build === nativeKernel);
    expect((await bench.close()).violation).toBe('none');
  });

  test.skipIf(missing).each([0, 35, 70])(
    'solves the bring-up problem with %i percent of all clocks held back: the golden hash',
    async (percent) => {
      const bench = new KernelBench(await build());
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
    const model = new FunctionalDevice(nodeHost, engine);
    const bench = new KernelBench(await verilatedKernel(p));
    bench.stall(5, 20);
    const device = new RemoteDevice(await KernelLink.open(bench));
    for (const problem of [...cornerCases(8, 18, 48), ...operationCases(8, 18, 48, 2)]) {
      expect(await runCase(device, problem), problem.name).toEqual(await runCase(model, problem));
    }
    expect((await bench.close()).violation).toBe('none');
  },
);
