// Sums of 60000 x 784 fp32 rows with worker threads: wall and CPU time per number of workers, bits compared, beside numpy's threads.
//   node bench/engine-parallel.bench.mjs [rounds] [columns]        after node .ci/build.mjs (the bundled worker)
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compare, loadSource, measureCoreTypes, ours, printComparison, runAsSolverProcess, startPeer, theirs } from './peers/peers.mjs';

runAsSolverProcess();
const rounds = Number(process.argv[2] ?? 5);
const [n, d, k] = [60_000, Number(process.argv[3] ?? 784), 10];
const { cpuEngine } = await loadSource('solver-core/backends/cpu/engine.ts');
const { arrayRows } = await loadSource('solver-core/fit/ridge/array-rows.ts');
const workerFile = join(dirname(fileURLToPath(import.meta.url)), '../dist/gram-worker.cjs');
const quiet = { host: { nowMs: () => performance.now(), pause: () => new Promise(setImmediate) } };
const x = new Float32Array(n * d);
let state = 12345;
for (let i = 0; i < x.length; i++) x[i] = Math.max(0, (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32 - 0.4);
const y = new Float32Array(n * k);
for (let r = 0; r < n; r++) y[r * k + (r % k)] = 1;

const folder = mkdtempSync(join(tmpdir(), 'tierwise-parallel-'));
try {
  writeFileSync(join(folder, 'x.bin'), x);
  const [best] = await measureCoreTypes(1024);
  const hashes = new Map();
  const contestants = [1, 2, 3, 4].map((workers) => {
    const engine = cpuEngine({ workers, workerFile, parallelFrom: 0 });
    return ours(`Tierwise sums, ${workers === 1 ? 'no' : workers} workers`, async () => {
      const { gram } = await engine.numerics.sums(arrayRows(x, y, d, k), quiet);
      hashes.set(workers, createHash('sha256').update(new Uint8Array(gram.buffer)).digest('hex').slice(0, 16));
    });
  });
  const peer = startPeer({ name: 'numpy', coreType: best.coreType, threads: 4, malloc: 'tuned' });
  await peer.setup(`import numpy as np\nx = np.fromfile(${JSON.stringify(join(folder, 'x.bin'))}, dtype=np.float32).reshape(${n}, ${d})`);
  contestants.push(theirs(`numpy X.T @ X fp32, 4 threads, ${best.coreType ?? best.detected}`, peer, 'g = x.T @ x'));
  printComparison(`sums of ${n} x ${d} on ${availableParallelism()} cores`, await compare(contestants, { rounds }));
  console.log(`  bits: ${[...hashes].map(([workers, hash]) => `${workers}: ${hash}`).join(', ')}`);
  await peer.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
