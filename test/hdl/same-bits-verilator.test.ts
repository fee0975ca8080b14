import { describe, expect, test } from 'vitest';
import { FunctionalDevice } from '../../solver-core/backends/engine/functional-device.ts';
import { nodeHost } from '../../solver-core/backends/sim/node-host.ts';
import { cornerCases, randomCase } from './cases.ts';
import { runCase } from './run-case.ts';
import { openSimulator, smallParameters, titled, verilator } from './simulators.ts';

const matrix = [
  [2, 16, 40],
  [2, 18, 48],
  [4, 18, 40],
  [8, 18, 48],
  [16, 16, 48],
  [16, 18, 40],
] as const;

describe(titled('RTL in Verilator', verilator), () => {
  test.skipIf(verilator === undefined).each(matrix)(
    'gives the bits, flags and cycles of the model: %i lanes, %i/%i bits',
    async (lanes, wordBits, accumulatorBits) => {
      const parameters = {
        ...smallParameters(lanes, wordBits, accumulatorBits),
        operandDepth: 4096,
        gramDepth: 2048,
        maxFeatures: accumulatorBits === 40 && wordBits === 18 ? 31 : 96,
      };
      const model = new FunctionalDevice(nodeHost, parameters);
      const rtl = await openSimulator('verilator', parameters);
      const large = randomCase('large', Math.min(parameters.maxFeatures, 45), 6, 20, wordBits, wordBits - 3, 2 ** (2 * wordBits - 6));
      for (const problem of [...cornerCases(lanes, wordBits, accumulatorBits), large]) {
        expect(await rtl.run(problem), problem.name).toEqual(await runCase(model, problem));
      }
    },
  );
});
