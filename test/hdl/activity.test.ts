import { expect, test } from 'vitest';
import { loadImage } from '../../solver-core/backends/sim/load-image.ts';
import { nodeHost } from '../../solver-core/backends/sim/node-host.ts';
import { WasmDevice } from '../../solver-core/backends/sim/wasm-device.ts';
import { randomCase } from './cases.ts';
import type { EngineCase } from './cases.ts';
import { defaultImageFolder } from './images.ts';
import { runCase } from './run-case.ts';
import { icarus, openSimulator, smallParameters, titled } from './simulators.ts';

/** Bits that differ between two words of `bits` bits. */
function differing(a: number, b: number, bits: number): number {
  let count = 0;
  for (let rest = BigInt.asUintN(bits, BigInt(a) ^ BigInt(b)); rest > 0n; rest >>= 1n) count += Number(rest & 1n);
  return count;
}

/** Toggles of the broadcast operand in GRAM: every block of row i broadcasts column i of all rows, from 0 before the first. */
function gramToggles(problem: EngineCase, lanes: number, wordBits: number): number {
  const step = problem.steps[0]!;
  if (step.kind !== 'rows') throw new Error('the case does not start with rows');
  const columns = problem.features + problem.outputs;
  let before = 0;
  let toggles = 0;
  for (let i = 0; i < problem.features; i++) {
    for (let block = Math.floor(i / lanes); block < Math.ceil(columns / lanes); block++) {
      for (let k = 0; k < step.rows; k++) {
        const operand = step.words[k * columns + i]!;
        toggles += differing(before, operand, wordBits);
        before = operand;
      }
    }
  }
  return toggles;
}

const rowsOnly = (problem: EngineCase): EngineCase => ({ ...problem, steps: problem.steps.slice(0, 1) });

test.skipIf(icarus === undefined)(
  `the engine counts the toggles of its broadcast operand, the same after every command, in ${titled('Icarus', icarus)}`,
  async () => {
    const problem = rowsOnly(randomCase('toggles', 11, 3, 5, 16, 14, 2 ** 20));
    const expected = gramToggles(problem, 4, 16);
    const again = { ...problem, steps: [...problem.steps, ...problem.steps] };
    const { activity } = await (await openSimulator('icarus', smallParameters(4, 16, 40))).runCounted(again);
    expect(activity).toEqual([expected, expected]);
  },
);

test('the image that ships counts the same', async () => {
  const problem = rowsOnly(randomCase('toggles', 19, 2, 7, 18, 16, 2 ** 20));
  const device = await WasmDevice.create(await loadImage(await defaultImageFolder()), nodeHost);
  await runCase(device, problem);
  expect(device.activity).toBe(gramToggles(problem, 8, 18));
});
