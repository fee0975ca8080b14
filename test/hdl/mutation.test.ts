import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { harnessSource, rtlSources, sha256 } from '../../.ci/hdl-sources.mjs';
import { FunctionalDevice } from '../../solver-core/backends/engine/functional-device.ts';
import { nodeHost } from '../../solver-core/backends/sim/node-host.ts';
import { WasmDevice } from '../../solver-core/backends/sim/wasm-device.ts';
import { projectRoot } from '../shared.ts';
import { cornerCases } from './cases.ts';
import type { EngineCase, Outcome } from './cases.ts';
import { variantImage } from './images.ts';
import { runCase } from './run-case.ts';
import { icarus, openSimulator, smallParameters, titled } from './simulators.ts';

/** A defect put into a copy of the RTL: the file, the text and what replaces it. */
const mutants = [
  ['rounding is half a bit off', 'hdl/rtl/post_processor.sv', '<<< (F - 2))', '<<< (F - 3))'],
  ['clipping of the scaled value is dropped', 'hdl/rtl/post_processor.sv', 't_clip ?', "1'b0 ?"],
  ['clipping is not reported', 'hdl/rtl/post_processor.sv', 'clip5_q <= !mask4_q && (clip4_q || r_clip)', "clip5_q <= !mask4_q && 1'b0"],
  ['a zero pivot is not a breakdown', 'hdl/rtl/pivot_unit.sv', "s_i[AW] || s_i == '0", 's_i[AW]'],
  ['the root is one too small for squares', 'hdl/rtl/pivot_unit.sv', 'root_rem >= root_trial', 'root_rem > root_trial'],
  ['small pivots are not normalised', 'hdl/rtl/pivot_unit.sv', 'b < EW; b++', 'b < EW - 1; b++'],
  ['lanes below the diagonal are kept', 'hdl/rtl/sequencer.sv', '!first_block_q ?', "1'b1 ?"],
  ['the first row sums a stale product', 'hdl/rtl/sequencer.sv', "empty_sum ? '0 : N'(1)", "1'b0 ? '0 : N'(1)"],
  ['one clock less of flush', 'hdl/rtl/sequencer.sv', "FlushLast     = CW'(2)", "FlushLast     = CW'(1)"],
  ['products are unsigned', 'hdl/rtl/tech/generic/mac_dsp.sv', 'a_q * b_q', "$signed({1'b0, a_q}) * $signed({1'b0, b_q})"],
] as const;

/** A copy of the RTL with one change, in the cache under a name made from the change. */
async function mutatedTree(file: string, from: string, to: string): Promise<string> {
  const folder = join(projectRoot, '.cache/hdl/mutants', sha256(JSON.stringify([file, from, to])).slice(0, 16));
  for (const path of [...rtlSources, harnessSource]) {
    const text = await readFile(join(projectRoot, path), 'utf8');
    if (path === file) expect(text.split(from).length, `"${from}" occurs once in ${file}`).toBe(2);
    await mkdir(join(folder, dirname(path)), { recursive: true });
    await writeFile(join(folder, path), path === file ? text.replace(from, to) : text);
  }
  return folder;
}

const parameters = smallParameters(4, 16, 40);
const cases = cornerCases(4, 16, 40);

/** Names of the cases in which the outcome differs from the model's. */
async function caught(run: (problem: EngineCase) => Promise<Outcome>): Promise<string[]> {
  const model = new FunctionalDevice(nodeHost, parameters);
  const names: string[] = [];
  for (const problem of cases) {
    const outcome = await run(problem).catch((error: unknown) => `${error}`);
    if (JSON.stringify(outcome) !== JSON.stringify(await runCase(model, problem))) names.push(problem.name);
  }
  return names;
}

describe('the comparison catches a broken engine', () => {
  test.skipIf(icarus === undefined).each(mutants)(`%s, in ${titled('Icarus', icarus)}`, async (_name, file, from, to) => {
    const rtl = await openSimulator('icarus', parameters, await mutatedTree(file, from, to));
    expect(await caught((problem) => rtl.run(problem))).not.toEqual([]);
  });

  test('rounding is half a bit off, as WebAssembly', async () => {
    const [, file, from, to] = mutants[0];
    const rtl = await WasmDevice.create(await variantImage(parameters, await mutatedTree(file, from, to)), nodeHost);
    expect(await caught((problem) => runCase(rtl, problem))).not.toEqual([]);
  });

  test('more clocks than predicted stop the simulated engine with an error', async () => {
    const rtl = await WasmDevice.create(
      await variantImage(parameters, await mutatedTree('hdl/rtl/sequencer.sv', "GramFlushLast = CW'(3)", "GramFlushLast = CW'(4)")),
      nodeHost,
    );
    await expect(runCase(rtl, cases[0]!)).rejects.toMatchObject({ code: 'engine-wrong-cycles' });
  });
});
