import { axisJoules } from './joules.ts';
import type { Extent, Scale, ScaleKind } from './scale.ts';
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
}

/** `widthPx` of the whole drawing; `measure` tells the width of a text in px; `ariaLabel` states the result in a sentence. */
export interface BarOptions {
  readonly bars: readonly Bar[];
  readonly widthPx: number;
  readonly scale: ScaleKind;
  readonly measure: (text: string) => number;
  readonly ariaLabel: string;
}

interface Layout {
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
  const scale = makeScale(options.bars, options.scale, maxTicks);
  const bodyPx = options.bars.length * layout.pitchPx;
  const heightPx = bodyPx + axisHeightPx;
  const rows = options.bars.map((bar, index) => drawRow(bar, index, layout, scale, options));
  return {
    tag: 'svg',
    attributes: {
      class: 'bars',
      role: 'img',
      'aria-label': options.ariaLabel,
      width: options.widthPx,
      height: heightPx,
      viewBox: `0 0 ${px(options.widthPx)} ${px(heightPx)}`,
    },
    children: [...drawAxis(scale, layout, options), ...rows],
  };
}

function arrange(options: BarOptions): Layout {
  const { bars, widthPx, measure } = options;
  if (widthPx < 520) {
    return { stacked: true, pitchPx: 38, plotLeftPx: 1, plotWidthPx: Math.max(40, widthPx - 8), labelWidthPx: widthPx };
  }
  const labelWidthPx = Math.min(Math.max(60, ...bars.map((bar) => measure(bar.label))), widthPx * 0.34);
  const valueWidthPx = Math.max(40, ...bars.map((bar) => measure(bar.text)));
  const plotLeftPx = labelWidthPx + gapPx;
  return {
    stacked: false,
    pitchPx: 26,
    plotLeftPx,
    plotWidthPx: Math.max(40, widthPx - plotLeftPx - valueWidthPx - gapPx - 4),
    labelWidthPx,
  };
}

function drawAxis(scale: Scale, layout: Layout, { bars, measure }: BarOptions): Shape[] {
  const shapes: Shape[] = [];
  const bodyPx = bars.length * layout.pitchPx;
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
  if (!layout.stacked) return `M${x} 0V${px(nBars * layout.pitchPx + 3)}`;
  return Array.from({ length: nBars }, (_, index) => `M${x} ${px(barTopPx(index, layout) - 2)}v${barHeightPx + 5}`).join('');
}

function barTopPx(index: number, layout: Layout): number {
  return index * layout.pitchPx + (layout.stacked ? 20 : (layout.pitchPx - barHeightPx) / 2);
}

function drawRow(bar: Bar, index: number, layout: Layout, scale: Scale, options: BarOptions): Shape {
  const top = index * layout.pitchPx;
  const barTop = barTopPx(index, layout);
  const middle = barTop + barHeightPx / 2;
  const textY = layout.stacked ? top + 14 : middle + 4;
  const x = (value: number): number => px(layout.plotLeftPx + scale.place(value) * layout.plotWidthPx);
  const labelRoom = layout.stacked ? options.widthPx - options.measure(bar.text) - gapPx : layout.labelWidthPx;
  const children: Shape[] = [
    { tag: 'title', attributes: {}, text: bar.title },
    // The whole row is the target of the tooltip, not only its ink.
    { tag: 'rect', attributes: { class: 'row-area', x: 0, y: px(top), width: px(options.widthPx), height: layout.pitchPx } },
    { tag: 'text', attributes: { class: 'label', x: 0, y: px(textY) }, text: fitText(bar.label, labelRoom, options.measure) },
    { tag: 'text', attributes: { class: 'value', x: px(options.widthPx - 2), y: px(textY), 'text-anchor': 'end' }, text: bar.text },
    {
      tag: 'rect',
      attributes: {
        class: `bar tone-${bar.tone} is-${bar.source}`,
        x: px(layout.plotLeftPx),
        y: px(barTop),
        width: px(Math.max(0, x(bar.value) - layout.plotLeftPx)),
        height: barHeightPx,
        rx: 1,
      },
    },
    ...whisker(bar, x, middle),
  ];
  return { tag: 'g', attributes: { class: 'bar-row' }, children };
}

/** A line from low to high with caps; nothing for a figure without a spread. */
function whisker(bar: Bar, x: (value: number) => number, middle: number): Shape[] {
  if (!Number.isFinite(bar.low) || !Number.isFinite(bar.high) || bar.low === bar.high) return [];
  const [from, to] = [x(bar.low), x(bar.high)];
  const d = `M${from} ${px(middle - 3.5)}v7M${from} ${px(middle)}H${to}M${to} ${px(middle - 3.5)}v7`;
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
