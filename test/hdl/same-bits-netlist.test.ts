import { expect, test } from 'vitest';
import { FunctionalDevice } from '../../solver-core/backends/engine/functional-device.ts';
import { nodeHost } from '../../solver-core/backends/sim/node-host.ts';
import { allCases, runCase } from './run-case.ts';
import { icarus, openSimulator, smallParameters, titled } from './simulators.ts';

test.skipIf(icarus === undefined).each([1, 2] as const)(
  `the netlist after synthesis (%i limb(s)) gives the bits, flags and cycles of the model, in ${titled('Icarus', icarus)}`,
  async (limbs) => {
    const parameters = smallParameters(2, 16, 40, limbs);
    const model = new FunctionalDevice(nodeHost, parameters);
    const netlist = await openSimulator('netlist', parameters);
    // Gates are slow to simulate: with two limbs every second case, the other engine enough to see that it is whole.
    const cases = allCases(parameters);
    for (const problem of cases.filter((_, at) => (limbs === 2 ? at % 2 === 0 : at % 4 === 1))) {
      expect(await netlist.run(problem), problem.name).toEqual(await runCase(model, problem));
    }
  },
);
