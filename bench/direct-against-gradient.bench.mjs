// Direct solve against gradient training (PyTorch, one thread) to the same number of correct held-out rows, with the cases we lose.
//   node bench/direct-against-gradient.bench.mjs [small|teacher|all]      needs python3-torch; optdigits and fashion need the extra test material
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasPeers, loadSource, python, runAsSolverProcess } from './peers/peers.mjs';

runAsSolverProcess();
const which = process.argv[2] ?? 'all';
const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '..');
const shared = process.env.TIERWISE_SHARED ?? resolve(root, '../shared');
if (!hasPeers(['numpy', 'torch'])) {
  console.log('skipped: python3-torch is needed');
  process.exit(0);
}
const { cpuBackend } = await loadSource('solver-core/backends/cpu/cpu-backend.ts');
const { cpuEngine } = await loadSource('solver-core/backends/cpu/engine.ts');
const { cpuNumerics } = await loadSource('solver-core/backends/cpu/index.ts');
const { arrayRows } = await loadSource('solver-core/fit/ridge/array-rows.ts');
const { chooseLambda } = await loadSource('solver-core/fit/lambda/choose-lambda.ts');
const { createRandom, normals } = await loadSource('solver-core/fit/prng.ts');
const { openDataset } = await loadSource('solver-core/data/dataset.ts');
const backend = cpuBackend(cpuEngine({ workers: 1 }));
const numerics = cpuNumerics();
const quiet = { host: { nowMs: () => performance.now(), pause: () => Promise.resolve() } };
const folder = mkdtempSync(join(tmpdir(), 'tierwise-direct-'));
const seeds = [0, 1, 2];

/** Rows of a data file, scaled to at most 1. */
async function rowsOf(path, names) {
  const { value, diagnostics } = await openDataset(path, names);
  if (value === undefined) throw new Error(diagnostics[0]?.message);
  const x = new Float32Array(value.rows * value.rowElements);
  await value.readRows({ start: 0, count: value.rows }, x);
  await value.close();
  const largest = x.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return { rows: value.rows, columns: value.rowElements, x: largest > 1 ? x.map((v) => v / largest) : x, y: value.labels.values };
}

