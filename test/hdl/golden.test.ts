import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultParameters } from '../../.ci/hdl-sources.mjs';
import type { Limbs } from '../../solver-core/backends/engine/device.ts';
import { FunctionalDevice } from '../../solver-core/backends/engine/functional-device.ts';
import { defaultEngineParameters } from '../../solver-core/backends/engine/parameters.ts';
import { engineHash, goldenHash18, goldenHash18TwoLimbs, goldenProblem, hashWords } from '../../solver-core/backends/engine/self-test.ts';
import { loadImage } from '../../solver-core/backends/sim/load-image.ts';
import { nodeHost } from '../../solver-core/backends/sim/node-host.ts';
import { WasmDevice } from '../../solver-core/backends/sim/wasm-device.ts';
import { projectRoot } from '../shared.ts';
import { autoShift } from './cases.ts';
import type { EngineCase, Outcome } from './cases.ts';
import { defaultImageFolder } from './images.ts';
import { oracle } from './oracle.ts';
import { openSimulator, titled, verilator } from './simulators.ts';

const hashes = { 1: goldenHash18, 2: goldenHash18TwoLimbs } as const;

/** The bring-up problem as a case. */
function goldenCase(limbs: Limbs): EngineCase {
  const { problem, words, rows } = goldenProblem();
  const shift = autoShift(problem.diagonal, problem.features, [words.filter((_, i) => i % 72 < 64)], 18);
  return { name: 'bring-up', ...problem, steps: [{ kind: 'rows', words, rows }, { kind: 'factor', shift, limbs }, { kind: 'back' }] };
}

const hashOf = (o: Outcome): string => hashWords([o.gram, o.factor, o.weights].map((values) => Float64Array.from(values)));

test('the documentation names the golden hash and the parameters of the shipped engine', async () => {
  const readme = await readFile(join(projectRoot, 'hdl/README.md'), 'utf8');
  for (const hash of Object.values(hashes)) expect(readme).toContain(`**${hash}**`);
  const p = defaultEngineParameters;
  for (const value of [p.lanes, p.wordBits, p.accumulatorBits, `${p.operandDepth}, ${p.gramDepth}`, p.maxFeatures])
    expect(readme).toContain(`| ${value} |`);
});

test.each([1, 2] as const)('the golden hash of %i limb(s) is the one of the arithmetic contract in BigInt', (limbs) => {
  const outcome = oracle(goldenCase(limbs), 18);
  expect(hashOf(outcome)).toBe(hashes[limbs]);
  expect(outcome.flags.some((f) => f.breakdown || f.saturated)).toBe(false);
});

test.skipIf(verilator === undefined)(
  `the golden hashes come out of the RTL with the shipped parameters in ${titled('Verilator', verilator)}`,
  async () => {
    const rtl = await openSimulator('verilator', defaultEngineParameters);
    for (const limbs of [1, 2] as const) expect(hashOf(await rtl.run(goldenCase(limbs)))).toBe(hashes[limbs]);
  },
);

test('the functional model answers the bring-up problem with the golden hashes, for any number of lanes', async () => {
  for (const lanes of [2, 4, 8, 16]) {
    const device = new FunctionalDevice(nodeHost, { ...defaultEngineParameters, lanes });
    for (const limbs of [1, 2] as const) expect(await engineHash(device, undefined, limbs)).toBe(hashes[limbs]);
  }
});

test('the shipped image has the default parameters and answers with the golden hashes, flags clear, cycles as documented', async () => {
  const image = await loadImage(await defaultImageFolder());
  expect(image.parameters).toEqual(defaultEngineParameters);
  expect(defaultParameters.N).toBe(image.parameters.lanes);
  const device = await WasmDevice.create(image, nodeHost);
  const readme = await readFile(join(projectRoot, 'hdl/README.md'), 'utf8');
  for (const limbs of [1, 2] as const) {
    expect(await engineHash(device, undefined, limbs)).toBe(hashes[limbs]);
    const { gramCycles, cholCycles, backCycles } = device.totals;
    expect(readme).toContain(`${gramCycles} / ${cholCycles} / ${backCycles}`);
  }
});
