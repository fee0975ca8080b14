// Compiles the RTL of the XRT kernel to a native library that simulates it (hdl/xrt/sim/kernel_model.h): SystemVerilog -> Yosys CXXRTL
// (npm) -> C++ -> g++ (or $CXX). For tests: nothing of it ships.
//   node .ci/build-kernel-model.mjs FOLDER      libkernel_model.a, kernel_model.h and manifest.json into FOLDER
// Skips when the manifest names the same sources, tools and parameters. Link with -lstdc++.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readSources, root, rtlSources, sha256 } from './hdl-sources.mjs';

/** The kernel's own RTL, leaves first; paths from the project root. */
export const kernelSources = [
  'hdl/sys/generated/kernel_pkg.sv',
  'hdl/sys/mover.sv',
  'hdl/xrt/axi_burst_splitter.sv',
  'hdl/xrt/axi_lite_control.sv',
  'hdl/xrt/axi_read_dma.sv',
  'hdl/xrt/axi_write_dma.sv',
  'hdl/xrt/word_pack.sv',
  'hdl/xrt/word_unpack.sv',
  'hdl/xrt/kernel_arguments.sv',
  'hdl/xrt/kernel_control.sv',
  'hdl/xrt/tierwise_kernel.sv',
];

/** Sources of the simulation around the RTL. */
export const kernelModelSources = ['bus.h', 'kernel_model.cc', 'kernel_model.h', 'pins.h', 'pins_cxxrtl.h'].map((f) => `hdl/xrt/sim/${f}`);

export const kernelTop = 'tierwise_kernel';

/** A kernel for 256 features with 16 outputs in two limbs, with room for more than 64 rows per chunk. */
export const defaultKernelParameters = {
  N: 8,
  DW: 18,
  AW: 48,
  OPERAND_DEPTH: 32768,
  GRAM_DEPTH: 9216,
  MAX_FEATURES: 256,
  LIMBS: 2,
  CLOCK_HZ: 300_000_000,
};

/** Hash of the bring-up problem for 18-bit words (hdl/README.md). */
const goldenHash = 'cf8d1a4cd408f052';

const compiler = process.env['CXX'] ?? 'g++';
// CXXRTL evaluates memory reads whose enable is low, too: their addresses may be anything, so its check of them is off.
const compileArguments = ['-std=c++14', '-O2', '-fPIC', '-DCXXRTL_NDEBUG', '-Iinc', '-I.', '-c', 'kernel_model.cc', '-o', 'kernel_model.o'];

function run(command, args, folder) {
  const done = spawnSync(command, args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.error?.message ?? ''}${done.stderr?.slice(-4000)}`);
  return done.stdout;
}

/** The kernel as C++. */
async function toCpp(sources, parameters) {
  const { runYosys } = await import('@yowasp/yosys');
  const files = Object.fromEntries(Object.entries(sources).map(([path, text]) => [path.split('/').at(-1), text]));
  const sets = Object.entries(parameters).map(([name, value]) => `-set ${name} ${value}`);
  const script = [
    `read_verilog -sv -defer ${Object.keys(files).join(' ')}`,
    `chparam ${sets.join(' ')} ${kernelTop}`,
    `hierarchy -check -top ${kernelTop}`,
    'write_cxxrtl -g0 -O6 kernel.cc',
  ];
  const log = [];
  const keep = (bytes) => bytes && log.push(Buffer.from(bytes).toString());
  try {
    const made = await runYosys(['-q', '-p', script.join('; ')], files, { stdout: keep, stderr: keep, fetchProgress: () => {} });
    const text = typeof made['kernel.cc'] === 'string' ? made['kernel.cc'] : Buffer.from(made['kernel.cc']).toString();
    // With feedback one evaluation would not be enough, and the outputs would be of another time (pins_cxxrtl.h).
    if (/converged = false/.test(text)) throw new Error('the kernel has combinational feedback');
    return text;
  } catch (error) {
    throw new Error(`yosys: ${error.message}\n${log.join('').slice(-4000)}`);
  }
}

/** Writes a tree of the packaged tool's files into a folder. */
async function unpack(tree, folder) {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(tree)) {
    if (typeof content === 'string' || content instanceof Uint8Array) await writeFile(join(folder, name), content);
    else await unpack(content, join(folder, name));
  }
}

async function compile(sources, parameters, folder) {
  await writeFile(
    join(folder, 'kernel.cc'),
    await toCpp(Object.fromEntries([...rtlSources, ...kernelSources].map((p) => [p, sources[p]])), parameters),
  );
  for (const path of kernelModelSources) await writeFile(join(folder, path.split('/').at(-1)), sources[path]);
  const { filesystem } = await import(pathToFileURL(resolve(root, 'node_modules/@yowasp/yosys/gen/resources-yosys.js')).href);
  await unpack(filesystem.share.include.backends.cxxrtl.runtime.cxxrtl, join(folder, 'inc/cxxrtl'));
  run(compiler, compileArguments, folder);
  run('ar', ['rcs', 'libkernel_model.a', 'kernel_model.o'], folder);
}

/**
 * Builds the simulated kernel into `folder` unless it is there already; returns its parameters and whether it was built now. `from`
 * is the tree that holds hdl/, for tests that compile a changed copy.
 */
export async function buildKernelModel({ folder, parameters = {}, from = root }) {
  const all = { ...defaultKernelParameters, ...parameters };
  const sources = await readSources([...rtlSources, ...kernelSources, ...kernelModelSources], from);
  const image = sha256(JSON.stringify([sources, all]));
  const given = { ...all, IMAGE_ID: `32'h${image.slice(0, 8)}`, ...(all.DW === 18 ? { GOLDEN_HASH: `64'h${goldenHash}` } : {}) };
  const version = JSON.parse(await readFile(resolve(root, 'node_modules/@yowasp/yosys/package.json'), 'utf8')).version;
  const manifest = `${JSON.stringify({ image, parameters: all, yosys: version, compiler, compileArguments }, null, 2)}\n`;
  const library = join(folder, 'libkernel_model.a');
  const earlier = existsSync(library) ? await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => '') : '';
  if (earlier === manifest) return { library, parameters: all, imageId: image.slice(0, 8), fresh: false };
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(tmpdir(), 'tierwise-kernel-'));
  try {
    await compile(sources, given, work);
    // Under the final name at once, the manifest last: whoever builds at the same time writes the same.
    for (const name of ['libkernel_model.a', 'kernel_model.h']) {
      const fresh = join(folder, `${name}.${process.pid}`);
      await copyFile(join(work, name), fresh);
      await rename(fresh, join(folder, name));
    }
    await writeFile(join(folder, 'manifest.json'), manifest);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return { library, parameters: all, imageId: image.slice(0, 8), fresh: true };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = process.argv[2];
  if (folder === undefined) throw new Error('usage: node .ci/build-kernel-model.mjs FOLDER');
  const { library, fresh } = await buildKernelModel({ folder: resolve(folder) });
  console.log(`${library} ${fresh ? 'built' : 'is up to date'} (${(await readdir(resolve(folder))).length} files)`);
}
