// The grouped switching model against gate-level simulation of whole tiles, layer by layer: tables are made on one half of the rows, tiles
// are simulated on the other half. Beside it: weights changed after the table was made, tables without the layer's data, two groupings.
//   node bench/switching.bench.mjs [millions of transitions per layer and simulation, default 8]
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { loadSource } from './peers/peers.mjs';

const transitions = Number(process.argv[2] ?? 8) * 1e6;
const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const material = process.env.TIERWISE_SHARED ?? join(root, '../shared');
const { integerLayers } = await loadSource('solver-core/jobs/integer-layers.ts');
const { layerEnergyTable, predictedEnergy, classTransitions } = await loadSource('solver-core/energy/switching/layer-table.ts');
const { inputClasses } = await loadSource('solver-core/energy/switching/classes.ts');
const { msbDistance, highBits } = await loadSource('solver-core/energy/switching/groups.ts');
const { tileEnergy } = await loadSource('solver-core/energy/switching/tile.ts');
const { macCell } = await loadSource('solver-core/energy/switching/gate-simulation.ts');
const { dataFreeTable, energyByWeight, uniformShares } = await loadSource('bench/data-free/data-free-table.ts');
const { integerWeights } = await loadSource('solver-core/energy/switching/integers.ts');
const { openModel } = await loadSource('solver-core/jobs/open-model.ts');
const { runnableModel } = await loadSource('solver-core/jobs/runnable-model.ts');
const { createEnvironment } = await loadSource('solver-core/jobs/environment.ts');
const { openRows, takeRows } = await loadSource('solver-core/jobs/open-rows.ts');
const { splitRows } = await loadSource('solver-core/fit/split.ts');
const { ortRuntime } = await loadSource('solver-core/runtime/ort.ts');

const context = { host: { nowMs: () => performance.now(), pause: () => Promise.resolve() } };
const environment = createEnvironment('0', join(root, 'dist/cli.cjs'));
const cells = ['array', 'booth'].map((id) => macCell(id));
const whole = (e) => e.multiplier + e.adder + e.registers;
const percent = (x) => `${x >= 0 ? '+' : '−'}${Math.abs(100 * x).toFixed(1)}`;
const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;
const size = (list) => `${(100 * mean(list.map(Math.abs))).toFixed(1)} % (largest ${(100 * Math.max(...list.map(Math.abs))).toFixed(1)})`;

function fashion() {
  const idx = (name) => gunzipSync(readFileSync(join(material, 'material/data/fashion-mnist-small', name)));
  const x = Float32Array.from(idx('train-images-idx3-ubyte.gz').subarray(16), (v) => v / 255);
  const values = Int32Array.from(idx('train-labels-idx1-ubyte.gz').subarray(8));
  return { rows: values.length, inputShape: [1, 28, 28], x, labels: { kind: 'class', values, classes: 10 } };
}

/** Weights of a layer after a change that keeps their scale or, for 4 bits, as the 15 steps themselves. */
const changes = {
  'int8, nearest': (layer) => layer.weights,
  'int4, nearest': (layer) => integerWeights(layer.weights, layer.d, layer.k, 7).integers,
  'half pruned': (layer) => {
    const limit = layer.weights.map(Math.abs).sort()[layer.weights.length >> 1];
    return layer.weights.map((w) => (Math.abs(w) < limit ? 0 : w));
  },
};

/** The figure of a table without the layer's data: uniformly random operands, and the shares of the layer's transitions per class of inputs. */
function withoutData(cell, layer) {
  const table = dataFreeTable(cell.id, cell.netlistHash);
  const uniform = energyByWeight(table, uniformShares());
  const classes = inputClasses(layer);
  const byClass = classTransitions(layer, classes).map(({ count, activationBefore, activation, sumBefore, sum }) => {
    const shares = new Float64Array(52);
    for (let t = 0; t < count; t++) {
      const of = 2 * Number(activationBefore[t] !== 0) + Number(activation[t] !== 0);
      shares[of * 13 + highBits.group(sumBefore[t], sum[t])] += 1 / count;
    }
    return energyByWeight(table, shares);
  });
  const total = { uniform: 0, shares: 0 };
  layer.weights.forEach((w, at) => {
    total.uniform += uniform[w + 127];
    total.shares += byClass[classes.inputClass[Math.floor(at / layer.k)]][w + 127];
  });
  return { uniform: total.uniform * layer.positions, shares: total.shares * layer.positions };
}

/** Share of the variance of a unit's adder and register energy that the groups' means explain, over the active classes of a layer. */
function explained(cell, layer, grouping) {
  const draws = classTransitions(layer, inputClasses(layer), { samples: 400 }).filter(({ count }) => count > 0);
  const groups = new Map();
  const values = [];
  for (const draw of draws) {
    for (let t = 0; t < draw.count; t++) {
      const one = { count: 1 };
      for (const key of ['activationBefore', 'activation', 'sumBefore', 'sum']) one[key] = draw[key].subarray(t, t + 1);
      const e = cell.transitionEnergy(37, one);
      const value = e.adder + e.registers;
      const group = grouping.group(draw.sumBefore[t], draw.sum[t]);
      values.push([group, value]);
      groups.set(group, [...(groups.get(group) ?? []), value]);
    }
  }
  const all = mean(values.map(([, v]) => v));
  const left = values.reduce((sum, [g, v]) => sum + (v - mean(groups.get(g))) ** 2, 0);
  return 1 - left / values.reduce((sum, [, v]) => sum + (v - all) ** 2, 0);
}

