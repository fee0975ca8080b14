import { expect, test } from 'vitest';
import { countSolve, kinds, phaseCounts } from '../../.ci/characterise-engine.mjs';
import { readCounters } from '../../.ci/engine-toggles.mjs';
import { readSources, rtlSources, sha256 } from '../../.ci/hdl-sources.mjs';
import type { EngineParameters } from '../../solver-core/backends/engine/parameters.ts';
import { solveOnDevice } from '../../solver-core/backends/engine/solve-on-device.ts';
import data from '../../solver-core/energy/data/engine-toggles.json' with { type: 'json' };
import { enginePhases, engineToggles, toggleClasses } from '../../solver-core/energy/engine-toggles.ts';
import { seededBelow } from '../../solver-core/energy/switching/random.ts';
import { tolerances } from '../tolerances.ts';
import { randomCase } from './cases.ts';
import { compiler, nativeCounting } from './native-counting.ts';
import { inTwoLimbs, runCase } from './run-case.ts';
import { icarus, titled } from './simulators.ts';
import { vcdToggles } from './vcd-toggles.ts';

const parameters: EngineParameters = {
  lanes: 8,
  wordBits: 18,
  accumulatorBits: 48,
  limbs: 2,
  operandDepth: 4096,
  gramDepth: 2048,
  maxFeatures: 64,
};
const registerClasses = toggleClasses.slice(0, 5);

test.skipIf(compiler === undefined)(
  `register toggles of solves that are not in the table are those it predicts, ${titled('g++', compiler)}`,
  async () => {
    const engine = await nativeCounting(parameters);
    for (const kind of kinds) {
      const { device, end } = await engine.start();
      const result = await countSolve({ solveOnDevice, seededBelow }, device, { kind, d: 48, outputs: 7, rows: 250, from: 99 });
      await end();
      const phases = phaseCounts(result);
      const { gram, chol, back, fsub, host } = phases;
      // The clock that starts a command is counted, too, and the one after its end.
      expect(result.counters['gram']!.clocks - gram.clocks).toBeLessThan(8);
      const clocks = { gram: gram.clocks, chol: chol.clocks, back: back.clocks, fsub: fsub.clocks, host: host.clocks };
      const predicted = engineToggles(clocks, 8, 18);
      const counted = (name: (typeof toggleClasses)[number]): number =>
        Object.values(phases).reduce((total, phase) => total + phase.counts[name], 0);
      const all = (of: (name: (typeof toggleClasses)[number]) => number): number =>
        registerClasses.reduce((total, name) => total + of(name), 0);
      const error = (a: number, b: number): number => Math.abs(a / b - 1);
      expect(
        error(
          all((name) => predicted[name].value),
          all(counted),
        ),
        kind,
      ).toBeLessThan(tolerances.engineToggles.relative);
      expect(error(predicted.product.value, counted('product')), kind).toBeLessThan(tolerances.engineToggles.relative);
      for (const name of toggleClasses) {
        expect(counted(name), `${kind} ${name}`).toBeGreaterThanOrEqual(predicted[name].low);
        expect(counted(name), `${kind} ${name}`).toBeLessThanOrEqual(predicted[name].high);
      }
    }
  },
  120_000,
);

test.skipIf(icarus === undefined || compiler === undefined)(
  `the counters see the toggles that ${titled('Icarus', icarus)} writes to its VCD file, ${titled('g++', compiler)}`,
  async () => {
    const engine = await nativeCounting(parameters);
    for (const twoLimbs of [false, true]) {
      const one = randomCase('toggles', 19, 3, 12, 18, 14, 2 ** 24);
      const problem = twoLimbs ? inTwoLimbs(one) : one;
      const { device, call, end } = await engine.start();
      await runCase(device, problem);
      const counters = readCounters(call);
      await end();
      const toggles = await vcdToggles(parameters, problem);
      // What the host reads and writes depends on its own order, so classes that see it are left out.
      for (const kind of ['product', 'accumulator', 'scaling'] as const) {
        const registers = engine.registers.filter((register) => register.kind === kind);
        const inVcd = registers.reduce((total, { name }) => total + (toggles.get(name) ?? NaN), 0);
        const counted = Object.values(counters).reduce((total, { counts }) => total + counts[kind], 0);
        expect({ kind, twoLimbs, counted }).toEqual({ kind, twoLimbs, counted: inVcd });
        expect(counted).toBeGreaterThan(1000);
      }
    }
  },
  120_000,
);

test('toggles grow with lanes and word length, and where a record does not divide the clocks they count as factorisation', () => {
  const phases = { gram: 1000, chol: 100, back: 50, fsub: 50, host: 200 };
  const at = (lanes: number, bits: number): number => engineToggles(phases, lanes, bits).product.value;
  expect(at(16, 18)).toBeGreaterThan(at(8, 18));
  expect(at(8, 9) * 2).toBe(at(8, 18));
  expect(enginePhases({ cycles: 500, gramCycles: 300, hostWords: 9, lanes: 8, wordBits: 18 })).toEqual({
    gram: 300,
    chol: 200,
    back: 0,
    fsub: 0,
    host: 9,
  });
});

test('the table was counted on the RTL as it is', async () => {
  const sources = await readSources(rtlSources);
  const now = Object.fromEntries(Object.entries(sources).map(([path, text]) => [path, sha256(text)]));
  expect(data.rtlSha256, 'run node .ci/characterise-engine.mjs').toEqual(now);
});
