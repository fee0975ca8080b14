import { axisJoules } from './joules.ts';
import type { Extent, Scale, ScaleKind } from './scale.ts';
import { hatched, letterShape, nPatterns, patternLetter, patterns } from './parts.ts';
import { makeScale } from './scale.ts';
import type { Shape, Source } from './shape.ts';
import { px } from './shape.ts';

/** One bar: a name, a value in J with its band, the host's text for it, and what colours it. */
export interface Bar extends Extent {
  readonly label: string;
  readonly text: string;
  readonly source: Source;
  readonly tone: 'lower' | 'upper' | 'frozen' | 'plain';
  /** Tooltip. */
  readonly title: string;
  /** Parts that the bar is stacked of, from its left end; shown on a linear scale only, where lengths add up. */
  readonly segments?: readonly Segment[];
  /** Makes the row a control: the figure that it opens, and what it says to those who do not see it. */
  readonly control?: { readonly figure: string; readonly spoken: string };
  /** Begins a group: more room above. */
  readonly begins?: boolean;
}

/** A part of a stacked bar: a value in J, and the number of its pattern, whose letter stands in it where there is room. */
export interface Segment {
  readonly value: number;
  readonly pattern: number;
}

/** `widthPx` of the whole drawing; `measure` tells the width of a text in px; `ariaLabel` states the result in a sentence. */
export interface BarOptions {
  readonly bars: readonly Bar[];
  readonly widthPx: number;
  readonly scale: ScaleKind;
  readonly measure: (text: string) => number;
  readonly ariaLabel: string;
  /** The scale ends at the largest value, and a whisker that goes on beyond it ends in an arrow. Default: it holds every band. */
  readonly clip?: boolean;
  /** The figure of the bar that Tab reaches; default the first. */
  readonly focusable?: string | null;
}

interface Layout {
  /** Top of each row, and the bottom of the last. */
  readonly topsPx: readonly number[];
  readonly stacked: boolean;
  readonly pitchPx: number;
  readonly plotLeftPx: number;
  readonly plotWidthPx: number;
  readonly labelWidthPx: number;
}

const barHeightPx = 12;
const axisHeightPx = 24;
const gapPx = 12;

/**
 * A horizontal bar chart with whiskers from low to high, a grid and an axis at the bottom. Narrow drawings (below 520 px) put each
 * label above its bar. Bars whose value is not finite have no length. Height follows the number of bars.
 */
export function drawBars(options: BarOptions): Shape {
  const layout = arrange(options);
  const maxTicks = Math.max(2, Math.min(7, Math.floor(layout.plotWidthPx / 64)));
  const held = options.clip === true ? options.bars.map(({ value }) => ({ value, low: value, high: value })) : options.bars;
  const scale = makeScale(held, options.scale, maxTicks);
  const bodyPx = layout.topsPx.at(-1) ?? 0;
  const isControl = options.bars.some((bar) => bar.control !== undefined);
  const heightPx = bodyPx + axisHeightPx;
  const rows = options.bars.map((bar, index) => drawRow(bar, index, layout, scale, options));
  return {
    tag: 'svg',
    attributes: {
      class: 'bars',
      // An image has no parts for assistive technology; bars that can be pressed are parts of a group.
      role: isControl ? 'group' : 'img',
      'aria-label': options.ariaLabel,
      width: options.widthPx,
      height: heightPx,
      viewBox: `0 0 ${px(options.widthPx)} ${px(heightPx)}`,
    },
    children: [
      ...(options.bars.some((bar) => bar.segments !== undefined) ? [patterns()] : []),
      ...drawAxis(scale, layout, options),
      ...rows,
    ],
  };
}

