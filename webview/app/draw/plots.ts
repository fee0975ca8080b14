import type { Scale } from './scale.ts';
import type { Shape } from './shape.ts';
import { px } from './shape.ts';

/** One line of a plot. Its name becomes a class: form and colour come from the style sheet. */
export interface Series {
  readonly name: string;
  /** One per x; null where it is not known: the line has a gap there. */
  readonly values: readonly (number | null)[];
  /** Low and high ends, drawn as an area behind the line. */
  readonly band?: readonly { readonly low: number; readonly high: number }[];
  /** Stands at the right end of the line, where there is room for it. */
  readonly label?: string;
  /** A line of one point cannot be seen, so it gets a dot unless this is false. */
  readonly dot?: boolean;
}

/** One picture of several that stand above each other on the same x axis. Later series are drawn over earlier ones. */
export interface Plot {
  readonly label: string;
  readonly heightPx: number;
  readonly scale: Scale;
  readonly series: readonly Series[];
  readonly tick: (value: number) => string;
}

export interface PlotsOptions {
  readonly plots: readonly Plot[];
  /** In order, at least one. */
  readonly xs: readonly number[];
  /** The axis begins here; default the smallest 0 or x. */
  readonly fromX?: number;
  readonly widthPx: number;
  readonly ariaLabel: string;
  readonly measure: (text: string) => number;
  /** Below the plots, at an x. */
  readonly marks?: readonly { readonly x: number; readonly kind: 'update' | 'refit' | 'restored' }[];
  readonly xTicks?: readonly { readonly x: number; readonly text: string }[];
  readonly xLabel?: string;
  /** An upright line through all plots, with its text on top. */
  readonly rule?: { readonly x: number; readonly text: string };
  /** Leave room for the labels at the ends of the lines. */
  readonly endLabels?: boolean;
}

interface Frame {
  readonly leftPx: number;
  readonly rightPx: number;
  readonly x: (value: number) => number;
}

const labelHeightPx = 20;
const gapPx = 12;
const marksHeightPx = 20;
const axisHeightPx = 22;
const endLabelStepPx = 14;

/** Plots above each other on one x axis, with a row of marks and an axis below where they are asked for. */
export function drawPlots(options: PlotsOptions): Shape {
  const { plots, widthPx, marks = [], xTicks = [] } = options;
  const frame = frameOf(options);
  const tops: number[] = [];
  let bottomPx = options.rule === undefined ? 0 : 14;
  for (const plot of plots) {
    const topPx = bottomPx + (tops.length === 0 ? 0 : gapPx) + labelHeightPx;
    tops.push(topPx);
    bottomPx = topPx + plot.heightPx;
  }
  const marksTopPx = bottomPx + 6;
  const ticksTopPx = options.marks === undefined ? bottomPx : marksTopPx + marksHeightPx - 6;
  const heightPx = (options.marks === undefined ? bottomPx + 6 : marksTopPx + marksHeightPx) + (xTicks.length > 0 ? axisHeightPx : 0);
  return {
    tag: 'svg',
    attributes: {
      class: 'curves',
      role: 'img',
      'aria-label': options.ariaLabel,
      width: widthPx,
      height: heightPx,
      viewBox: `0 0 ${px(widthPx)} ${px(heightPx)}`,
    },
    children: [
      ...plots.flatMap((plot, i) => drawPlot(plot, tops[i] ?? 0, frame, options)),
      ...(options.rule === undefined ? [] : drawRule(options.rule, frame, bottomPx, options)),
      ...marks.map(({ x, kind }) => drawDecision(kind, frame.x(x), marksTopPx + 8)),
      ...xTicks.map(({ x, text }): Shape => ({
        tag: 'text',
        attributes: { class: 'tick', x: frame.x(x), y: ticksTopPx + 16, 'text-anchor': x === options.xs.at(-1) ? 'end' : 'middle' },
        text,
      })),
      ...(options.xLabel === undefined
        ? []
        : [
            {
              tag: 'text' as const,
              attributes: { class: 'tick', x: frame.leftPx, y: ticksTopPx + 16 },
              text: options.xLabel,
            },
          ]),
    ],
  };
}

/** The mark of what was learned: a disc, a square for a refit, a cross for what was taken back. */
export function drawDecision(kind: 'update' | 'refit' | 'restored', x: number, y: number): Shape {
  switch (kind) {
    case 'refit':
      return { tag: 'rect', attributes: { class: 'decision-mark decision-refit', x: x - 3.5, y: y - 3.5, width: 7, height: 7 } };
    case 'restored':
      return { tag: 'path', attributes: { class: 'decision-mark decision-restored', d: `M${x - 3} ${y - 3}l6 6m0-6l-6 6` } };
    case 'update':
      return { tag: 'circle', attributes: { class: 'decision-mark decision-update', cx: x, cy: y, r: 2.5 } };
  }
}

