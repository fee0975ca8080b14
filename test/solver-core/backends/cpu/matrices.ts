import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuFactorisations, lazyKernels } from '../../../../solver-core/backends/cpu/factorisations.ts';
import { lazyOrt } from '../../../../solver-core/backends/cpu/ort-load.ts';
import { plainNumerics } from '../../../../solver-core/backends/cpu/plain-numerics.ts';
import { createRandom, normals } from '../../../../solver-core/fit/prng.ts';

/** Every way the factorisations can run: with ONNX Runtime, with the WebAssembly kernels alone, with neither. */
export const engines = [
  ['ONNX Runtime and WebAssembly', cpuFactorisations(lazyOrt(), plainNumerics())],
  ['WebAssembly alone', cpuFactorisations(withoutOrt(), plainNumerics())],
  [
    'loops alone',
    cpuFactorisations(
      withoutOrt(),
      plainNumerics(),
      lazyKernels(() => undefined),
    ),
  ],
] as const;

function withoutOrt(): ReturnType<typeof lazyOrt> {
  return lazyOrt(() => Promise.resolve(undefined));
}

/**
 * A symmetric positive definite [d, d] with eigenvalues falling geometrically from 1 to 1/kappa in a random basis: products of
 * reflections, so that the eigenvalues are known. Both triangles.
 */
export function spectrumMatrix(d: number, kappa: number, seed: number): { readonly a: Float64Array; readonly values: Float64Array } {
  const values = Float64Array.from({ length: d }, (_, i) => kappa ** (-i / Math.max(1, d - 1)));
  return { a: withSpectrum(values, seed), values };
}

/** Q·diag(values)·Qᵀ with Q made of six random reflections. */
export function withSpectrum(values: Float64Array, seed: number): Float64Array {
  const d = values.length;
  const a = new Float64Array(d * d);
  for (let i = 0; i < d; i++) a[i * d + i] = values[i]!;
  const random = createRandom(seed, 'spectrum');
  for (let pass = 0; pass < 6; pass++) {
    const v = normals(random, d);
    const square = v.reduce((s, x) => s + x * x, 0);
    // H A H with H = I - 2 v vᵀ / vᵀv: A - v wᵀ - w vᵀ.
    const w = new Float64Array(d);
    for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) w[i] = w[i]! + (2 / square) * a[i * d + j]! * v[j]!;
    const half = w.reduce((s, x, i) => s + x * v[i]!, 0) / square;
    for (let i = 0; i < d; i++) w[i] = w[i]! - half * v[i]!;
    for (let i = 0; i < d; i++) {
      for (let j = 0; j <= i; j++) {
        a[i * d + j] = a[i * d + j]! - v[i]! * w[j]! - w[i]! * v[j]!;
        a[j * d + i] = a[i * d + j]!;
      }
    }
  }
  return a;
}

/** max |a - b| / max |b|; infinite for different lengths or values that are not numbers. */
export function largestError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let error = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= Number.MAX_VALUE)) return Infinity;
    error = Math.max(error, difference);
    size = Math.max(size, Math.abs(b[i]!));
  }
  return size === 0 ? error : error / size;
}

const python = '/usr/bin/python3';
export const hasScipy = spawnSync(python, ['-c', 'import scipy.linalg']).status === 0;

/** Runs a script of numpy that finds `a.f64` (and others given) in its folder and writes `out.f64`. */
export function numpy(script: string, inputs: Readonly<Record<string, Float64Array>>): Float64Array {
  const folder = mkdtempSync(join(tmpdir(), 'tierwise-numpy-'));
  try {
    for (const [name, values] of Object.entries(inputs)) {
      writeFileSync(join(folder, `${name}.f64`), new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
    const run = spawnSync(python, ['-c', `import numpy as np, scipy.linalg as sl\n${script}`], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 100_000,
      env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    });
    if (run.status !== 0) throw new Error(run.stderr);
    const bytes = readFileSync(join(folder, 'out.f64'));
    return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
