import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cpuNumerics, plainNumerics } from '../../../../solver-core/backends/cpu/index.ts';
import { bestCandidate, lambdaRatios } from '../../../../solver-core/fit/lambda/candidates.ts';
import { chooseLambda } from '../../../../solver-core/fit/lambda/choose-lambda.ts';
import type { LambdaProblem, LambdaReport } from '../../../../solver-core/fit/lambda/choose-lambda.ts';
import { splitRows } from '../../../../solver-core/fit/lambda/held-out.ts';
import { arrayRows } from '../../../../solver-core/fit/ridge/array-rows.ts';
import { tolerances } from '../../../tolerances.ts';
import { madeProblem, quiet, relativeError } from '../problems.ts';
import type { Made } from '../problems.ts';

const python = '/usr/bin/python3';
const hasSklearn = spawnSync(python, ['-c', 'import sklearn.linear_model']).status === 0;

/**
 * Every λ by itself: the hat matrix from an augmented QR (no Gram) for generalised cross-validation, a scikit-learn Ridge on four fifths
 * of the rows for the held-out error, and RidgeCV's exact leave-one-out error.
 */
const script = `
import numpy as np, json, sys
from sklearn.linear_model import Ridge, RidgeCV
n, d, k, bias = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == 'true'
x = np.fromfile('x.f64').reshape(n, d); y = np.fromfile('y.f64').reshape(n, k)
xc = x - x.mean(0) if bias else x; yc = y - y.mean(0) if bias else y
diagonal = (xc ** 2).sum() / d
ratios = 10.0 ** (np.arange(31) / 5 - 6)
gcv, dof, held = [], [], []
test = np.arange(n) % 5 == 4
for ratio in ratios:
    q = np.linalg.qr(np.vstack([xc, np.sqrt(ratio * diagonal) * np.eye(d)]))[0][:n]
    f = (q ** 2).sum()
    r = yc - q @ (q.T @ yc)
    gcv.append(float(n * (r ** 2).sum() / (n - f - bias) ** 2)); dof.append(float(f))
    kept = x[~test] - x[~test].mean(0) if bias else x[~test]
    model = Ridge(alpha=ratio * (kept ** 2).sum() / d, fit_intercept=bias, solver='svd').fit(x[~test], y[~test])
    held.append(float(((y[test] - model.predict(x[test]).reshape(-1, k)) ** 2).sum() / test.sum()))
cv = RidgeCV(alphas=ratios * diagonal, fit_intercept=bias, store_cv_results=True) if 'store_cv_results' in RidgeCV().get_params() else RidgeCV(alphas=ratios * diagonal, fit_intercept=bias, store_cv_values=True)
cv.fit(x, y)
loo = getattr(cv, 'cv_results_', None)
loo = (cv.cv_values_ if loo is None else loo).reshape(n, k, 31).sum(1).mean(0)
print(json.dumps({'gcv': gcv, 'dof': dof, 'held': held, 'loo': loo.tolist(), 'alpha': float(cv.alpha_), 'rank': int(np.linalg.matrix_rank(xc)),
  'eig': np.linalg.eigvalsh(xc.T @ xc).tolist()}))
`;

interface Oracle {
  readonly gcv: number[];
  readonly dof: number[];
  readonly held: number[];
  readonly loo: number[];
  readonly alpha: number;
  readonly rank: number;
  readonly eig: number[];
}

function problemOf(made: Made, changes: Partial<LambdaProblem> = {}): LambdaProblem {
  return { source: arrayRows(made.x, made.y, made.d, made.k), bias: true, numerics: plainNumerics(), context: quiet, ...changes };
}

async function choose(made: Made, changes: Partial<LambdaProblem> = {}): Promise<LambdaReport> {
  const report = await chooseLambda(problemOf(made, changes));
  expect(report).not.toBeNull();
  return report!;
}

describe.skipIf(!hasSklearn)('numpy and scikit-learn agree', () => {
  let folder = '';
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'tierwise-lambda-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function oracle(made: Made, bias: boolean): Oracle {
    writeFileSync(join(folder, 'x.f64'), new Uint8Array(made.x.buffer));
    writeFileSync(join(folder, 'y.f64'), new Uint8Array(made.y.buffer));
    const run = spawnSync(python, ['-c', script, ...[made.n, made.d, made.k, bias].map(String)], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    });
    expect(run.stderr.replace(/^.*Warning.*$/gm, '')).not.toContain('Error');
    return JSON.parse(run.stdout) as Oracle;
  }

  test.each([
    { n: 120, d: 30, k: 3, noise: 4, kappa: 1e4, bias: true },
    { n: 200, d: 64, k: 1, noise: 20, kappa: 10, bias: true },
    { n: 150, d: 40, k: 5, noise: 1, kappa: 1e6, bias: false },
  ])('$n rows, $d columns, $k outputs, noise $noise, bias $bias', async ({ n, d, k, noise, kappa, bias }) => {
    const made = madeProblem(n, d, k, 5, { noise, kappa, ...(bias ? { offset: 2 } : {}) });
    const expected = oracle(made, bias);
    for (const numerics of [plainNumerics(), cpuNumerics()]) {
      const gcv = await choose(made, { bias, numerics, method: 'gcv' });
      expect(
        relativeError(
          gcv.candidates.map((c) => c.score),
          expected.gcv,
        ),
      ).toBeLessThan(tolerances.scoreOfLambda.relative);
      const at = expected.gcv.indexOf(Math.min(...expected.gcv));
      expect(gcv.candidates.findIndex((c) => c.lambda === gcv.lambda)).toBe(at);
      expect(relativeError([gcv.degreesOfFreedom], [expected.dof[at]!])).toBeLessThan(tolerances.scoreOfLambda.relative);
      expect(gcv.rank).toBe(expected.rank);
      const condition = (expected.eig.at(-1)! + gcv.lambda) / (expected.eig[0]! + gcv.lambda);
      expect(relativeError([gcv.conditionNumber], [condition])).toBeLessThan(tolerances.scoreOfLambda.relative);
      // Its λ is, by exact leave-one-out, at most 2 % worse than the λ that RidgeCV chooses.
      expect(expected.loo[at]! / Math.min(...expected.loo)).toBeLessThan(1 + tolerances.leaveOneOut.relative);

      const held = await choose(made, { bias, numerics, method: 'held-out' });
      expect(
        relativeError(
          held.candidates.map((c) => c.score),
          expected.held,
        ),
      ).toBeLessThan(tolerances.scoreOfLambda.relative);
      expect(held.lambda).toBe(held.candidates[expected.held.indexOf(Math.min(...expected.held))]!.lambda);
    }
  });

  test('few rows: held out, and right', async () => {
    const made = madeProblem(40, 60, 2, 6, { noise: 5 });
    const report = await choose(made);
    expect(report.method).toBe('held-out');
    expect(report.rank).toBe(39);
    expect(
      relativeError(
        report.candidates.map((c) => c.score),
        oracle(made, true).held,
      ),
    ).toBeLessThan(tolerances.scoreOfLambda.relative);
  });
});

