// The engine that skips zeros against itself without skipping and against ONNX Runtime (one thread): a small RWKV one token at a time over
// the training part of a text, larger batches, and synthetic layers whose weights leave the caches. Times are processor time
// of one process, in turns; only ratios within a round count.
//   node bench/sparse-engine.bench.mjs [rounds, default 45] [model.sparse.onnx instead of thresholds of its own]
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSource } from './peers/peers.mjs';

const rounds = Number(process.argv[2] ?? 45);
const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const material = join(process.env.TIERWISE_SHARED ?? join(root, '../shared'), 'material');
const { sparseRuntime } = await loadSource('solver-core/backends/sparse/runtime.ts');
const { ortRuntime } = await loadSource('solver-core/runtime/ort.ts');
const { buildModel } = await loadSource('solver-core/onnx/build-model.ts');
const { readModel } = await loadSource('solver-core/onnx/read.ts');
const { encodeModel, withGraphOutputs } = await loadSource('solver-core/onnx/write.ts');
const { withThresholds } = await loadSource('solver-core/onnx/thresholds.ts');
const { findLayers } = await loadSource('solver-core/model/layers.ts');
const { findBlocks } = await loadSource('solver-core/model/blocks.ts');
const { findSites } = await loadSource('solver-core/model/sites.ts');
const { inferShapes } = await loadSource('solver-core/model/shape-inference/infer.ts');
const { createRandom, normals } = await loadSource('solver-core/fit/prng.ts');

const quantile = (list, q) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(q * list.length))];
const spread = (list) => `${quantile(list, 0.5).toFixed(2)} (${quantile(list, 0.25).toFixed(2)} to ${quantile(list, 0.75).toFixed(2)})`;
const percent = (x) => `${(100 * x).toFixed(1)} %`;

/** How many times as long `a` takes as `b`: the shortest rounds of both, then the median of the ratios per round with its quartiles. */
const compared = (a, b) => `${(quantile(a, 0) / quantile(b, 0)).toFixed(2)}; ${spread(a.map((t, r) => t / b[r]))}`;

/** Runs all contenders in every round, the order rotating; returns microseconds per unit, per contender and round. */
async function inTurns(contenders, count = rounds) {
  const times = contenders.map(() => []);
  for (let round = -1; round < count; round++) {
    for (let i = 0; i < contenders.length; i++) {
      const at = (i + round + contenders.length) % contenders.length;
      const before = process.cpuUsage();
      const units = await contenders[at].run();
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) times[at].push((user + system) / units);
    }
  }
  return times;
}

/** One line per contender: how many times as fast as the first one and as the one called `peer`. */
function table(contenders, times, unit) {
  const peer = contenders.findIndex((c) => c.name.startsWith('ONNX Runtime'));
  console.log(
    `| engine | skipped | ${unit} (shortest µs) | speed over the first: shortest; median (quartiles) | speed over ONNX Runtime |`,
  );
  console.log('|---|---|---|---|---|');
  contenders.forEach(({ name, skipped }, i) => {
    const over = (of) => compared(times[of], times[i]);
    const share = skipped === undefined ? '' : percent(skipped());
    console.log(
      `| ${name} | ${share} | ${quantile(times[i], 0).toFixed(0)} | ${i === 0 ? '1' : over(0)} | ${i === peer ? '1' : over(peer)} |`,
    );
  });
  console.log('');
}

const startState = (batch) => {
  const data = new Float32Array(6 * 5 * batch * 128);
  for (let l = 0; l < 6; l++) data.fill(-1e30, (l * 5 + 3) * batch * 128, (l * 5 + 4) * batch * 128);
  return { dims: [6, 5, batch, 128], data };
};

