import { formatBand, formatQuantity, formatSi } from '../energy/format.ts';
import type { EnergyLayer } from '../protocol/documents.ts';
import type { Quantity } from '../protocol/quantity.ts';
import { inert } from './cells.ts';
import { html } from './html-text.ts';

/** Layers a chart shows; the tables show all. */
export const maxChartLayers = 30;

const labelWidth = 210;
const plotWidth = 680;
const valueWidth = 150;
const chartWidth = labelWidth + plotWidth + valueWidth;

/** The parts that targets of each kind have, in the order of a bar, with colour and name. No two of one kind share a colour. */
const parts: readonly { readonly name: string; readonly colour: string; readonly text: string }[] = [
  { name: 'compute', colour: 'compute', text: 'arithmetic' },
  { name: 'MACs', colour: 'compute', text: 'arithmetic' },
  { name: 'events', colour: 'activations', text: 'events' },
  { name: 'registers', colour: 'registers', text: 'registers in the array' },
  { name: 'thresholds', colour: 'registers', text: 'comparisons that make zeros' },
  { name: 'array', colour: 'array', text: 'wires in the array' },
  { name: 'buffer', colour: 'weights', text: 'buffer on chip' },
  { name: 'memory', colour: 'weights', text: 'memory on chip' },
  { name: 'off-chip', colour: 'offchip', text: 'memory off chip' },
  { name: 'weights', colour: 'weights', text: 'weights from memory' },
  { name: 'activations', colour: 'activations', text: 'activations in memory' },
  { name: 'static', colour: 'static', text: 'static power' },
  { name: 'idle', colour: 'static', text: 'idle units' },
];
const other = { colour: 'other', text: 'other' };

/** The layers with the largest values, at most `maxChartLayers`, in model order; and how many were left out. */
function largest(
  layers: readonly EnergyLayer[],
  size: (layer: EnergyLayer) => number,
): { readonly shown: readonly EnergyLayer[]; readonly left: number } {
  if (layers.length <= maxChartLayers) return { shown: layers, left: 0 };
  const kept = new Set([...layers].sort((a, b) => size(b) - size(a)).slice(0, maxChartLayers));
  return { shown: layers.filter((layer) => kept.has(layer)), left: layers.length - maxChartLayers };
}

/**
 * Stacked bars of joules per inference, one per layer, linear from zero. Returns a figure with legend and caption, or "" when
 * no layer has a figure. The same numbers stand in the table of layers.
 */
export function inferenceChart(layers: readonly EnergyLayer[]): string {
  const priced = layers.filter((layer) => layer.inference !== null);
  const { shown, left } = largest(priced, (layer) => layer.inference?.value ?? 0);
  const top = Math.max(0, ...shown.map((layer) => layer.inference?.value ?? 0));
  if (shown.length === 0 || top === 0) return '';
  const rowHeight = 30;
  const height = shown.length * rowHeight + 34;
  const x = (valueJ: number): number => labelWidth + (valueJ / top) * plotWidth;
  const steps = ticks(top);
  const grid = steps.map(
    (valueJ) =>
      `<line class="grid" x1="${px(x(valueJ))}" x2="${px(x(valueJ))}" y1="0" y2="${height - 28}"/><text class="soft" x="${px(x(valueJ))}" y="${height - 10}" text-anchor="middle">${formatSi(valueJ, 'J')}</text>`,
  );
  const rows = shown.map((layer, row) => inferenceRow(layer, row * rowHeight, rowHeight, x));
  const most = shown.reduce((a, b) => ((b.inference?.value ?? 0) > (a.inference?.value ?? 0) ? b : a));
  const label = `Joules per inference by layer. Largest: ${most.id} with ${most.inference === null ? '' : formatQuantity(most.inference)}. All values are in the table of layers.`;
  const names = new Set(shown.flatMap((layer) => layer.components.filter((c) => c.energy.value > 0).map((c) => c.name)));
  const known = parts.filter(({ name }) => names.has(name));
  const present = [...known, ...(names.size > known.length ? [other] : [])];
  return figure(
    legend(present.map(({ colour, text }) => ({ text, mark: `<rect class="f-${colour}" width="14" height="14" rx="2"/>` }))),
    `<svg viewBox="0 0 ${chartWidth} ${height}" role="img" aria-label="${html(label)}">${grid.join('')}${rows.join('')}</svg>`,
    `Central values; the bands stand in the table below.${leftOut(left)}`,
  );
}

function inferenceRow(layer: EnergyLayer, y: number, rowHeight: number, x: (valueJ: number) => number): string {
  let sum = 0;
  const bars = layer.components.map((c) => {
    const from = x(sum);
    sum += c.energy.value;
    const width = Math.max(0, x(sum) - from);
    const fill = (parts.find(({ name }) => name === c.name) ?? other).colour;
    return `<rect class="f-${fill}" x="${px(from)}" y="${y + 6}" width="${px(width)}" height="${rowHeight - 12}"><title>${html(`${layer.id}, ${c.name}: ${formatQuantity(c.energy)}`)}</title></rect>`;
  });
  const q = layer.inference;
  const value = q === null ? '' : `<text x="${px(x(q.value) + 8)}" y="${y + rowHeight / 2 + 4}">${formatQuantity(q)}</text>`;
  return `${layerLabel(layer.id, y + rowHeight / 2 + 4)}${bars.join('')}${value}`;
}

const methods = [
  { key: 'sgd', text: 'gradient descent (circle)' },
  { key: 'solve', text: 'direct solve (square)' },
  { key: 'incremental', text: 'incremental update (diamond)' },
] as const;

