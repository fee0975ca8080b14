// Activation sparsity of language models without training: our search (what `tierwise sparsify --max-loss 2` runs) beside the published
// sequential one at two bounds and beside equal quantiles. Everything is chosen on the first 90 % of tinyshakespeare; the last 10 % is
// read once per row of the tables and chooses nothing.
//   node bench/sparsity.bench.mjs [model ...] [--part=ours|published] [--published-tokens=N] [--no-curve] [--write]
// Default: rwkv_char_step and opt_char; --write puts the tables of these models into bench/results/sparsity.md. Needs the extra material
// (TIERWISE_SHARED).
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSource } from './peers/peers.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const material = join(process.env.TIERWISE_SHARED ?? resolve(root, '../shared'), 'material');
if (!existsSync(join(material, 'models/own/rwkv_char_step.onnx'))) {
  console.log('Sparsity skipped: it needs the extra material.');
  process.exit(0);
}
const words = process.argv.slice(2);
const names = words.filter((word) => !word.startsWith('--'));
/** `--part=ours` and `--part=published` do half of it each, for two processes beside each other. */
const part = words.find((word) => word.startsWith('--part='))?.slice(7) ?? null;
/** The published search makes some hundred passes: `--published-tokens=N` lets it steer by fewer tokens than the others. */
const publishedTokens = Number(words.find((word) => word.startsWith('--published-tokens='))?.slice(19) ?? 0);
const t = await loadSource('bench/sparsity-parts.ts');
const percent = (share, digits = 2) => (100 * share).toFixed(digits);
/** Begins the file of results. */
const header = `# Activation sparsity without training

2026-11-21. \`node bench/sparsity.bench.mjs --write\` (one process per model: name it). 4-core x86-64 Linux guest, shared: only ratios of times
are given. Node 20.20.2, onnxruntime-node 1.30.0, one thread. tinyshakespeare: the first 90 % calibrates and decides, the last 10 % is
validation text, which nothing was chosen by. Sparsity is the share of the multiply-adds of all block-linear layers that meet a zero.
Wall ratios are against our search.
`;
const context = 128;
const seed = 1;
/** Sparsities of the curve, between that of the model as it is and 1. */
const curveShares = [0.15, 0.25, 0.35, 0.42, 0.48, 0.54, 0.6, 0.68];

for (const name of names.length > 0 ? names : ['rwkv_char_step', 'opt_char']) {
  const section = await measure(name);
  if (words.includes('--write')) write(name, section);
}

async function measure(name) {
  const lines = [];
  const say = (line) => {
    console.log(line);
    lines.push(line);
  };
  const bench = await setUp(name);
  const { sites, bound, validation } = bench;
  const dense = await onValidation(bench, t.denseState, null);
  say(`## ${name}`);
  say('');
  say(
    `${sites.length} sites; calibration ${bound.rows.calibration} and deciding ${bound.rows.deciding} tokens of the training text, validation ${validation.targets.length} tokens; loss as it is ${dense.loss.toFixed(4)} nats.`,
  );
  say('');
  say(
    '| variant | sparsity % | validation loss increase % | standard error | increase on the deciding text % | evaluations | wall ratio |',
  );
  say('|---|---|---|---|---|---|---|');
  const row = (label, judged, { deciding = '', evaluations = '', wall = '' } = {}) =>
    say(
      `| ${label} | ${percent(judged.sparsity)} | ${percent(judged.increase)} | ${percent(judged.error)} | ${deciding} | ${evaluations} | ${wall} |`,
    );
  row('natural zeros', dense);
  // Attention outputs of transformers are not switched on by the published search (method 6.1).
  const published = new Set(sites.filter(({ role }) => role !== 'out').map(({ id }) => id));
  const variants = [
    ['**ours, at most 2 %** (the default)', {}],
    ['ours, no correction, at most 2 %', { correct: false }],
    ['the same quantile everywhere, at most 2 %', { method: 'uniform' }],
    ...(published.size < sites.length ? [['ours, attention output left dense', { active: published }]] : []),
    ['published search, 1.0005 per site', { method: 'sequential', siteBound: 1.0005, active: published }],
    ['published search, 1.001 per site', { method: 'sequential', siteBound: 1.001, active: published }],
  ].filter(([, { method }]) => part === null || (part === 'published') === (method === 'sequential'));
  let first = null;
  let ours = null;
  let probes = null;
  for (const [label, changed] of variants) {
    const began = performance.now();
    const options = optionsOf(changed);
    // What sites cost is the same for all variants of ours: measured once, and counted for each.
    const known = options.method === 'budget' && options.active === null ? probes : null;
    let last;
    let probedMs = 0;
    const searched = options.method === 'sequential' ? (bench.short ?? bound) : bound;
    const found = await t.sparsify(searched.model, options, {
      numerics: bench.numerics,
      ...(known === null ? {} : { resume: known.checkpoint }),
      onCheckpoint: (checkpoint) => {
        if (checkpoint.evaluations.at(-1).id.startsWith('probe-')) [last, probedMs] = [checkpoint, performance.now() - began];
      },
    });
    const ms = performance.now() - began + (known?.ms ?? 0);
    if (known === null && last !== undefined && options.active === null) probes = { checkpoint: last, ms: probedMs };
    first ??= ms;
    const judged = await onValidation(bench, found.state, dense);
    row(label, judged, {
      deciding: percent(found.chosen.increase),
      evaluations: found.evaluations,
      wall: (ms / first).toFixed(1),
    });
    if (Object.keys(changed).length > 0) continue;
    ours = judged;
    const plain = await onValidation(bench, { settings: found.state.settings, corrections: new Map() }, dense);
    row('the same thresholds without the correction', plain);
  }
  if (ours !== null) await ourDetails(bench, dense, ours, probes, say);
  await bound.dispose();
  return lines.join('\n');
}

