// An untrained small CNN fitted without gradients by `tierwise fit` on fashion-mnist-small, against LeNet-5 by backpropagation
// (bench/gradient-free-cnn.py). Shape and read-out are chosen by the same 5 folds of the training rows as LeNet's epochs.
//   python3 bench/gradient-free-cnn.py --prepare FOLDER SHARED/material/data/fashion-mnist-small
//   node bench/gradient-free-cnn.mjs FOLDER [official,split-1,split-2,split-3]      after npm run build
// One JSON line per data set; --targets compares the kinds of targets on the chosen shape instead.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fashionCnn, fitMacs, inferenceMacs, sizes } from './fashion-cnn.mjs';

const cli = join(resolve(dirname(fileURLToPath(import.meta.url)), '..'), 'dist', 'cli.cjs');
const data = resolve(process.argv[2] ?? '.');
const names = (process.argv[3] ?? 'official,split-1,split-2,split-3').split(',');
const lenetMacs = 416_520;

const grid = [
  { kernel: 5, stride: 1, filters: 8, pool: 5, step: 5 },
  { kernel: 5, stride: 1, filters: 16, pool: 7, step: 7 },
  { kernel: 5, stride: 1, filters: 16, pool: 5, step: 5 },
  { kernel: 5, stride: 1, filters: 16, pool: 6, step: 4 },
  { kernel: 7, stride: 2, filters: 24, pool: 3, step: 3 },
]
  .flatMap((shape) => [
    { ...shape, root: false },
    { ...shape, root: true },
  ])
  .filter((shape) => inferenceMacs(shape) <= 0.8 * lenetMacs);

const run = (args) =>
  JSON.parse(
    execFileSync(process.execPath, [cli, ...args, '--json', '--quiet'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
  );

/** Fits the shape on `NAME-fit.npz` and evaluates on `NAME-test.npz`: the right ones, the λ of the read-out and the processor's time. */
function fitAndTest(shape, name, targets = 'pca seed 1', conv = 'solve ridge') {
  const folder = mkdtempSync(join(tmpdir(), 'tierwise-cnn-'));
  try {
    writeFileSync(join(folder, 'cnn.onnx'), fashionCnn(shape));
    // A split below 1 is required: one of the rows is left out of the fit.
    const plan = `model "cnn.onnx"
data "${join(data, `${name}-fit.npz`)}" split 0.9999
backend cpu
lower tier filters { layers "/conv/Conv" ${conv} targets ${targets} }
lower tier readout { layers "/readout/Gemm" solve ridge lambda auto }
`;
    writeFileSync(join(folder, 'cnn.tiers'), plan);
    const record = run(['fit', join(folder, 'cnn.tiers'), '--backend', 'cpu']);
    const tested = run(['eval', join(folder, 'cnn.fitted.onnx'), '--data', join(data, `${name}-test.npz`)]);
    const { value, rows } = measured(tested);
    return {
      accuracy: value,
      testRows: rows,
      rows: record.layers[1].rows,
      lambda: record.layers[1].lambda,
      seconds: record.layers.reduce((s, l) => s + l.seconds, 0),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measured(document) {
  const evaluation = document.evaluation ?? document;
  return { value: evaluation.value ?? evaluation.after ?? evaluation.accuracy, rows: evaluation.rows };
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const label = ({ kernel, stride, filters, pool, step, root }) =>
  `${kernel}x${kernel}/${stride} f${filters} pool ${pool}/${step}${root ? ' sqrt' : ''}`;

for (const name of names) {
  if (process.argv.includes('--targets')) {
    const shape = { kernel: 5, stride: 1, filters: 16, pool: 5, step: 5, root: true };
    for (const targets of ['pca', 'random seed 1', 'labels seed 1', 'forward-projection seed 1', 'autoencode seed 1']) {
      const result = fitAndTest(shape, name, targets);
      console.log(JSON.stringify({ name, targets, test: result.accuracy, seconds: Number(result.seconds.toFixed(2)) }));
    }
    continue;
  }
  const scores = grid.map((shape) => ({
    shape,
    cv: mean([0, 1, 2, 3, 4].map((fold) => fitAndTest(shape, `${name}-fold${fold}`).accuracy)),
  }));
  // Of equal scores the one that needs less work wins.
  const best = scores.toSorted((a, b) => b.cv - a.cv || fitMacs(a.shape, 2000) - fitMacs(b.shape, 2000))[0];
  const result = fitAndTest(best.shape, name);
  console.log(
    JSON.stringify({
      name,
      chosen: label(best.shape),
      features: sizes(best.shape).features,
      cv: best.cv,
      test: result.accuracy,
      trainingMacs: Math.round(fitMacs(best.shape, result.rows)),
      inferenceMacs: inferenceMacs(best.shape),
      lambda: result.lambda,
      seconds: Number(result.seconds.toFixed(2)),
      grid: Object.fromEntries(scores.map(({ shape, cv }) => [label(shape), Number(cv.toFixed(4))])),
    }),
  );
}
