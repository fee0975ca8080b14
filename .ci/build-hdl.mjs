// Compiles the RTL engine to WebAssembly with npm packages alone: SystemVerilog -> Yosys CXXRTL -> C++ -> clang -> wasm.
//   node .ci/build-hdl.mjs            default engine and, by build-board.mjs, the simulated board into dist/engine/
// Skips when the manifest beside the image names the same sources, tools and parameters. The output is a pure function of those.
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defaultParameters, harnessSource, readSources, root, rtlSources, sha256, top } from './hdl-sources.mjs';
import { runTool } from './packaged-tool.mjs';
import { quickenSimulation, quickenVersion } from './quicken-simulation.mjs';

// Compiling and linking are two runs: the packaged tools cannot start one another.
// CXXRTL evaluates memory reads whose enable is low, too: their addresses may be anything, so its check of them is off (they read 0).
const compileArguments = [
  'clang++',
  '-std=c++14',
  '-O2',
  '-DCXXRTL_NDEBUG',
  '-Iinc',
  '-fno-exceptions',
  '-c',
  'harness.cc',
  '-o',
  'engine.o',
];
const linkArguments = [
  'wasm-ld',
  '-m',
  'wasm32',
  '-L/usr/lib/wasm32-wasip1',
  '/usr/lib/wasm32-wasip1/crt1-reactor.o',
  '--entry',
  '_initialize',
  '--strip-all',
  'engine.o',
  '-lc++',
  '-lc++abi',
  '-lc',
  '/usr/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a',
  '-o',
  'engine.wasm',
];

/** What the tools are called with, for manifests. */
export const compilerArguments = { compile: compileArguments, link: linkArguments, quicken: quickenVersion };

/** Versions of the packaged tools. */
export async function toolVersions() {
  const names = ['@yowasp/yosys', '@yowasp/clang'];
  const entries = await Promise.all(
    names.map(async (name) => {
      const manifest = JSON.parse(await readFile(resolve(root, 'node_modules', name, 'package.json'), 'utf8'));
      return [name, manifest.version];
    }),
  );
  return Object.fromEntries(entries);
}

/** Manifest of an earlier build in `folder` whose image is intact, else undefined. */
async function readBuilt(folder) {
  try {
    const manifest = JSON.parse(await readFile(resolve(folder, 'manifest.json'), 'utf8'));
    const image = await readFile(resolve(folder, 'engine.wasm'));
    return sha256(image) === manifest.wasmSha256 ? manifest : undefined;
  } catch {
    return undefined;
  }
}

const engineFiles = (sources) => Object.fromEntries(rtlSources.map((path) => [path.split('/').at(-1), sources[path]]));

/** Reads RTL (text by file name, leaves first) with these parameters of `top` into Yosys, runs the commands and returns one file they wrote. */
async function runOnRtl(files, top, parameters, commands, output) {
  const { runYosys } = await import('@yowasp/yosys');
  const sets = Object.entries(parameters)
    .map(([name, value]) => `-set ${name} ${value}`)
    .join(' ');
  const script = [`read_verilog -sv -defer ${Object.keys(files).join(' ')}`, `chparam ${sets} ${top}`, ...commands].join('; ');
  return (await runTool(runYosys, ['-q', '-p', script], files)).files[output];
}

/** The C++ simulation of a design (text by file name, leaves first). */
export const rtlToCpp = async (files, top, parameters) =>
  quickenSimulation(
    await runOnRtl(files, top, parameters, [`hierarchy -check -top ${top}`, 'write_cxxrtl -g0 -O6 engine.cc'], 'engine.cc'),
  );

/** Verilog of the engine after generic synthesis to gates; memories stay memories, so that it simulates in bearable time. */
export async function toNetlist(sources, parameters) {
  const synthesis = [`synth -flatten -top ${top} -run begin:fine`, 'opt -full', 'techmap', 'opt', 'abc -fast', 'opt_clean'];
  const netlist = await runOnRtl(engineFiles(sources), top, parameters, [...synthesis, 'write_verilog -noattr netlist.v'], 'netlist.v');
  return typeof netlist === 'string' ? netlist : new TextDecoder().decode(netlist);
}