/** Zeros per role and the curve. */
async function ourDetails(bench, dense, ours, probes, say) {
  const { sites } = bench;
  say('');
  say('Zeros per role with ours, % (natural zeros in brackets):');
  say('');
  say('| role | blocks in order |');
  say('|---|---|');
  for (const role of [...new Set(sites.map((site) => site.role))]) {
    const cells = sites
      .filter((site) => site.role === role)
      .map(({ id }) => `${percent(ours.zeros.get(id), 0)} (${percent(dense.zeros.get(id), 0)})`);
    say(`| ${role} | ${cells.join(', ')} |`);
  }
  if (!words.includes('--no-curve')) await curve(bench, dense, say, probes.checkpoint);
}

/** Loss against sparsity, with and without the correction, at thresholds of the same prices. */
async function curve(bench, dense, say, resume) {
  const evaluator = new t.Evaluator(bench.bound.model, optionsOf({}), { numerics: bench.numerics, resume });
  const prepared = await t.prepareBudget(evaluator);
  say('');
  say('Curve on the validation text (nothing is chosen by it; corrections from a quarter of the calibration tokens):');
  say('');
  say('| sparsity % | loss increase %, corrected | without correction |');
  say('|---|---|---|');
  for (const share of curveShares) {
    const target = dense.sparsity + share * (1 - dense.sparsity);
    const state = await t.budgetState(evaluator, prepared, target, 0.25);
    const corrected = await onValidation(bench, state, dense);
    const plain = await onValidation(bench, { settings: state.settings, corrections: new Map() }, dense);
    say(
      `| ${percent(corrected.sparsity, 1)} | ${percent(corrected.increase)} | ${percent(plain.increase)} (at ${percent(plain.sparsity, 1)}) |`,
    );
  }
}

/** What `tierwise sparsify --max-loss 2` asks for. */
function optionsOf(changed) {
  return { method: 'budget', maxLoss: 0.02, correct: true, per: 'channel', active: null, siteBound: null, ...changed };
}

async function setUp(name) {
  const model = t.readModel(readFileSync(join(material, `models/own/${name}.onnx`))).value;
  const shapes = t.inferShapes(model.graph);
  const layers = t.findLayers(model.graph, shapes);
  const { sites } = t.findSites(model.graph, layers, t.findBlocks(model.graph, layers));
  const token = t.tokenModel({ model, shapes }).value;
  const vocabulary = (await t.openVocabulary(join(material, 'models/own/vocab.json'))).value;
  const { ids } = (await t.openText(join(material, 'data/tinyshakespeare/input.txt'), vocabulary)).value;
  const border = Math.floor(ids.length * 0.9);
  const runtime = t.ortRuntime();
  const rows = { kind: 'text', token, ids: ids.subarray(0, border), context };
  const bound = await t.bindModel({ model, layers, sites, rows, runtime, seed });
  const validation = t.textWindows(ids, context, border);
  const few = { ...rows, ids: rows.ids.subarray(0, Math.ceil((publishedTokens + context) / 0.8)) };
  const short = publishedTokens === 0 ? null : await t.bindModel({ model, layers, sites, rows: few, runtime, seed });
  return { model, layers, sites, token, runtime, bound, short, validation, numerics: t.cpuNumerics() };
}

/** A state on the validation text: loss beside the one before, zeros as the layers read them. */
async function onValidation({ model, layers, sites, token, runtime, validation }, state, dense) {
  const siteLayers = layers.filter(({ id }) => sites.some((site) => site.layers.some((layer) => layer.id === id)));
  const sparse = t.withThresholds(model, t.siteThresholds(sites, state), siteLayers, [...state.corrections.values()]);
  const counted = t.withZeroShares(
    sparse,
    sites.map(({ id, axis }) => ({
      name: id,
      axis,
      positions: 0,
      threshold: state.settings.get(id)?.threshold ?? null,
      centre: state.settings.get(id)?.centre ?? null,
    })),
  );
  const runner = await t.openTokenRunner(runtime, t.encodeModel(counted.model), token);
  const { logits, values } = await runner.run(validation.windows, context, [...counted.outputs.values()]);
  await runner.dispose();
  const { losses, loss } = t.textLoss(logits, token.vocabulary, validation.targets);
  const zeros = new Map(
    [...counted.outputs].map(([site, output]) => [site, values.get(output).reduce((a, b) => a + b, 0) / values.get(output).length]),
  );
  const macs = sites.reduce((sum, site) => sum + site.macs, 0);
  const sparsity = sites.reduce((sum, { id, macs: own }) => sum + own * zeros.get(id), 0) / macs;
  const { increase, error } = t.pairedIncrease(dense?.losses ?? losses, losses);
  return { loss, losses, zeros, sparsity, increase, error };
}

/** Replaces the section of one model in the file of results. */
function write(name, section) {
  const path = join(root, 'bench/results/sparsity.md');
  const old = existsSync(path) ? readFileSync(path, 'utf8') : header;
  const parts = old.split(/^(?=## )/m).filter((part) => !part.startsWith(`## ${name}\n`));
  writeFileSync(path, `${[...parts.map((part) => part.trimEnd()), section].join('\n\n')}\n`);
}
