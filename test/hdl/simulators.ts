import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toNetlist } from '../../.ci/build-hdl.mjs';
import { readSources, rtlSources, sha256 } from '../../.ci/hdl-sources.mjs';
import type { EngineInfo, Limbs } from '../../solver-core/backends/engine/device.ts';
import type { EngineParameters } from '../../solver-core/backends/engine/parameters.ts';
import { engineInfo } from '../../solver-core/backends/engine/parameters.ts';
import { projectRoot } from '../shared.ts';
import type { EngineCase, Outcome } from './cases.ts';
import { hostScript, parseActivity, parseLog } from './host-script.ts';

const run = promisify(execFile);
const bench = 'hdl/test/tb_engine.sv';
const cacheFolder = join(projectRoot, '.cache/hdl');

function versionOf(tool: string, flag: string): string | undefined {
  const answer = spawnSync(tool, [flag], { encoding: 'utf8' });
  return answer.status === 0 ? answer.stdout.split('\n')[0] : undefined;
}

/** Version line of each outside tool, undefined when it is not installed. */
export const icarus = versionOf('iverilog', '-V');
export const verilator = versionOf('verilator', '--version');

/** A tool's name for a test title, saying plainly when the test skips. */
export function titled(tool: string, version: string | undefined): string {
  return version === undefined ? `${tool} (SKIPPED: not installed)` : tool;
}

/** Build parameters under their RTL names. */
export function rtlParameters(p: EngineParameters): Readonly<Record<string, number>> {
  return {
    N: p.lanes,
    DW: p.wordBits,
    AW: p.accumulatorBits,
    OPERAND_DEPTH: p.operandDepth,
    GRAM_DEPTH: p.gramDepth,
    MAX_FEATURES: p.maxFeatures,
    LIMBS: p.limbs ?? 1,
  };
}

/** Small memories for slow simulators: up to 24 features. */
export function smallParameters(lanes: number, wordBits: number, accumulatorBits: number, limbs: Limbs = 1): EngineParameters {
  return { lanes, wordBits, accumulatorBits, limbs, operandDepth: 1000, gramDepth: 400, maxFeatures: 24 };
}

/** Builds once per sources, parameters and tool; returns the path of the result. */
async function cached(tool: string, key: string, build: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder, `${tool}-${sha256(key).slice(0, 24)}`);
  if (existsSync(folder)) return folder;
  await mkdir(cacheFolder, { recursive: true });
  const fresh = await mkdtemp(`${folder}-`);
  await build(fresh);
  // Another worker may have been faster; its result is the same.
  await rename(fresh, folder).catch(() => rm(fresh, { recursive: true, force: true }));
  return folder;
}

async function sourcesIn(from: string): Promise<{ readonly paths: readonly string[]; readonly key: string }> {
  const texts = await readSources(rtlSources, from);
  const benchText = await readSources([bench]);
  return { paths: [...rtlSources.map((p) => join(from, p)), join(projectRoot, bench)], key: JSON.stringify([texts, benchText]) };
}

async function icarusBinary(parameters: EngineParameters, from: string): Promise<string> {
  const { paths, key } = await sourcesIn(from);
  const sets = Object.entries(rtlParameters(parameters)).map(([name, value]) => `-Ptb_engine.${name}=${value}`);
  const folder = await cached('icarus', JSON.stringify([key, sets, icarus]), async (target) => {
    await run('iverilog', ['-g2012', '-s', 'tb_engine', ...sets, '-o', join(target, 'tb.vvp'), ...paths]);
  });
  return join(folder, 'tb.vvp');
}

/** The engine after generic synthesis to gates (memories stay memories), with the test bench, for Icarus. */
async function netlistBinary(parameters: EngineParameters, from: string): Promise<string> {
  const { key } = await sourcesIn(from);
  const sets = Object.entries(rtlParameters(parameters)).map(([name, value]) => `-Ptb_engine.${name}=${value}`);
  const folder = await cached('netlist', JSON.stringify([key, sets, icarus]), async (target) => {
    const netlist = join(target, 'netlist.v');
    await writeFile(netlist, await toNetlist(await readSources(rtlSources, from), rtlParameters(parameters)));
    const options = ['-g2012', '-DTB_NETLIST', '-s', 'tb_engine', ...sets];
    await run('iverilog', [...options, '-o', join(target, 'tb.vvp'), netlist, join(projectRoot, bench)]);
  });
  return join(folder, 'tb.vvp');
}

async function verilatorBinary(parameters: EngineParameters, from: string): Promise<string> {
  const { paths, key } = await sourcesIn(from);
  const sets = Object.entries(rtlParameters(parameters)).map(([name, value]) => `-G${name}=${value}`);
  const folder = await cached('verilator', JSON.stringify([key, sets, verilator]), async (target) => {
    const options = ['--binary', '--timing', '-O3', '--build-jobs', '2', '-Wno-fatal', '-Wno-WIDTH', '-CFLAGS', '-O1'];
    await run('verilator', [...options, '--top-module', 'tb_engine', '--Mdir', target, '-o', 'tb', ...sets, ...paths], {
      maxBuffer: 1 << 26,
    });
  });
  return join(folder, 'tb');
}

/** An engine simulated outside this process, for one set of parameters. */
export interface OutsideSimulator {
  readonly info: EngineInfo;
  /** Runs a case; `resetAfter` as in hostScript. */
  run(problem: EngineCase, resetAfter?: number): Promise<Outcome>;
  /** Runs a case; also the toggles that each command reported. */
  runCounted(problem: EngineCase): Promise<{ readonly outcome: Outcome; readonly activity: readonly number[] }>;
}

const binaries = { icarus: icarusBinary, netlist: netlistBinary, verilator: verilatorBinary } as const;

/** Compiles the RTL under `from` (default: the project) for a simulator; 'netlist' is Icarus after synthesis. */
export async function openSimulator(
  tool: keyof typeof binaries,
  parameters: EngineParameters,
  from = projectRoot,
): Promise<OutsideSimulator> {
  const binary = await binaries[tool](parameters, from);
  const info = engineInfo(parameters, 'rtl-wasm', tool, tool);
  const play = async (text: string): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'tierwise-hdl-'));
    try {
      const script = join(folder, 'script.txt');
      await writeFile(script, text);
      const [command, args] = tool === 'verilator' ? [binary, []] : ['vvp', [binary]];
      return (await run(command, [...args, `+script=${script}`], { maxBuffer: 1 << 28 })).stdout;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  return {
    info,
    async run(problem, resetAfter) {
      return parseLog(info, problem, await play(hostScript(info, problem, resetAfter)));
    },
    async runCounted(problem) {
      const log = await play(hostScript(info, problem));
      return { outcome: parseLog(info, problem, log), activity: parseActivity(log) };
    },
  };
}