const spent = { tables: 0, tiles: 0 };
function timed(what, run) {
  const start = performance.now();
  const result = run();
  spent[what] += (performance.now() - start) / 1000;
  return result;
}

async function network(name, path, data) {
  const opened = runnableModel(await openModel(environment, path));
  const halves = splitRows(data.rows, 0.5, 1);
  const request = { ...opened, runtime: ortRuntime(), context };
  const { layers } = await integerLayers({ ...request, data: takeRows(data, halves.fit) });
  const scales = new Map(layers.map((l) => [l.id, l.input]));
  const { layers: others } = await integerLayers({ ...request, data: takeRows(data, halves.heldOut), scales });
  const errors = new Map();
  const note = (key, error) => errors.set(key, [...(errors.get(key) ?? []), error]);
  for (const cell of cells) {
    console.log(`\n### ${name}, ${cell.id} cell\n`);
    console.log(
      '| layer | d x k | energy per MAC, simulated | grouped | error % | by multiplier, adder, registers % | uniform table, error % | shares of groups, error % |',
    );
    console.log('|---|---|---|---|---|---|---|---|');
    for (const [i, layer] of layers.entries()) {
      const table = timed('tables', () => layerEnergyTable(cell, layer));
      const bare = withoutData(cell, layer);
      for (const [change, of] of Object.entries(changes)) {
        const weights = of(layer);
        const tiles = timed('tiles', () => tileEnergy(cell, { ...others[i], weights }, { transitions }));
        const frozen = predictedEnergy(table, weights);
        const error = whole(frozen) / whole(tiles.energy) - 1;
        note(`${cell.id} ${change} frozen`, error);
        if (weights !== layer.weights) {
          const again = timed('tables', () => predictedEnergy(layerEnergyTable(cell, { ...layer, weights }), weights));
          note(`${cell.id} ${change} again`, whole(again) / whole(tiles.energy) - 1);
          continue;
        }
        const alternative = predictedEnergy(layerEnergyTable(cell, layer, { grouping: highBits }), weights);
        note(`${cell.id} highBits`, whole(alternative) / whole(tiles.energy) - 1);
        note(`${cell.id} uniform`, bare.uniform / whole(tiles.energy) - 1);
        note(`${cell.id} shares`, bare.shares / whole(tiles.energy) - 1);
        note(
          `${cell.id} restarted`,
          whole(tileEnergy(cell, others[i], { rows: 128, sums: 'restarted' }).energy) /
            whole(tileEnergy(cell, others[i], { rows: 128 }).energy) -
            1,
        );
        const parts = ['multiplier', 'adder', 'registers'].map((p) => percent(frozen[p] / tiles.energy[p] - 1)).join(', ');
        console.log(
          `| ${layer.id} | ${layer.d} x ${layer.k} | ${(whole(tiles.energy) / tiles.macs).toFixed(3)} | ${(whole(frozen) / tiles.macs).toFixed(3)} | ${percent(error)} | ${parts} | ${percent(bare.uniform / whole(tiles.energy) - 1)} | ${percent(bare.shares / whole(tiles.energy) - 1)} |`,
        );
      }
    }
  }
  console.log(`\nMean error of a layer, ${name} (largest in brackets):\n`);
  console.log('| | ' + cells.map((c) => c.id).join(' | ') + ' |\n|---|---|---|');
  const rows = [
    ['int8 weights as they are', 'int8, nearest frozen'],
    ['the same, groups by the 12 highest bits', 'highBits'],
    ['no data: uniformly random operands', 'uniform'],
    ["no data but the layer's shares of classes and groups", 'shares'],
    ['weights rounded to int4, table of the int8 weights', 'int4, nearest frozen'],
    ['the same, table made again', 'int4, nearest again'],
    ['smaller half of the weights set to 0, table of the int8 weights', 'half pruned frozen'],
    ['the same, table made again', 'half pruned again'],
    ['sums restarted in each tile in place of carried on: what it changes', 'restarted'],
  ];
  for (const [text, key] of rows) console.log(`| ${text} | ${cells.map((c) => size(errors.get(`${c.id} ${key}`))).join(' | ')} |`);
  const wide = layers.filter((l) => l.d > 30);
  const r2 = (grouping) => wide.map((l) => explained(cells[0], l, grouping).toFixed(2)).join(', ');
  console.log(
    `\nShare of the variance of adder and register energy (array cell, weight 37) that group means explain, by layer: MSB position x Hamming`,
  );
  console.log(`distance ${r2(msbDistance)}; 12 highest bits ${r2(highBits)}.`);
}

const digits = await openRows(join(root, 'examples/digits/digits.npz'), {});
await network('mlp_digits', join(root, 'test/fixtures/onnx/mlp_digits.onnx'), digits.rows);
if (existsSync(join(material, 'material'))) {
  for (const name of ['lenet5_fashion', 'resnet8_fashion'])
    await network(name, join(material, `material/models/own/${name}.onnx`), fashion());
}
console.log(
  `\nAll tables ${spent.tables.toFixed(0)} s, all tiles ${spent.tiles.toFixed(0)} s: ratio ${(spent.tiles / spent.tables).toFixed(1)}.`,
);
