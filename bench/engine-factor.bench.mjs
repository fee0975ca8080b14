// Factorisations, solves, eigenpairs, rank updates and compensation against LAPACK and BLAS through scipy, fp64, one thread.
//   node bench/engine-factor.bench.mjs [rounds] [only] [size]        only: cholesky, solve, eigen, rank, gptq or wasm; size: e.g. 1024
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, loadSource, measureCoreTypes, ours, printComparison, runAsSolverProcess, startPeer, theirs } from './peers/peers.mjs';

runAsSolverProcess();
const rounds = Number(process.argv[2] ?? 7);
const only = process.argv[3] ?? '';
const size = Number(process.argv[4] ?? 0);
const sizes = (all) => all.filter((d) => size === 0 || d === size);
const { cpuNumerics, plainNumerics } = await loadSource('solver-core/backends/cpu/index.ts');
const { cpuFactorisations } = await loadSource('solver-core/backends/cpu/factorisations.ts');
const { lazyOrt } = await loadSource('solver-core/backends/cpu/ort-load.ts');
const { compressLayer } = await loadSource('solver-core/compress/index.ts');
const { arrayRows } = await loadSource('solver-core/fit/ridge/array-rows.ts');
const { createRandom, normals } = await loadSource('solver-core/fit/prng.ts');
const quiet = { host: { nowMs: () => performance.now(), pause: () => Promise.resolve() } };
const folder = mkdtempSync(join(tmpdir(), 'tierwise-factor-'));
const numerics = cpuNumerics();
const wasmOnly = cpuFactorisations(
  lazyOrt(() => Promise.resolve(undefined)),
  plainNumerics(),
);
const best = (await measureCoreTypes()).sort((a, b) => b.fp64 - a.fp64)[0];
console.log(`fastest core type here in fp64: ${best.coreType ?? best.detected}, ${best.fp64.toFixed(0)} GFLOP/s`);

/** Seeded rows as after a ReLU layer: neighbours correlated, cut at 0. */
function makeRows(n, d) {
  let state = 12345;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const x = new Float64Array(n * d);
  for (let r = 0; r < n; r++) {
    let v = 0;
    for (let i = 0; i < d; i++) {
      v = 0.9 * v + next() - 0.5;
      x[r * d + i] = Math.max(0, v);
    }
  }
  return x;
}

/** XᵀX + 1, both triangles, and the file that the peers read it from. */
async function gram(d) {
  const rows = makeRows(2 * d, d);
  const g = await numerics.multiply({ a: rows, b: rows, m: d, k: 2 * d, n: d, transposeA: true });
  for (let i = 0; i < d; i++) g[i * d + i] += 1;
  const file = join(folder, `g${d}.f64`);
  writeFileSync(file, g);
  return { g, file };
}

/** Two peers, with the allocator as users run it and tuned; `body`: set-up of the variables. */
async function against(title, mine, body, statement, check) {
  const contestants = [...mine];
  const peers = [];
  for (const malloc of ['default', 'tuned']) {
    const peer = startPeer({ name: 'scipy', coreType: best.coreType, malloc });
    await peer.setup(`import numpy as np, scipy.linalg as sl\nfrom scipy.linalg import lapack, blas\n${body}`);
    contestants.push(theirs(`scipy, ${malloc} malloc`, peer, statement));
    peers.push(peer);
  }
  // Compiled code first: repetitions per sample are counted in a first call.
  for (const one of mine) for (let spent = 0; spent < 0.3;) spent += (await one.time(1)).cpu + 1e-6;
  printComparison(title, await compare(contestants, { rounds }));
  if (check !== undefined) console.log(`  ${await check(peers[0])}`);
  for (const peer of peers) await peer.close();
}

const loaded = (file, d) => `a = np.asfortranarray(np.fromfile(${JSON.stringify(file)}).reshape(${d}, ${d}))`;
const relative = (mine, exact) => Math.max(...mine.map((v, i) => Math.abs(v - exact[i]))) / Math.max(...exact.map(Math.abs));
const wants = (name) => only === '' || only === name;