function arrange(options: BarOptions): Layout {
  const { bars, widthPx, measure } = options;
  const isStacked = widthPx < 520;
  const pitchPx = isStacked ? 38 : 26;
  const topsPx: number[] = [];
  let topPx = 0;
  for (const [index, bar] of bars.entries()) {
    if (bar.begins === true && index > 0) topPx += gapPx;
    topsPx.push(topPx);
    topPx += pitchPx;
  }
  topsPx.push(topPx);
  if (isStacked) return { stacked: true, topsPx, pitchPx, plotLeftPx: 1, plotWidthPx: Math.max(40, widthPx - 8), labelWidthPx: widthPx };
  const labelWidthPx = Math.min(Math.max(60, ...bars.map((bar) => measure(bar.label))), widthPx * 0.34);
  const valueWidthPx = Math.max(40, ...bars.map((bar) => measure(bar.text)));
  const plotLeftPx = labelWidthPx + gapPx;
  return {
    stacked: false,
    topsPx,
    pitchPx,
    plotLeftPx,
    plotWidthPx: Math.max(40, widthPx - plotLeftPx - valueWidthPx - gapPx - 4),
    labelWidthPx,
  };
}

function drawAxis(scale: Scale, layout: Layout, { bars, measure }: BarOptions): Shape[] {
  const shapes: Shape[] = [];
  const bodyPx = layout.topsPx.at(-1) ?? 0;
  let freeFromPx = Number.NEGATIVE_INFINITY;
  for (const tick of scale.ticks) {
    const x = px(layout.plotLeftPx + tick.at * layout.plotWidthPx);
    shapes.push({ tag: 'path', attributes: { class: tick.at === 0 ? 'axis' : 'grid', d: gridPath(x, bars.length, layout) } });
    const text = axisJoules(tick.value);
    const half = measure(text) / 2;
    const last = layout.plotLeftPx + layout.plotWidthPx;
    const centre = Math.min(Math.max(x, half), Math.max(half, last + gapPx / 2 - half));
    // Two labels that touch read as one number: the later one gives way.
    if (centre - half < freeFromPx + 6) continue;
    freeFromPx = centre + half;
    shapes.push({ tag: 'text', attributes: { class: 'tick', x: px(centre), y: px(bodyPx + 17), 'text-anchor': 'middle' }, text });
  }
  return shapes;
}

/** A grid line: whole beside the labels, in pieces beside the bars alone where labels stand above them. */
function gridPath(x: number, nBars: number, layout: Layout): string {
  if (!layout.stacked) return `M${x} 0V${px((layout.topsPx[nBars] ?? 0) + 3)}`;
  return Array.from({ length: nBars }, (_, index) => `M${x} ${px(barTopPx(index, layout) - 2)}v${barHeightPx + 5}`).join('');
}

function barTopPx(index: number, layout: Layout): number {
  return (layout.topsPx[index] ?? 0) + (layout.stacked ? 20 : (layout.pitchPx - barHeightPx) / 2);
}

function drawRow(bar: Bar, index: number, layout: Layout, scale: Scale, options: BarOptions): Shape {
  const top = layout.topsPx[index] ?? 0;
  const barTop = barTopPx(index, layout);
  const middle = barTop + barHeightPx / 2;
  const textY = layout.stacked ? top + 14 : middle + 4;
  const x = (value: number): number => px(layout.plotLeftPx + scale.place(value) * layout.plotWidthPx);
  const labelRoom = layout.stacked ? options.widthPx - options.measure(bar.text) - gapPx : layout.labelWidthPx;
  const control = controlAttributes(bar, index, options);
  const isControl = bar.control !== undefined;
  const area = { class: 'row-area', x: 0, y: px(top), width: px(options.widthPx), height: layout.pitchPx, ...control };
  const title: Shape = { tag: 'title', attributes: {}, text: bar.title };
  const visual: Shape[] = [
    { tag: 'text', attributes: { class: 'label', x: 0, y: px(textY) }, text: fitText(bar.label, labelRoom, options.measure) },
    { tag: 'text', attributes: { class: 'value', x: px(options.widthPx - 2), y: px(textY), 'text-anchor': 'end' }, text: bar.text },
    ...drawBar(bar, barTop, x, scale.kind),
    ...whisker(bar, x, middle, options.clip === true ? scale.max : Number.POSITIVE_INFINITY),
    ...partLetters(bar, barTop, x, scale.kind, options.measure),
  ];
  // The whole row is the target of pointer and tooltip, not only its ink. What is drawn is hidden from those who hear the control's name.
  return {
    tag: 'g',
    attributes: { class: 'bar-row' },
    children: [
      ...(isControl ? [] : [title]),
      { tag: 'rect', attributes: area, ...(isControl ? { children: [title] } : {}) },
      { tag: 'g', attributes: { class: 'bar-drawing', 'aria-hidden': isControl ? 'true' : 'false' }, children: visual },
    ],
  };
}

