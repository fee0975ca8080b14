// One row at a time through the R form of the ridge head, sums and state kept, a fresh answer after each; beside numpy's recursive least
// squares, which keeps R and W alone. CPU time, one thread.
//   node bench/b1.rows.bench.mjs [rounds]        needs python3 with numpy
import { compare, hasPeers, loadSource, ours, printComparison, runAsSolverProcess, startPeer, theirs } from './peers/peers.mjs';

runAsSolverProcess();
if (!hasPeers(['numpy', 'scipy'])) {
  console.log('skipped: it needs python3 with numpy and scipy');
  process.exit(0);
}
const rounds = Number(process.argv[2] ?? 7);
const [k, nRows] = [10, 30];
const { cpuNumerics } = await loadSource('solver-core/backends/cpu/index.ts');
const { createRidgeLearner } = await loadSource('solver-core/learn/index.ts');
const numerics = cpuNumerics();

function rowsOf(n, d, seed) {
  let state = seed;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const x = Float32Array.from({ length: n * d }, next);
  return { rows: n, x, labels: { kind: 'class', values: Int32Array.from({ length: n }, (_, r) => r % k), classes: k } };
}

for (const d of [256, 512, 1024]) {
  const options = {
    inputs: d,
    outputs: k,
    labels: 'class',
    lambda: 1,
    forgetting: 1,
    expand: undefined,
    compensation: undefined,
    seed: 1,
    form: 'r',
  };
  const started = await (await createRidgeLearner(options, numerics)).updated(rowsOf(2 * d, d, 1));
  const single = Array.from({ length: nRows }, (_, i) => rowsOf(1, d, 100 + i));
  const peer = startPeer({ name: 'numpy' });
  await peer.setup(`
import numpy as np, scipy.linalg.blas as blas
d, k, n = ${d}, ${k}, ${nRows}
rng = np.random.default_rng(1)
x0 = rng.random((2 * d, d)); R0 = np.asfortranarray(np.linalg.inv(x0.T @ x0 + np.eye(d))); W0 = np.zeros((d, k)); X = rng.random((n, d)); Y = np.eye(k)[np.arange(n) % k]
def plain():
    R, W = R0.copy(), W0.copy()
    for x, y in zip(X, Y):
        v = R @ x; g = v / (1 + x @ v)
        W += np.outer(g, y - x @ W); R -= np.outer(g, v)
    return X @ W
def tuned():
    R, W = R0.copy(order='F'), W0.copy()
    for x, y in zip(X, Y):
        v = blas.dsymv(1.0, R, x, lower=1); c = 1 / (1 + x @ v)
        W += np.outer(c * v, y - x @ W); R = blas.dsyr(-c, v, a=R, lower=1, overwrite_a=1)
    return X @ W
`);
  const results = await compare(
    [
      ours(`Tierwise, ${nRows} rows one by one, scored after each`, async () => {
        let learner = started;
        for (const row of single) {
          learner = await learner.updated(row);
          await learner.scores(row);
        }
      }),
      theirs('numpy, R @ x and an outer product', peer, 'plain()'),
      theirs('BLAS dsymv and dsyr in place', peer, 'tuned()'),
    ],
    { rounds },
  );
  printComparison(`d = ${d}, ${nRows} rows`, results);
  await peer.close();
}