/**
 * Value and band of each way to retrain, one group per layer, on a logarithmic axis: the mark is the central value, the line
 * the band. Shape and colour tell the methods apart. Returns a figure, or "" when no layer has a figure.
 */
export function retrainingChart(layers: readonly EnergyLayer[]): string {
  const known = layers.filter((layer) => methods.some(({ key }) => (layer.retraining[key]?.high ?? 0) > 0));
  const { shown, left } = largest(known, (layer) => layer.retraining.sgd?.value ?? 0);
  const all = shown.flatMap((layer) => methods.flatMap(({ key }) => (layer.retraining[key] === null ? [] : [layer.retraining[key]])));
  if (all.length === 0) return '';
  const from = Math.floor(Math.log10(Math.min(...all.map((q) => Math.max(q.low, q.value / 1e6, 1e-15)))));
  const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(...all.map((q) => q.high)))));
  const x = (valueJ: number): number => labelWidth + (Math.max(0, Math.log10(Math.max(valueJ, 1e-15)) - from) / (to - from)) * plotWidth;
  const lineHeight = 17;
  const groupHeight = methods.length * lineHeight + 14;
  const height = shown.length * groupHeight + 30;
  const every = Math.ceil((to - from) / 9);
  const decades = Array.from({ length: to - from + 1 }, (_, i) => from + i).filter((d) => (d - from) % every === 0);
  const grid = decades.map(
    (d) =>
      `<line class="grid" x1="${px(x(10 ** d))}" x2="${px(x(10 ** d))}" y1="0" y2="${height - 26}"/><text class="soft" x="${px(x(10 ** d))}" y="${height - 8}" text-anchor="middle">${formatSi(Number(`1e${d}`), 'J')}</text>`,
  );
  const groups = shown.map((layer, row) => {
    const y = row * groupHeight + 8;
    const rule = row === 0 ? '' : `<line class="grid" x1="0" x2="${chartWidth}" y1="${y - 6}" y2="${y - 6}"/>`;
    const lines = methods.map(({ key }, i) => {
      const q = layer.retraining[key];
      return q === null ? '' : whisker(q, key, `${layer.id}, ${key}`, y + i * lineHeight + lineHeight / 2, x);
    });
    return `${rule}${layerLabel(layer.id, y + lineHeight / 2 + 4)}${lines.join('')}`;
  });
  const present = methods.filter(({ key }) => shown.some((layer) => layer.retraining[key] !== null));
  return figure(
    legend(present.map(({ key, text }) => ({ text, mark: mark(key, 7, 7) }))),
    `<svg viewBox="0 0 ${chartWidth} ${height}" role="img" aria-label="${html('Joules to retrain each layer by gradient descent, direct solve and incremental update, on a logarithmic axis. All values are in the table of layers.')}">${grid.join('')}${groups.join('')}</svg>`,
    `Logarithmic axis. The mark is the central value, the line the band from low to high.${leftOut(left)}`,
  );
}

function whisker(q: Quantity, key: string, name: string, y: number, x: (valueJ: number) => number): string {
  const title = `<title>${html(`${name}: ${formatQuantity(q)}, band ${formatBand(q)}, ${q.source}`)}</title>`;
  const line = `<line class="m-${key}" x1="${px(x(q.low))}" x2="${px(x(q.high))}" y1="${px(y)}" y2="${px(y)}" stroke-width="3" stroke-opacity="0.38" stroke-linecap="round"/>`;
  const value = `<text class="soft" x="${px(labelWidth + plotWidth + 12)}" y="${px(y + 4)}">${formatQuantity(q)}</text>`;
  return `<g>${title}${line}${mark(key, x(q.value), y)}${value}</g>`;
}

function mark(key: string, x: number, y: number): string {
  if (key === 'sgd') return `<circle class="m-sgd" cx="${px(x)}" cy="${px(y)}" r="5"/>`;
  if (key === 'solve') return `<rect class="m-solve" x="${px(x - 4.5)}" y="${px(y - 4.5)}" width="9" height="9"/>`;
  return `<path class="m-incremental" d="M${px(x)} ${px(y - 6)}L${px(x + 6)} ${px(y)}L${px(x)} ${px(y + 6)}L${px(x - 6)} ${px(y)}Z"/>`;
}

function legend(entries: readonly { readonly text: string; readonly mark: string }[]): string {
  return `<ul class="legend">${entries.map((e) => `<li><svg viewBox="0 0 14 14" aria-hidden="true">${e.mark}</svg>${html(e.text)}</li>`).join('')}</ul>`;
}

function figure(head: string, svg: string, caption: string): string {
  return `<figure>${head}<div class="wide" tabindex="0" role="group" aria-label="chart">${svg}</div><figcaption>${html(caption)}</figcaption></figure>`;
}

function layerLabel(id: string, y: number): string {
  // Cut after the hidden characters were written out, so that the label keeps to its column.
  return `<text class="id" x="${labelWidth - 14}" y="${px(y)}" text-anchor="end"><title>${html(id)}</title>${html(inert(inert(id), 25))}</text>`;
}

function leftOut(count: number): string {
  return count === 0 ? '' : ` The ${maxChartLayers} largest layers are drawn; ${count} more are in the table.`;
}

/** Round values up to `top`: four to six steps of 1, 2 or 5 times a power of ten. */
function ticks(top: number): readonly number[] {
  const rough = top / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((m) => m * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}