function frameOf({ plots, xs, widthPx, measure, fromX, endLabels }: PlotsOptions): Frame {
  const ticks = plots.flatMap((plot) => plot.scale.ticks.map((tick) => measure(plot.tick(tick.value))));
  const leftPx = Math.ceil(Math.max(...ticks)) + 8;
  const labels = plots.flatMap((plot) => plot.series.map((series) => measure(series.label ?? '')));
  const rightPx = widthPx - (endLabels === true ? Math.ceil(Math.max(0, ...labels)) + 12 : 8);
  const first = fromX ?? Math.min(0, ...xs);
  const last = Math.max(first + Number.EPSILON, ...xs);
  const span = last - first < 1e-9 ? 1 : last - first;
  return { leftPx, rightPx, x: (value) => px(leftPx + Math.min(1, Math.max(0, (value - first) / span)) * (rightPx - leftPx)) };
}

function drawPlot(plot: Plot, topPx: number, frame: Frame, options: PlotsOptions): Shape[] {
  const { leftPx, rightPx } = frame;
  const at = (place: number): number => px(topPx + (1 - place) * plot.heightPx);
  const y = (value: number): number => at(plot.scale.place(value));
  return [
    { tag: 'text', attributes: { class: 'label', x: leftPx, y: px(topPx - 7) }, text: plot.label },
    ...plot.scale.ticks.flatMap((tick): Shape[] => [
      { tag: 'path', attributes: { class: tick.at === 0 ? 'axis' : 'grid', d: `M${leftPx} ${at(tick.at)}H${px(rightPx)}` } },
      { tag: 'text', attributes: { class: 'tick', x: leftPx - 6, y: at(tick.at) + 4, 'text-anchor': 'end' }, text: plot.tick(tick.value) },
    ]),
    ...plot.series.flatMap((series) => drawBand(series, frame, y, options.xs)),
    ...plot.series.flatMap((series) => drawLine(series, frame, y, options.xs)),
    ...(options.endLabels === true ? drawEndLabels(plot, frame, y, topPx) : []),
  ];
}

function drawLine(series: Series, frame: Frame, y: (value: number) => number, xs: readonly number[]): Shape[] {
  let isOpen = false;
  const path = xs
    .map((x, i) => {
      const value = series.values[i] ?? null;
      const command = value === null ? '' : `${isOpen ? 'L' : 'M'}${frame.x(x)} ${y(value)}`;
      isOpen = value !== null;
      return command;
    })
    .join('');
  const [first] = series.values;
  const line: Shape[] = path === '' ? [] : [{ tag: 'path', attributes: { class: `curve curve-${series.name}`, d: path } }];
  if (xs.length !== 1 || series.dot === false || first === undefined || first === null) return line;
  return [...line, { tag: 'circle', attributes: { class: `dot dot-${series.name}`, cx: frame.x(xs[0] ?? 0), cy: y(first), r: 3 } }];
}

function drawBand({ band, name }: Series, frame: Frame, y: (value: number) => number, xs: readonly number[]): Shape[] {
  if (band === undefined || band.length < 2) return [];
  const upper = band.map(({ high }, i) => `${i === 0 ? 'M' : 'L'}${frame.x(xs[i] ?? 0)} ${y(high)}`).join('');
  const lower = band
    .map(({ low }, i) => `L${frame.x(xs[i] ?? 0)} ${y(low)}`)
    .reverse()
    .join('');
  return [{ tag: 'path', attributes: { class: `band band-${name}`, d: `${upper}${lower}Z` } }];
}

/** The names of the lines at their right ends, moved apart where they would meet. */
function drawEndLabels(plot: Plot, frame: Frame, y: (value: number) => number, topPx: number): Shape[] {
  const labels = plot.series
    .flatMap((series) => {
      const value = series.values.findLast((one) => one !== null);
      return series.label === undefined || value === undefined || value === null
        ? []
        : [{ name: series.name, text: series.label, y: y(value) }];
    })
    .sort((a, b) => a.y - b.y);
  // Downwards as far as needed, and back up from the bottom.
  let freePx = topPx + 2;
  const places = labels.map((label) => {
    const place = Math.max(label.y, freePx);
    freePx = place + endLabelStepPx;
    return place;
  });
  let limitPx = topPx + plot.heightPx;
  for (let i = places.length - 1; i >= 0; i--) {
    places[i] = Math.min(places[i] ?? 0, limitPx);
    limitPx = (places[i] ?? 0) - endLabelStepPx;
  }
  return labels.map((label, i): Shape => ({
    tag: 'text',
    attributes: { class: `end-label end-label-${label.name}`, x: px(frame.rightPx + 6), y: px((places[i] ?? label.y) + 4) },
    text: label.text,
  }));
}

function drawRule(rule: { readonly x: number; readonly text: string }, frame: Frame, bottomPx: number, options: PlotsOptions): Shape[] {
  const x = frame.x(rule.x);
  const halfPx = options.measure(rule.text) / 2;
  const textPx = Math.max(frame.leftPx + halfPx, Math.min(options.widthPx - halfPx, x));
  return [
    { tag: 'path', attributes: { class: 'rule', d: `M${x} 16V${bottomPx}` } },
    { tag: 'text', attributes: { class: 'label', x: px(textPx), y: 11, 'text-anchor': 'middle' }, text: rule.text },
  ];
}
