import { axisJoules } from './joules.ts';
import { drawPlots } from './plots.ts';
import { makeScale } from './scale.ts';
import type { Shape } from './shape.ts';

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

const qualityHeightPx = 132;
const energyHeightPx = 72;

/**
 * Two curves over the batches of a stream, one above the other on the same x axis: running quality, and joules spent so far. Below
 * them a row of marks: a filled circle where something was learned, a square for a refit, a cross for an update that was taken back.
 */
export function drawCurves(options: CurveOptions): Shape {
  const { points, metric, widthPx, ariaLabel, measure } = options;
  const extents = (value: (point: CurvePoint) => number): { value: number; low: number; high: number }[] =>
    points.map((point) => ({ value: value(point), low: value(point), high: value(point) }));
  const quality =
    metric === 'accuracy' ? [{ value: 1, low: 1, high: 1 }] : [...extents((point) => point.running), ...extents((point) => point.batch)];
  return drawPlots({
    xs: points.map((point) => point.index),
    // Batches count from 0, and one alone stands at the left.
    fromX: 0,
    widthPx,
    ariaLabel,
    measure,
    plots: [
      {
        label: options.qualityLabel,
        heightPx: qualityHeightPx,
        scale: makeScale(quality, 'linear', 5),
        series: [
          { name: 'behind', values: points.map((point) => point.batch), dot: false },
          { name: 'quality', values: points.map((point) => point.running) },
        ],
        tick: (value) => (metric === 'accuracy' ? `${Math.round(value * 100)} %` : String(Number(value.toPrecision(3)))),
      },
      {
        label: options.energyLabel,
        heightPx: energyHeightPx,
        scale: makeScale(
          extents((point) => point.spent.value),
          'linear',
          3,
        ),
        series: [{ name: 'energy', values: points.map((point) => point.spent.value) }],
        tick: axisJoules,
      },
    ],
    marks: points.flatMap(({ index, decision }) => (decision === 'skip' ? [] : [{ x: index, kind: decision }])),
  });
}