/** One bar is in the order of Tab, the arrows reach the others. */
function controlAttributes(bar: Bar, index: number, { bars, focusable }: BarOptions): Readonly<Record<string, string | number>> {
  if (bar.control === undefined) return {};
  const { figure, spoken } = bar.control;
  const entry = bars.some((one) => one.control?.figure === focusable) ? focusable === figure : index === 0;
  return { role: 'button', tabindex: entry ? 0 : -1, 'data-figure': figure, 'data-focus': `bar:${figure}`, 'aria-label': spoken };
}

function drawBar(bar: Bar, topPx: number, x: (value: number) => number, kind: ScaleKind): Shape[] {
  const area = (from: number, to: number, className: string): Shape => ({
    tag: 'rect',
    attributes: { class: className, x: px(x(from)), y: px(topPx), width: px(Math.max(0, x(to) - x(from))), height: barHeightPx, rx: 1 },
  });
  if (bar.segments === undefined || kind === 'log') return [area(0, bar.value, `bar tone-${bar.tone} is-${bar.source}`)];
  let from = 0;
  return bar.segments.flatMap(({ value, pattern }): Shape[] => {
    const to = from + Math.max(0, value);
    const widthPx = x(to) - x(from);
    const shapes = [area(from, to, `bar part part-${pattern % nPatterns}`)];
    if (widthPx > 3) shapes.push(hatched(area(from, to, 'part-pattern'), pattern));
    from = to;
    return shapes;
  });
}

/** The letters of the parts that have room for one. */
function partLetters(bar: Bar, topPx: number, x: (value: number) => number, kind: ScaleKind, measure: (text: string) => number): Shape[] {
  if (bar.segments === undefined || kind === 'log') return [];
  let from = 0;
  return bar.segments.flatMap(({ value, pattern }): Shape[] => {
    const [left, right] = [x(from), x(from + Math.max(0, value))];
    from += Math.max(0, value);
    return right - left >= measure(patternLetter(pattern)) + 8
      ? [letterShape(pattern, px((left + right) / 2), px(topPx + barHeightPx - 2))]
      : [];
  });
}

/** A line from low to high with caps, or an arrow where it goes on beyond `max`; nothing for a figure without a spread. */
function whisker(bar: Bar, x: (value: number) => number, middle: number, max: number): Shape[] {
  if (!Number.isFinite(bar.low) || !Number.isFinite(bar.high) || bar.low === bar.high) return [];
  const [from, to] = [x(bar.low), x(bar.high)];
  const end = bar.high > max ? `M${px(to - 5)} ${px(middle - 3.5)}l5 3.5l-5 3.5` : `M${to} ${px(middle - 3.5)}v7`;
  const d = `M${from} ${px(middle - 3.5)}v7M${from} ${px(middle)}H${to}${end}`;
  return [
    { tag: 'path', attributes: { class: 'whisker-halo', d } },
    { tag: 'path', attributes: { class: 'whisker', d } },
  ];
}

/** `text`, cut in the middle until it fits `roomPx`: the two ends tell layers apart, the middle seldom does. */
export function fitText(text: string, roomPx: number, measure: (text: string) => number): string {
  if (measure(text) <= roomPx) return text;
  const characters = Array.from(text);
  let [low, high] = [1, characters.length - 1];
  const cut = (keep: number): string => {
    const head = Math.ceil(keep * 0.45);
    const tail = keep - head;
    return `${characters.slice(0, head).join('')}…${tail > 0 ? characters.slice(-tail).join('') : ''}`;
  };
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (measure(cut(middle)) <= roomPx) low = middle;
    else high = middle - 1;
  }
  return cut(low);
}
