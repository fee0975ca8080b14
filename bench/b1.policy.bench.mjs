// When to update: a stream of optdigits whose inputs are partly permuted halfway (after the experiment of the method reference, 3.8).
// Never, always, every fifth batch, smoothed error alone, and the two-stage policy; accuracy before learning each batch, multiply-adds,
// updates, joules by one stated constant.
//   node bench/b1.policy.bench.mjs [seeds]        default 3; needs the extra material (TIERWISE_SHARED)
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSource } from './peers/peers.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const data = join(process.env.TIERWISE_SHARED ?? resolve(root, '../shared'), 'material/data/optdigits');
if (!existsSync(data)) {
  console.log('Policy stream skipped: it needs the extra material.');
  process.exit(0);
}
const nSeeds = Number(process.argv[2] ?? 3);
const [inputs, features, lambda, batchRows, firstRows, permuted] = [64, 512, 1, 50, 1000, 32];
/** fp64 multiply-add, method reference 8: modelled, 45 nm; it scales all rows alike. */
const energyPerMacJ = 16.8e-12;
const { cpuNumerics } = await loadSource('solver-core/backends/cpu/index.ts');
const learn = await loadSource('solver-core/learn/index.ts');
const { createRandom } = await loadSource('solver-core/fit/prng.ts');
const numerics = cpuNumerics();

function readAll() {
  const lines = ['optdigits.tra', 'optdigits.tes'].flatMap((name) => readFileSync(join(data, name), 'utf8').trim().split('\n'));
  return lines.map((line) => line.trim().split(/\s+/).map(Number));
}

