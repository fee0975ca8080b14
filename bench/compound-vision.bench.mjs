// Class-incremental digits (optdigits, five phases of two classes, no rows kept) with a compound model of two networks, beside always-on
// fine-tuning of all layers, replay, never updating and retraining after each phase. Accuracy as the stream comes and on the 1,797 test rows
// at its end, and the modelled joules of updating by the same formulas for everybody.
//   node bench/compound-vision.bench.mjs [seeds]       default 3; needs the extra material (TIERWISE_SHARED)
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSource } from './peers/peers.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const data = join(process.env.TIERWISE_SHARED ?? resolve(root, '../shared'), 'material/data/optdigits');
if (!existsSync(join(data, 'optdigits.tra'))) {
  console.log('Compound vision skipped: it needs the extra material.');
  process.exit(0);
}
const t = await loadSource('bench/compound-parts.ts');
const seeds = Array.from({ length: Number(process.argv[2] ?? 3) }, (_, i) => i);
const [batch, startRows, memoryRows, width, classes] = [64, 64, 200, 64, 10];
const folder = mkdtempSync(join(tmpdir(), 'tierwise-compound-bench-'));

/** mulberry32. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let v = Math.imul(state ^ (state >>> 15), state | 1);
    v = (v + Math.imul(v ^ (v >>> 7), v | 61)) ^ v;
    return ((v ^ (v >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffled(list, random) {
  const order = [...list];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

function readRows(name) {
  const lines = readFileSync(join(data, name), 'utf8').trim().split('\n');
  const x = new Float32Array(lines.length * width);
  const values = new Int32Array(lines.length);
  lines.forEach((line, r) => {
    const numbers = line.trim().split(/\s+/).map(Number);
    x.set(numbers.slice(0, width), r * width);
    values[r] = numbers[width];
  });
  return { rows: lines.length, inputShape: [1, 8, 8], x, labels: { kind: 'class', values, classes } };
}

function take(rows, numbers) {
  const x = new Float32Array(numbers.length * width);
  numbers.forEach((row, at) => x.set(rows.x.subarray(row * width, (row + 1) * width), at * width));
  return {
    rows: numbers.length,
    inputShape: [1, 8, 8],
    x,
    labels: { kind: 'class', values: Int32Array.from(numbers, (r) => rows.labels.values[r]), classes },
  };
}

const [train, test] = [readRows('optdigits.tra'), readRows('optdigits.tes')];
const large = readFileSync(join(root, 'examples/compound/large.onnx'));
const percent = (share) => (100 * share).toFixed(1);
const mj = (value) => (value * 1e3).toPrecision(3);

function planText(escalate, extra) {
  return `model "large.onnx"
data "start.npz" inputs x labels y split 0.9 seed 1
target "ecp5-85f"
compound classifier {
  lower model "small.onnx"
  upper rest
  cache off
  escalate ${escalate}
  learn auto lambda 1e-1
  ${extra}
}
`;
}

/** A compound run over the stream, then the test rows with the heads as they are. */
async function compound(name, run, escalate, extra, policy = 'plan') {
  const own = mkdtempSync(join(run.folder, 'run-'));
  for (const file of ['start.npz', 'stream.npz', 'test.npz']) copyFileSync(join(run.folder, file), join(own, file));
  for (const file of ['small.onnx', 'large.onnx']) copyFileSync(join(root, 'examples/compound', file), join(own, file));
  const path = join(own, 'digits.tiers');
  writeFileSync(path, planText(escalate, extra));
  const environment = t.createEnvironment('bench', join(own, 'cli.cjs'));
  const learned = await t.compoundJob(environment, { path, stream: join(own, 'stream.npz'), batchRows: batch, policy }, {});
  const judged = await t.compoundJob(environment, { path, stream: join(own, 'test.npz'), batchRows: 1024, policy: 'never' }, {});
  const right = (d) => d.totals.accuracy * d.totals.decisions;
  const final = (right(judged) - right(learned)) / (judged.totals.decisions - learned.totals.decisions);
  const { learning, deciding } = learned.totals.energy;
  const phases = phaseAccuracy(run, learned.steps);
  return {
    name,
    running: learned.totals.accuracy,
    final,
    updateJ: learning.value,
    totalJ: deciding.value + learning.value,
    updates: learned.totals.updates,
    escalated: learned.totals.escalated / learned.totals.decisions,
    phases,
  };
}

/** Accuracy as the stream comes in each of its fifths. */
function phaseAccuracy(run, steps) {
  const sums = run.ends.map(() => [0, 0]);
  let at = 0;
  for (const { decisions, accuracy } of steps) {
    const phase = run.ends.findIndex((end) => at < end);
    sums[phase][0] += accuracy * decisions;
    sums[phase][1] += decisions;
    at += decisions;
  }
  return sums.map(([right, all]) => right / Math.max(1, all));
}

