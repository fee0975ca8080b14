// Ridge fits, centred, with intercept, 10 outputs: our backend against scikit-learn Ridge and a hand-written numpy solve, one thread.
//   node bench/engine-ridge.bench.mjs [rounds] [rows x columns, e.g. 60000x784] [relu|correlated|bytes]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, loadSource, measureCoreTypes, ours, printComparison, runAsSolverProcess, startPeer, theirs } from './peers/peers.mjs';

runAsSolverProcess();
const rounds = Number(process.argv[2] ?? 5);
const [n, d] = (process.argv[3] ?? '60000x784').split('x').map(Number);
const family = process.argv[4] ?? 'relu';
const k = 10;
// One bundle for both: two copies of the same code run 1.5 times slower.
const { cpuBackend, cpuEngine } = await loadSource('solver-core/backends/cpu/index.ts');
const { arrayRows } = await loadSource('solver-core/fit/ridge/array-rows.ts');
const quiet = { host: { nowMs: () => performance.now(), pause: () => Promise.resolve() } };
const folder = mkdtempSync(join(tmpdir(), 'tierwise-ridge-'));

/** Seeded rows. relu: sparse, half-normal; correlated: neighbours share most of their value; bytes: 0..255, smooth like an image. */
function makeRows() {
  let state = 12345;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const x = family === 'bytes' ? new Uint8Array(n * d) : new Float32Array(n * d);
  let last = 0;
  for (let i = 0; i < x.length; i++) {
    const v = next() + next() + next() - 1.5;
    last = 0.9 * last + v;
    x[i] = family === 'relu' ? Math.max(0, v) : family === 'bytes' ? Math.min(255, Math.max(0, 40 * (last + 2))) : last;
  }
  return x;
}

const lambda = 10;
const setup = (dtype) => `import numpy as np, scipy.linalg as sl, threadpoolctl
from sklearn.linear_model import Ridge
X8 = np.fromfile(${JSON.stringify(join(folder, 'x.bin'))}, dtype=np.${family === 'bytes' ? 'uint8' : 'float32'}).reshape(${n}, ${d})
Y = np.fromfile(${JSON.stringify(join(folder, 'y.bin'))}, dtype=np.float32).reshape(${n}, ${k}).astype(np.${dtype})
X = X8 if X8.dtype == np.uint8 and "${dtype}" == "float32" else X8.astype(np.${dtype})
del X8
def hand():
    F = X.astype(np.float32) if X.dtype == np.uint8 else X
    G = F.T @ F
    C = F.T @ Y
    m = F.mean(axis=0, dtype=np.float64); t = Y.mean(axis=0, dtype=np.float64)
    A = G.astype(np.float64) - ${n} * np.outer(m, m)
    A[np.diag_indices_from(A)] += ${lambda}
    w = sl.cho_solve(sl.cho_factor(A, lower=True, overwrite_a=True, check_finite=False), C - ${n} * np.outer(m, t), check_finite=False)
    return w, t - m @ w
`;

const [best] = await measureCoreTypes();
console.log(
  `${n} x ${d}, ${family}; fastest core type ${best.coreType ?? best.detected}: fp32 ${best.fp32.toFixed(0)}, fp64 ${best.fp64.toFixed(0)} GFLOP/s`,
);
try {
  const x = makeRows();
  const y = new Float32Array(n * k);
  for (let r = 0; r < n; r++)
    for (let o = 0; o < k; o++) y[r * k + o] = (x[r * d + o] > x[r * d + o + k] ? 1 : 0) + (family === 'bytes' ? 0 : 0.1 * o);
  writeFileSync(join(folder, 'x.bin'), x);
  writeFileSync(join(folder, 'y.bin'), y);
  const backend = cpuBackend(cpuEngine({ workers: 1 }));
  let solution;
  const contestants = [
    ours('Tierwise', async () => (solution = await backend.solve({ source: arrayRows(x, y, d, k), lambda, bias: true }, quiet))),
  ];
  const peers = [];
  const add = async (name, malloc, dtype, code) => {
    const peer = startPeer({ name, coreType: best.coreType, malloc });
    await peer.setup(setup(dtype));
    contestants.push(theirs(`${name}, ${malloc} malloc`, peer, code));
    peers.push(peer);
  };
  for (const malloc of ['default', 'tuned']) {
    await add('scikit-learn Ridge fp64', malloc, 'float64', `r = Ridge(alpha=${lambda}, solver="cholesky").fit(X, Y)`);
    if (family !== 'bytes')
      await add('scikit-learn Ridge fp32', malloc, 'float32', `r = Ridge(alpha=${lambda}, solver="cholesky").fit(X, Y)`);
    await add('numpy fp32 + cho_solve', malloc, 'float32', 'w, b = hand()');
  }
  printComparison(`ridge fit ${n} x ${d}, ${k} outputs, ${family}`, await compare(contestants, { rounds }));
  await peers[0].setup('w64 = hand()[0]; w64.astype(np.float64).tofile(' + JSON.stringify(join(folder, 'w.bin')) + ')');
  const ourFile = join(folder, 'ours.bin');
  writeFileSync(ourFile, solution.w);
  const errorOf = (peer, expression) =>
    peer.evaluate(
      `float(np.linalg.norm(${expression} - np.fromfile(${JSON.stringify(join(folder, 'w.bin'))}).reshape(${d}, ${k})) / np.linalg.norm(np.fromfile(${JSON.stringify(join(folder, 'w.bin'))})))`,
    );
  console.log(
    `  coefficient error against an fp64 solve: ours ${(await errorOf(peers[0], `np.fromfile(${JSON.stringify(ourFile)}).reshape(${d}, ${k})`)).toExponential(1)}, numpy fp32 ${(await errorOf(peers.at(-1), 'hand()[0]')).toExponential(1)}`,
  );
  console.log(
    `  ${solution.method}; condition ${solution.conditionEstimate?.toExponential(1)}, residual ${solution.relativeResidual.toExponential(1)}`,
  );
  console.log(`  ${JSON.stringify(await peers[0].info())}`);
  for (const peer of peers) await peer.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