/** A contender that reads on in the text with every run. */
async function reader(name, runtime, model, ids, batch, tokens) {
  const runner = await runtime.open(model);
  let state = startState(batch);
  let at = 0;
  const stride = Math.floor(ids.length / batch);
  return {
    name,
    ...(runtime.counts === undefined ? {} : { skipped: () => runtime.counts().skipped / runtime.counts().macs }),
    async run() {
      for (let t = 0; t < tokens; t++, at = (at + 1) % stride) {
        const id = { dims: [batch], data: Float32Array.from({ length: batch }, (_, b) => ids[b * stride + at]) };
        const outputs = await runner.run(
          new Map([
            ['id', id],
            ['state', state],
          ]),
          ['logits', 'new_state'],
        );
        state = outputs.get('new_state');
      }
      return tokens * batch;
    },
  };
}

/** Thresholds at the quantile of each site's sizes on some of the text: the simplest choice, made to compare speeds and not losses. */
async function thresholded(bytes, ids, share) {
  const model = readModel(bytes).value;
  const layers = findLayers(model.graph, inferShapes(model.graph, {}));
  const { sites } = findSites(model.graph, layers, findBlocks(model.graph, layers));
  const runner = await sparseRuntime().open(
    encodeModel(
      withGraphOutputs(
        model,
        sites.map(({ id }) => id),
      ),
    ),
  );
  const sizes = new Map(sites.map(({ id }) => [id, []]));
  let state = startState(1);
  for (let t = 0; t < 1000; t++) {
    const outputs = await runner.run(
      new Map([
        ['id', { dims: [1], data: Float32Array.of(ids[t]) }],
        ['state', state],
      ]),
      runner.outputs,
    );
    state = outputs.get('new_state');
    for (const { id } of sites) sizes.get(id).push(...outputs.get(id).data.map(Math.abs));
  }
  const thresholds = sites.map(({ id, axis }) => ({
    site: id,
    axis,
    threshold: Float32Array.of(quantile(sizes.get(id), share)),
    centre: null,
  }));
  return encodeModel(withThresholds(model, thresholds, layers));
}

async function languageModel() {
  if (!existsSync(material)) {
    console.log('the language model and its text are not there: skipped\n');
    return;
  }
  const bytes = readFileSync(join(material, 'models/own/rwkv_char_step.onnx'));
  const vocabulary = JSON.parse(readFileSync(join(material, 'models/own/vocab.json'), 'utf8'));
  const text = readFileSync(join(material, 'data/tinyshakespeare/input.txt'), 'utf8');
  const training = Int32Array.from(text.slice(0, Math.floor(0.9 * text.length)), (c) => vocabulary.indexOf(c));
  const half = training.length >> 1;
  const sparse = process.argv[3] === undefined ? await thresholded(bytes, training.subarray(0, half), 0.6) : readFileSync(process.argv[3]);
  const read = training.subarray(half);
  for (const batch of [1, 4, 16, 64]) {
    const tokens = Math.ceil(64 / batch);
    const contenders = [
      await reader('skipping nothing', sparseRuntime({ skipZeros: false }), bytes, read, batch, tokens),
      await reader('skipping natural zeros', sparseRuntime(), bytes, read, batch, tokens),
      await reader('thresholds, skipping nothing', sparseRuntime({ skipZeros: false }), sparse, read, batch, tokens),
      await reader('thresholds, skipping', sparseRuntime(), sparse, read, batch, tokens),
      await reader('ONNX Runtime', ortRuntime(), bytes, read, batch, tokens),
      await reader('thresholds in ONNX Runtime', ortRuntime(), sparse, read, batch, tokens),
    ];
    console.log(`rwkv_char_step, ${batch} token${batch === 1 ? '' : 's'} at a time, ${rounds} rounds of ${tokens * batch} tokens\n`);
    table(contenders, await inTurns(contenders), 'per token');
  }
}

