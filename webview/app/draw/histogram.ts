import { fitText } from './bars.ts';
import type { Shape } from './shape.ts';
import { px } from './shape.ts';

/** Counts on shared edges, the earlier ones optional. */
export interface HistogramOptions {
  /** Ascending and finite, one more than counts. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  readonly before: readonly number[] | null;
  /** Exact zeros among `counts`, drawn as a part of their bar. */
  readonly zeros: number;
  readonly logCounts: boolean;
  readonly widthPx: number;
  readonly ariaLabel: string;
  readonly countLabel: string;
  readonly valueLabel: string;
  readonly zeroLabel: string;
  readonly measure: (text: string) => number;
}

const plotHeightPx = 150;
const topPx = 40;
const axisPx = 38;

/**
 * A histogram: bars for `counts`, a stepped line for `before`, the exact zeros hatched and named, labelled axes. On a logarithmic scale a
 * count of 1 still has a height; on both 0 has none.
 */
export function drawHistogram(options: HistogramOptions): Shape {
  const { edges, counts, before, widthPx, measure } = options;
  const most = Math.max(1, ...counts, ...(before ?? []));
  const ticks = countTicks(most, options.logCounts);
  const leftPx = 10 + Math.max(...ticks.map((tick) => measure(countText(tick))));
  const plotWidthPx = Math.max(40, widthPx - leftPx - 6);
  const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 1];
  const x = (value: number): number => px(leftPx + ((value / 2 - low / 2) / (high / 2 - low / 2)) * plotWidthPx);
  const share = (count: number): number => (options.logCounts ? Math.log1p(count) / Math.log1p(most) : count / most);
  const y = (count: number): number => px(topPx + plotHeightPx * (1 - share(count)));
  const basePx = topPx + plotHeightPx;
  const bars = counts.flatMap((count, i): Shape[] => {
    if (count === 0) return [];
    const [from, to] = [x(edges[i] ?? 0), x(edges[i + 1] ?? 0)];
    const barPx = Math.max(1, basePx - y(count));
    return [rect('histogram-bar', from, basePx - barPx, Math.max(0.5, to - from - 0.5), barPx)];
  });
  return {
    tag: 'svg',
    attributes: {
      class: 'histogram',
      role: 'img',
      'aria-label': options.ariaLabel,
      width: widthPx,
      height: basePx + axisPx,
      viewBox: `0 0 ${px(widthPx)} ${px(basePx + axisPx)}`,
    },
    children: [
      ...ticks.flatMap((tick): Shape[] => [
        { tag: 'path', attributes: { class: 'grid', d: `M${px(leftPx)} ${y(tick)}H${px(leftPx + plotWidthPx)}` } },
        { tag: 'text', attributes: { class: 'tick', x: px(leftPx - 5), y: y(tick) + 4, 'text-anchor': 'end' }, text: countText(tick) },
      ]),
      { tag: 'text', attributes: { class: 'tick', x: 0, y: 11 }, text: fitText(options.countLabel, widthPx * 0.6, measure) },
      ...bars,
      ...zeroBar(options, x, y, basePx),
      ...(before === null ? [] : [stepLine(before, edges, x, y, basePx)]),
      { tag: 'path', attributes: { class: 'axis', d: `M${px(leftPx)} ${basePx}H${px(leftPx + plotWidthPx)}` } },
      ...valueTicks(options, x, basePx, leftPx, plotWidthPx),
      {
        tag: 'text',
        attributes: { class: 'tick', x: px(leftPx + plotWidthPx / 2), y: basePx + axisPx - 4, 'text-anchor': 'middle' },
        text: fitText(options.valueLabel, plotWidthPx, measure),
      },
    ],
  };
}

/** The exact zeros: their share of the bar that holds 0, with a mark and a word above. */
function zeroBar(
  { zeros, edges, counts, zeroLabel, measure, widthPx }: HistogramOptions,
  x: (v: number) => number,
  y: (c: number) => number,
  basePx: number,
): Shape[] {
  if (zeros === 0) return [];
  const bin = counts.findIndex((_, i) => (edges[i] ?? 0) <= 0 && (0 < (edges[i + 1] ?? 0) || i === counts.length - 1));
  if (bin < 0) return [];
  const [from, to] = [x(edges[bin] ?? 0), x(edges[bin + 1] ?? 0)];
  const widePx = Math.max(3, to - from);
  const barPx = Math.max(2, basePx - y(zeros));
  const middle = px((from + to) / 2);
  const half = measure(zeroLabel) / 2;
  const textX = Math.min(Math.max(middle, half + 2), widthPx - half - 2);
  return [
    rect('histogram-zero', middle - widePx / 2, basePx - barPx, widePx, barPx),
    { tag: 'path', attributes: { class: 'histogram-zero-mark', d: `M${middle} ${topPx - 3}l-4 -6h8z` } },
    {
      tag: 'text',
      attributes: { class: 'histogram-zero-label', x: px(textX), y: topPx - 13, 'text-anchor': 'middle' },
      text: zeroLabel,
    },
  ];
}

function stepLine(
  before: readonly number[],
  edges: readonly number[],
  x: (v: number) => number,
  y: (c: number) => number,
  basePx: number,
): Shape {
  const steps = before.map((count, i) => `V${count === 0 ? basePx : y(count)}H${x(edges[i + 1] ?? 0)}`);
  return { tag: 'path', attributes: { class: 'histogram-before', d: `M${x(edges[0] ?? 0)} ${basePx}${steps.join('')}V${basePx}` } };
}

function valueTicks(
  { edges, measure }: HistogramOptions,
  x: (value: number) => number,
  basePx: number,
  leftPx: number,
  plotWidthPx: number,
): Shape[] {
  const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 1];
  const places = [low, ...(low < 0 && high > 0 ? [0] : [low / 2 + high / 2]), high];
  let freeFromPx = Number.NEGATIVE_INFINITY;
  return places.flatMap((value): Shape[] => {
    const text = valueText(value);
    const half = measure(text) / 2;
    const centre = Math.min(Math.max(x(value), leftPx + half), leftPx + plotWidthPx - half);
    const mark: Shape = { tag: 'path', attributes: { class: 'axis', d: `M${x(value)} ${basePx}v4` } };
    if (centre - half < freeFromPx + 6) return [mark];
    freeFromPx = centre + half;
    return [mark, { tag: 'text', attributes: { class: 'tick', x: px(centre), y: basePx + 16, 'text-anchor': 'middle' }, text }];
  });
}

/** A few round counts up to the largest; powers of ten on a logarithmic scale. */
function countTicks(most: number, isLog: boolean): number[] {
  if (isLog) {
    const powers = Array.from({ length: Math.floor(Math.log10(most)) + 1 }, (_, i) => 10 ** i);
    const step = Math.ceil(powers.length / 4);
    return powers.filter((_, i) => i % step === 0);
  }
  const raw = most / 3;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(1, ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

function countText(count: number): string {
  if (count >= 1e6) return `${Number((count / 1e6).toPrecision(3))}M`;
  return count >= 1e4 ? `${Number((count / 1e3).toPrecision(3))}k` : String(count);
}

/** Three digits: 0.0123, −1.5, 3.2e−9. */
export function valueText(value: number): string {
  return String(Number(value.toPrecision(3))).replace(/-/g, '\u2212');
}

function rect(className: string, x: number, y: number, width: number, height: number): Shape {
  return { tag: 'rect', attributes: { class: className, x: px(x), y: px(y), width: px(width), height: px(height) } };
}
