import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuNumerics, plainNumerics } from '../../../../solver-core/backends/cpu/index.ts';
import { createRidgeLearner } from '../../../../solver-core/learn/ridge/ridge-learner.ts';
import { tolerances } from '../../../tolerances.ts';
import { batches, classRows, learned, pick, range, relativeDifference, ridgeOptions, targetsOf } from '../learn-rows.ts';

const python = '/usr/bin/python3';
const hasSklearn = spawnSync(python, ['-c', 'import sklearn.linear_model']).status === 0;

/** Another project's ridge, by singular values, on all rows at once. */
const script = `
import numpy as np, json, sys
from sklearn.linear_model import Ridge
n, d, k, lam = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
x = np.fromfile('x.f32', np.float32).reshape(n, d).astype(np.float64); y = np.fromfile('y.f64').reshape(n, k)
m = Ridge(alpha=lam, solver='svd').fit(x, y)
print(json.dumps({'w': m.coef_.T.ravel().tolist(), 'b': m.intercept_.tolist()}))
`;

describe.skipIf(!hasSklearn)('scikit-learn agrees', () => {
  let folder = '';
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'tierwise-learn-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    { numerics: plainNumerics(), form: 'statistics' as const, size: 60 },
    { numerics: plainNumerics(), form: 'r' as const, size: 5 },
    { numerics: cpuNumerics(), form: 'statistics' as const, size: 60 },
    { numerics: cpuNumerics(), form: 'r' as const, size: 5 },
    { numerics: cpuNumerics(), form: 'r' as const, size: 1 },
    { numerics: cpuNumerics(), form: 'auto' as const, size: 8 },
  ])('$form in batches of $size, $numerics.description', async ({ numerics, form, size }) => {
    const [n, d, k, lambda] = [900, 96, 7, 2];
    const rows = classRows(n, d, k, 5);
    writeFileSync(join(folder, 'x.f32'), new Uint8Array(rows.x.buffer));
    writeFileSync(join(folder, 'y.f64'), new Uint8Array(targetsOf(rows, k).buffer));
    const run = spawnSync(python, ['-c', script, ...[n, d, k, lambda].map(String)], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    });
    const oracle = JSON.parse(run.stdout) as { w: number[]; b: number[] };
    const parts = [pick(rows, range(0, 100)), ...batches(pick(rows, range(100, n)), size)];
    const learner = await learned(await createRidgeLearner(ridgeOptions({ inputs: d, lambda, form }), numerics), parts);
    const { w, b } = await learner.solution();
    expect(relativeDifference(w, oracle.w)).toBeLessThan(tolerances.recursiveFp64.relative);
    expect(relativeDifference(b, oracle.b)).toBeLessThan(tolerances.recursiveFp64.relative);
  });
});