/** A model that takes whole windows: every layer has a row per token. */
async function windows() {
  if (!existsSync(material)) return;
  const bytes = readFileSync(join(material, 'models/own/opt_char.onnx'));
  const vocabulary = JSON.parse(readFileSync(join(material, 'models/own/vocab.json'), 'utf8'));
  const text = readFileSync(join(material, 'data/tinyshakespeare/input.txt'), 'utf8').slice(0, 500_000);
  for (const tokens of [1, 64]) {
    const contenders = [];
    for (const [name, runtime] of [
      ['skipping nothing', sparseRuntime({ skipZeros: false })],
      ['skipping natural zeros', sparseRuntime()],
      ['ONNX Runtime', ortRuntime()],
    ]) {
      const runner = await runtime.open(bytes);
      let at = 0;
      contenders.push({
        name,
        ...(runtime.counts === undefined ? {} : { skipped: () => runtime.counts().skipped / runtime.counts().macs }),
        async run() {
          for (let done = 0; done < 64; done += tokens, at += tokens) {
            const data = Float32Array.from(text.slice(at, at + tokens), (c) => vocabulary.indexOf(c));
            await runner.run(new Map([['ids', { dims: [1, tokens], data }]]), ['logits']);
          }
          return 64;
        },
      });
    }
    console.log(`opt_char, windows of ${tokens} token${tokens === 1 ? '' : 's'}, ${rounds} rounds of 64 tokens\n`);
    table(contenders, await inTurns(contenders), 'per token');
  }
}

/** `copies` layers of one shape, each with an input of its own: together they are far larger than the caches. */
function layersModel(inputs, outputs, copies) {
  const random = createRandom(1, 'layers');
  const weights = Float32Array.from(normals(random, inputs * outputs));
  const names = Array.from({ length: copies }, (_, i) => i);
  return buildModel({
    name: 'layers',
    inputs: names.map((i) => ({ name: `x${i}`, type: 'float32', dims: [1, inputs] })),
    outputs: names.map((i) => ({ name: `y${i}`, type: 'float32', dims: [1, outputs] })),
    tensors: names.map((i) => ({ name: `w${i}`, dims: [inputs, outputs], data: weights })),
    nodes: names.map((i) => ({ op: 'MatMul', inputs: [`x${i}`, `w${i}`], outputs: [`y${i}`] })),
  });
}

async function syntheticLayers() {
  for (const [inputs, outputs, copies, repeats] of [
    [1024, 4096, 6, 1],
    [4096, 1024, 6, 1],
    [512, 512, 1, 40],
  ]) {
    const model = layersModel(inputs, outputs, copies);
    const runtimes = { 'skipping nothing': sparseRuntime({ skipZeros: false }), skipping: sparseRuntime(), 'ONNX Runtime': ortRuntime() };
    const runners = [];
    for (const [name, runtime] of Object.entries(runtimes)) runners.push([name, await runtime.open(model)]);
    console.log(
      `${copies} layer${copies === 1 ? '' : 's'} of ${inputs} x ${outputs} (${((copies * inputs * outputs * 4) / 2 ** 20).toFixed(0)} MiB), ${rounds} rounds\n`,
    );
    console.log(
      '| zeros | skipping over not skipping: shortest; median (quartiles) | skipping over ONNX Runtime | per layer (shortest µs): not skipping, skipping, ONNX Runtime |',
    );
    console.log('|---|---|---|---|');
    for (const zeros of [0, 0.1, 0.3, 0.5, 0.6, 0.8, 0.9]) {
      const random = createRandom(2, `zeros ${zeros}`);
      const feeds = new Map(
        Array.from({ length: copies }, (_, i) => [
          `x${i}`,
          { dims: [1, inputs], data: Float32Array.from(normals(random, inputs), (v) => (random.uniform() < zeros ? 0 : v)) },
        ]),
      );
      const contenders = runners.map(([name, runner]) => ({
        name,
        async run() {
          for (let r = 0; r < repeats; r++) await runner.run(feeds, runner.outputs);
          return copies * repeats;
        },
      }));
      const [none, skipping, ort] = await inTurns(contenders);
      const over = (list) => compared(list, skipping);
      const shortest = [none, skipping, ort].map((list) => quantile(list, 0).toFixed(0)).join(', ');
      console.log(`| ${percent(zeros)} | ${over(none)} | ${over(ort)} | ${shortest} |`);
    }
    console.log('');
    for (const [, runner] of runners) await runner.dispose();
  }
}

await languageModel();
await windows();
await syntheticLayers();
