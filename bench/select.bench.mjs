// Energy-aware weight selection in closed form on lenet5_fashion and resnet8_fashion beside its rivals: uniform int8 and int4, pruning,
// sets of cheap values without compensation, zeros alone. Calibration and validation rows come from the 2,000 training pictures of
// fashion-mnist-small; its 1,000 test pictures judge once, energy included.
//   node bench/select.bench.mjs [model ...] [--ours | --rivals | --best | --train] [--points=N] [--only=TEXT]
// Default: both models, all variants. Needs the extra material (TIERWISE_SHARED).
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSource } from './peers/peers.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const material = join(process.env.TIERWISE_SHARED ?? resolve(root, '../shared'), 'material');
if (!existsSync(join(material, 'models/own/lenet5_fashion.onnx'))) {
  console.log('Selection skipped: it needs the extra material.');
  process.exit(0);
}
const asked = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const part = process.argv.slice(2).find((word) => ['--ours', '--rivals', '--best', '--train'].includes(word));
/** Variants whose names begin so. */
const only =
  process.argv
    .slice(2)
    .find((word) => word.startsWith('--only='))
    ?.slice(7) ?? '';
/** Points that our searches may try; undefined: as the product does. */
const points = process.argv
  .slice(2)
  .find((word) => word.startsWith('--points='))
  ?.slice(9);
const bound = points === undefined ? {} : { maxPoints: Number(points) };
const t = await loadSource('bench/select-parts.ts');
const names = asked.length > 0 ? asked : ['lenet5_fashion', 'resnet8_fashion'];
const percent = (share, digits = 1) => (100 * share).toFixed(digits);
const seed = 1;
const maxDrop = 0.01;

/** Variants of a part: int8 belongs to all. */
const wanted = { '--ours': ['all', 'ours', 'best'], '--best': ['all', 'best'], '--rivals': ['all', 'rival'], '--train': ['all', 'train'] }[
  part
] ?? ['all', 'ours', 'best', 'rival', 'train'];

for (const name of names) {
  const bench = await setUp(name);
  const { original, test } = bench;
  console.log(
    `\n## ${name}: ${percent(original.quality, 2)} % on ${original.rows} validation rows, ${percent(test.quality, 2)} % on ${test.rows} test rows\n`,
  );
  console.log('| variant | validation | test | array | array, arranged | booth | booth, arranged | zeros | seconds |');
  console.log('|---|---|---|---|---|---|---|---|---|');
  for (const variant of variants(bench).filter(
    ({ name: label, ours }) => wanted.includes(ours) && (ours === 'all' || label.startsWith(only)),
  )) {
    const began = performance.now();
    const layers = await variant.run();
    await report(bench, variant.name, layers, (performance.now() - began) / 1000);
  }
}

/** The model with its rows, bound once with energies of the natural way on the array, and once with those of the arranged one. */
async function setUp(name) {
  const environment = t.createEnvironment('bench', join(root, 'dist/cli.cjs'));
  const runnable = t.runnableModel(await t.openModel(environment, join(material, 'models/own', `${name}.onnx`)));
  const folder = join(material, 'data/fashion-mnist-small');
  const train = await t.openRows(join(folder, 'train-images-idx3-ubyte.gz'), {});
  const judge = await t.openRows(join(folder, 't10k-images-idx3-ubyte.gz'), {});
  const scaled = ({ rows, inputShape, x, labels }) => ({ rows, inputShape, labels, x: x.map((v) => v / 255) });
  const most = train.rows.x.reduce((a, b) => Math.max(a, b), 0);
  const prepared = most > 1 ? scaled : (rows) => rows;
  const split = t.splitRows(train.rows.rows, 2 / 3, seed);
  const cells = { array: t.macCell('array'), booth: t.macCell('booth') };
  const context = { host: t.nodeHost };
  const runtime = t.ortRuntime();
  const calibration = prepared(train.take(split.fit));
  const validation = prepared(train.take(split.heldOut));
  const testRows = prepared(judge.rows);
  const common = { ...runnable, calibration, cell: cells.array, price: t.searchPrice('array'), runtime, seed };
  const natural = await t.selectModel({ ...common, validation }, context);
  const arranged = await t.selectModel({ ...common, validation, arrange: true }, context);
  const judging = await t.selectModel({ ...common, validation: testRows, sensitive: false }, context);
  const none = new Map();
  const original = await natural.problem.assess(none, context);
  const test = await judging.problem.assess(none, context);
  const kappas = await t.lossPerError(t.cpuNumerics(), natural.problem, context);
  const toTrain = { ...common, validation };
  return { toTrain, runnable, natural, arranged, judging, context, runtime, testRows, cells, original, test, kappas };
}

