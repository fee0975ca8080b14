import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildKernelModel, kernelModelSources, kernelSources } from '../../.ci/build-kernel-model.mjs';
import { readSources, rtlSources, sha256 } from '../../.ci/hdl-sources.mjs';
import { projectRoot } from '../shared.ts';
import { exclusively } from '../xrt-shim/lock.ts';

const run = promisify(execFile);
const cacheFolder = join(projectRoot, '.cache/hdl');
const checkers = ['hdl/test/axi_lite_checker.sv', 'hdl/test/axi_checker.sv', 'hdl/test/tb_kernel.sv'];
const player = 'hdl/test/xrt_script.cc';
const pins = 'hdl/test/xrt_pins_verilator.h';

function versionOf(tool: string, flag: string): string | undefined {
  const answer = spawnSync(tool, [flag], { encoding: 'utf8' });
  return answer.status === 0 ? answer.stdout.split('\n')[0] : undefined;
}

/** Version line of the C++ compiler, undefined when there is none. */
export const compiler = versionOf('g++', '--version');

/** Version line of Verilator, undefined when it is not installed. */
export const verilator = versionOf('verilator', '--version');

/** RTL of the kernel and all below it, by dependency level; paths from the project root. */
export const kernelRtl: readonly string[] = [...kernelSources.slice(0, 2), ...rtlSources, ...kernelSources.slice(2)];

/** A kernel that builds quickly: two lanes, up to 24 features. */
export const smallKernel: Readonly<Record<string, number>> = {
  N: 2,
  DW: 16,
  AW: 40,
  OPERAND_DEPTH: 2000,
  GRAM_DEPTH: 1000,
  MAX_FEATURES: 24,
  LIMBS: 1,
};

/** Builds once per key; of test files that run side by side one builds and the others wait. */
async function once(name: string, key: unknown, build: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder, `${name}-${sha256(JSON.stringify(key)).slice(0, 24)}`);
  if (existsSync(folder)) return folder;
  await mkdir(cacheFolder, { recursive: true });
  return exclusively(`${folder}.lock`, async () => {
    if (existsSync(folder)) return folder;
    const fresh = await mkdtemp(`${folder}-`);
    await build(fresh);
    await rename(fresh, folder);
    return folder;
  });
}

/**
 * The kernel of the tree `from` in Verilator with protocol checkers on both buses: path of a program that plays scripts. A changed
 * tree is built quickly rather than well.
 */
export async function verilatedKernel(parameters: Readonly<Record<string, number>>, from = projectRoot): Promise<string> {
  const rtl = await readSources(kernelRtl, from);
  const own = await readSources([...checkers, player, pins, ...kernelModelSources]);
  const folder = await once('kernel-verilator', [rtl, own, parameters, verilator], async (target) => {
    const flags = `-I${join(projectRoot, 'hdl/xrt/sim')} -I${join(projectRoot, 'hdl/test')} -DKERNEL_PINS='"xrt_pins_verilator.h"'`;
    const effort = from === projectRoot ? ['OPT_FAST=-O1', 'OPT_SLOW=-O0'] : ['OPT_FAST=-O0', 'OPT_SLOW=-O0', 'OPT_GLOBAL=-O0'];
    const options = [
      '-MAKEFLAGS',
      effort.join(' '),
      '--cc',
      '--exe',
      '--build',
      '-O3',
      '--build-jobs',
      '2',
      '-Wno-fatal',
      '-Wno-WIDTH',
      '-CFLAGS',
      flags,
    ];
    const sets = Object.entries(parameters).map(([name, value]) => `-G${name}=${value}`);
    const sources = [
      ...kernelRtl.map((p) => join(from, p)),
      ...[...checkers, 'hdl/xrt/sim/kernel_model.cc', player].map((p) => join(projectRoot, p)),
    ];
    await run('verilator', [...options, '--top-module', 'tb_kernel', '--Mdir', target, '-o', 'player', ...sets, ...sources], {
      maxBuffer: 1 << 26,
    });
  });
  return join(folder, 'player');
}

/** The kernel as the native library of the card shim (its default parameters), linked with the same program. No checkers. */
export async function nativeKernel(): Promise<string> {
  // The shim's own build, so that it is made once.
  const cache = join(projectRoot, '.cache/xrt-shim');
  await mkdir(cache, { recursive: true });
  const { library, imageId } = await exclusively(join(cache, 'kernel-model.lock'), () =>
    buildKernelModel({ folder: join(cache, 'kernel-model'), parameters: { LIMBS: 2 } }),
  );
  const folder = await once('kernel-native', [imageId, await readSources([player])], async (target) => {
    await run('g++', ['-O1', `-I${join(projectRoot, 'hdl/xrt/sim')}`, join(projectRoot, player), library, '-o', join(target, 'player')]);
  });
  return join(folder, 'player');
}
