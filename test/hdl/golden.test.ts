import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultParameters } from '../../.ci/hdl-sources.mjs';
import { FunctionalDevice } from '../../solver-core/backends/engine/functional-device.ts';
import { defaultEngineParameters } from '../../solver-core/backends/engine/parameters.ts';
import { engineHash, goldenHash18, goldenProblem, hashWords } from '../../solver-core/backends/engine/self-test.ts';
import { loadImage } from '../../solver-core/backends/sim/load-image.ts';
import { nodeHost } from '../../solver-core/backends/sim/node-host.ts';
import { WasmDevice } from '../../solver-core/backends/sim/wasm-device.ts';
import { projectRoot } from '../shared.ts';
import { autoShift } from './cases.ts';
import type { EngineCase, Outcome } from './cases.ts';
import { defaultImageFolder } from './images.ts';
import { oracle } from './oracle.ts';
import { openSimulator, titled, verilator } from './simulators.ts';

/** The bring-up problem as a case. */
function goldenCase(): EngineCase {
  const { problem, words, rows } = goldenProblem();
  const shift = autoShift(problem.diagonal, problem.features, [words.filter((_, i) => i % 72 < 64)], 18);
  return { name: 'bring-up', ...problem, steps: [{ kind: 'rows', words, rows }, { kind: 'factor', shift }, { kind: 'back' }] };
}

const hashOf = (o: Outcome): string => hashWords([Float64Array.from(o.gram), Int32Array.from(o.factor), Int32Array.from(o.weights)]);

test('the documentation names the golden hash and the parameters of the shipped engine', async () => {
  const readme = await readFile(join(projectRoot, 'hdl/README.md'), 'utf8');
  expect(readme).toContain(`**${goldenHash18}**`);
  const p = defaultEngineParameters;
  for (const value of [p.lanes, p.wordBits, p.accumulatorBits, `${p.operandDepth}, ${p.gramDepth}`, p.maxFeatures])
    expect(readme).toContain(`| ${value} |`);
});

test('the golden hash is the one of the arithmetic contract in BigInt', () => {
  const outcome = oracle(goldenCase(), 18);
  expect(hashOf(outcome)).toBe(goldenHash18);
  expect(outcome.flags.some((f) => f.breakdown || f.saturated)).toBe(false);
});

test.skipIf(verilator === undefined)(
  `the golden hash comes out of the RTL with the shipped parameters in ${titled('Verilator', verilator)}`,
  async () => {
    const rtl = await openSimulator('verilator', defaultEngineParameters);
    expect(hashOf(await rtl.run(goldenCase()))).toBe(goldenHash18);
  },
);

test('the functional model answers the bring-up problem with the golden hash, for any number of lanes', async () => {
  for (const lanes of [2, 4, 8, 16]) {
    expect(await engineHash(new FunctionalDevice(nodeHost, { ...defaultEngineParameters, lanes }))).toBe(goldenHash18);
  }
});

test('the shipped image has the default parameters and answers with the golden hash, flags clear, cycles as documented', async () => {
  const image = await loadImage(await defaultImageFolder());
  expect(image.parameters).toEqual(defaultEngineParameters);
  expect(defaultParameters.N).toBe(image.parameters.lanes);
  const device = await WasmDevice.create(image, nodeHost);
  expect(await engineHash(device)).toBe(goldenHash18);
  expect(device.totals).toEqual({ gramCycles: 11268, cholCycles: 17209, backCycles: 3105, fsubCycles: 0, hostWords: 8416 });
});
