import { execFile, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import koffi from 'koffi';
import { countingFolder, countingKey, countingSource } from '../../.ci/engine-toggles.mjs';
import type { CountingManifest } from '../../.ci/engine-toggles.mjs';
import type { EngineParameters } from '../../solver-core/backends/engine/parameters.ts';
import type { HarnessExports, RtlInstance } from '../../solver-core/backends/sim/rtl-instance.ts';
import { nodeHost } from '../../solver-core/backends/sim/node-host.ts';
import { WasmDevice } from '../../solver-core/backends/sim/wasm-device.ts';
import { projectRoot } from '../shared.ts';
import { rtlParameters } from './simulators.ts';

/*
 * The counting engine as a library of this machine in place of WebAssembly: the same C++ with the same counters, but the compiler in
 * WebAssembly takes half a minute for it and the native one some seconds.
 */

const run = promisify(execFile);

/** Version line of the native compiler, undefined when it is not installed. */
export const compiler = spawnSync('g++', ['--version'], { encoding: 'utf8' }).stdout?.split('\n')[0];

/** A counting engine with its registers. */
export interface NativeCounting {
  readonly registers: CountingManifest['registers'];
  /** A device out of power-up, its counters at 0, and what ends it. */
  start(): Promise<{ readonly device: WasmDevice; readonly call: unknown; end(): Promise<void> }>;
}

/** Files in memory below a folder: texts and bytes by name, folders as objects. */
interface Files {
  readonly [name: string]: string | Uint8Array | Files;
}

async function writeAll(files: Files, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, entry] of Object.entries(files)) {
    if (typeof entry === 'string' || entry instanceof Uint8Array) await writeFile(join(folder, name), entry);
    else await writeAll(entry, join(folder, name));
  }
}

/** Compiles the counting engine with these parameters, or takes it from the cache while sources and compiler are the same. */
export async function nativeCounting(parameters: EngineParameters): Promise<NativeCounting> {
  const named = rtlParameters(parameters);
  const key = `${await countingKey(named)} ${compiler} ${await readFile(new URL(import.meta.url), 'utf8')}`;
  const folder = countingFolder('native');
  const library = join(folder, 'engine.so');
  const manifest = join(folder, 'manifest.json');
  const earlier = (await readFile(manifest, 'utf8').then(JSON.parse, () => undefined)) as
    { readonly key: string; readonly registers: CountingManifest['registers'] } | undefined;
  if (earlier?.key === key) return counting(library, earlier.registers, parameters);
  const { cpp, harness, defines, registers } = await countingSource(named);
  const { filesystem } = (await import(join(projectRoot, 'node_modules/@yowasp/yosys/gen/resources-yosys.js'))) as {
    readonly filesystem: { readonly share: { readonly include: { readonly backends: { readonly cxxrtl: { readonly runtime: Files } } } } };
  };
  const built = await mkdtemp(join(tmpdir(), 'tierwise-counting-'));
  try {
    const runtime = filesystem.share.include.backends.cxxrtl.runtime['cxxrtl'] as Files;
    await writeAll({ 'engine.cc': cpp, 'harness.cc': harness, inc: { cxxrtl: runtime } }, built);
    const options = ['-std=c++14', '-O2', '-w', '-shared', '-fPIC', '-DCXXRTL_NDEBUG', '-Iinc', '-fno-exceptions'];
    await run('g++', [...options, ...defines, 'harness.cc', '-o', 'engine.so'], { cwd: built });
    await mkdir(dirname(library), { recursive: true });
    // The manifest last: without it the library does not count.
    await cp(join(built, 'engine.so'), library);
    await writeFile(manifest, JSON.stringify({ key, registers }));
  } finally {
    await rm(built, { recursive: true, force: true });
  }
  return counting(library, registers, parameters);
}

/** Functions of hdl/sim/harness.cc, and the counters'. */
const signatures = [
  'void *buffer()',
  'uint32_t buffer_bytes()',
  'void reset()',
  'void clear(uint32_t, uint32_t, uint32_t, uint32_t)',
  'void write_gram(uint32_t, uint32_t, double)',
  'void write_rows(uint32_t, uint32_t, uint32_t, uint32_t)',
  'void write_operand(uint32_t, uint32_t, uint32_t)',
  'void read_operand(uint32_t, uint32_t, uint32_t)',
  'void read_gram(uint32_t, uint32_t, uint32_t)',
  'void start(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t)',
  'uint32_t run(uint32_t)',
  'uint32_t breakdown()',
  'uint32_t saturated()',
  'uint32_t cycles()',
  'uint32_t activity()',
  'double toggle_count(uint32_t, uint32_t)',
  'double toggle_clocks(uint32_t)',
] as const;

function counting(library: string, registers: CountingManifest['registers'], parameters: EngineParameters): NativeCounting {
  return {
    registers,
    async start() {
      // The engine is a static variable of the library: a copy is a new engine.
      const folder = await mkdtemp(join(tmpdir(), 'tierwise-counting-'));
      const own = join(folder, 'engine.so');
      await cp(library, own);
      const loaded = koffi.load(own);
      const functions = signatures.map((signature) => [/(\w+)\(/.exec(signature)![1]!, loaded.func(signature)] as const);
      const call = Object.fromEntries(functions) as unknown as HarnessExports;
      call.reset();
      const bufferBytes = call.buffer_bytes();
      const memory = koffi.view(call.buffer(), bufferBytes);
      const rtl: RtlInstance = { call, bufferBytes, int32: () => new Int32Array(memory), float64: () => new Float64Array(memory) };
      const image = { wasm: new Uint8Array(), sha256: 'native', parameters };
      const device = await WasmDevice.create(image, nodeHost, () => Promise.resolve(rtl));
      return {
        device,
        call,
        end: async () => {
          await device.dispose();
          loaded.unload();
          await rm(folder, { recursive: true, force: true });
        },
      };
    },
  };
}
