// Harness of the comparisons with other people's programs: persistent Python peers, interleaved rounds, CPU time, ratios per round.
// How to add a row: README.md beside this file.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** Another python3 on the path may lack the packages or bring its own BLAS. */
export const python = '/usr/bin/python3';

/** What the extension gives its solver process (extension/solver-process.ts). glibc reads it at process start only. */
export const tunedMalloc = { MALLOC_MMAP_THRESHOLD_: '4294967296', MALLOC_TRIM_THRESHOLD_: '17179869184', MALLOC_ARENA_MAX: '1' };

/** Our side runs as the product's solver does: starts this very program again with the allocator's environment unless it has it. */
export function runAsSolverProcess() {
  if (process.env.MALLOC_MMAP_THRESHOLD_ !== undefined) return;
  const env = { ...process.env, ...tunedMalloc };
  const { status } = spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], { env, stdio: 'inherit' });
  process.exit(status ?? 1);
}

/** True when the Python packages of the peers are installed. */
export function hasPeers(packages = ['numpy', 'scipy', 'sklearn', 'threadpoolctl']) {
  return existsSync(python) && spawnSync(python, ['-c', `import ${packages.join(', ')}`]).status === 0;
}

/**
 * Starts a Python process that answers until `close`.
 * @param {{ name: string, coreType?: string | null, threads?: number, malloc?: 'default' | 'tuned', env?: Record<string, string> }} options
 *   coreType: OPENBLAS_CORETYPE, null lets OpenBLAS detect; threads: of every BLAS and OpenMP pool, default 1
 */
