// Simulated clock cycles per CPU second: the shipped WebAssembly against Verilator's native code, in one run. Best of five each.
//   node bench/engine-speed.bench.mjs [features, a multiple of 8]
// Needs verilator and g++ (Verilator -O3, g++ -O3). ENGINE_WASM=path adds a row for another image of the same ports.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildEngine } from '../.ci/build-hdl.mjs';
import { defaultParameters, root, rtlSources, top } from '../.ci/hdl-sources.mjs';

const d = Number(process.argv[2] ?? 64);
const [lanes, outputs, rows] = [8, 8, 64];
const blocks = (d + outputs) / lanes;
const rowBase = 2 * d * (blocks + 1);
const commands = [
  ['GRAM', [0, d, blocks, rows, rowBase, 0, 0, 0, 0]],
  ['CHOL', [1, d, blocks, 1, 0, 0, 0, 0, 0]],
  ['BACK', [2, d, blocks, 1, (d - 1) * blocks, d * blocks + d - 1 - Math.floor(d / lanes), 0, 0, 0]],
  ['CHOL, two limbs', [1, d, blocks, 1, 0, 0, 0, 1, 0]],
];

/** Cycles per CPU second of each command in an image. */
async function wasmRates(path) {
  const stub = () => 8;
  const module = await WebAssembly.compile(readFileSync(path));
  const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: { fd_close: stub, fd_seek: stub, fd_write: stub } });
  const call = instance.exports;
  call._initialize();
  call.reset();
  for (let i = 0, at = 0; i < d; i++) {
    const count = blocks - Math.floor(i / lanes);
    call.clear(1, at, count, 255);
    call.write_gram(at, i % lanes, 2 ** 30);
    at += count;
  }
  let random = 12345;
  for (let r = 0; r < rows; r++) {
    const row = new Int32Array(call.memory.buffer, call.buffer(), d + outputs);
    for (let j = 0; j < row.length; j++) {
      random ^= random << 13;
      random ^= random >>> 17;
      random ^= random << 5;
      row[j] = (random >>> 18) - 8192;
    }
    call.write_rows(rowBase + r * blocks, 1, d + outputs, blocks);
  }
  return commands.map(([, start]) => {
    let best = 0;
    for (let repeat = 0; repeat < 5; repeat++) {
      let [cycles, microseconds] = [0, 0];
      while (microseconds < 200_000) {
        call.start(...start);
        const before = process.cpuUsage();
        call.run(0x7fffffff);
        const used = process.cpuUsage(before);
        cycles += call.cycles();
        microseconds += used.user + used.system;
      }
      best = Math.max(best, (cycles / microseconds) * 1e6);
    }
    return best;
  });
}

function nativeRates() {
  const folder = mkdtempSync(join(tmpdir(), 'tierwise-native-'));
  try {
    const sets = Object.entries(defaultParameters).map(([name, value]) => `-G${name}=${value}`);
    const options = ['--cc', '--exe', '--build', '-O3', '-CFLAGS', '-O3', '-MAKEFLAGS', 'OPT_FAST=-O3', '-Wno-fatal', '--x-assign', 'fast'];
    const files = [...rtlSources, 'bench/peers/engine-native.cc'].map((path) => join(root, path));
    execFileSync('verilator', [...options, '--top-module', top, '--Mdir', folder, '-o', 'native', ...sets, ...files], { stdio: 'ignore' });
    const lines = execFileSync(join(folder, 'native'), [String(d)], { encoding: 'utf8' })
      .trim()
      .split('\n');
    return lines.map((line) => Number(line.split(' ').at(-1)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (spawnSync('verilator', ['--version']).status !== 0) {
  console.log('verilator is not installed: nothing to compare with');
  process.exit(0);
}
const folder = join(root, 'dist/engine');
await buildEngine({ folder });
const native = nativeRates();
const images = [
  ['WebAssembly', join(folder, 'engine.wasm')],
  ...(process.env.ENGINE_WASM ? [['other image', process.env.ENGINE_WASM]] : []),
];
console.log(`d = ${d}, N = ${lanes}: million cycles per CPU second\n`);
console.log('| simulation | ' + commands.map(([name]) => name).join(' | ') + ' |');
console.log('|---|' + commands.map(() => '---').join('|') + '|');
const row = (name, rates) => console.log(`| ${name} | ${rates.map((r) => (r / 1e6).toFixed(2)).join(' | ')} |`);
row('Verilator, native', native);
for (const [name, path] of images) {
  const rates = await wasmRates(path);
  row(name, rates);
  console.log(`| ratio | ${rates.map((r, i) => (r / native[i]).toFixed(2)).join(' | ')} |`);
}
