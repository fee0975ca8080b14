import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rtlSources } from '../../.ci/hdl-sources.mjs';
import type { EngineParameters } from '../../solver-core/backends/engine/parameters.ts';
import { engineInfo } from '../../solver-core/backends/engine/parameters.ts';
import { projectRoot } from '../shared.ts';
import type { EngineCase } from './cases.ts';
import { hostScript } from './host-script.ts';
import { rtlParameters } from './simulators.ts';

const run = promisify(execFile);

/** Bits that toggle in every signal of the engine while Icarus plays a case, by the signal's name below the engine: from its VCD file. */
export async function vcdToggles(parameters: EngineParameters, problem: EngineCase): Promise<ReadonlyMap<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), 'tierwise-vcd-'));
  try {
    const file = (name: string): string => join(folder, name);
    await writeFile(file('dump.v'), 'module dump; initial begin $dumpfile("dump.vcd"); $dumpvars(0, tb_engine.dut); end endmodule\n');
    await writeFile(file('script.txt'), hostScript(engineInfo(parameters, 'rtl-wasm', 'icarus', 'icarus'), problem));
    const sets = Object.entries(rtlParameters(parameters)).map(([name, value]) => `-Ptb_engine.${name}=${value}`);
    const sources = [...rtlSources, 'hdl/test/tb_engine.sv'].map((path) => join(projectRoot, path));
    await run('iverilog', ['-g2012', '-s', 'tb_engine', '-s', 'dump', ...sets, '-o', file('tb.vvp'), ...sources, file('dump.v')]);
    await run('vvp', [file('tb.vvp'), `+script=${file('script.txt')}`], { cwd: folder, maxBuffer: 1 << 26 });
    return countToggles(await readFile(file('dump.vcd'), 'utf8'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function countToggles(text: string): ReadonlyMap<string, number> {
  const scopes: string[] = [];
  const names = new Map<string, string[]>();
  const values = new Map<string, bigint>();
  const toggles = new Map<string, number>();
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    if (words[0] === '$scope') scopes.push(words[2]!);
    else if (words[0] === '$upscope') scopes.pop();
    else if (words[0] === '$var') {
      const name = [...scopes.slice(2), words[4]!].join('.');
      names.set(words[3]!, [...(names.get(words[3]!) ?? []), name]);
      toggles.set(name, 0);
    } else if (/^[01]/.test(line)) change(line.slice(1).trim(), BigInt(line[0]!));
    else if (/^b[01]+ /.test(line)) change(words[1]!, BigInt(`0b${words[0]!.slice(1)}`));
  }
  return toggles;

  function change(id: string, value: bigint): void {
    const before = values.get(id);
    values.set(id, value);
    if (before === undefined) return;
    let bits = 0;
    for (let left = before ^ value; left !== 0n; left &= left - 1n) bits++;
    for (const name of names.get(id) ?? []) toggles.set(name, toggles.get(name)! + bits);
  }
}
