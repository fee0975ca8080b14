// Gram with targets and column sums in one pass, against numpy's X.T @ X (syrk), one thread, fp32; and bytes (exact) against the same.
//   node bench/engine-gram.bench.mjs [rounds] [only]        only: e.g. 784 or bytes
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, loadSource, measureCoreTypes, ours, printComparison, runAsSolverProcess, startPeer, theirs } from './peers/peers.mjs';

runAsSolverProcess();
const rounds = Number(process.argv[2] ?? 7);
const only = process.argv[3] ?? '';
const { cpuNumerics } = await loadSource('solver-core/backends/cpu/index.ts');
const { arrayRows } = await loadSource('solver-core/fit/ridge/array-rows.ts');
const quiet = { host: { nowMs: () => performance.now(), pause: () => Promise.resolve() } };
const folder = mkdtempSync(join(tmpdir(), 'tierwise-gram-'));
const [best] = await measureCoreTypes();
console.log(`fastest core type here: ${best.coreType ?? best.detected}, fp32 ${best.fp32.toFixed(0)} GFLOP/s`);

/** Seeded rows: half-normal where positive, else 0, as after a ReLU; `bytes`: 0..255. */
function makeRows(n, d, bytes) {
  let state = 12345;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const x = bytes ? new Uint8Array(n * d) : new Float32Array(n * d);
  for (let i = 0; i < x.length; i++) x[i] = bytes ? Math.floor(256 * next()) : Math.max(0, next() + next() - 0.8);
  return x;
}

async function row(title, n, d, bytes) {
  if (!title.includes(only)) return;
  const x = makeRows(n, d, bytes);
  const y = new Float32Array(n * 10);
  for (let r = 0; r < n; r++) y[r * 10 + (r % 10)] = 1;
  const file = join(folder, 'x.bin');
  writeFileSync(file, x);
  const numerics = cpuNumerics({ workers: 1 });
  const source = arrayRows(x, y, d, 10);
  const contestants = [ours(`Tierwise sums (${bytes ? 'bytes, exact' : 'fp32'})`, () => numerics.sums(source, quiet))];
  const peers = [];
  for (const malloc of ['default', 'tuned']) {
    const peer = startPeer({ name: 'numpy', coreType: best.coreType, malloc });
    await peer.setup(`import numpy as np
x = np.fromfile(${JSON.stringify(file)}, dtype=np.${bytes ? 'uint8' : 'float32'}).reshape(${n}, ${d})
xf = x.astype(np.float32)`);
    contestants.push(theirs(`numpy X.T @ X fp32, ${malloc} malloc`, peer, 'g = xf.T @ xf'));
    if (bytes) contestants.push(theirs(`numpy fp32 with conversion, ${malloc} malloc`, peer, 'f = x.astype(np.float32); g = f.T @ f'));
    peers.push(peer);
  }
  printComparison(title, await compare(contestants, { rounds }));
  const { gram } = await numerics.sums(source, quiet);
  const exact = await peers[0].evaluate(
    '(lambda f: [float(f[:, i] @ f[:, j]) for i, j in ((0, 0), (7, 3), (200, 11), (255, 254))])(x.astype(np.float64))',
  );
  const mine = [0, 7 * d + 3, 200 * d + 11, 255 * d + 254].map((at) => gram[at]);
  console.log(
    `  largest relative error of four checked entries: ${Math.max(...mine.map((v, i) => Math.abs(v / exact[i] - 1))).toExponential(1)}`,
  );
  for (const peer of peers) await peer.close();
}

try {
  await row('fp32 Gram, 60000 x 256', 60000, 256, false);
  await row('fp32 Gram, 60000 x 784', 60000, 784, false);
  await row('fp32 Gram, 30000 x 2048', 30000, 2048, false);
  await row('bytes, 60000 x 784', 60000, 784, true);
  await row('bytes, 20000 x 2048', 20000, 2048, true);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
