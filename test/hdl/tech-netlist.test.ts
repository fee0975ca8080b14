import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { designSources, readBoards } from '../../.ci/board-sources.mjs';
import { synthesisCommands } from '../../.ci/build-boards.mjs';
import { FunctionalDevice } from '../../solver-core/backends/engine/functional-device.ts';
import type { EngineParameters } from '../../solver-core/backends/engine/parameters.ts';
import { engineInfo } from '../../solver-core/backends/engine/parameters.ts';
import { nodeHost } from '../../solver-core/backends/sim/node-host.ts';
import { projectRoot } from '../shared.ts';
import type { EngineCase, Outcome } from './cases.ts';
import { hostScript, parseLog } from './host-script.ts';
import { allCases, runCase } from './run-case.ts';
import { icarus, rtlParameters, smallParameters, titled } from './simulators.ts';
import { families } from './tech-cells.ts';

const run = promisify(execFile);

/** Verilog of the engine after the synthesis of a board, in cells of its family. */
async function mappedEngine(parameters: EngineParameters, board: 'icebreaker'): Promise<string> {
  const { runYosys } = await import('@yowasp/yosys');
  const facts = (await readBoards())[board]!;
  const sources = await designSources('hdl/rtl/tierwise_engine.sv', facts.family);
  const names = sources.map(({ path }) => path.replaceAll('/', '_'));
  const sets = Object.entries(rtlParameters(parameters)).map(([name, value]) => `-set ${name} ${value}`);
  const script = [
    `read_verilog -sv -defer ${names.join(' ')}`,
    `chparam ${sets.join(' ')} tierwise_engine`,
    ...synthesisCommands(facts, 'tierwise_engine'),
    'write_verilog -noattr netlist.v',
  ].join('; ');
  const files = Object.fromEntries(sources.map(({ text }, i) => [names[i]!, text]));
  const netlist = (await runYosys(['-q', '-p', script], files, { stdout: () => {}, stderr: () => {} }))?.['netlist.v'];
  return typeof netlist === 'string' ? netlist : new TextDecoder().decode(netlist as Uint8Array);
}

/** A function that runs a case on this netlist in Icarus with the models of the family's cells, inside `folder`. */
async function netlistRunner(parameters: EngineParameters, netlist: string, folder: string): Promise<(p: EngineCase) => Promise<Outcome>> {
  const file = (name: string): string => join(folder, name);
  await writeFile(file('netlist.v'), netlist);
  const sets = Object.entries(rtlParameters(parameters)).map(([name, value]) => `-Ptb_engine.${name}=${value}`);
  const sources = [families[0]!.model, 'hdl/test/tb_engine.sv'].map((path) => join(projectRoot, path));
  const options = ['-g2012', '-DTB_NETLIST', '-DNO_ICE40_DEFAULT_ASSIGNMENTS', '-s', 'tb_engine', ...sets];
  await run('iverilog', [...options, '-o', file('tb.vvp'), file('netlist.v'), ...sources], { maxBuffer: 1 << 26 });
  const info = engineInfo(parameters, 'rtl-wasm', 'icarus', 'icarus');
  return async (problem) => {
    await writeFile(file('script.txt'), hostScript(info, problem));
    const { stdout } = await run('vvp', [file('tb.vvp'), `+script=${file('script.txt')}`], { maxBuffer: 1 << 28 });
    return parseLog(info, problem, stdout);
  };
}

test.skipIf(icarus === undefined)(
  `the engine in cells of the iCEBreaker's part gives the bits, flags and cycles of the model, in ${titled('Icarus', icarus)}`,
  async () => {
    const parameters = { ...smallParameters(2, 16, 36), operandDepth: 512, gramDepth: 256 };
    const model = new FunctionalDevice(nodeHost, parameters);
    const netlist = await mappedEngine(parameters, 'icebreaker');
    expect(netlist.match(/^ +SB_MAC16 /gm)?.length).toBe(3);
    const folder = await mkdtemp(join(tmpdir(), 'tierwise-mapped-'));
    try {
      const onNetlist = await netlistRunner(parameters, netlist, folder);
      const cases = allCases(parameters).filter((_, at) => at % 4 === 1);
      expect(cases.length).toBeGreaterThan(3);
      for (const problem of cases) expect(await onNetlist(problem), problem.name).toEqual(await runCase(model, problem));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
