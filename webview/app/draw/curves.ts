import { axisJoules } from './joules.ts';
import type { Scale } from './scale.ts';
import { makeScale } from './scale.ts';
import type { Shape } from './shape.ts';
import { px } from './shape.ts';

/** A point of both curves; x is the number of the batch. */
export interface CurvePoint {
  readonly index: number;
  readonly running: number;
  readonly batch: number;
  /** Joules spent so far. */
  readonly spent: { readonly value: number };
  readonly decision: 'skip' | 'update' | 'refit' | 'restored';
}

export interface CurveOptions {
  /** In order of their index, at least one. */
  readonly points: readonly CurvePoint[];
  readonly widthPx: number;
  /** Accuracy runs from 0 to 1; an error from 0 to its largest value. */
  readonly metric: 'accuracy' | 'mse';
  /** What stands above the two plots. */
  readonly qualityLabel: string;
  readonly energyLabel: string;
  readonly ariaLabel: string;
  readonly measure: (text: string) => number;
}

interface Plot {
  readonly label: string;
  readonly topPx: number;
  readonly heightPx: number;
  readonly scale: Scale;
  readonly value: (point: CurvePoint) => number;
  /** A thin line behind the first. */
  readonly behind?: (point: CurvePoint) => number;
  readonly tick: (value: number) => string;
  readonly name: string;
}

const labelHeightPx = 20;
const qualityHeightPx = 132;
const energyHeightPx = 72;
const marksHeightPx = 20;
const gapPx = 12;

/**
 * Two curves over the batches of a stream, one above the other on the same x axis: running quality, and joules spent so far. Below
 * them a row of marks: a filled circle where something was learned, a square for a refit, a cross for an update that was taken back.
 */
export function drawCurves(options: CurveOptions): Shape {
  const { points, widthPx } = options;
  const plots = plotsOf(options);
  const leftPx =
    Math.ceil(Math.max(...plots.flatMap((plot) => plot.scale.ticks.map((tick) => options.measure(plot.tick(tick.value)))))) + 8;
  const rightPx = widthPx - 8;
  const last = Math.max(1, points.at(-1)?.index ?? 1);
  const x = (point: CurvePoint): number => px(leftPx + (point.index / last) * (rightPx - leftPx));
  const marksTopPx = (plots.at(-1)?.topPx ?? 0) + energyHeightPx + 6;
  return {
    tag: 'svg',
    attributes: {
      class: 'curves',
      role: 'img',
      'aria-label': options.ariaLabel,
      width: widthPx,
      height: marksTopPx + marksHeightPx,
      viewBox: `0 0 ${px(widthPx)} ${px(marksTopPx + marksHeightPx)}`,
    },
    children: [
      ...plots.flatMap((plot) => drawPlot(plot, points, x, leftPx, rightPx)),
      ...points.filter((point) => point.decision !== 'skip').map((point) => drawMark(point, x(point), marksTopPx + 8)),
    ],
  };
}

function plotsOf(options: CurveOptions): readonly Plot[] {
  const { points, metric } = options;
  const extents = (value: (point: CurvePoint) => number): { value: number; low: number; high: number }[] =>
    points.map((point) => ({ value: value(point), low: value(point), high: value(point) }));
  const quality =
    metric === 'accuracy' ? [{ value: 1, low: 1, high: 1 }] : [...extents((point) => point.running), ...extents((point) => point.batch)];
  const energyTopPx = labelHeightPx + qualityHeightPx + gapPx + labelHeightPx;
  return [
    {
      label: options.qualityLabel,
      topPx: labelHeightPx,
      heightPx: qualityHeightPx,
      scale: makeScale(quality, 'linear', 5),
      value: (point) => point.running,
      behind: (point) => point.batch,
      tick: (value) => (metric === 'accuracy' ? `${Math.round(value * 100)} %` : String(Number(value.toPrecision(3)))),
      name: 'quality',
    },
    {
      label: options.energyLabel,
      topPx: energyTopPx,
      heightPx: energyHeightPx,
      scale: makeScale(
        extents((point) => point.spent.value),
        'linear',
        3,
      ),
      value: (point) => point.spent.value,
      tick: axisJoules,
      name: 'energy',
    },
  ];
}

function drawPlot(plot: Plot, points: readonly CurvePoint[], x: (point: CurvePoint) => number, leftPx: number, rightPx: number): Shape[] {
  const y = (at: number): number => px(plot.topPx + (1 - at) * plot.heightPx);
  const lineOf = (value: (point: CurvePoint) => number): string =>
    points.map((point, i) => `${i === 0 ? 'M' : 'L'}${x(point)} ${y(plot.scale.place(value(point)))}`).join('');
  const first = points[0];
  return [
    { tag: 'text', attributes: { class: 'label', x: leftPx, y: px(plot.topPx - 7) }, text: plot.label },
    ...plot.scale.ticks.flatMap((tick): Shape[] => [
      {
        tag: 'path',
        attributes: { class: tick.at === 0 ? 'axis' : 'grid', d: `M${leftPx} ${y(tick.at)}H${px(rightPx)}` },
      },
      { tag: 'text', attributes: { class: 'tick', x: leftPx - 6, y: y(tick.at) + 4, 'text-anchor': 'end' }, text: plot.tick(tick.value) },
    ]),
    ...(plot.behind === undefined ? [] : [{ tag: 'path' as const, attributes: { class: 'curve curve-behind', d: lineOf(plot.behind) } }]),
    { tag: 'path', attributes: { class: `curve curve-${plot.name}`, d: lineOf(plot.value) } },
    // One batch is a point, and a line of one point cannot be seen.
    ...(points.length === 1 && first !== undefined
      ? [
          {
            tag: 'circle' as const,
            attributes: { class: `dot dot-${plot.name}`, cx: x(first), cy: y(plot.scale.place(plot.value(first))), r: 3 },
          },
        ]
      : []),
  ];
}

function drawMark(point: CurvePoint, x: number, y: number): Shape {
  switch (point.decision) {
    case 'refit':
      return { tag: 'rect', attributes: { class: 'decision-mark decision-refit', x: x - 3.5, y: y - 3.5, width: 7, height: 7 } };
    case 'restored':
      return { tag: 'path', attributes: { class: 'decision-mark decision-restored', d: `M${x - 3} ${y - 3}l6 6m0-6l-6 6` } };
    case 'update':
    case 'skip':
      return { tag: 'circle', attributes: { class: 'decision-mark decision-update', cx: x, cy: y, r: 2.5 } };
  }
}