export function startPeer({ name, coreType = null, threads = 1, malloc = 'default', env = {} }) {
  const own = { ...process.env };
  // A shell may pin a core type or a cache size, which halves OpenBLAS; and the tuned allocator is ours unless asked for.
  for (const key of ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE', ...Object.keys(tunedMalloc)]) delete own[key];
  const pools = Object.fromEntries(['OPENBLAS', 'OMP', 'MKL'].map((pool) => [`${pool}_NUM_THREADS`, String(threads)]));
  const child = spawn(python, [join(here, 'peer.py')], {
    env: {
      ...own,
      ...pools,
      ...(coreType === null ? {} : { OPENBLAS_CORETYPE: coreType }),
      ...(malloc === 'tuned' ? tunedMalloc : {}),
      ...env,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`peer ${name} ended`);
    const reply = JSON.parse(value);
    if (reply.error !== undefined) throw new Error(`peer ${name}: ${reply.error}`);
    return reply;
  };
  return {
    name,
    setup: (code) => ask({ op: 'setup', code }),
    /** CPU and wall seconds of one repetition of a statement. */
    time: (code, rep = 1) => ask({ op: 'time', code, rep }),
    evaluate: async (code) => (await ask({ op: 'eval', code })).value,
    info: () => ask({ op: 'info' }),
    async close() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

/** OpenBLAS core types whose instructions this processor has; null is what OpenBLAS detects by itself. */
export function coreTypes() {
  const flags = existsSync('/proc/cpuinfo')
    ? new Set(/^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' '))
    : new Set();
  return [
    null,
    ...(flags.has('avx2') ? ['Haswell', 'Zen'] : []),
    ...(flags.has('avx512f') ? ['SkylakeX'] : []),
    ...(flags.has('avx512_bf16') ? ['Cooperlake'] : []),
  ];
}

/** Measures every core type on a product and on a factorisation; returns them with GFLOP/s, fastest fp32 first. */
export async function measureCoreTypes(size = 1536) {
  const results = [];
  for (const coreType of coreTypes()) {
    const peer = startPeer({ name: `core ${coreType}`, coreType, malloc: 'tuned' });
    await peer.setup(`import numpy as np, scipy.linalg
x32 = np.random.default_rng(1).standard_normal((${size}, ${size}), dtype=np.float32); x64 = x32.astype(np.float64)`);
    const rate = async (code) => {
      await peer.time(code);
      const times = [];
      for (let i = 0; i < 4; i++) times.push((await peer.time(code)).cpu);
      return (2 * size ** 3) / Math.min(...times) / 1e9;
    };
    const [fp32, fp64] = [await rate('x32 @ x32'), await rate('x64 @ x64')];
    const { pools } = await peer.info();
    results.push({ coreType, detected: pools[0]?.architecture ?? '?', fp32, fp64 });
    await peer.close();
  }
  return results.sort((a, b) => b.fp32 - a.fp32);
}

/** A contestant of ours: `work` is awaited `rep` times, CPU seconds of the whole process per repetition. */
export function ours(name, work) {
  return {
    name,
    async time(rep) {
      globalThis.gc?.();
      const wall = performance.now();
      const before = process.cpuUsage();
      for (let i = 0; i < rep; i++) await work();
      const { user, system } = process.cpuUsage(before);
      return { cpu: (user + system) / 1e6 / rep, wall: (performance.now() - wall) / 1e3 / rep };
    },
  };
}

/** A contestant in a peer process: one statement. */
export function theirs(name, peer, code) {
  return { name, time: (rep) => peer.time(code, rep) };
}

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * Interleaved rounds with a rotating start and one discarded round. Repeats inside a sample until it lasts 20 ms.
 * @param contestants the first one is ours
 * @returns per contestant: name, median CPU and wall seconds, `ratio` = median over the rounds of its time / our time (above 1: we are
 *   faster), `wallRatio` = the same for wall time, and the smallest and largest ratio
 */
export async function compare(contestants, { rounds = 7, minSampleS = 0.02, gapMs = 20 } = {}) {
  const rep = [];
  for (const one of contestants) {
    const first = await one.time(1);
    rep.push(Math.max(1, Math.ceil(minSampleS / Math.max(first.cpu, 1e-7))));
  }
  const samples = contestants.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (let i = 0; i < contestants.length; i++) {
      const at = (i + Math.max(0, round)) % contestants.length;
      const sample = await contestants[at].time(rep[at]);
      if (round >= 0) samples[at].push(sample);
      await pause(gapMs);
    }
  }
  return contestants.map(({ name }, at) => {
    const ratios = samples[at].map(({ cpu }, round) => cpu / samples[0][round].cpu);
    return {
      name,
      cpuS: median(samples[at].map(({ cpu }) => cpu)),
      wallS: median(samples[at].map(({ wall }) => wall)),
      ratio: median(ratios),
      low: Math.min(...ratios),
      high: Math.max(...ratios),
      wallRatio: median(samples[at].map(({ wall }, round) => wall / samples[0][round].wall)),
    };
  });
}

/** Prints one comparison: S = peer / ours (above 1 we are faster), T = ours / peer. */
export function printComparison(title, results) {
  console.log(`\n${title}`);
  for (const { name, cpuS, ratio, low, high, wallS, wallRatio } of results) {
    const against =
      name === results[0].name
        ? ''
        : `  S ${ratio.toFixed(2)} (${low.toFixed(2)}..${high.toFixed(2)})  T ${(1 / ratio).toFixed(2)}  wall S ${wallRatio.toFixed(2)}`;
    console.log(
      `  ${name.padEnd(46)} CPU ${(1e3 * cpuS).toFixed(2).padStart(10)} ms  wall ${(1e3 * wallS).toFixed(2).padStart(10)} ms${against}`,
    );
  }
}

/** Loads a module of the product from its TypeScript sources. */
export async function loadSource(path) {
  const file = await bundleSource(path);
  const module = await import(file);
  rmSync(file);
  return module;
}

/** Bundles a module of the product into .cache/bench, native packages left out; returns the file, which the caller removes. */
export async function bundleSource(path) {
  const { build } = await import('esbuild');
  const root = join(here, '../..');
  const outfile = join(root, '.cache/bench', `${path.replace(/[^a-z0-9]+/gi, '-')}-${process.pid}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [path],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['onnxruntime-node', 'serialport', 'koffi'],
    logLevel: 'warning',
    banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
  });
  return outfile;
}
