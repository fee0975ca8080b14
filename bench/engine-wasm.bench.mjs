// What the engine does where ONNX Runtime has no native library: sums and a ridge fit by WebAssembly, against the native engine and numpy.
//   node bench/engine-wasm.bench.mjs [rounds]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, loadSource, measureCoreTypes, ours, printComparison, runAsSolverProcess, startPeer, theirs } from './peers/peers.mjs';

runAsSolverProcess();
const rounds = Number(process.argv[2] ?? 3);
const [n, d, k] = [20_000, 784, 10];
// One bundle for both: two copies of the same code run 1.5 times slower.
const { cpuBackend, cpuEngine } = await loadSource('solver-core/backends/cpu/index.ts');
const { lazyOrt } = await loadSource('solver-core/backends/cpu/ort-load.ts');
const { arrayRows } = await loadSource('solver-core/fit/ridge/array-rows.ts');
const quiet = { host: { nowMs: () => performance.now(), pause: () => Promise.resolve() } };
const x = new Float32Array(n * d);
let state = 12345;
for (let i = 0; i < x.length; i++) x[i] = Math.max(0, (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32 - 0.4);
const y = new Float32Array(n * k);
for (let r = 0; r < n; r++) y[r * k + (r % k)] = 1;
const problem = { source: arrayRows(x, y, d, k), lambda: 10, bias: true };
const missing = cpuEngine({ ort: lazyOrt(() => Promise.resolve(undefined)) });
const native = cpuEngine({ workers: 1 });

const folder = mkdtempSync(join(tmpdir(), 'tierwise-wasm-'));
try {
  writeFileSync(join(folder, 'x.bin'), x);
  const [best] = await measureCoreTypes(1024);
  const peer = startPeer({ name: 'numpy', coreType: best.coreType, malloc: 'tuned' });
  await peer.setup(`import numpy as np\nx = np.fromfile(${JSON.stringify(join(folder, 'x.bin'))}, dtype=np.float32).reshape(${n}, ${d})`);
  const sums = (engine) => () => engine.numerics.sums(problem.source, quiet);
  printComparison(
    `sums of ${n} x ${d}`,
    await compare(
      [
        ours('WebAssembly alone', sums(missing)),
        ours('with ONNX Runtime', sums(native)),
        theirs('numpy X.T @ X fp32', peer, 'g = x.T @ x'),
      ],
      {
        rounds,
      },
    ),
  );
  const solutions = [];
  const fit = (engine, at) => async () => (solutions[at] = await cpuBackend(engine).solve(problem, quiet));
  printComparison(
    `ridge fit ${n} x ${d}`,
    await compare([ours('WebAssembly alone', fit(missing, 0)), ours('with ONNX Runtime', fit(native, 1))], { rounds }),
  );
  const [a, b] = solutions.map(({ w }) => w);
  const norm = (v) => Math.sqrt(v.reduce((s, e) => s + e * e, 0));
  console.log(`  weights differ by ${(norm(a.map((v, i) => v - b[i])) / norm(b)).toExponential(1)} relative`);
  await peer.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
