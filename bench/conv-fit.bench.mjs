// Ridge fit of a convolution over all its positions, with bias: our backend over patches cut tile by tile, against PyTorch's unfold with
// fp32 products per tile of images, sums in fp64 and LAPACK's Cholesky; one thread.
//   node bench/conv-fit.bench.mjs [rounds]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, loadSource, measureCoreTypes, ours, printComparison, runAsSolverProcess, startPeer, theirs } from './peers/peers.mjs';

runAsSolverProcess();
const rounds = Number(process.argv[2] ?? 5);
const { cpuBackend } = await loadSource('solver-core/backends/cpu/cpu-backend.ts');
const { cpuEngine } = await loadSource('solver-core/backends/cpu/engine.ts');
const { linearRows, outputRows } = await loadSource('solver-core/fit/source-rows.ts');
const { layerRows } = await loadSource('solver-core/fit/layer-rows.ts');
const quiet = { host: { nowMs: () => performance.now(), pause: () => Promise.resolve() } };
const folder = mkdtempSync(join(tmpdir(), 'tierwise-conv-'));

/** Layers of LeNet-5 and of a ResNet for 28 x 28 images: channels, size, kernel, padding, outputs, samples. */
const layers = [
  { name: 'LeNet-5 conv2', c: 6, size: 14, k: 5, pad: 0, outputs: 16, n: 2000 },
  { name: 'ResNet-8 layers.0/c1', c: 16, size: 28, k: 3, pad: 1, outputs: 16, n: 500 },
  { name: 'ResNet-8 layers.2/c2', c: 64, size: 7, k: 3, pad: 1, outputs: 64, n: 2000 },
];
const lambda = 10;

function seeded(length, rectified) {
  let state = 12345;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return Float32Array.from({ length }, () => {
    const v = next() + next() + next() - 1.5;
    return rectified ? Math.max(0, v) : v;
  });
}

/** All samples in memory, 256 at a time, as a fit keeps a layer's input. */
function tensors(values, n, shape) {
  const elements = values.length / n;
  return {
    samples: n,
    shape,
    async *batches() {
      for (let first = 0; first < n; first += 256) {
        const count = Math.min(256, n - first);
        yield { first, count, tensor: { dims: [count, ...shape], data: values.subarray(first * elements, (first + count) * elements) } };
      }
    },
  };
}

const setup = ({ c, size, k, pad, outputs, n }, out) => `import numpy as np, scipy.linalg as sl, torch
torch.set_num_threads(1)
X = torch.from_numpy(np.fromfile(${JSON.stringify(join(folder, 'x.bin'))}, dtype=np.float32).reshape(${n}, ${c}, ${size}, ${size}))
Y = torch.from_numpy(np.fromfile(${JSON.stringify(join(folder, 'y.bin'))}, dtype=np.float32).reshape(${n}, ${outputs}, ${out * out}))
d, m, N = ${c * k * k}, ${outputs}, ${n * out * out}
def fit():
    G = torch.zeros(d, d, dtype=torch.float64); C = torch.zeros(d, m, dtype=torch.float64)
    s = torch.zeros(d, dtype=torch.float64); t = torch.zeros(m, dtype=torch.float64)
    tile = max(1, 8192 // ${out * out})
    for i in range(0, ${n}, tile):
        P = torch.nn.functional.unfold(X[i:i+tile], ${k}, padding=${pad}).transpose(1, 2).reshape(-1, d)
        T = Y[i:i+tile].transpose(1, 2).reshape(-1, m)
        G += P.T @ P; C += P.T @ T; s += P.sum(0, dtype=torch.float64); t += T.sum(0, dtype=torch.float64)
    A = (G - torch.outer(s, s) / N).numpy(); A[np.diag_indices(d)] += ${lambda}
    W = sl.cho_solve(sl.cho_factor(A, lower=True), (C - torch.outer(s, t) / N).numpy())
    return W, (t.numpy() - s.numpy() @ W) / N
`;

const [best] = await measureCoreTypes();
console.log(`fastest core type ${best.coreType ?? best.detected}: fp32 ${best.fp32.toFixed(0)}, fp64 ${best.fp64.toFixed(0)} GFLOP/s`);
try {
  for (const layer of layers) {
    const { name, c, size, k, pad, outputs, n } = layer;
    const out = size + 2 * pad - k + 1;
    const x = seeded(n * c * size * size, true);
    const y = seeded(n * outputs * out * out, false);
    for (let i = 0; i < y.length; i++) y[i] += x[i % x.length];
    writeFileSync(join(folder, 'x.bin'), x);
    writeFileSync(join(folder, 'y.bin'), y);
    const form = {
      inputs: c * k * k,
      outputs,
      groups: 1,
      patches: { kernel: [k, k], strides: [1, 1], dilations: [1, 1], padding: { before: [pad, pad], after: [pad, pad] } },
    };
    const backend = cpuBackend(cpuEngine({ workers: 1 }));
    let solution;
    const work = async () => {
      const rows = linearRows(tensors(x, n, [c, size, size]), form, 0);
      const targets = outputRows(tensors(y, n, [outputs, out, out]), form, 0);
      solution = await backend.solve({ source: layerRows(rows, outputs, { kind: 'rows', targets }, 0), lambda, bias: true }, quiet);
    };
    const peer = startPeer({ name: 'torch', coreType: best.coreType, malloc: 'tuned' });
    await peer.setup(setup(layer, out));
    const results = await compare([ours('Tierwise', work), theirs('PyTorch unfold, fp32 products', peer, 'W, b = fit()')], { rounds });
    printComparison(`${name}: ${n * out * out} rows x ${c * k * k}, ${outputs} outputs`, results);
    writeFileSync(join(folder, 'w.bin'), solution.w);
    const error = await peer.evaluate(
      `float(np.abs(fit()[0] - np.fromfile(${JSON.stringify(join(folder, 'w.bin'))}).reshape(d, m)).max() / np.abs(W).max())`,
    );
    console.log(
      `  largest difference of weights ${error.toExponential(1)}; ${solution.method}; residual ${solution.relativeResidual.toExponential(1)}`,
    );
    console.log(`  ${JSON.stringify(await peer.info())}`);
    await peer.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
