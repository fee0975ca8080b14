import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { kernelArguments, kernelName } from '../../solver-core/backends/xrt/generated/kernel.ts';
import { buildKernelModel } from '../../.ci/build-kernel-model.mjs';
import { projectRoot } from '../shared.ts';
import { exclusively } from './lock.ts';
import { writeXclbin } from './xclbin.ts';

const libraries = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
const headers = '/usr/include/xrt';
/** The four objects of Debian's static library that tie a HAL to the core library; extracted where they are used, never copied. */
const glue = ['device_pcie.cpp.o', 'system_pcie.cpp.o', 'device_swemu.cxx.o', 'system_swemu.cxx.o'];
const sources = join(projectRoot, 'test/xrt-shim');

/** Which kernel is on the simulated card: `fake` only moves words; `model` is the RTL. */
export type ShimKernel = 'fake' | 'model';

/** A simulated card that XRT takes for a real one. */
export interface Shim {
  /** For XILINX_XRT. */
  readonly root: string;
  /** For TIERWISE_XRT_FILE_ROOT: holds `sys` and `dev` of a machine with one card. */
  readonly fileRoot: string;
  readonly xclbin: string;
}

/** Why the shim cannot be built here; null when it can. */
export function shimMissing(): string | null {
  if (process.platform !== 'linux') return 'not Linux';
  for (const file of [`${headers}/xrt.h`, `${libraries}/libxrt_swemu.a`, `${libraries}/libxrt_coreutil.so`, '/usr/include/uuid/uuid.h']) {
    if (!existsSync(file)) return `${file} is missing (apt-get install libxrt-dev uuid-dev)`;
  }
  try {
    execFileSync('g++', ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'g++ is missing';
  }
}

interface KernelFiles {
  /** Sources to compile. */
  readonly files: readonly string[];
  /** Compiler arguments besides: libraries and folders. */
  readonly flags: readonly string[];
  /** Identity of what `flags` names. */
  readonly identity: string;
}

/** What a kernel is built from; the simulation of the RTL is compiled first where it is not there yet. */
async function kernelFiles(kernel: ShimKernel, cache: string): Promise<KernelFiles> {
  if (kernel === 'fake') return { files: [join(sources, 'kernel_fake.cc')], flags: [], identity: '' };
  const folder = join(cache, 'kernel-model');
  // Test files run side by side; one compiles, the others wait and find the result.
  const { library, imageId } = await exclusively(join(cache, 'kernel-model.lock'), () =>
    buildKernelModel({ folder, parameters: { LIMBS: 2 } }),
  );
  return { files: [join(sources, 'kernel_rtl.cc')], flags: [`-I${folder}`, library], identity: imageId };
}

/** Builds the shim once per state of its sources; later calls answer at once. */
export async function buildShim(kernel: ShimKernel): Promise<Shim> {
  const cache = join(projectRoot, '.cache/xrt-shim');
  mkdirSync(cache, { recursive: true });
  const { files, flags, identity } = await kernelFiles(kernel, cache);
  const own = ['hal.cc', 'unused.cc'].map((name) => join(sources, name));
  const hash = createHash('sha256').update(JSON.stringify([identity, glue, statSync(`${libraries}/libxrt_swemu.a`).mtimeMs]));
  for (const file of [...own, ...files, join(sources, 'card.h'), join(sources, 'glue.h')]) hash.update(readFileSync(file));
  const folder = join(cache, `${kernel}-${hash.digest('hex').slice(0, 16)}`);
  if (!existsSync(folder)) {
    const fresh = mkdtempSync(join(cache, 'build-'));
    compile(fresh, [...own, ...files], flags);
    try {
      renameSync(fresh, folder);
    } catch {
      // Somebody else was quicker.
      rmSync(fresh, { recursive: true, force: true });
    }
    for (const name of readdirSync(cache)) {
      if (name.startsWith(`${kernel}-`) && name !== basename(folder)) rmSync(join(cache, name), { recursive: true, force: true });
    }
  }
  return { root: join(folder, 'xrt'), fileRoot: cardFiles(folder), xclbin: xclbinFile(folder) };
}

function compile(folder: string, files: readonly string[], flags: readonly string[]): void {
  const lib = join(folder, 'xrt/lib');
  mkdirSync(lib, { recursive: true });
  execFileSync('ar', ['x', `${libraries}/libxrt_swemu.a`, ...glue], { cwd: folder });
  const objects = glue.map((name) => join(folder, name));
  execFileSync(
    'g++',
    [
      ...['-std=c++17', '-O2', '-fPIC', '-shared', '-Wall', '-Wextra', '-Wno-unused-parameter', `-I${headers}`, `-I${sources}`],
      ...['-Wl,-z,defs', '-Wl,-Bsymbolic', '-o', join(lib, 'libxrt_core.so.2'), ...files, ...objects, ...flags],
      ...['-lxrt_coreutil', '-luuid', '-lpthread', '-ldl'],
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  for (const object of objects) rmSync(object);
}

function xclbinFile(folder: string): string {
  const path = join(folder, 'tierwise.xclbin');
  if (!existsSync(path)) writeFileSync(path, testXclbin());
  return path;
}

/** An xclbin for the simulated card; by default with our kernel. */
export function testXclbin(kernel: string = kernelName): Uint8Array {
  return writeXclbin({
    kernel,
    arguments: kernelArguments.map(({ name, offset, sizeBytes, kind }) => ({ name, offset, sizeBytes, isPointer: kind === 'pointer' })),
  });
}

/** Kernel files of a machine with one card at 0000:65:00.1. */
function cardFiles(folder: string): string {
  const root = join(folder, 'machine');
  const device = join(root, 'sys/bus/pci/devices/0000:65:00.1');
  mkdirSync(join(device, 'drm/renderD128'), { recursive: true });
  mkdirSync(join(root, 'dev/dri'), { recursive: true });
  const files = { vendor: '0x10ee', device: '0x5005', class: '0x120000', user_pf: '', ready: '0x1' };
  for (const [name, value] of Object.entries(files)) writeFileSync(join(device, name), `${value}\n`);
  writeFileSync(join(root, 'dev/dri/renderD128'), '');
  return root;
}
