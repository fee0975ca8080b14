import { describe, expect, test } from 'vitest';
import { FunctionalDevice } from '../../solver-core/backends/engine/functional-device.ts';
import { nodeHost } from '../../solver-core/backends/sim/node-host.ts';
import { randomCase } from './cases.ts';
import type { EngineCase } from './cases.ts';
import { allCases, inTwoLimbs, runCase } from './run-case.ts';
import { openSimulator, smallParameters, titled, verilator } from './simulators.ts';

const matrix = [
  [2, 16, 40, 2],
  [2, 18, 48, 1],
  [4, 18, 40, 1],
  [4, 16, 48, 2],
  [8, 18, 48, 2],
  [16, 16, 48, 1],
  [16, 18, 40, 2],
] as const;

describe(titled('RTL in Verilator', verilator), () => {
  test.skipIf(verilator === undefined).each(matrix)(
    'gives the bits, flags and cycles of the model: %i lanes, %i/%i bits, %i limb(s)',
    async (lanes, wordBits, accumulatorBits, limbs) => {
      const parameters = {
        ...smallParameters(lanes, wordBits, accumulatorBits, limbs),
        operandDepth: 4096,
        gramDepth: 2048,
        maxFeatures: accumulatorBits === 40 && wordBits === 18 ? 31 : 96,
      };
      const model = new FunctionalDevice(nodeHost, parameters);
      const rtl = await openSimulator('verilator', parameters);
      const sized = (d: number, m: number): EngineCase =>
        randomCase(`${d} features, ${m} outputs`, d, m, 20, wordBits, wordBits - 3, 2 ** (2 * wordBits - 6));
      // One, two and more blocks in a row; a vector row of one, two and three blocks.
      const plain = [
        sized(Math.min(parameters.maxFeatures, 45), 6),
        sized(lanes, 1),
        sized(lanes - 1, 1),
        sized(lanes + 1, lanes),
        sized(2 * lanes - 1, lanes + 2),
        sized(1, 3 * lanes),
      ];
      for (const problem of [...allCases(parameters), ...plain, ...(limbs === 2 ? plain.map(inTwoLimbs) : [])]) {
        expect(await rtl.run(problem), problem.name).toEqual(await runCase(model, problem));
      }
    },
  );
});
