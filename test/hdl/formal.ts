import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../shared.ts';

const run = promisify(execFile);

// yosys-smtbmc has no option that ends with 0 and does nothing: starting is enough.
const starts = (tool: string, flag: string): boolean => spawnSync(tool, [flag], { encoding: 'utf8' }).error === undefined;

/** True when Yosys, its yosys-smtbmc and the solver z3 are installed; proofs skip without them. */
export const canProve = starts('yosys', '-V') && starts('yosys-smtbmc', '-h') && starts('z3', '--version');

/** What is proven: a harness hdl/formal/<top>.sv around modules of the RTL. */
export interface Proof {
  /** Module and file name of the harness. */
  readonly top: string;
  /** What the assertions say, for the title. */
  readonly says: string;
  /** RTL below the harness, paths from the project root; the first is the one that mutants change. */
  readonly sources: readonly string[];
  readonly parameters?: Readonly<Record<string, number>>;
  /** Clocks looked at from the first state on. */
  readonly depth: number;
  /** Modules whose registers start with any value, so that the proof holds from every state after a reset. */
  readonly anyStart?: readonly string[];
  /** Gives the solver every clock's terms apart: some proofs are quick only so, others only without. */
  readonly unroll?: boolean;
  /** Also by induction with this many clocks: then the proof holds for ever. */
  readonly induction?: number;
  /** Clocks within which every cover statement must be reached; default depth. */
  readonly coverDepth?: number;
  /** Defects that the assertions must catch: name, text, replacement; the text occurs once in the first source. */
  readonly mutants: readonly (readonly [name: string, from: string, to: string])[];
}

export type Verdict = 'passed' | 'failed';

async function smt2(proof: Proof, folder: string, change: (source: string) => string): Promise<void> {
  const names: string[] = [];
  // The first source, which mutants change, may need packages of the others: those are read before it.
  const paths = [...proof.sources.filter((path) => path.endsWith('_pkg.sv')), ...proof.sources.filter((path) => !path.endsWith('_pkg.sv'))];
  for (const [i, path] of [...paths, `hdl/formal/${proof.top}.sv`].entries()) {
    const text = await readFile(join(projectRoot, path), 'utf8');
    const name = `${i}-${path.split('/').at(-1)}`;
    names.push(name);
    await writeFile(join(folder, name), path === proof.sources[0] ? change(text) : text);
  }
  const sets = Object.entries(proof.parameters ?? {}).map(([name, value]) => `-set ${name} ${value}`);
  const script = [
    `read_verilog -formal -sv -defer ${names.join(' ')}`,
    ...(sets.length > 0 ? [`chparam ${sets.join(' ')} ${proof.top}`] : []),
    `hierarchy -check -top ${proof.top}`,
    'proc',
    // A module that does not occur would leave its start fixed without a word: the selection must be empty afterwards, not before.
    ...(proof.anyStart ?? []).flatMap((name) => [
      `select -assert-any *${name}/a:init`,
      `setattr -unset init *${name}/w:*`,
      `select -assert-none *${name}/a:init`,
    ]),
    `prep -flatten -top ${proof.top} -nordff`,
    'async2sync',
    'dffunmap',
    'write_smt2 -wires model.smt2',
  ];
  await run('yosys', ['-q', '-p', script.join('; ')], { cwd: folder, maxBuffer: 1 << 26 });
}

async function check(
  folder: string,
  proof: Proof,
  options: readonly string[],
): Promise<{ readonly verdict: Verdict; readonly log: string }> {
  const result = await run(
    'yosys-smtbmc',
    ['-s', 'z3', '--noprogress', ...(proof.unroll === true ? ['--unroll'] : []), ...options, 'model.smt2'],
    { cwd: folder, maxBuffer: 1 << 26 },
  ).catch((error: { stdout?: string; stderr?: string }) => ({ stdout: error.stdout ?? '', stderr: error.stderr ?? '' }));
  const log = result.stdout + result.stderr;
  if (/Status: PASSED/.test(log)) return { verdict: 'passed', log };
  if (/Status: FAILED|Status: failed/.test(log)) return { verdict: 'failed', log };
  throw new Error(`yosys-smtbmc gave no verdict: ${log.slice(-1000)}`);
}

/** Verdicts on the assertions (bounded, and by induction when asked for) and the covers of a proof, with the failing tool's last words. */
export async function prove(
  proof: Proof,
  change: (source: string) => string = (source) => source,
  only?: 'bounded',
): Promise<{ readonly bounded: Verdict; readonly induction: Verdict; readonly cover: Verdict; readonly log: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'tierwise-formal-'));
  try {
    await smt2(proof, folder, change);
    const bounded = await check(folder, proof, ['-t', `${proof.depth}`]);
    const rest = only === undefined;
    const passed = { verdict: 'passed' as const, log: '' };
    const induction = rest && proof.induction !== undefined ? await check(folder, proof, ['-i', '-t', `${proof.induction}`]) : passed;
    const cover = rest ? await check(folder, proof, ['-c', '-t', `${proof.coverDepth ?? proof.depth}`]) : passed;
    const log = [bounded, induction, cover].find(({ verdict }) => verdict === 'failed')?.log.slice(-1500) ?? '';
    return { bounded: bounded.verdict, induction: induction.verdict, cover: cover.verdict, log };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
