import { buildSync } from 'esbuild';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { XrtHost } from '../../../../solver-core/backends/xrt/host.ts';
import { xrtHost } from '../../../../solver-core/backends/xrt/host.ts';
import type { XrtLinkOptions } from '../../../../solver-core/backends/xrt/xrt-link.ts';
import { TierwiseError } from '../../../../solver-core/model/error.ts';
import { projectRoot } from '../../../shared.ts';
import type { Shim } from '../../../xrt-shim/build-shim.ts';

const cache = join(projectRoot, '.cache/test');

/** A folder of its own for one test file; under the project, so that bundles in it find the packages. */
export function scratch(): { readonly path: string; remove(): void } {
  mkdirSync(cache, { recursive: true });
  const path = mkdtempSync(join(cache, 'xrt-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Bundles the worker as .ci/build.mjs does. */
export function buildWorker(folder: string): string {
  const outfile = join(folder, 'xrt-worker.cjs');
  buildSync({
    entryPoints: [join(projectRoot, 'solver-core/backends/xrt/worker.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['koffi'],
  });
  return outfile;
}

/** A worker that is a program of the test's own. */
export function scriptWorker(folder: string, name: string, script: string): string {
  const file = join(folder, `${name}.cjs`);
  writeFileSync(file, script);
  return file;
}

/** This machine with the simulated card in it, and `env` on top. */
export function shimHost(shim: Shim, env: Readonly<Record<string, string>> = {}): XrtHost {
  return { ...xrtHost(), fileRoot: shim.fileRoot, env: { ...process.env, XILINX_XRT: shim.root, ...env } };
}

/** Options for card 0 of the shim. */
export function linkOptions(shim: Shim, workerFile: string, env: Readonly<Record<string, string>> = {}): XrtLinkOptions {
  return { index: 0, xclbin: shim.xclbin, workerFile, host: shimHost(shim, env) };
}

/** The TierwiseError a promise rejects with; anything else fails the test. */
export async function failure(promise: Promise<unknown>): Promise<TierwiseError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof TierwiseError) return error;
    throw error;
  }
  throw new Error('no error where one was expected');
}

/** True while some process of the group lives; zombies waiting for us do not count. */
export function groupLives(pid: number): boolean {
  if (!existsSync(`/proc/${pid}`)) return false;
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}