async function newNetwork(epochs, seed) {
  const model = t.readModel(large).value;
  const layers = t.findLayers(model.graph, t.inferShapes(model.graph));
  const tier = {
    kind: 'upper',
    name: 'all',
    layers: layers.map(({ id }) => id),
    budgets: [],
    range: { line: 1, column: 1, endLine: 1, endColumn: 1 },
    learner: 'adam',
    lambda: undefined,
    forgetting: 1,
    expand: undefined,
    compensation: undefined,
    seed,
    rate: 1e-3,
    epochs,
    ewc: 0,
    gainPerJoule: undefined,
  };
  const { value, diagnostics } = await t.createGradientLearner({ model, layers, tier, task: 'class', runtime: t.ortRuntime() });
  if (value === undefined) throw new Error(diagnostics[0].message);
  return value;
}

/** The network reads counts of 0 to 16; gradient descent starts from scores of 0. */
async function accuracy(learner, rows) {
  const scores = await learner.scores(rows);
  let right = 0;
  for (let r = 0; r < rows.rows; r++) {
    let best = 0;
    for (let o = 1; o < classes; o++) if (scores[r * classes + o] > scores[r * classes + best]) best = o;
    if (best === rows.labels.values[r]) right++;
  }
  return right / rows.rows;
}

/** Gradient descent on all layers after every batch; `replay`: as many rows of a memory of 20 per class beside the new ones. */
async function fineTuned(name, run, prices, { epochs, replay = false }) {
  let learner = await newNetwork(epochs, run.seed);
  learner = await learner.updated(run.start);
  const memory = new Map();
  const random = generator(run.seed + 77);
  const remember = (rows) => {
    for (let r = 0; r < rows.rows; r++) {
      const label = rows.labels.values[r];
      const kept = memory.get(label) ?? { seen: 0, rows: [] };
      kept.seen++;
      const row = rows.x.slice(r * width, (r + 1) * width);
      if (kept.rows.length < memoryRows / classes) kept.rows.push(row);
      else {
        const at = Math.floor(random() * kept.seen);
        if (at < kept.rows.length) kept.rows[at] = row;
      }
      memory.set(label, kept);
    }
  };
  if (replay) remember(run.start);
  let [right, updateJ, updates] = [0, 0, 0];
  const steps = [];
  for (let from = 0; from < run.stream.rows; from += batch) {
    const rows = take(
      run.stream,
      Array.from({ length: Math.min(batch, run.stream.rows - from) }, (_, i) => from + i),
    );
    const share = await accuracy(learner, rows);
    steps.push({ decisions: rows.rows, accuracy: share });
    right += share * rows.rows;
    const learned = replay ? withMemory(rows, memory, random) : rows;
    updateJ += prices.update('upper', learner, learned.rows).value;
    const next = await learner.updated(learned);
    learner = next;
    updates++;
    if (replay) remember(rows);
  }
  const decidingJ = run.stream.rows * (prices.upper(1).value + prices.head('upper', classes).value);
  const final = await accuracy(learner, test);
  await learner.dispose();
  return {
    name,
    running: right / run.stream.rows,
    final,
    updateJ,
    totalJ: decidingJ + updateJ,
    updates,
    escalated: 1,
    phases: phaseAccuracy(run, steps),
  };
}

function withMemory(rows, memory, random) {
  const all = [...memory].flatMap(([label, kept]) => kept.rows.map((row) => ({ row, label })));
  const drawn = shuffled(all, random).slice(0, rows.rows);
  const x = new Float32Array((rows.rows + drawn.length) * width);
  const values = new Int32Array(rows.rows + drawn.length);
  x.set(rows.x);
  values.set(rows.labels.values);
  drawn.forEach(({ row, label }, i) => {
    x.set(row, (rows.rows + i) * width);
    values[rows.rows + i] = label;
  });
  return { rows: values.length, inputShape: [1, 8, 8], x, labels: { kind: 'class', values, classes } };
}

/** Retraining from the start on all rows so far after each phase; nothing in between. */
async function retrained(name, run, prices, epochs) {
  let learner = await (await newNetwork(epochs, run.seed)).updated(run.start);
  let [right, updateJ] = [0, 0];
  const steps = [];
  let from = 0;
  for (const end of run.ends) {
    const rows = take(
      run.stream,
      Array.from({ length: end - from }, (_, i) => from + i),
    );
    const share = await accuracy(learner, rows);
    steps.push({ decisions: rows.rows, accuracy: share });
    right += share * rows.rows;
    const all = take(
      run.stream,
      Array.from({ length: end }, (_, i) => i),
    );
    await learner.dispose();
    learner = await newNetwork(epochs, run.seed);
    updateJ += prices.update('upper', learner, all.rows).value;
    learner = await learner.updated(all);
    from = end;
  }
  const final = await accuracy(learner, test);
  await learner.dispose();
  const decidingJ = run.stream.rows * (prices.upper(1).value + prices.head('upper', classes).value);
  return {
    name,
    running: right / run.stream.rows,
    final,
    updateJ,
    totalJ: decidingJ + updateJ,
    updates: run.ends.length,
    escalated: 1,
    phases: phaseAccuracy(run, steps),
  };
}