test('pure noise asks for the largest lambda, clean data for a small one', async () => {
  const noise = madeProblem(400, 20, 2, 3);
  noise.y.set(madeProblem(400, 20, 2, 4, { noise: 1e6 }).y);
  expect((await choose(noise)).lambda).toBe((await choose(noise)).candidates.at(-1)!.lambda);
  const clean = await choose(madeProblem(400, 20, 2, 3, { noise: 0 }));
  expect(clean.lambda).toBe(clean.candidates[0]!.lambda);
});

test('more rows than columns by a quarter: generalised cross-validation; fewer: held out', async () => {
  expect((await choose(madeProblem(100, 80, 1, 1))).method).toBe('gcv');
  expect((await choose(madeProblem(99, 80, 1, 1))).method).toBe('held-out');
});

test('dead and repeated columns do no harm', async () => {
  const made = madeProblem(60, 12, 2, 9, { noise: 3 });
  for (let r = 0; r < 60; r++) {
    made.x[r * 12] = 7.3;
    made.x[r * 12 + 1] = made.x[r * 12 + 2]!;
  }
  const report = await choose(made);
  expect(report.rank).toBe(10);
  expect(Number.isFinite(report.lambda) && report.candidates.every((c) => Number.isFinite(c.score))).toBe(true);
});

test('a cancel is seen between the stages, too', async () => {
  const made = madeProblem(60, 12, 2, 9);
  let asked = 0;
  const plain = plainNumerics();
  const abort = {
    get aborted(): boolean {
      return asked > 0;
    },
  };
  const numerics = {
    ...plain,
    tridiagonalise: (...given: Parameters<typeof plain.tridiagonalise>) => (asked++, plain.tridiagonalise(...given)),
  };
  await expect(chooseLambda(problemOf(made, { numerics, context: { ...quiet, abort } }))).rejects.toThrow();
  expect(asked).toBe(1);
});

test('there is nothing to choose when every column is constant', async () => {
  const made = { ...madeProblem(20, 3, 1, 1), x: new Float64Array(60).fill(2) };
  expect(await chooseLambda(problemOf(made))).toBeNull();
});

test('in other units of the inputs lambda is the same in these units', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: -8, max: 8 }), async (seed, power) => {
      const made = madeProblem(50, 6, 2, seed, { noise: 4 });
      const scale = 2 ** power;
      const plain = await choose(made);
      const scaled = await choose({ ...made, x: made.x.map((v) => v * scale) });
      // Powers of two scale exactly, so nothing may differ but the unit.
      expect(scaled.lambda).toBe(plain.lambda * scale * scale);
      expect(scaled.candidates.map((c) => c.score)).toEqual(plain.candidates.map((c) => c.score));
    }),
    { seed: 31, numRuns: 30 },
  );
});

test('a split keeps every row once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 700 }), async (n) => {
      const made = madeProblem(n, 1, 1, 2);
      const parts = await Promise.all(
        (['kept', 'held-out'] as const).map(async (part) => {
          const split = splitRows(arrayRows(made.x, made.y, 1, 1), part);
          const x: number[] = [];
          for await (const chunk of split.chunks()) x.push(...chunk.x.subarray(0, chunk.rows));
          expect(x.length).toBe(split.rows);
          return x;
        }),
      );
      expect(parts[1]).toEqual(Array.from(made.x).filter((_, i) => i % 5 === 4));
      expect(parts.flat().sort()).toEqual(Array.from(made.x).sort());
    }),
    { seed: 32, numRuns: 20 },
  );
});

test('of equal scores the largest lambda wins, and impossible ones never', () => {
  const scored = (scores: readonly number[]) => scores.map((score, i) => ({ ratio: lambdaRatios[i]!, lambda: lambdaRatios[i]!, score }));
  expect(bestCandidate(scored([3, 1, 1, 2]))!.ratio).toBe(lambdaRatios[2]);
  expect(bestCandidate(scored([Infinity, NaN, 5]))!.score).toBe(5);
  expect(bestCandidate(scored([Infinity, NaN]))).toBeUndefined();
});
