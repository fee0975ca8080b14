// Energy and time per token (or row) of sparse models on an event-driven target, from the records that `tierwise sparsify` wrote:
//   node dist/cli.cjs sparsify PLAN --target seneca-type; node bench/sparsity-energy.bench.mjs MODEL.sparse.json ...
// Nothing is computed anew: the zeros of a record were measured on rows that chose nothing, and its joules are modelled from them (docs/energy.md).
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const paths = process.argv.slice(2);
if (paths.length === 0) {
  console.log('Sparsity energy skipped: name one or more records, MODEL.sparse.json.');
  process.exit(0);
}

const prefixes = [
  [1, ''],
  [1e-3, 'm'],
  [1e-6, 'µ'],
  [1e-9, 'n'],
];
const si = (value, unit) => {
  const [scale, prefix] = prefixes.find(([size]) => value >= size) ?? prefixes.at(-1);
  return `${Number((value / scale).toPrecision(3))} ${prefix}${unit}`;
};
const figure = ({ value, low, high, unit }) => `${si(value, unit)} (${si(low, unit)} to ${si(high, unit)})`;
const percent = (share) => `${Number((100 * share).toFixed(1))} %`;
const range = ({ low, high }) => (percent(low) === percent(high) ? percent(low) : `${percent(low)} to ${percent(high)}`);

for (const path of paths) {
  const { model, unit, rows, evaluation, energy, maxLoss, method } = JSON.parse(readFileSync(path, 'utf8'));
  console.log(`## ${basename(model)}\n`);
  if (energy === null || evaluation === null) {
    console.log('No energy: the target of this run does not skip zeros, or nothing was within the bound.\n');
    continue;
  }
  const { loss, sparsity } = evaluation;
  console.log(
    `Method ${method}, at most ${percent(maxLoss)} more loss: ${percent(sparsity.before)} to ${percent(sparsity.after)} zeros, loss ${loss.before.toFixed(4)} to ` +
      `${loss.after.toFixed(4)} (${percent(loss.increase)} more) on ${rows.heldOut} held-out ${unit}s; one ${unit} on ${energy.target}.\n`,
  );
  console.log(`| | every input counts | natural zeros skipped | with thresholds |\n| --- | --- | --- | --- |`);
  const row = (name, cells) => console.log(`| ${name} | ${['dense', 'natural', 'sparse'].map((variant) => cells(variant)).join(' | ')} |`);
  row('multiply-adds', (variant) => String(energy.macs[variant]));
  for (const cost of energy.costs) row(`energy, ${cost.model}`, (variant) => figure(cost[variant]));
  row('time', (variant) => figure(energy.latency[variant]));
  console.log(
    `\nSaved against natural zeros ${range(energy.againstNatural)}, against dense ${range(energy.againstDense)} (both models of cost).\n`,
  );
}
