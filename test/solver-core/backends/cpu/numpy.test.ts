import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cpuBackend } from '../../../../solver-core/backends/cpu/cpu-backend.ts';
import { cpuEngine } from '../../../../solver-core/backends/cpu/engine.ts';
import type { RowValues } from '../../../../solver-core/fit/backend.ts';
import { createRandom, normals } from '../../../../solver-core/fit/prng.ts';
import { arrayRows } from '../../../../solver-core/fit/ridge/array-rows.ts';
import { quiet, relativeError } from '../../fit/problems.ts';
import { tolerances } from '../../../tolerances.ts';

const python = '/usr/bin/python3';
const hasNumpy = spawnSync(python, ['-c', 'import numpy']).status === 0;

/** Sums and ridge weights in fp64; the weights from the centred rows by QR, without a Gram. */
const script = `
import numpy as np, sys
n, d, k, lam, kind = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), sys.argv[5]
x = np.fromfile('x.bin', dtype=kind).reshape(n, d).astype(np.float64)
y = np.fromfile('y.bin', dtype=np.float32).reshape(n, k).astype(np.float64)
(x.T @ x).tofile('gram.bin'); (x.T @ y).tofile('cross.bin')
live = x.max(0) > x.min(0)
xc = (x - x.mean(0))[:, live]; yc = y - y.mean(0)
q, r = np.linalg.qr(np.vstack([xc, np.sqrt(lam) * np.eye(live.sum())]))
w = np.zeros((d, k)); w[live] = np.linalg.solve(r, q[:n].T @ yc)
w.tofile('w.bin')
`;

type Family = 'relu' | 'offset' | 'bands' | 'correlated' | 'pixels';

function rowsOf(family: Family, n: number, d: number): RowValues {
  const random = createRandom(n, family);
  if (family === 'pixels') return Uint8Array.from({ length: n * d }, (_, i) => (i % d < 5 ? 0 : Math.max(0, random.below(400) - 145)));
  const x = Float32Array.from(normals(random, n * d));
  if (family === 'relu') return x.map((v) => Math.max(0, v - 0.5));
  if (family === 'offset') return x.map((v, i) => v + 200 * (1 + ((i % d) % 7)));
  // A few directions 400 times as strong as the rest: fp32 products lose the rest, so the sums must be made again in fp64.
  if (family === 'bands') return x.map((v, i) => v + 200 * (1 + (i % 7)));
  for (let i = 1; i < x.length; i++) if (i % d !== 0) x[i] = 0.9 * x[i - 1]! + x[i]!;
  return x;
}

describe.skipIf(!hasNumpy)('numpy agrees with the sums and weights of large problems', () => {
  let folder = '';
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'tierwise-numpy-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const read = (name: string): Float64Array => new Float64Array(new Uint8Array(readFileSync(join(folder, name))).buffer);

  test.each<{ family: Family; n: number; d: number }>([
    { family: 'relu', n: 9000, d: 260 },
    { family: 'offset', n: 9000, d: 260 },
    { family: 'bands', n: 9000, d: 260 },
    { family: 'correlated', n: 4000, d: 530 },
    { family: 'pixels', n: 9000, d: 260 },
    { family: 'pixels', n: 1200, d: 1040 },
  ])('$family, $n x $d', async ({ family, n, d }) => {
    const [k, lambda] = [4, family === 'pixels' ? 1e4 : 5];
    const x = rowsOf(family, n, d);
    const y = Float32Array.from({ length: n * k }, (_, i) => (Math.floor(i / k) % k === i % k ? 1 : 0) + (x[i % x.length]! > 1 ? 0.5 : 0));
    writeFileSync(join(folder, 'x.bin'), x);
    writeFileSync(join(folder, 'y.bin'), y);
    const kind = x instanceof Uint8Array ? 'uint8' : 'float32';
    const run = spawnSync(python, ['-c', script, ...[n, d, k, lambda, kind].map(String)], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, OPENBLAS_NUM_THREADS: '1' },
    });
    expect(run.stderr).toBe('');

    const source = arrayRows(x, y, d, k);
    const engine = cpuEngine({ workers: 1 });
    const sums = await engine.numerics.sums(source, quiet);
    const gram = read('gram.bin');
    let worst = 0;
    for (let i = 0; i < d; i++) {
      for (let j = 0; j <= i; j++) {
        const scale = Math.sqrt(gram[i * d + i]! * gram[j * d + j]!);
        worst = Math.max(worst, Math.abs(sums.gram[i * d + j]! - gram[i * d + j]!) / (scale === 0 ? 1 : scale));
      }
    }
    if (kind === 'uint8') expect(worst).toBe(0);
    else expect(worst).toBeLessThan(tolerances.sumFp32.relative);
    expect(relativeError(sums.cross, read('cross.bin'))).toBeLessThan(tolerances.sumFp32.relative);

    const solution = await cpuBackend(engine).solve({ source, lambda, bias: true }, quiet);
    expect(relativeError(solution.w, read('w.bin'))).toBeLessThan(tolerances.ridgeFp32Sums.relative);
    if (family === 'bands') expect(solution.method).toBe('fp64 Cholesky on the host');
    else expect(solution.method).toContain(kind === 'uint8' ? 'exact integer products' : 'fp32 products');
    expect(solution.lambda).toBe(lambda);
  });
});
