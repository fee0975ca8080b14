import { describe, expect, test } from 'vitest';
import { FunctionalDevice } from '../../solver-core/backends/engine/functional-device.ts';
import { nodeHost } from '../../solver-core/backends/sim/node-host.ts';
import { cornerCases } from './cases.ts';
import { oracle } from './oracle.ts';
import { allCases, runCase, withoutCycles } from './run-case.ts';
import { icarus, openSimulator, smallParameters, titled } from './simulators.ts';

/** Every number of lanes with two limbs, every word length and accumulator; the others run in Verilator. */
const matrix = [
  smallParameters(2, 16, 40, 2),
  smallParameters(2, 18, 48, 1),
  smallParameters(4, 18, 40, 2),
  smallParameters(8, 18, 48, 2),
  smallParameters(8, 16, 48, 1),
  smallParameters(16, 16, 40, 1),
  smallParameters(16, 18, 48, 2),
];

describe(titled('RTL in Icarus', icarus), () => {
  test.skipIf(icarus === undefined).concurrent.each(matrix)(
    'gives the bits, flags and cycles of model and oracle: $lanes lanes, $wordBits/$accumulatorBits bits, $limbs limb(s)',
    async (parameters) => {
      const model = new FunctionalDevice(nodeHost, parameters);
      const rtl = await openSimulator('icarus', parameters);
      for (const problem of allCases(parameters)) {
        const expected = await runCase(model, problem);
        expect(withoutCycles(expected), problem.name).toEqual(oracle(problem, parameters.wordBits));
        expect(await rtl.run(problem), problem.name).toEqual(expected);
      }
    },
  );

  test.skipIf(icarus === undefined)('starts afresh after a reset in the middle of a command', async () => {
    const parameters = smallParameters(4, 18, 48, 2);
    const model = new FunctionalDevice(nodeHost, parameters);
    const rtl = await openSimulator('icarus', parameters);
    const problem = cornerCases(4, 18, 48).find((c) => c.name.startsWith('outputs share'))!;
    const expected = await runCase(model, problem);
    for (const clocks of [0, 1, 2, 3, 5, 8, 10, 12, 40, 55, 60, 65, 88, 89, 90, 95, 97, 98, 99]) {
      expect(await rtl.run(problem, clocks), `reset after ${clocks} clocks`).toEqual(expected);
    }
  });
});
