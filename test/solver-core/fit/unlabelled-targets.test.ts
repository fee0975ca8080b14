import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cpuBackend, cpuNumerics, plainNumerics } from '../../../solver-core/backends/cpu/index.ts';
import { inputTensors } from '../../../solver-core/fit/activations.ts';
import { createRandom, normals } from '../../../solver-core/fit/prng.ts';
import { labelTargets } from '../../../solver-core/fit/rows.ts';
import { lastDimensionRows } from '../../../solver-core/fit/source-rows.ts';
import { randomOrthogonal } from '../../../solver-core/fit/targets/orthogonal.ts';
import { targetStrategy } from '../../../solver-core/fit/targets/registry.ts';
import type { TargetLayer } from '../../../solver-core/fit/targets/strategy.ts';
import type { TargetKind } from '../../../solver-core/model/plan.ts';
import { tolerances } from '../../tolerances.ts';
import { quiet, relativeError } from './problems.ts';

const python = '/usr/bin/python3';
const hasNumpy = spawnSync(python, ['-c', 'import numpy']).status === 0;
const [rows, d] = [200, 18];

/** Correlated rows with an offset, as patches of pictures are. */
function patches(seed: number, n = rows, columns = d): Float32Array {
  const random = createRandom(seed, 'patches');
  const mix = normals(random, columns * columns);
  const x = new Float32Array(n * columns);
  for (let r = 0; r < n; r++) {
    const z = normals(random, columns).map((v, i) => v / (1 + i));
    for (let j = 0; j < columns; j++) x[r * columns + j] = z.reduce((s, v, i) => s + v * mix[i * columns + j]!, 3 + j / columns);
  }
  return x;
}

function layerOf(x: Float32Array, n: number, outputs: number, changes: Partial<TargetLayer> = {}): TargetLayer {
  const values = new Int32Array(n);
  const labels = { kind: 'class', values, classes: 2 } as const;
  const columns = x.length / n;
  const tensors = inputTensors({ rows: n, inputShape: [columns], x, labels }, { name: 'x', shape: ['n', columns] });
  return {
    id: 'layer',
    outputs,
    bias: true,
    activation: null,
    seed: 7,
    input: lastDimensionRows(tensors, columns),
    labels: labelTargets(labels, 2),
    context: quiet,
    lambda: undefined,
    numerics: plainNumerics(),
    solve: (problem) => cpuBackend().solve(problem, quiet),
    teacher: () => Promise.reject(new Error('no teacher here')),
    ...changes,
  };
}

async function weights(kind: TargetKind, layer: TargetLayer): Promise<{ readonly w: Float64Array; readonly b: Float64Array }> {
  const how = await targetStrategy(kind)!.prepare(layer);
  if (how.kind !== 'weights') throw new Error('these targets give weights');
  return how;
}

/** x W + b, [n, outputs]. */
function responses(x: Float32Array, { w, b }: { readonly w: Float64Array; readonly b: Float64Array }): Float64Array {
  const k = b.length;
  const columns = w.length / k;
  const out = new Float64Array((x.length / columns) * k);
  for (let i = 0; i < out.length; i++) {
    const [r, o] = [Math.floor(i / k), i % k];
    let s = b[o]!;
    for (let j = 0; j < columns; j++) s += x[r * columns + j]! * w[j * k + o]!;
    out[i] = s;
  }
  return out;
}

describe.skipIf(!hasNumpy)('numpy agrees', () => {
  let folder = '';
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'tierwise-targets-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function oracle(x: Float32Array, script: string, extra: Float64Array = new Float64Array(0)): number[] {
    writeFileSync(join(folder, 'x.f32'), new Uint8Array(x.buffer));
    writeFileSync(join(folder, 'extra.f64'), new Uint8Array(extra.buffer));
    const run = spawnSync(python, ['-c', script], { cwd: folder, encoding: 'utf8', env: { ...process.env, OPENBLAS_NUM_THREADS: '1' } });
    expect(run.stderr).toBe('');
    return JSON.parse(run.stdout) as number[];
  }

  /** Responses of whitened filters by the singular value decomposition of the rows themselves: no Gram, no folding into weights. */
  const whitened = (taps: number, bias: boolean, count: number): string => `
import numpy as np, json
x = np.fromfile('x.f32', np.float32).astype(float).reshape(-1, ${d})
if ${taps} > 1:
    p = x.reshape(len(x), -1, ${taps}); x = (p - p.mean(2, keepdims=True)).reshape(len(x), -1)
if ${bias ? 'True' : 'False'}: x = x - x.mean(0)
u, s, vt = np.linalg.svd(x / np.sqrt(len(x)), full_matrices=False)
v = vt[:${count}].T
v = v * np.sign(v[np.abs(v).argmax(0), np.arange(${count})])
print(json.dumps((x @ (v / np.sqrt(s[:${count}] ** 2 + 0.1 * (s ** 2).sum() / ${d}))).ravel().tolist()))
`;

  test.each([
    { name: 'patches of two channels', taps: 9, bias: true },
    { name: 'patches without a bias', taps: 9, bias: false },
    { name: 'rows of a dense layer', taps: 1, bias: true },
  ])('pca: $name', async ({ taps, bias }) => {
    const x = patches(3);
    const changes = { bias, ...(taps > 1 ? { taps } : {}) };
    const expected = oracle(x, whitened(taps, bias, 5));
    for (const numerics of [plainNumerics(), cpuNumerics()]) {
      const found = await weights('pca', layerOf(x, rows, 5, { ...changes, numerics }));
      expect(relativeError(responses(x, found), expected)).toBeLessThan(tolerances.filters.relative);
    }
    // Before a ReLU: the first three directions, then the first two of them turned round.
    const both = responses(x, await weights('pca', layerOf(x, rows, 5, { ...changes, activation: 'Relu' })));
    const turned = expected.map((_, i) => (i % 5 < 3 ? expected[i]! : -expected[i - 3]!));
    expect(relativeError(both, turned)).toBeLessThan(tolerances.filters.relative);
  });

  test('autoencode: the transposed reconstruction of random features', async () => {
    const x = patches(4);
    for (const [activation, phi] of [
      ['Relu', 'np.maximum(h, 0)'],
      ['Sigmoid', '1 / (1 + np.exp(-h))'],
      [null, 'np.tanh(h)'],
    ] as const) {
      const h = 8;
      const p = randomOrthogonal(createRandom(7, 'autoencode layer'), d, h);
      const p0 = randomOrthogonal(createRandom(7, 'autoencode offset layer'), h, 1);
      const expected = oracle(
        x,
        `
import numpy as np, json
x = np.fromfile('x.f32', np.float32).astype(float).reshape(-1, ${d}); e = np.fromfile('extra.f64')
p, p0 = e[:${d * h}].reshape(${d}, ${h}), e[${d * h}:]
h = (x - x.mean(0)) @ p + p0
f = ${phi}
f = f - f.mean(0)
beta = np.linalg.lstsq(np.vstack([f, np.sqrt(0.5) * np.eye(${h})]), np.vstack([x - x.mean(0), np.zeros((${h}, ${d}))]), rcond=None)[0]
print(json.dumps(((x - x.mean(0)) @ beta.T).ravel().tolist()))
`,
        Float64Array.from([...p, ...p0]),
      );
      const found = await weights('autoencode', layerOf(x, rows, h, { activation, lambda: 0.5 }));
      // Features are handed to the solver as float32.
      expect(relativeError(responses(x, found), expected)).toBeLessThan(tolerances.outputsFp32.absolute);
    }
  });
});

