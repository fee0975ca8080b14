import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { harnessSource, rtlSources, sha256 } from '../../.ci/hdl-sources.mjs';
import { FunctionalDevice } from '../../solver-core/backends/engine/functional-device.ts';
import type { EngineParameters } from '../../solver-core/backends/engine/parameters.ts';
import { nodeHost } from '../../solver-core/backends/sim/node-host.ts';
import { WasmDevice } from '../../solver-core/backends/sim/wasm-device.ts';
import { projectRoot } from '../shared.ts';
import type { EngineCase, Outcome } from './cases.ts';
import { variantImage } from './images.ts';
import { allCases, runCase } from './run-case.ts';
import { icarus, openSimulator, smallParameters, titled } from './simulators.ts';

/** A defect put into a copy of the RTL: the file, the text and what replaces it. */
const mutants = [
  ['rounding is half a bit off', 'hdl/rtl/post_processor.sv', '<<< (F - 2))', '<<< (F - 3))'],
  ['clipping of the scaled value is dropped', 'hdl/rtl/post_processor.sv', 't_clip ?', "1'b0 ?"],
  ['clipping is not reported', 'hdl/rtl/post_processor.sv', 'clip5_q <= !mask4_q && (clip4_q || r_clip)', "clip5_q <= !mask4_q && 1'b0"],
  ['a zero pivot is not a breakdown', 'hdl/rtl/pivot_unit.sv', "s_i[SW-1] || s_i == '0", 's_i[SW-1]'],
  ['the root is one too small for squares', 'hdl/rtl/pivot_unit.sv', 'root_rem >= root_trial', 'root_rem > root_trial'],
  ['small pivots are not normalised', 'hdl/rtl/pivot_unit.sv', 'b < EW; b++', 'b < EW - 1; b++'],
  ['the scaling is used one clock early', 'hdl/rtl/pivot_unit.sv', "count_q == CW'(4)", "count_q == CW'(5)"],
  ['lanes below the diagonal are kept', 'hdl/rtl/drain.sv', '(next_first_q && !forget_i) ? next_below_q', "(1'b0) ? next_below_q"],
  ['the copy is replaced one clock early', 'hdl/rtl/drain.sv', "index_q >= LN'(N - 4)", "index_q >= LN'(N - 5)"],
  ['the scaling of a row comes one clock early', 'hdl/rtl/drain.sv', 'row_re_o      = row_re_q[3]', 'row_re_o      = row_re_q[2]'],
  ['a block does not wait for the row before', 'hdl/rtl/sequencer.sv', '(pending_i[0] && first_block_q && block_end)', "1'b0"],
  ['three blocks of results are on their way', 'hdl/rtl/sequencer.sv', 'dependent = pending_i[1] ||', "dependent = 1'b0 ||"],
  ['terms go while results are written', 'hdl/rtl/sequencer.sv', '&& !write_i &&', "&& 1'b1 &&"],
  ['a command ends before its last results', 'hdl/rtl/sequencer.sv', "pending_i == 2'd0 && !storing", '!storing'],
  [
    'the first row sums a stale product',
    'hdl/rtl/operand_walk.sv',
    '{N{!rhs_i && !empty_i}};\n      scalar_one_q',
    '{N{!rhs_i}};\n      scalar_one_q',
  ],
  ['the right-hand side is added', 'hdl/rtl/operand_walk.sv', 'scalar_one_q  <= rhs_i', "scalar_one_q  <= 1'b0"],
  [
    'BACKV reads the right-hand side beside R',
    'hdl/rtl/operand_walk.sv',
    'run_base = in_place_i ? vec_next : row_next',
    'run_base = row_next',
  ],
  ['downdates are off by one', 'hdl/rtl/lane.sv', '(g_data_o ^ {AW{neg_i}})', '(g_data_o)'],
  ['forgetting is off by one', 'hdl/rtl/difference.sv', '{~less1_q, !forget_i}', "{~less1_q, 1'b1}"],
  ['products are unsigned', 'hdl/rtl/tech/generic/mac_dsp.sv', 'a_q * b_q', "$signed({1'b0, a_q}) * $signed({1'b0, b_q})"],
  ['two limbs: the low products are dropped', 'hdl/rtl/difference.sv', "+ SW'(cross0_q)", "+ SW'(0)"],
  ['two limbs: the low limb is not balanced', 'hdl/rtl/scaling_path.sv', "result2[F2:F] + DW'(result2[F-1])", 'result2[F2:F]'],
  ['two limbs: a word just below one wraps', 'hdl/rtl/scaling_path.sv', 'over ? result2[F2:F] :', "1'b0 ? result2[F2:F] :"],
  ['two limbs: low words are written over high ones', 'hdl/rtl/drain.sv', "(write_low_q ? MW'(low_step_i) : '0)", "'0"],
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

const parameters = smallParameters(8, 16, 40, 2);
/** Quick to compile. */
const smallest = smallParameters(2, 16, 40);

/** Name of the first case in which the outcome differs from the model's; null when none does. */
async function caught(parameters: EngineParameters, run: (problem: EngineCase) => Promise<Outcome>): Promise<string | null> {
  const model = new FunctionalDevice(nodeHost, parameters);
  for (const problem of allCases(parameters)) {
    const outcome = await run(problem).catch((error: unknown) => `${error}`);
    if (JSON.stringify(outcome) !== JSON.stringify(await runCase(model, problem))) return problem.name;
  }
  return null;
}

describe('the comparison catches a broken engine', () => {
  test.skipIf(icarus === undefined).each(mutants)(`%s, in ${titled('Icarus', icarus)}`, async (_name, file, from, to) => {
    const rtl = await openSimulator('icarus', parameters, await mutatedTree(file, from, to));
    expect(await caught(parameters, (problem) => rtl.run(problem))).not.toBeNull();
  });

  test('rounding is half a bit off, as WebAssembly', async () => {
    const [, file, from, to] = mutants[0];
    const rtl = await WasmDevice.create(await variantImage(smallest, await mutatedTree(file, from, to)), nodeHost);
    expect(await caught(smallest, (problem) => runCase(rtl, problem))).not.toBeNull();
  });

  test('more clocks than predicted stop the simulated engine with an error', async () => {
    const rtl = await WasmDevice.create(
      await variantImage(smallest, await mutatedTree('hdl/rtl/sequencer.sv', 'storing = store_q[3:1]', 'storing = store_q[4:1]')),
      nodeHost,
    );
    await expect(runCase(rtl, allCases(smallest)[0]!)).rejects.toMatchObject({ code: 'engine-wrong-cycles' });
  });
});
