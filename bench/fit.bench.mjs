// Times the whole `tierwise fit` of the example on the backends, interleaved in one run. Only ratios are comparable on shared machines.
//   node bench/fit.bench.mjs [rounds]        after npm run build and npm run build:hdl
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const rounds = Number(process.argv[2] ?? 5);
const backends = ['cpu', 'sim'];
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const folder = mkdtempSync(join(tmpdir(), 'tierwise-bench-'));
try {
  for (const name of ['digits.onnx', 'digits.npz', 'digits.tiers']) cpSync(join(root, 'examples/digits', name), join(folder, name));
  const times = Object.fromEntries(backends.map((b) => [b, []]));
  const records = {};
  for (let round = -1; round < rounds; round++) {
    for (const backend of backends) {
      const started = performance.now();
      const args = [join(root, 'dist/cli.cjs'), 'fit', join(folder, 'digits.tiers'), '--backend', backend, '--json', '--quiet'];
      records[backend] = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
      if (round >= 0) times[backend].push((performance.now() - started) / 1000);
    }
  }
  for (const backend of backends) {
    const { evaluation, layers } = records[backend];
    const cycles = layers.reduce((sum, l) => sum + (l.cycles ?? 0), 0);
    const solved = layers.reduce((sum, l) => sum + l.seconds, 0);
    console.log(
      `${backend}: whole process ${median(times[backend]).toFixed(2)} s (min ${Math.min(...times[backend]).toFixed(2)}), layers ${solved.toFixed(2)} s, ` +
        `${evaluation.correctAfter}/${evaluation.rows} correct, cycles ${cycles}, worst residual ${Math.max(...layers.map((l) => l.relativeResidual)).toExponential(1)}`,
    );
  }
  const ratios = times.sim.map((t, i) => t / times.cpu[i]);
  console.log(`sim / cpu, median of ${rounds} paired rounds: ${median(ratios).toFixed(1)}`);
  console.log(`image ${JSON.parse(readFileSync(join(root, 'dist/engine/manifest.json'), 'utf8')).wasmSha256.slice(0, 12)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
