import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { defaultImageFolder } from '../hdl/images.ts';
import { projectRoot } from '../shared.ts';

/** The command line and the solver process as the product bundles them, in a folder of their own, and scratch folders for a test file. */
export interface Product {
  readonly cli: string;
  readonly solver: string;
  /** A new empty folder. */
  scratch(): string;
  /** A new folder with the digits example: digits.onnx, digits.npz, digits.tiers. */
  digits(): string;
  /** Runs `tierwise` with these words to its end. */
  run(words: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Starts `tierwise` without waiting for its end. */
  start(words: readonly string[], cwd: string): ChildProcess;
  remove(): void;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Another bundle than the usual one. */
  readonly cli?: string;
}

/** What a run of the command line gave. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Processor time of the process, user and system. */
  readonly cpuMs: number;
  /** Largest resident set. */
  readonly maxRssBytes: number;
}

/** A hang is a failure: nothing the tests start runs longer than this. */
const hangMs = 90_000;

/** Bundles the product. The folder lies inside the project, so that the bundles find their native package. */
export async function buildProduct(): Promise<Product> {
  const cache = join(projectRoot, '.cache', 'test');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'product-'));
  await build({
    absWorkingDir: projectRoot,
    entryPoints: { cli: 'solver-core/cli/main.ts', solver: 'solver-core/server/solver-process.ts' },
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['onnxruntime-node', 'serialport', 'koffi'],
    define: { TIERWISE_VERSION: '"0.0.0-test"' },
    logLevel: 'error',
  });
  cpSync(await defaultImageFolder(), join(folder, 'engine'), { recursive: true });
  const usage = join(folder, 'usage.cjs');
  writeFileSync(
    usage,
    `process.on('exit', () => { const u = process.resourceUsage(); require('node:fs').writeSync(3, JSON.stringify({ cpuMs: (u.userCPUTime + u.systemCPUTime) / 1000, maxRssBytes: u.maxRSS * 1024 })); });`,
  );
  const cli = join(folder, 'cli.cjs');
  const scratch = (): string => mkdtempSync(join(folder, 'scratch-'));
  return {
    cli,
    solver: join(folder, 'solver.cjs'),
    scratch,
    digits() {
      const to = scratch();
      for (const file of ['digits.onnx', 'digits.npz', 'digits.tiers']) cpSync(join(projectRoot, 'examples/digits', file), join(to, file));
      return to;
    },
    run: (words, options = {}) => run(usage, options.cli ?? cli, words, options.cwd ?? folder),
    start: (words, cwd) => spawn(process.execPath, [cli, ...words], { cwd, stdio: ['ignore', 'pipe', 'pipe'] }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function run(usage: string, cli: string, words: readonly string[], cwd: string): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['-r', usage, cli, ...words], { cwd, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    const outputs = ['', '', ''];
    [child.stdout, child.stderr, child.stdio[3]].forEach((stream, i) => {
      stream?.on('data', (chunk: Buffer) => (outputs[i] += chunk.toString('latin1')));
    });
    const watch = setTimeout(() => child.kill('SIGKILL'), hangMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(watch);
      const [stdout = '', stderr = '', used = ''] = outputs.map((text) => Buffer.from(text, 'latin1').toString('utf8'));
      const figures = (used === '' ? { cpuMs: NaN, maxRssBytes: NaN } : JSON.parse(used)) as { cpuMs: number; maxRssBytes: number };
      resolve({ code, stdout, stderr, ...figures });
    });
  });
}

/** The JSON document on stdout; fails unless stdout is exactly one line of JSON. */
export function documentOf(ran: Ran): unknown {
  if (!/^[^\n]+\n$/.test(ran.stdout))
    throw new Error(`stdout is not one line: ${ran.stdout.slice(0, 300)} (stderr: ${ran.stderr.slice(0, 300)})`);
  return JSON.parse(ran.stdout);
}

/** The `code` of an error document. */
export function errorCode(ran: Ran): string {
  const document = documentOf(ran) as { readonly schema: string; readonly error?: { readonly code: string } };
  if (document.schema !== 'tierwise.error/1') throw new Error(`no error document: ${ran.stdout.slice(0, 300)}`);
  return document.error?.code ?? '';
}

/** Rewrites a file as text. */
export function edit(path: string, change: (text: string) => string): void {
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  if (before === after) throw new Error(`the edit of ${path} changed nothing`);
  writeFileSync(path, after);
}
