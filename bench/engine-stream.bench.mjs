// Peak memory of a ridge fit whose rows never lie in memory: 1 000 000 x 512 fp32 read from a .npy file chunk by chunk (2.05 GB).
//   node bench/engine-stream.bench.mjs [rows] [columns]
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleSource, tunedMalloc } from './peers/peers.mjs';

const n = Number(process.argv[2] ?? 1_000_000);
const d = Number(process.argv[3] ?? 512);
const k = 10;
const peakMb = () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
const given = process.env.TIERWISE_BENCH_FILE;
const folder = given === undefined ? mkdtempSync(join(tmpdir(), 'tierwise-stream-')) : dirname(given);
const file = join(folder, 'x.npy');

/** Version 1.0 header of the .npy format, padded to 128 bytes. */
function npyHeader() {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${n}, ${d}), }`.padEnd(117) + '\n';
  return Buffer.concat([Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length, 0]), Buffer.from(text, 'latin1')]);
}

function writeRows() {
  const fd = openSync(file, 'w');
  writeSync(fd, npyHeader());
  const block = new Float32Array(1000 * d);
  let state = 7;
  for (let i = 0; i < block.length; i++) block[i] = Math.max(0, (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32 - 0.4);
  for (let at = 0; at < n; at += 1000) {
    block[at % block.length] += 0.5;
    writeSync(fd, new Uint8Array(block.buffer, 0, 4 * d * Math.min(1000, n - at)));
  }
  closeSync(fd);
}

/** Reads as many rows as the engine asks for into one buffer. */
const source = {
  rows: n,
  columns: d,
  outputs: k,
  async *chunks(preferredRows = 2048) {
    const fd = openSync(file, 'r');
    const x = new Float32Array(preferredRows * d);
    const y = new Float32Array(preferredRows * k);
    const headerBytes = npyHeader().length;
    try {
      for (let at = 0; at < n; at += preferredRows) {
        const rows = Math.min(preferredRows, n - at);
        readSync(fd, x, 0, 4 * rows * d, headerBytes + 4 * at * d);
        for (let r = 0; r < rows; r++) for (let o = 0; o < k; o++) y[r * k + o] = (at + r) % k === o ? 1 : 0;
        yield { rows, x: x.subarray(0, rows * d), y: y.subarray(0, rows * k) };
      }
    } finally {
      closeSync(fd);
    }
  },
};

/** The fit, in a process of its own: what it needs is what the product's process would need. */
async function fit(bundle) {
  const { cpuBackend } = await import(bundle);
  const before = process.cpuUsage();
  const started = performance.now();
  const host = { nowMs: () => performance.now(), pause: () => new Promise(setImmediate) };
  const solution = await cpuBackend().solve({ source, lambda: 10, bias: true }, { host });
  const { user, system } = process.cpuUsage(before);
  const cpu = ((user + system) / 1e6).toFixed(2);
  const wall = ((performance.now() - started) / 1e3).toFixed(2);
  console.log(`${n} x ${d}: CPU ${cpu} s, wall ${wall} s, peak resident memory ${peakMb().toFixed(0)} MB`);
  console.log(`  ${solution.method}; residual ${solution.relativeResidual.toExponential(1)}`);
}

if (process.argv[4] !== undefined) await fit(process.argv[4]);
else {
  try {
    writeRows();
    const bundle = await bundleSource('solver-core/backends/cpu/cpu-backend.ts');
    for (const [malloc, env] of Object.entries({ 'solver process': tunedMalloc, 'default malloc': {} })) {
      console.log(malloc);
      const args = [fileURLToPath(import.meta.url), String(n), String(d), bundle];
      spawnSync(process.execPath, args, { env: { ...process.env, ...env, TIERWISE_BENCH_FILE: file }, stdio: 'inherit' });
    }
    rmSync(bundle);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
