// Domain shift in text: a character model of plays decides the next character of plays it has not seen, then of this project's prose, as a
// compound model of four and two blocks. Accuracy and loss over time, joules, what is forgotten of the plays; gated learning beside never, always
// and heads of one kind only. Whole-model training is modelled, not run.
//   node bench/compound-text.bench.mjs [characters of prose]     default 16000; needs the extra material (TIERWISE_SHARED)
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSource } from './peers/peers.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const material = join(process.env.TIERWISE_SHARED ?? resolve(root, '../shared'), 'material');
const plays = join(material, 'data/tinyshakespeare/input.txt');
if (!existsSync(plays) || !existsSync(join(material, 'models/own/rwkv_char_step.onnx'))) {
  console.log('Compound text skipped: it needs the extra material.');
  process.exit(0);
}
const t = await loadSource('bench/compound-parts.ts');
const proseLength = Number(process.argv[2] ?? 16000);
const folder = mkdtempSync(join(tmpdir(), 'tierwise-compound-text-'));
const text = readFileSync(plays, 'utf8');
const prose = readFileSync(join(root, 'examples/text/prose.txt'), 'utf8').slice(0, proseLength);
// The model was trained on the first 90 %. Of the rest, one half is held out (what is forgotten), the other begins the stream.
const [trained, heldOut] = [Math.floor(text.length * 0.9), Math.floor(text.length * 0.95)];
const old = text.slice(heldOut, heldOut + 6000);
const percent = (share) => (100 * share).toFixed(1);
const joules = (value) => `${value.toPrecision(3)} J`;

const plan = (lines) => `model "rwkv_char_step.onnx"
text "input.txt" tokens "vocab.json" context 128 split ${(trained / heldOut).toFixed(9)}
target "ecp5-85f"
compound reader {
  lower blocks 0..3
  upper rest
  cache 64 MB
  ${lines}
}
`;

async function run(name, lines, policy) {
  const own = mkdtempSync(join(folder, 'run-'));
  for (const file of ['rwkv_char_step.onnx', 'vocab.json']) copyFileSync(join(material, 'models/own', file), join(own, file));
  writeFileSync(join(own, 'input.txt'), text.slice(0, heldOut));
  writeFileSync(join(own, 'stream.txt'), `${old}\n\n${prose}`);
  const path = join(own, 'reader.tiers');
  writeFileSync(path, plan(lines));
  const began = performance.now();
  const document = await t.compoundJob(
    t.createEnvironment('bench', join(own, 'cli.cjs')),
    { path, stream: join(own, 'stream.txt'), policy },
    {},
  );
  const log = readFileSync(document.outputs.log, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  console.error(`${name}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
  return { name, document, log, path };
}

function over(log, from, to) {
  const part = log.slice(from, to).filter(({ correct }) => correct !== null);
  return {
    accuracy: part.filter(({ correct }) => correct).length / part.length,
    loss: part.reduce((sum, { loss }) => sum + loss, 0) / part.length,
    escalated: part.filter(({ exit }) => exit === 'upper').length / part.length,
  };
}

const gate = 'update when gain per joule > 5';
const escalate = 'escalate below auto within 0.01';
const runs = [
  await run('never updated', `${escalate}\n  learn auto`, 'never'),
  await run('gain gate, heads by trial', `${escalate}\n  learn auto\n  ${gate}`, 'plan'),
  await run('updated every batch, heads by trial', `${escalate}\n  learn auto`, 'always'),
  await run('updated every batch, ridge heads', `${escalate}\n  learn rls`, 'always'),
  await run('gain gate, always escalated', `escalate always\n  learn auto\n  ${gate}`, 'plan'),
];

const shift = old.length + 2;
const spans = [
  ['plays', 0, shift],
  ['prose, first quarter', shift, shift + proseLength / 4],
  ['prose, last quarter', shift + (3 * proseLength) / 4, shift + proseLength],
  ['prose', shift, shift + proseLength],
];
console.log(
  `${old.length} characters of plays, then ${prose.length} of prose; joules modelled on ecp5-85f; accuracy % / cross-entropy, nats\n`,
);
console.log(
  `| run | ${spans.map(([name]) => name).join(' | ')} | escalated | updates | deciding | updating | plays held out, before -> after |`,
);
console.log(`|---|${spans.map(() => '---').join('|')}|---|---|---|---|---|`);
for (const { name, document, log } of runs) {
  const { totals, heldOut: judged } = document;
  const cells = spans
    .map(([, from, to]) => over(log, Math.round(from), Math.round(to)))
    .map(({ accuracy, loss }) => `${percent(accuracy)} / ${loss.toFixed(2)}`);
  console.log(
    `| ${name} | ${cells.join(' | ')} | ${percent(totals.escalated / totals.decisions)} % | ${totals.updates} | ${joules(totals.energy.deciding.value)} | ${joules(totals.energy.learning.value)} | ${percent(judged.before)} -> ${percent(judged.after)} % |`,
  );
}
const [, gated] = runs;
console.log('\nHeads on calibration text (plays), on rows that neither had learned:\n');
console.log('| exit | head | cross-entropy | accuracy | to learn it | |');
console.log('|---|---|---|---|---|---|');
for (const { exit, head, loss, accuracy, energy, chosen } of gated.document.heads)
  console.log(
    `| ${exit} | ${head === 'rls' ? 'ridge' : 'cross-entropy'} | ${loss.toFixed(2)} | ${percent(accuracy)} % | ${joules(energy.value)} | ${chosen ? 'chosen' : ''} |`,
  );

const setup = await t.compoundSetup(t.createEnvironment('bench', join(folder, 'cli.cjs')), gated.path, 'stream.txt');
const work = t.workOf(setup, { lower: setup.parts.lower.width, upper: setup.parts.upper.width }, 100);
const one = t.streamPrices((await t.compoundPricesFor(gated.path, 'ecp5-85f', { ...work, epochs: 1 })).value, { ...work, epochs: 1 });
const units = gated.document.totals.decisions;
const { sums, energy } = gated.document.totals;
console.log('\nThe same stream otherwise (modelled):\n');
console.log('| what | energy | against updating of the gated run |');
console.log('|---|---|---|');
const learning = energy.learning.value;
for (const [name, value] of [
  ['gated run: deciding and updating', sums.compound.value],
  ['lower exit only, no learning', sums.alwaysLower.value],
  ['always the whole depth, no learning', sums.alwaysUpper.value],
  ['whole depth, retrained on everything so far at every alarm (20 epochs)', sums.retraining.value],
  ['updating alone: gated heads', learning],
  ['updating alone: all layers fine-tuned, 1 epoch over each batch', one.retraining(units).value],
  [
    'updating alone: retrained every 5,000 characters, 20 epochs over all so far',
    Array.from({ length: Math.floor(units / 5000) }, (_, i) => 20 * one.retraining(5000 * (i + 1)).value).reduce((a, b) => a + b, 0),
  ],
])
  console.log(`| ${name} | ${joules(value)} | ${(value / learning).toFixed(1)}x |`);
const { cache } = gated.document;
console.log(
  `\nCache: ${cache.hits} whole contexts and ${cache.prefixHits} beginnings of ${cache.lookups}; break-even at ${(100 * cache.breakEvenHitRate).toFixed(2)} % hits.`,
);
rmSync(folder, { recursive: true, force: true });