async function choleskyRow(d) {
  const { g, file } = await gram(d);
  const statement = 'c, info = lapack.dpotrf(a, lower=1)';
  const contestants = [ours('Tierwise factor', () => numerics.factor(g, d))];
  await against(`Cholesky, d = ${d} (dpotrf)`, contestants, loaded(file, d), statement, async (peer) => {
    const l = (await numerics.factor(g, d)).lower();
    const at = [0, d + 1, (d - 1) * d, d * d - 1, Math.floor(d / 2) * d + 1];
    const exact = await peer.evaluate(`[float(np.tril(c).ravel()[i]) for i in ${JSON.stringify(at)}]`);
    return `five entries of L agree to ${relative(
      at.map((i) => l[i]),
      exact,
    ).toExponential(1)}`;
  });
}

async function wasmRow(d) {
  const { g, file } = await gram(d);
  await against(
    `WebAssembly alone: Cholesky, d = ${d} (dpotrf)`,
    [ours('Tierwise without ONNX Runtime', () => wasmOnly.factor(g, d))],
    loaded(file, d),
    'c, info = lapack.dpotrf(a, lower=1)',
  );
}

async function wasmGramRow(n, d) {
  const x = Float32Array.from(makeRows(n, d));
  const file = join(folder, 'x.f32');
  writeFileSync(file, x);
  const alone = cpuNumerics({ ort: lazyOrt(() => Promise.resolve(undefined)), workers: 1 });
  const source = arrayRows(x, new Float32Array(n * 10), d, 10);
  const body = `x = np.fromfile(${JSON.stringify(file)}, dtype=np.float32).reshape(${n}, ${d})`;
  await against(
    `WebAssembly alone: fp32 sums, ${n} x ${d} (numpy X.T @ X)`,
    [ours('Tierwise without ONNX Runtime', () => alone.sums(source, quiet))],
    body,
    'g = x.T @ x',
  );
}

async function solveRow(d) {
  const { g, file } = await gram(d);
  const b = Float64Array.from({ length: d * 10 }, (_, i) => Math.sin(i));
  writeFileSync(join(folder, 'b.f64'), b);
  const factor = await numerics.factor(g, d);
  const body = `${loaded(file, d)}\nb = np.fromfile(${JSON.stringify(join(folder, 'b.f64'))}).reshape(${d}, 10)\nc = sl.cho_factor(a, lower=True)`;
  await against(
    `solve, 10 right-hand sides, d = ${d} (cho_solve)`,
    [ours('Tierwise solve', () => factor.solve(b, 10))],
    body,
    'x = sl.cho_solve(c, b)',
    async (peer) => {
      const x = await factor.solve(b, 10);
      return `ten entries agree to ${relative([...x.slice(0, 10)], await peer.evaluate('x.ravel()[:10].tolist()')).toExponential(1)}`;
    },
  );
}

async function eigenRow(d) {
  const { g, file } = await gram(d);
  await against(
    `64 largest eigenpairs, d = ${d} (numpy eigh)`,
    [ours('Tierwise topEigenpairs', () => numerics.topEigenpairs(g, d, 64))],
    loaded(file, d),
    'w, v = np.linalg.eigh(a)',
    async (peer) => {
      const { values } = await numerics.topEigenpairs(g, d, 64);
      return `eigenvalues agree to ${relative([...values], await peer.evaluate('w[::-1][:64].tolist()')).toExponential(1)}`;
    },
  );
  await against(
    `64 largest eigenpairs, d = ${d} (scipy eigh, subset)`,
    [ours('Tierwise topEigenpairs', () => numerics.topEigenpairs(g, d, 64))],
    loaded(file, d),
    `w, v = sl.eigh(a, subset_by_index=[${d - 64}, ${d - 1}])`,
  );
}

async function tridiagonalRow(d) {
  const { g, file } = await gram(d);
  const c = new Float64Array(d * 10).fill(1);
  await against(
    `tridiagonal form and QᵀC, d = ${d} (dsytrd alone)`,
    [ours('Tierwise tridiagonalise', () => numerics.tridiagonalise(g, d, c, 10))],
    loaded(file, d),
    'c, dd, e, tau, info = lapack.dsytrd(a, lower=1)',
  );
}

