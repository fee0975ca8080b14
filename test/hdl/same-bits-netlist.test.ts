import { expect, test } from 'vitest';
import { FunctionalDevice } from '../../solver-core/backends/engine/functional-device.ts';
import { nodeHost } from '../../solver-core/backends/sim/node-host.ts';
import { cornerCases } from './cases.ts';
import { runCase } from './run-case.ts';
import { icarus, openSimulator, smallParameters, titled } from './simulators.ts';

test.skipIf(icarus === undefined)(
  `the netlist after synthesis gives the bits, flags and cycles of the model, in ${titled('Icarus', icarus)}`,
  async () => {
    const parameters = smallParameters(2, 16, 40);
    const model = new FunctionalDevice(nodeHost, parameters);
    const netlist = await openSimulator('netlist', parameters);
    for (const problem of cornerCases(2, 16, 40)) {
      expect(await netlist.run(problem), problem.name).toEqual(await runCase(model, problem));
    }
  },
);