function shuffled(random, n) {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** All rows in an order of the seed; in the later half of the stream some inputs change places. */
function makeStream(all, seed) {
  const random = createRandom(seed, 'stream');
  const order = shuffled(random, all.length);
  const places = shuffled(random, inputs).slice(0, permuted);
  const moved = shuffled(random, permuted).map((i) => places[i]);
  const half = firstRows + Math.floor((all.length - firstRows) / 2 / batchRows) * batchRows;
  const x = new Float32Array(all.length * inputs);
  const labels = new Int32Array(all.length);
  order.forEach((from, r) => {
    for (let i = 0; i < inputs; i++) x[r * inputs + i] = all[from][i] / 16;
    if (r >= half) places.forEach((place, i) => (x[r * inputs + place] = all[from][moved[i]] / 16));
    labels[r] = all[from][inputs];
  });
  return (from, to) => ({
    rows: to - from,
    x: x.subarray(from * inputs, to * inputs),
    labels: { kind: 'class', values: labels.subarray(from, to), classes: 10 },
  });
}

async function errorsOf(learner, rows) {
  const scores = await learner.scores(rows);
  const k = learner.outputs;
  return Array.from({ length: rows.rows }, (_, r) => {
    let best = 0;
    for (let o = 1; o < k; o++) if (scores[r * k + o] > scores[r * k + best]) best = o;
    return best === rows.labels.values[r] ? 0 : 1;
  });
}

const joules = (macs) => {
  const valueJ = macs * energyPerMacJ;
  return { valueJ, lowJ: valueJ, highJ: valueJ };
};
/** Multiply-adds of the head's scores. */
const scoreMacs = (rows) => rows * (inputs * features + features * 10);

/** Simple rules: `when(batch, ewma)` says whether the batch is learned. */
async function simple(rows, end, first, when) {
  let [learner, macs, updates, wrong, n] = [first, 0, 0, 0, 0];
  let monitor = learn.createDriftMonitor({ referenceError: 0 });
  for (let [at, batch] = [firstRows, 0]; at + batchRows <= end; at += batchRows, batch++) {
    const now = rows(at, at + batchRows);
    const errors = await errorsOf(learner, now);
    monitor = learn.observeDrift(monitor, { errors }).state;
    wrong += errors.reduce((a, b) => a + b, 0);
    n += batchRows;
    if (!when(batch, monitor.ewma)) continue;
    macs += learner.updateCost(batchRows).macs;
    learner = await learner.updated(now);
    updates++;
  }
  return { accuracy: 1 - wrong / n, macs, updates };
}

/** The policy of the product, as a job drives it: drift monitors, held-out window, probes that are paid. */
async function twoStage(rows, end, first, options, referenceError) {
  let [learner, macs, updates, probes, wrong, n] = [first, 0, 0, 0, 0, 0];
  let monitor = learn.createDriftMonitor({ referenceError });
  let policy = learn.createPolicy({ kind: 'gain', ...options });
  for (let at = firstRows; at + batchRows <= end; at += batchRows) {
    const now = rows(at, at + batchRows);
    const errors = await errorsOf(learner, now);
    wrong += errors.reduce((a, b) => a + b, 0);
    n += batchRows;
    const outcome = learn.observeDrift(monitor, { errors });
    monitor = outcome.state;
    const trigger = learn.observe(policy, { rows: batchRows, drift: outcome.signals, newClasses: 0, error: monitor.ewma });
    policy = trigger.state;
    if (trigger.kind !== 'probe') continue;
    const { pending, window } = trigger.rows;
    const waiting = rows(firstRows + pending.from, firstRows + pending.to);
    const held = rows(firstRows + window.from, firstRows + window.to);
    const cost = learner.updateCost(waiting.rows).macs + scoreMacs(2 * held.rows);
    const afforded = learn.afford(policy, joules(cost));
    policy = afforded.state;
    if (afforded.decision !== null) continue;
    probes++;
    macs += cost;
    const candidate = await learner.updated(waiting);
    const judged = await errorsOf(candidate, held);
    const difference = learn.pairedDifference(await errorsOf(learner, held), judged);
    const { state, decision } = learn.decide(policy, [{ action: 'update', difference, probe: joules(cost), commit: learn.noEnergy }]);
    policy = state;
    if (decision.action === 'skip') continue;
    learner = candidate;
    monitor = learn.afterUpdate(monitor, judged.reduce((a, b) => a + b, 0) / judged.length);
    updates++;
  }
  return { accuracy: 1 - wrong / n, macs, updates, probes };
}

const all = readAll();
const end = all.length;
const table = new Map();
for (let seed = 1; seed <= nSeeds; seed++) {
  const rows = makeStream(all, seed);
  const empty = await learn.createRidgeLearner(
    { inputs, outputs: 0, labels: 'class', lambda, forgetting: 1, expand: features, compensation: undefined, seed },
    numerics,
  );
  // The last 200 of the first rows tell what error is normal; then they are learned too.
  const most = await empty.updated(rows(0, firstRows - 200));
  const early = await errorsOf(most, rows(firstRows - 200, firstRows));
  const normal = early.reduce((a, b) => a + b, 0) / early.length;
  const first = await most.updated(rows(firstRows - 200, firstRows));
  const runs = {
    never: () => simple(rows, end, first, () => false),
    always: () => simple(rows, end, first, () => true),
    'every 5th batch': () => simple(rows, end, first, (batch) => batch % 5 === 4),
    'smoothed error > 0.05': () => simple(rows, end, first, (_, ewma) => ewma > 0.05),
    'smoothed error > 0.08': () => simple(rows, end, first, (_, ewma) => ewma > 0.08),
    'smoothed error > 0.12': () => simple(rows, end, first, (_, ewma) => ewma > 0.12),
    'two stages, any gain, all rows wait': () => twoStage(rows, end, first, {}, normal),
    'two stages, any gain, 512 rows wait at most': () => twoStage(rows, end, first, { pendingKeep: 512 }, normal),
    'two stages, any gain, 256': () => twoStage(rows, end, first, { pendingKeep: 256 }, normal),
    'two stages, any gain, 128': () => twoStage(rows, end, first, { pendingKeep: 128 }, normal),
    'two stages, 256, gain per joule > 20000': () => twoStage(rows, end, first, { pendingKeep: 256, gainPerJoule: 2e4 }, normal),
    'two stages, 256, gain per joule > 60000': () => twoStage(rows, end, first, { pendingKeep: 256, gainPerJoule: 6e4 }, normal),
    'two stages, 256, 0.3 mJ per batch': () =>
      twoStage(rows, end, first, { pendingKeep: 256, bucket: { refillJ: 3e-4, capacityJ: 3e-3 } }, normal),
    'two stages, 256, 0.1 mJ per batch': () =>
      twoStage(rows, end, first, { pendingKeep: 256, bucket: { refillJ: 1e-4, capacityJ: 3e-3 } }, normal),
  };
  for (const [name, run] of Object.entries(runs)) table.set(name, [...(table.get(name) ?? []), await run()]);
}
const nStream = Math.floor((end - firstRows) / batchRows) * batchRows;
console.log(
  `stream of ${nStream} rows in batches of ${batchRows}, ${features} features, head fitted on ${firstRows}, ${permuted} of ${inputs} inputs permuted halfway; ` +
    `mean of ${nSeeds} seeds; ${energyPerMacJ * 1e12} pJ per multiply-add; ${numerics.description}`,
);
for (const [name, runs] of table) {
  const mean = (key) => runs.reduce((sum, run) => sum + (run[key] ?? 0), 0) / runs.length;
  const accuracy = mean('accuracy');
  const error = Math.sqrt((accuracy * (1 - accuracy)) / nStream / nSeeds);
  const probes = runs[0].probes === undefined ? '' : ` (${mean('probes').toFixed(1)} probes)`;
  console.log(
    `| ${name} | ${(100 * accuracy).toFixed(1)} ± ${(100 * error).toFixed(1)} | ${(mean('macs') / 1e9).toFixed(2)} | ${mean('updates').toFixed(1)}${probes} | ${(mean('macs') * energyPerMacJ * 1e3).toFixed(1)} |`,
  );
}