/** WebAssembly of a simulation and its harness, compiled with these definitions. */
export async function compileToWasm(cpp, harness, defines) {
  const { runLLVM } = await import('@yowasp/clang');
  const { filesystem } = await import(pathToFileURL(resolve(root, 'node_modules/@yowasp/yosys/gen/resources-yosys.js')).href);
  const inc = { cxxrtl: filesystem.share.include.backends.cxxrtl.runtime.cxxrtl };
  const compile = [...compileArguments, ...defines];
  const object = (await runTool(runLLVM, compile, { inc, 'engine.cc': cpp, 'harness.cc': harness })).files['engine.o'];
  return (await runTool(runLLVM, linkArguments, { 'engine.o': object })).files['engine.wasm'];
}

/** Writes a file so that no reader sees a part of it. */
export async function writeAtomically(path, data) {
  await writeFile(`${path}.new`, data);
  await rename(`${path}.new`, path);
}

/** True while the process that holds the lock lives. */
async function holderLives(lock) {
  const pid = Number(await readFile(lock, 'utf8').catch(() => ''));
  // An empty file: its owner is just about to write its number.
  if (pid === 0)
    return (
      Date.now() -
        (await stat(lock).then(
          (s) => s.mtimeMs,
          () => Date.now(),
        )) <
      10_000
    );
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Runs `work` while no other process builds into the same folder; the lock of a process that died does not count. */
export async function locked(folder, work) {
  const lock = `${folder}.lock`;
  await mkdir(dirname(folder), { recursive: true });
  while (
    !(await writeFile(lock, `${process.pid}`, { flag: 'wx' }).then(
      () => true,
      () => false,
    ))
  ) {
    if (await holderLives(lock)) await new Promise((done) => setTimeout(done, 100));
    else await rm(lock, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** The earlier build in `folder` if it was made from exactly these inputs, else undefined. */
async function upToDate(folder, inputs) {
  const built = await readBuilt(folder);
  return built && JSON.stringify({ ...inputs, wasmSha256: built.wasmSha256 }) === JSON.stringify(built) ? built : undefined;
}

/**
 * Builds an engine into `folder` (engine.wasm, manifest.json) unless it is there already; returns its manifest and whether it
 * was built now. `from` is the tree that holds hdl/, for tests that compile a changed copy.
 */
export async function buildEngine({ parameters = {}, folder = resolve(root, 'dist/engine'), from = root } = {}) {
  const all = { ...defaultParameters, ...parameters };
  const sources = await readSources([...rtlSources, harnessSource], from);
  const inputs = {
    sourceSha256: Object.fromEntries(Object.entries(sources).map(([path, text]) => [path, sha256(text)])),
    toolVersions: await toolVersions(),
    toolArguments: compilerArguments,
    parameters: all,
  };
  const earlier = await upToDate(folder, inputs);
  if (earlier) return { manifest: earlier, fresh: false };
  return locked(folder, async () => {
    const meanwhile = await upToDate(folder, inputs);
    if (meanwhile) return { manifest: meanwhile, fresh: false };
    const cpp = await rtlToCpp(engineFiles(sources), top, all);
    const wasm = await compileToWasm(cpp, sources[harnessSource], [`-DENGINE_LANES=${all.N}`, `-DENGINE_AW=${all.AW}`]);
    const manifest = { ...inputs, wasmSha256: sha256(wasm) };
    await mkdir(folder, { recursive: true });
    await writeAtomically(resolve(folder, 'engine.wasm'), wasm);
    await writeAtomically(resolve(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    return { manifest, fresh: true };
  });
}

/** Builds the images that ship, and says so; `engine` alone is all that a fit on the simulated engine needs. */
async function buildImages(only) {
  const engine = await buildEngine();
  console.log(`dist/engine/engine.wasm ${engine.fresh ? 'built' : 'is up to date'}: sha256 ${engine.manifest.wasmSha256}`);
  if (only === 'engine') return;
  const { buildBoard } = await import('./build-board.mjs');
  const board = await buildBoard();
  console.log(`dist/engine/board.wasm ${board.fresh ? 'built' : 'is up to date'}: sha256 ${board.manifest.wasmSha256}`);
}

// Not awaited: build-board.mjs imports this module, which is complete only when its last line has run.
if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) void buildImages(process.argv[2]);
