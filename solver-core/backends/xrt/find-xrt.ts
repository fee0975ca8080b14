import { existsSync } from 'node:fs';
import { mkdtemp, readdir, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { xrtError } from './failures.ts';
import type { XrtHost } from './host.ts';
import { xrtArchitectures } from './host.ts';

export const coreutilName = 'libxrt_coreutil.so.2';
const coreName = 'libxrt_core.so.2';
const installAdvice =
  'Install XRT (on Debian: apt-get install libxrt1; for a card: the XRT package of its vendor) and set XILINX_XRT to its folder if it is not in a usual place.';

/** Emulation modes that XRT knows; anything else makes it abort. */
export type EmulationMode = 'sw_emu' | 'hw_emu';

/** Where XRT is, and the environment in which the worker may load it. */
export interface FoundXrt {
  /** Path of libxrt_coreutil.so.2. */
  readonly library: string;
  readonly env: Readonly<Record<string, string>>;
  /** Removes what was made for the worker. Idempotent. */
  dispose(): Promise<void>;
}

/**
 * Looks for XRT without loading it. XRT aborts its process when its folder is wrong, so every condition it needs is checked here and has
 * its own error: `xrt-platform`, `xrt-library-missing`, `xrt-core-missing`, `xrt-bad-emulation-mode`.
 * When no folder has the layout XRT wants (`<root>/lib/libxrt_core.so.2`), a private root of one symbolic link is made for the worker.
 */
export async function findXrt(host: XrtHost, emulation?: string): Promise<FoundXrt> {
  if (host.platform !== 'linux' || !xrtArchitectures.includes(host.architecture)) {
    throw xrtError(
      'xrt-platform',
      `XRT cards need Linux on ${xrtArchitectures.join(', ')}; this is ${host.platform} on ${host.architecture}.`,
      'Use `backend sim`, or fit on the machine that holds the card.',
    );
  }
  if (emulation !== undefined && emulation !== 'sw_emu' && emulation !== 'hw_emu') {
    throw xrtError('xrt-bad-emulation-mode', `There is no emulation mode "${emulation}".`, 'Use sw_emu or hw_emu, or none for a card.');
  }
  const named = host.env['XILINX_XRT'];
  const folders = searchFolders(host);
  const library = folders.map((folder) => join(folder, coreutilName)).find((file) => existsSync(file));
  if (library === undefined) {
    throw xrtError('xrt-library-missing', `${coreutilName} was not found in ${folders.join(', ')}.`, installAdvice);
  }
  if (named !== undefined && named !== '' && existsSync(join(named, 'lib', coreName))) {
    return { library, env: workerEnv(host, named, emulation), dispose: async () => undefined };
  }
  const beside = [dirname(library), dirname(await realpath(library)), ...folders].find((folder) => existsSync(join(folder, coreName)));
  if (beside === undefined) {
    throw xrtError('xrt-core-missing', `${coreName} was not found beside ${library}; XRT is installed only in part.`, installAdvice);
  }
  if (beside.endsWith('/lib')) return { library, env: workerEnv(host, dirname(beside), emulation), dispose: async () => undefined };
  const root = await privateRoot(beside);
  return { library, env: workerEnv(host, root, emulation), dispose: () => rm(root, { recursive: true, force: true }) };
}

function searchFolders(host: XrtHost): string[] {
  const named = host.env['XILINX_XRT'];
  const paths = (host.env['LD_LIBRARY_PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'));
  return [...(named === undefined || named === '' ? [] : [join(named, 'lib')]), ...paths.slice(0, 32), ...host.libraryFolders];
}

/** Environment of the worker: ours, with what XRT needs and without what misleads it. */
function workerEnv(host: XrtHost, root: string, emulation: string | undefined): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(host.env)) if (value !== undefined) env[name] = value;
  // An inspector port or a preload script of the editor must not leak into the worker.
  delete env['NODE_OPTIONS'];
  delete env['XCL_EMULATION_MODE'];
  if (emulation !== undefined) env['XCL_EMULATION_MODE'] = emulation;
  env['XILINX_XRT'] = root;
  // The program that runs now may be the editor's own.
  env['ELECTRON_RUN_AS_NODE'] = '1';
  return env;
}

const rootPrefix = 'tierwise-xrt-';
const maxLeftOver = 64;

/** A temporary folder whose `lib` is a link to `folder`. Those of processes that are gone are removed first. */
async function privateRoot(folder: string): Promise<string> {
  await removeLeftOver();
  const root = await mkdtemp(join(tmpdir(), `${rootPrefix}${process.pid}-`));
  await symlink(folder, join(root, 'lib'));
  return root;
}

async function removeLeftOver(): Promise<void> {
  const names = (await readdir(tmpdir()).catch(() => [])).filter((name) => name.startsWith(rootPrefix)).slice(0, maxLeftOver);
  for (const name of names) {
    const pid = Number(/^\d+/.exec(name.slice(rootPrefix.length))?.[0] ?? NaN);
    if (!Number.isInteger(pid) || isRunning(pid)) continue;
    // Another user's folder stays: removing it fails, and that is fine.
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