const results = new Map();
for (const seed of seeds) {
  const random = generator(1000 + seed);
  const order = shuffled(
    Array.from({ length: classes }, (_, c) => c),
    random,
  );
  const numbers = Array.from({ length: 5 }, (_, phase) => {
    const own = new Set(order.slice(2 * phase, 2 * phase + 2));
    return shuffled(
      Array.from({ length: train.rows }, (_, r) => r).filter((r) => own.has(train.labels.values[r])),
      random,
    );
  });
  const start = take(train, numbers[0].slice(0, startRows));
  numbers[0] = numbers[0].slice(startRows);
  const stream = take(train, numbers.flat());
  const ends = numbers.map((_, p) => numbers.slice(0, p + 1).reduce((sum, list) => sum + list.length, 0));
  const own = mkdtempSync(join(folder, 'seed-'));
  t.writeNpz(join(own, 'start.npz'), start, 0, start.rows);
  t.writeNpz(join(own, 'stream.npz'), stream, 0, stream.rows);
  t.writeNpz(join(own, 'test.npz'), test, 0, test.rows);
  const run = { seed, start, stream, ends, folder: own };
  for (const file of ['small.onnx', 'large.onnx']) copyFileSync(join(root, 'examples/compound', file), join(own, file));
  writeFileSync(join(own, 'digits.tiers'), planText('always', ''));
  const setup = await t.compoundSetup(t.createEnvironment('bench', join(own, 'cli.cjs')), join(own, 'digits.tiers'), 'stream.npz');
  const work = t.workOf({ ...setup, outputs: classes }, { lower: setup.parts.lower.width, upper: setup.parts.upper.width }, 1);
  const prices = t.streamPrices((await t.compoundPricesFor(join(own, 'digits.tiers'), 'ecp5-85f', work)).value, work);
  const gate = 'update when gain per joule > 5000';
  for (const method of [
    () => compound('compound, escalate below 0.9, gain gate', run, 'below 0.9', gate),
    () => compound('compound, always escalated, gain gate', run, 'always', gate),
    () => compound('compound, always escalated, update every batch', run, 'always', '', 'always'),
    () => compound('compound, never updated', run, 'below 0.9', '', 'never'),
    () => fineTuned('all layers fine-tuned, 1 epoch', run, prices, { epochs: 1 }),
    () => fineTuned('all layers fine-tuned, 5 epochs', run, prices, { epochs: 5 }),
    () => fineTuned('the same, 1 epoch, replay of 200 rows', run, prices, { epochs: 1, replay: true }),
    () => fineTuned('the same, 5 epochs, replay of 200 rows', run, prices, { epochs: 5, replay: true }),
    () => retrained('retrained after each phase, 10 epochs, all rows kept', run, prices, 10),
  ]) {
    const result = await method();
    results.set(result.name, [...(results.get(result.name) ?? []), result]);
    console.error(
      `seed ${seed}: ${result.name}: as it comes ${percent(result.running)}, at the end ${percent(result.final)}, updates ${mj(result.updateJ)} mJ (${result.updates})`,
    );
  }
}

const mean = (list, key) => list.reduce((sum, r) => sum + r[key], 0) / list.length;
const reference = mean(results.get('compound, always escalated, gain gate'), 'updateJ');
console.log(`optdigits, five phases of two classes, ${seeds.length} seeds, means; joules modelled on ecp5-85f\n`);
console.log(
  '| method | as it comes | by phase | at the end, 10 classes | updates | update energy | against gated compound | total energy |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const [name, list] of results) {
  const phases = list[0].phases.map((_, p) => percent(list.reduce((sum, r) => sum + r.phases[p], 0) / list.length)).join(' / ');
  const finals = list.map((r) => percent(r.final)).join(' / ');
  console.log(
    `| ${name} | ${percent(mean(list, 'running'))} % | ${phases} | ${finals} % | ${mean(list, 'updates').toFixed(0)} | ${mj(mean(list, 'updateJ'))} mJ | ${(mean(list, 'updateJ') / reference).toFixed(1)}x | ${mj(mean(list, 'totalJ'))} mJ |`,
  );
}
rmSync(folder, { recursive: true, force: true });