function variants({ toTrain, natural, arranged, context, kappas }) {
  const numerics = t.cpuNumerics();
  const { problem } = natural;
  const all = { kind: 'all' };
  const plain = { bits: 8, values: all, mu: 0, energyUnit: 1, compensate: false, polish: false };
  let unit;
  const pass = async (setting) => {
    const passes = await t.createPasses(numerics, problem, { maxDrop }, context);
    unit ??= (await passes.run('unit', 'unit', 'baseline', t.roundingOf(problem, 8))).energy;
    const settings = problem.layers.map((_, at) => ({ ...plain, ...setting, lossPerError: kappas[at], energyUnit: unit }));
    return (await passes.run('one', 'one', 'baseline', settings)).layers;
  };
  const search = async (of, options) =>
    (await t.selectWeights(numerics, of.problem, { bits: 8, values: all, maxDrop, seed, ...options }, context)).chosen.layers;
  const one = (name, setting, ours = 'rival') => ({ name, ours, run: () => pass(setting) });
  const whole = (name, of, options, ours = 'rival') => ({ name, ours, run: () => search(of, options) });
  const quick = { schedule: false, maxPoints: 6 };
  const same = { inputLevels: [256] };
  return [
    one('int8, nearest', {}, 'all'),
    one('int8, GPTQ', { compensate: true }),
    one('32 input levels alone, GPTQ', { compensate: true, inputLevels: [32] }),
    one('int4, nearest', { bits: 4 }),
    one('int4, GPTQ', { bits: 4, compensate: true }),
    one('prune 50 %, no compensation', { prune: 0.5 }),
    one('prune 50 %, compensated', { prune: 0.5, compensate: true }),
    one('prune 70 %, no compensation', { prune: 0.7 }),
    one('prune 70 %, compensated', { prune: 0.7, compensate: true }),
    one('32 cheapest values, no compensation', { mu: 1e-6, values: { kind: 'set', size: 32 }, cheapest: true }),
    one('32 cheapest values, compensated', { mu: 1e-6, values: { kind: 'set', size: 32 }, cheapest: true, compensate: true }),
    whole('energy term, no compensation', natural, { ...quick, ...same, compensate: false }),
    whole('zeros alone, compensated', natural, { ...quick, ...same, zerosOnly: true }),
    whole('energy term, set of 16', natural, { ...quick, ...same, values: { kind: 'set', size: 16 } }),
    {
      name: 'training, shrinking sets',
      ours: 'train',
      run: async () =>
        (await t.trainSelectModel(toTrain, { bits: 8, values: all, maxDrop, seed, ...bound }, context)).outcome.chosen.layers,
    },
    whole('energy term', natural, { ...same, ...bound }, 'ours'),
    whole('energy term, input levels', natural, { ...bound }, 'best'),
    whole('energy term, input levels, arranged', arranged, { ...bound }, 'best'),
  ];
}

/** Savings against int8 by rounding on the test rows; the range is over the tables. */
async function report(bench, name, layers, seconds) {
  const stored = new Map(layers.map((layer) => [layer.stored.id, layer.stored]));
  const now = await energies(bench, stored);
  bench.before ??= now;
  const saved = (cell, how) => {
    const shares = t.energyTables.map((table) => 1 - now[cell][how][table.id] / bench.before[cell].natural[table.id]);
    return shares.map((share) => percent(share)).join(' / ');
  };
  const validation = await bench.natural.problem.assess(stored, bench.context);
  const test = await bench.judging.problem.assess(stored, bench.context);
  const zeros =
    layers.reduce((sum, l) => sum + l.zeros * l.stored.integers.length, 0) / layers.reduce((sum, l) => sum + l.stored.integers.length, 0);
  const change = (now_, was) => `${percent(now_.quality, 2)} (${percent(now_.quality - was.quality, 2)})`;
  const columns = [change(validation, bench.original), change(test, bench.test)];
  for (const cell of ['array', 'booth']) for (const how of ['natural', 'arranged']) columns.push(saved(cell, how));
  console.log(`| ${name} | ${columns.join(' | ')} | ${percent(zeros, 0)} % | ${seconds.toFixed(0)} |`);
}

/** Joules of all multiply-adds of one inference by whole-tile simulation on test rows, by cell, way on the array, and table. */
async function energies({ runnable, runtime, context, testRows, cells }, stored) {
  const { layers, input, model } = runnable;
  const quantised = t.storedModel(model, layers, stored);
  const wanted = layers.filter(({ id }) => stored.has(id));
  const sums = { array: { natural: {}, arranged: {} }, booth: { natural: {}, arranged: {} } };
  for await (const rows of t.layerInputs({
    model: quantised,
    layers: wanted,
    input,
    data: testRows,
    runtime,
    context,
    samples: 256,
    rows: 2048,
    seed,
  })) {
    const { integers, input: steps } = stored.get(rows.layer.id);
    const { inputs, outputs, groups } = rows.layer.linear;
    const activations = new Uint8Array(rows.x.length);
    t.quantiseActivations(rows.x, steps, activations);
    const natural = {
      id: rows.layer.id,
      weights: integers,
      d: inputs * groups,
      k: outputs / groups,
      rows: rows.rows,
      activations,
      positions: rows.positions,
      runRows: rows.runRows,
      ...(groups === 1 ? {} : { groupInputs: inputs }),
    };
    const how = t.arrangement(natural, t.inputChanges(natural));
    const ways = { natural, arranged: t.arranged(natural, how) };
    for (const [id, cell] of Object.entries(cells)) {
      for (const [way, layer] of Object.entries(ways)) {
        const { energy, simulatedColumns, columns, wrapped } = t.tileEnergy(cell, layer, { rows: 128, seed });
        if (simulatedColumns < columns || wrapped > 0)
          console.error(`${id} ${way} ${layer.id}: ${simulatedColumns} of ${columns} columns, ${wrapped} wrapped`);
        for (const table of t.energyTables)
          sums[id][way][table.id] = (sums[id][way][table.id] ?? 0) + t.tableJoules(id, energy, table).value;
      }
    }
  }
  return sums;
}
