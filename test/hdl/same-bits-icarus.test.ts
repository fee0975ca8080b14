import { describe, expect, test } from 'vitest';
import { FunctionalDevice } from '../../solver-core/backends/engine/functional-device.ts';
import { nodeHost } from '../../solver-core/backends/sim/node-host.ts';
import { cornerCases } from './cases.ts';
import { oracle } from './oracle.ts';
import { allCases, runCase, withoutCycles } from './run-case.ts';
import { icarus, openSimulator, smallParameters, titled } from './simulators.ts';

/** Both accumulator widths and word lengths at every number of lanes; without the second limb at the extremes. */
const matrix = [2, 4, 8, 16].flatMap((lanes) =>
  [16, 18].flatMap((wordBits) => {
    const accumulatorBits = (lanes === 4 || lanes === 16) === (wordBits === 16) ? 40 : 48;
    const limbs = lanes === 2 || lanes === 16 ? ([1, 2] as const) : ([2] as const);
    return limbs.map((count) => smallParameters(lanes, wordBits, accumulatorBits, count));
  }),
);

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
