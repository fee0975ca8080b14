import { describe, expect, test } from 'vitest';
import { FunctionalDevice } from '../../solver-core/backends/engine/functional-device.ts';
import { nodeHost } from '../../solver-core/backends/sim/node-host.ts';
import { cornerCases } from './cases.ts';
import { oracle } from './oracle.ts';
import { runCase, withoutCycles } from './run-case.ts';
import { icarus, openSimulator, smallParameters, titled } from './simulators.ts';

const matrix = [2, 4, 8, 16].flatMap((lanes) =>
  [16, 18].flatMap((wordBits) => [40, 48].map((accumulatorBits) => ({ lanes, wordBits, accumulatorBits }))),
);

describe(titled('RTL in Icarus', icarus), () => {
  test.skipIf(icarus === undefined).concurrent.each(matrix)(
    'gives the bits, flags and cycles of model and oracle: $lanes lanes, $wordBits/$accumulatorBits bits',
    async ({ lanes, wordBits, accumulatorBits }) => {
      const parameters = smallParameters(lanes, wordBits, accumulatorBits);
      const model = new FunctionalDevice(nodeHost, parameters);
      const rtl = await openSimulator('icarus', parameters);
      for (const problem of cornerCases(lanes, wordBits, accumulatorBits)) {
        const expected = await runCase(model, problem);
        expect(withoutCycles(expected), problem.name).toEqual(oracle(problem, wordBits));
        expect(await rtl.run(problem), problem.name).toEqual(expected);
      }
    },
  );

  test.skipIf(icarus === undefined)('starts afresh after a reset in the middle of a command', async () => {
    const parameters = smallParameters(4, 18, 48);
    const model = new FunctionalDevice(nodeHost, parameters);
    const rtl = await openSimulator('icarus', parameters);
    const problem = cornerCases(4, 18, 48).find((c) => c.name.startsWith('outputs share'))!;
    const expected = await runCase(model, problem);
    for (const clocks of [0, 1, 3, 5, 10, 40, 55, 60, 65, 90]) {
      expect(await rtl.run(problem, clocks), `reset after ${clocks} clocks`).toEqual(expected);
    }
  });
});