test('pca: a response forgets brightness and keeps contrast', async () => {
  const x = patches(5);
  const { w } = await weights('pca', layerOf(x, rows, 6, { taps: 9 }));
  for (let o = 0; o < 6; o++) {
    for (let c = 0; c < 2; c++) {
      let sum = 0;
      for (let t = 0; t < 9; t++) sum += w[(c * 9 + t) * 6 + o]!;
      expect(Math.abs(sum)).toBeLessThan(tolerances.filters.relative);
    }
  }
});

test('pca: responses are uncorrelated and of order one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 12 }), async (seed, columns) => {
      const x = patches(seed, 60, columns);
      const y = responses(x, await weights('pca', layerOf(x, 60, columns)));
      for (let a = 0; a < columns; a++) {
        for (let b = 0; b <= a; b++) {
          let s = 0;
          for (let r = 0; r < 60; r++) s += (y[r * columns + a]! * y[r * columns + b]!) / 60;
          if (a === b) expect(s).toBeLessThanOrEqual(1 + tolerances.filters.relative);
          else expect(Math.abs(s)).toBeLessThan(tolerances.decorrelated.absolute);
        }
      }
    }),
    { seed: 41, numRuns: 40 },
  );
});

test('pca: outputs beyond the directions are mixtures that the seed decides; without them the seed says nothing', async () => {
  const x = patches(6, 50, 4);
  const wide = (seed: number) => weights('pca', layerOf(x, 50, 11, { seed }));
  expect(await wide(1)).toEqual(await wide(1));
  expect((await wide(1)).w).not.toEqual((await wide(2)).w);
  expect((await wide(1)).w.some((v, i) => v === 0 && i % 11 > 3)).toBe(false);
  const narrow = (seed: number) => weights('pca', layerOf(x, 50, 4, { seed }));
  expect(await narrow(1)).toEqual(await narrow(2));
});

test('constant inputs give weights of zero, not of nothing', async () => {
  const x = new Float32Array(40).fill(5);
  for (const kind of ['pca', 'autoencode'] as const) {
    const { w, b } = await weights(kind, layerOf(x, 10, 3));
    expect([...w, ...b].every((v) => Number.isFinite(v) && Math.abs(v) < tolerances.filters.relative)).toBe(true);
  }
});

test('autoencode: the same seed gives the same bits, another seed others', async () => {
  const x = patches(7);
  const run = (seed: number) => weights('autoencode', layerOf(x, rows, 5, { seed, activation: 'Relu' }));
  expect(await run(3)).toEqual(await run(3));
  expect((await run(3)).w).not.toEqual((await run(4)).w);
});

test('random matrices are orthogonal where shapes allow', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.integer(), (n, k, seed) => {
      const q = randomOrthogonal(createRandom(seed, 'q'), n, k);
      const isTall = n >= k;
      const [count, length, unit] = isTall ? [k, n, 1] : [n, k, k / n];
      const at = (vector: number, i: number): number => (isTall ? q[i * k + vector]! : q[vector * k + i]!);
      for (let a = 0; a < count; a++) {
        for (let b = 0; b <= a; b++) {
          const dot = Array.from({ length }, (_, i) => at(a, i) * at(b, i)).reduce((s, v) => s + v, 0);
          expect(Math.abs(dot - (a === b ? unit : 0))).toBeLessThan(tolerances.eigenvalues.relative * unit);
        }
      }
    }),
    { seed: 42, numRuns: 200 },
  );
});
