import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuBackend } from '../../../solver-core/backends/cpu/index.ts';
import { FunctionalDevice } from '../../../solver-core/backends/engine/functional-device.ts';
import { solveOnDevice } from '../../../solver-core/backends/engine/solve-on-device.ts';
import { arrayRows } from '../../../solver-core/fit/ridge/array-rows.ts';
import { tolerances } from '../../tolerances.ts';
import { madeProblem, quiet, relativeError } from './problems.ts';

const python = '/usr/bin/python3';
const hasScipy = spawnSync(python, ['-c', 'import scipy.linalg']).status === 0;

/** Ridge as augmented least squares, [X; sqrt(λ) I] W = [Y; 0], by QR (LAPACK gelsy): no Gram at all. */
const script = `
import numpy as np, scipy.linalg, json, sys
n, d, k, lam = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
x = np.fromfile('x.f64').reshape(n, d); y = np.fromfile('y.f64').reshape(n, k)
xc = x - x.mean(0); yc = y - y.mean(0)
a = np.vstack([xc, np.sqrt(lam) * np.eye(d)]); b = np.vstack([yc, np.zeros((d, k))])
w = scipy.linalg.lstsq(a, b, lapack_driver='gelsy')[0]
print(json.dumps({'w': w.ravel().tolist(), 'b': (y.mean(0) - x.mean(0) @ w).tolist(), 'cond': float(np.linalg.cond(a)) ** 2}))
`;

describe.skipIf(!hasScipy)('scipy agrees', () => {
  let folder = '';
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'tierwise-fit-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    { n: 800, d: 200, k: 10, lambda: 0.5, kappa: 1e3 },
    { n: 600, d: 257, k: 3, lambda: 1e-2, kappa: 1e4 },
    { n: 150, d: 300, k: 4, lambda: 2, kappa: 1e2 },
  ])('$n rows, $d inputs, lambda $lambda, condition $kappa', async ({ n, d, k, lambda, kappa }) => {
    const made = madeProblem(n, d, k, 77, { kappa, offset: 3 });
    writeFileSync(join(folder, 'x.f64'), new Uint8Array(made.x.buffer));
    writeFileSync(join(folder, 'y.f64'), new Uint8Array(made.y.buffer));
    const run = spawnSync(python, ['-c', script, ...[n, d, k, lambda].map(String)], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    });
    const oracle = JSON.parse(run.stdout) as { w: number[]; b: number[]; cond: number };
    const problem = { source: arrayRows(made.x, made.y, d, k), lambda, bias: true };
    const host = await cpuBackend().solve(problem, quiet);
    expect(relativeError(host.w, oracle.w)).toBeLessThan(tolerances.ridgeFp64.relative);
    expect(relativeError(host.b, oracle.b)).toBeLessThan(tolerances.ridgeFp64.relative);
    expect(host.conditionEstimate! / oracle.cond).toBeGreaterThan(0.5);
    expect(host.conditionEstimate! / oracle.cond).toBeLessThan(1.01);
    const engine = await solveOnDevice(problem, new FunctionalDevice(quiet.host), quiet);
    expect(relativeError(engine.w, oracle.w)).toBeLessThan(tolerances.ridgeRefined.relative);
    expect(engine.conditionEstimate! / oracle.cond).toBeGreaterThan(0.5);
    expect(engine.conditionEstimate! / oracle.cond).toBeLessThan(1.5);
  });
});