async function rankRow(d, q) {
  let r = new Float64Array(d * d);
  for (let i = 0; i < d; i++) r[i * d + i] = 1;
  const rows = Float64Array.from({ length: q * d }, (_, i) => Math.sin(i * i + 1) / 30);
  let sign = 1;
  const work = async () => {
    const answer = await numerics.rankUpdate({ r, d, rows, q, sign, overwrite: true });
    r = answer.r;
    sign = -sign;
  };
  const body = `R = np.asfortranarray(np.eye(${d})); U = np.asfortranarray(np.random.default_rng(1).standard_normal((${d}, ${q})) / 30)`;
  // The peer does the two products alone: no small system, no gain.
  const statement =
    q === 1
      ? 'v = blas.dsymv(1., R, U[:, 0], lower=1); R = blas.dsyr(-1e-12, v, lower=1, a=R, overwrite_a=1)'
      : 'v = blas.dsymm(1., R, U, lower=1); R = blas.dsyrk(-1e-12, v, beta=1., c=R, lower=1, overwrite_c=1)';
  await against(
    `rank-${q} update, d = ${d} (${q === 1 ? 'dsymv + dsyr' : 'dsymm + dsyrk'})`,
    [ours('Tierwise rankUpdate', work)],
    body,
    statement,
  );
}

async function compensationRow(d, k, bits, latent) {
  const n = 8192;
  // A few latent causes, mixed, with a little noise, cut at 0: correlated inputs as a ReLU layer gives them. Fewer causes, more to gain.
  const random = createRandom(1, 'compensation');
  const [causes, mixing] = [normals(random, n * latent), normals(random, latent * d)];
  const x = await numerics.multiply({ a: causes, b: mixing, m: n, k: latent, n: d });
  for (let i = 0; i < x.length; i++) x[i] = Math.max(0, x[i] / Math.sqrt(latent) + 0.1 * random.normal());
  const weights = normals(random, d * k);
  const request = {
    layer: 'layer',
    weights,
    inputs: arrayRows(x, new Float64Array(0), d, 0),
    outputs: k,
    how: { kind: 'quantise', bits },
    bias: false,
  };
  const samples = [];
  let result;
  for (let round = 0; round < 3; round++) {
    let sumsS = 0;
    const timed = {
      ...numerics,
      sums: async (...args) => {
        const before = process.cpuUsage();
        const sums = await numerics.sums(...args);
        const { user, system } = process.cpuUsage(before);
        sumsS += (user + system) / 1e6;
        return sums;
      },
    };
    const before = process.cpuUsage();
    result = await compressLayer(timed, request, quiet);
    const { user, system } = process.cpuUsage(before);
    samples.push({ whole: (user + system) / 1e6, sums: sumsS });
  }
  const fastest = samples.sort((a, b) => a.whole - b.whole)[0];
  console.log(
    `\n${bits} bits, ${d} x ${k}, ${n} rows of ${latent} causes: output error on held-out rows ${result.plainError.toFixed(4)} nearest -> ${result.outputError.toFixed(4)} compensated (/ ${(result.plainError / result.outputError).toFixed(2)}); ` +
      `CPU ${fastest.whole.toFixed(2)} s in all, ${fastest.sums.toFixed(2)} s of it sums of the rows`,
  );
}

try {
  if (wants('cholesky')) for (const d of sizes([64, 256, 512, 1024, 2048, 4096])) await choleskyRow(d);
  if (wants('solve')) for (const d of sizes([1024, 2048])) await solveRow(d);
  if (wants('eigen')) for (const d of sizes([784, 2048])) await eigenRow(d);
  if (wants('eigen')) for (const d of sizes([784, 2048])) await tridiagonalRow(d);
  if (wants('rank')) for (const d of sizes([512, 1024, 2048])) await rankRow(d, 1);
  if (wants('rank')) for (const d of sizes([1024, 2048])) await rankRow(d, 32);
  if (wants('gptq'))
    for (const [d, k, share] of [
      [400, 120, 8],
      [784, 256, 8],
      [1024, 1024, 8],
      [1024, 1024, 16],
      [1024, 1024, 32],
    ])
      for (const bits of [3, 4]) await compensationRow(d, k, bits, Math.floor(d / share));
  if (wants('wasm')) await wasmGramRow(20000, 784);
  if (wants('wasm')) for (const d of sizes([1024, 2048])) await wasmRow(d);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