/** The first rows of a shuffled data set to train on, the rest to test. */
function split({ rows, columns, x, y }, train, seed) {
  const random = createRandom(seed, 'split');
  const order = Array.from({ length: rows }, (_, i) => i);
  for (let i = rows - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  const take = (numbers) => {
    const part = new Float32Array(numbers.length * columns);
    numbers.forEach((row, at) => part.set(x.subarray(row * columns, (row + 1) * columns), at * columns));
    return { rows: numbers.length, columns, x: part, y: Int32Array.from(numbers, (row) => y[row]) };
  };
  return { train: take(order.slice(0, train)), test: take(order.slice(train)) };
}

/** 50 000 + 10 000 rows of 784 values that hide 64 latent ones, labelled by a random network: numerics of a task that likes learned features. */
function teacher() {
  const [n, d, latent, hidden, classes] = [60_000, 784, 64, 64, 10];
  const of = (stream, count, scale) => Float32Array.from(normals(createRandom(1, stream), count), (v) => v * scale);
  const [z, mix, noise] = [of('z', n * latent, 1), of('mix', latent * d, 1 / 8), createRandom(1, 'noise')];
  const [a, b] = [of('a', latent * hidden, 1 / 8), of('b', hidden * classes, 1 / 8)];
  const x = new Float32Array(n * d);
  const y = new Int32Array(n);
  const h = new Float64Array(hidden);
  for (let r = 0; r < n; r++) {
    for (let l = 0; l < latent; l++) {
      const v = z[r * latent + l];
      for (let j = 0; j < d; j++) x[r * d + j] += v * mix[l * d + j];
    }
    for (let j = 0; j < d; j++) x[r * d + j] += 0.3 * noise.normal();
    h.fill(0);
    for (let l = 0; l < latent; l++) for (let q = 0; q < hidden; q++) h[q] += z[r * latent + l] * a[l * hidden + q];
    let best = -Infinity;
    for (let c = 0; c < classes; c++) {
      let s = 0;
      for (let q = 0; q < hidden; q++) s += Math.max(0, h[q]) * b[q * classes + c];
      if (s > best) [best, y[r]] = [s, c];
    }
  }
  const part = (from, to) => ({ rows: to - from, columns: d, x: x.subarray(from * d, to * d), y: y.slice(from, to) });
  return { train: part(0, 50_000), test: part(50_000, 60_000) };
}

/** relu(x·R + b) in fp64 products. */
async function expand({ rows, columns, x }, projection, offset, features) {
  const out = new Float32Array(rows * features);
  const chunk = 4096;
  for (let first = 0; first < rows; first += chunk) {
    const m = Math.min(chunk, rows - first);
    const a = Float64Array.from(x.subarray(first * columns, (first + m) * columns));
    const product = await numerics.multiply({ a, b: projection, m, k: columns, n: features });
    for (let i = 0; i < product.length; i++) out[first * features + i] = Math.max(0, product[i] + offset[i % features]);
  }
  return out;
}

/** Whitened projection onto the top directions of the rows (the first pass already holds their covariance). */
async function principal(train, count) {
  const { rows, columns } = train;
  const sums = await numerics.sums(arrayRows(train.x, new Float32Array(rows), columns, 1), quiet);
  const covariance = new Float64Array(columns * columns);
  for (let i = 0; i < columns; i++)
    for (let j = 0; j <= i; j++) {
      const v = sums.gram[i * columns + j] / rows - (sums.sumX[i] * sums.sumX[j]) / rows ** 2;
      covariance[i * columns + j] = covariance[j * columns + i] = v;
    }
  const { values, vectors } = await numerics.topEigenpairs(covariance, columns, count);
  return vectors.map((v, i) => v / Math.sqrt(values[i % count]));
}

/** Fit and count: random features (0: none), optionally behind a principal projection. */
async function direct({ train, test }, features, seed, directions = 0) {
  const began = process.cpuUsage();
  const { rows, columns } = train;
  const classes = 10;
  const y = new Float32Array(rows * classes);
  train.y.forEach((c, r) => (y[r * classes + c] = 1));
  let [width, inputs, projection] = [columns, train.x, null];
  let offset = null;
  if (features > 0) {
    const base = directions > 0 ? await principal(train, directions) : null;
    const fan = directions > 0 ? directions : columns;
    const random = Float64Array.from(
      normals(createRandom(seed, 'features'), fan * features),
      (v) => v / Math.sqrt(fan / (directions > 0 ? 1 : 8)),
    );
    projection = base === null ? random : await numerics.multiply({ a: base, b: random, m: columns, k: fan, n: features });
    offset = Float64Array.from(normals(createRandom(seed, 'offsets'), features), (v) => 0.5 * v);
    inputs = await expand(train, projection, offset, features);
    width = features;
  }
  const source = arrayRows(inputs, y, width, classes);
  // λ by the product's own rule, its cost counted.
  const { lambda } = await chooseLambda({ source, bias: true, numerics, context: quiet });
  const { w, b } = await backend.solve({ source, lambda, bias: true }, quiet);
  const used = process.cpuUsage(began);
  const hidden = features > 0 ? await expand(test, projection, offset, features) : test.x;
  let right = 0;
  for (let r = 0; r < test.rows; r++) {
    let [best, label] = [-Infinity, 0];
    for (let c = 0; c < classes; c++) {
      let s = b[c];
      for (let j = 0; j < width; j++) s += hidden[r * width + j] * w[j * classes + c];
      if (s > best) [best, label] = [s, c];
    }
    if (label === test.y[r]) right++;
  }
  const expansion = features > 0 ? 2 * rows * columns * features : 0;
  const small = Math.min(rows, width);
  const flops =
    expansion +
    rows * width * (small + width) +
    2 * rows * width * classes +
    small ** 3 / 3 +
    (4 / 3) * width ** 3 +
    (directions > 0 ? rows * columns ** 2 : 0);
  return { right, cpu: (used.user + used.system) / 1e6, flops };
}

function opponents(task, data, goal, list, maxEpochs) {
  const files = {};
  for (const [name, values] of [
    ['x', data.train.x],
    ['y', data.train.y],
    ['xt', data.test.x],
    ['yt', data.test.y],
  ]) {
    files[name] = join(folder, `${name}.bin`);
    writeFileSync(files[name], new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  const request = {
    ...files,
    rows: data.train.rows,
    testRows: data.test.rows,
    columns: data.train.columns,
    classes: 10,
    goal,
    maxEpochs,
    seeds: task.seeds,
    opponents: list,
  };
  const env = { ...process.env };
  for (const key of ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE']) delete env[key];
  const { stdout, stderr, status } = spawnSync(python, [join(here, 'peers/train_until.py')], {
    input: JSON.stringify(request),
    encoding: 'utf8',
    env,
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const adam = [1e-3, 3e-3, 1e-2];
const sgd = [1e-2, 3e-2, 1e-1];
const linear = [
  { name: 'softmax regression, Adam', hidden: [], optimiser: 'adam', rates: adam },
  { name: 'softmax regression, SGD', hidden: [], optimiser: 'sgd', rates: sgd },
];
const wide = (width) => [
  { name: 'MLP-128, Adam', hidden: [128], optimiser: 'adam', rates: adam },
  { name: 'MLP-128, SGD', hidden: [128], optimiser: 'sgd', rates: sgd },
  { name: `MLP-${width}, Adam`, hidden: [width], optimiser: 'adam', rates: adam.slice(0, 2) },
];

async function tasks() {
  const small = [];
  const add = (name, load, sizes, maxEpochs) =>
    sizes.forEach((features) => small.push({ name, load, features, directions: 0, seeds, maxEpochs }));
  const digits = await rowsOf(join(root, 'examples/digits/digits.npz'), {});
  add('digits 1437/360', (seed) => split(digits, 1437, seed), [0, 512, 1024], 100);
  const optdigits = join(shared, 'material/data/optdigits/optdigits.npz');
  const fashion = join(shared, 'material/data/fashion-mnist-small');
  if (existsSync(optdigits)) {
    const train = await rowsOf(optdigits, { inputs: 'x_train', labels: 'y_train' });
    const test = await rowsOf(optdigits, { inputs: 'x_test', labels: 'y_test' });
    add('optdigits 3823/1797', () => ({ train, test }), [0, 512, 1024], 100);
  } else console.log('skipped: optdigits and fashion-mnist-small (no extra test material here)');
  if (existsSync(fashion)) {
    const path = (kind) => join(fashion, `${kind}-images-idx3-ubyte.gz`);
    const [train, test] = existsSync(path('train'))
      ? [await rowsOf(path('train'), {}), await rowsOf(existsSync(path('t10k')) ? path('t10k') : path('test'), {})]
      : [];
    if (train) add('fashion-mnist-small 2000/1000', () => ({ train, test }), [0, 1024, 2048], 60);
  }
  const teachers = [];
  if (which !== 'small') {
    const data = teacher();
    for (const [features, directions] of [
      [0, 0],
      [2048, 0],
      [2048, 64],
    ])
      teachers.push({ name: 'teacher 50000/10000, d=784', load: () => data, features, directions, seeds: [0], maxEpochs: 10 });
  }
  return which === 'small' ? small : which === 'teacher' ? teachers : [...small, ...teachers];
}

try {
  console.log(
    '| task | direct solve: rows right, CPU, GFLOP | opponent | epochs to match | CPU, torch / direct | GFLOP, torch / direct |\n|---|---|---|---|---|---|',
  );
  for (const task of await tasks()) {
    const features =
      task.features === 0
        ? 'linear'
        : `${task.features} random ReLU features${task.directions ? ` behind ${task.directions} principal directions` : ''}`;
    const rowsBySeed = [];
    for (const seed of task.seeds) {
      const data = task.load(seed);
      await direct(data, task.features, seed, task.directions);
      const ours = await direct(data, task.features, seed, task.directions);
      const list = task.features === 0 ? linear : wide(task.features);
      rowsBySeed.push({ ours, test: data.test.rows, theirs: opponents({ seeds: [seed] }, data, ours.right, list, task.maxEpochs) });
    }
    const range = (values, digits) => {
      const [low, high] = [Math.min(...values), Math.max(...values)].map((v) => Number(v.toPrecision(digits)));
      return low === high ? `${low}` : `${low}-${high}`;
    };
    const all = rowsBySeed.map(({ ours }) => ours);
    const head = `${range(
      all.map((o) => o.right),
      5,
    )} of ${rowsBySeed[0].test}, ${range(
      all.map((o) => 1000 * o.cpu),
      2,
    )} ms, ${range(
      all.map((o) => o.flops / 1e9),
      2,
    )}`;
    rowsBySeed[0].theirs.forEach((_, i) => {
      const runs = rowsBySeed.map(({ ours, theirs }) => ({ ours, run: theirs[i] }));
      const won = runs.filter(({ run }) => run.reached);
      const missed = runs.length - won.length;
      const epochs =
        won.length === 0
          ? `not in ${task.maxEpochs} (best ${range(
              runs.map(({ run }) => run.best),
              5,
            )})`
          : `${range(
              won.map(({ run }) => run.epochs),
              3,
            )}${missed ? `, ${missed} of ${runs.length} not in ${task.maxEpochs}` : ''}`;
      const sign = won.length === 0 ? '> ' : '';
      const cpu = range(
        runs.map(({ ours, run }) => run.cpu / ours.cpu),
        2,
      );
      const flops = range(
        runs.map(({ ours, run }) => run.flops / ours.flops),
        2,
      );
      console.log(
        `| ${i === 0 ? `${task.name}, ${features}` : ''} | ${i === 0 ? head : ''} | ${runs[0].run.name}, rate ${range(
          runs.map(({ run }) => run.rate),
          2,
        )} | ${epochs} | ${sign}${cpu} | ${sign}${flops} |`,
      );
    });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
