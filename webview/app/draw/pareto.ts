import type { Shape } from './shape.ts';
import { px } from './shape.ts';

/** One tried configuration as the picture needs it. */
export interface ParetoPoint {
  readonly id: string;
  readonly label: string;
  readonly kind: 'baseline' | 'candidate';
  /** Share of energy saved; negative when it costs more. */
  readonly saving: number;
  /** Loss as a share, negative for a gain; null when not known: such points are left out. */
  readonly drop: number | null;
  readonly allowed: boolean;
  readonly chosen: boolean;
  /** What a screen reader says of it. */
  readonly description: string;
}

export interface ParetoOptions {
  readonly points: readonly ParetoPoint[];
  readonly maxDrop: number;
  readonly widthPx: number;
  readonly lossLabel: string;
  readonly savingLabel: string;
  readonly allowedLabel: string;
  readonly ariaLabel: string;
  /** The point that Tab reaches; the arrow keys move on from it. */
  readonly focusable: string | null;
  readonly measure: (text: string) => number;
}

interface Frame {
  readonly leftPx: number;
  readonly rightPx: number;
  readonly topPx: number;
  readonly bottomPx: number;
  readonly x: (drop: number) => number;
  readonly y: (saving: number) => number;
  readonly dropEnds: readonly [number, number];
  readonly savingEnds: readonly [number, number];
}

/** Losses beyond this stand at the right edge with an arrow: a collapsed network would squeeze all others together. */
const widestDrop = 0.08;
const plotHeightPx = 240;
const tickHeightPx = 34;

/**
 * Energy saved (upwards) against quality lost (to the right): upper left is best. Candidates are circles, hollow beyond the allowed loss,
 * and a line joins those that no other one beats in both; baselines are diamonds with their names; the chosen point has a ring and its name; the allowed
 * region is shaded and its edge labelled. Each point is an element of its own for keyboard and screen reader.
 */
export function drawPareto(options: ParetoOptions): Shape {
  const points = options.points.filter((point) => point.drop !== null && Number.isFinite(point.saving));
  const frame = frameOf(points, options);
  const heightPx = frame.bottomPx + tickHeightPx;
  return {
    tag: 'svg',
    attributes: {
      class: 'pareto',
      role: 'group',
      'aria-label': options.ariaLabel,
      width: options.widthPx,
      height: heightPx,
      viewBox: `0 0 ${px(options.widthPx)} ${px(heightPx)}`,
    },
    children: [
      ...region(options, frame),
      ...axes(options, frame),
      ...line(points, frame),
      ...names(points, frame, options),
      ...points.toSorted(byReading).map((point) => mark(point, frame, options.focusable === point.id)),
    ],
  };
}

/** The order in which the arrow keys walk: by saving, so that right is always more. */
export function byReading(a: Pick<ParetoPoint, 'saving'>, b: Pick<ParetoPoint, 'saving'>): number {
  return a.saving - b.saving;
}

function frameOf(points: readonly ParetoPoint[], options: ParetoOptions): Frame {
  const drops = points.map((point) => point.drop ?? 0);
  const savings = points.map((point) => point.saving);
  const lowDrop = Math.min(0, ...drops);
  // What lies beyond the picture does not stretch it.
  const highDrop = Math.max(0.02, options.maxDrop * 1.25, ...drops.filter((drop) => drop <= widestDrop));
  // A step below 0 and above the last point, so that no mark sits on an edge.
  const dropEnds = ends(Math.max(-0.03, lowDrop), highDrop, 0.005);
  // A hair below 0 is 0: it needs no room of its own.
  const lowSaving = Math.min(0, ...savings.filter((saving) => saving < -0.01));
  const [, highEnd] = ends(0, Math.min(1, Math.max(0.2, ...savings)), 0.1);
  const savingEnds: readonly [number, number] = [lowSaving < 0 ? ends(Math.max(-0.5, lowSaving), 0, 0.1)[0] : 0, highEnd];
  const leftPx = Math.ceil(options.measure('\u2212100 %')) + 10;
  const [rightPx, topPx] = [options.widthPx - 14, 42];
  const bottomPx = topPx + plotHeightPx;
  const place = (value: number, [low, high]: readonly [number, number]): number => Math.min(1, Math.max(0, (value - low) / (high - low)));
  return {
    leftPx,
    rightPx,
    topPx,
    bottomPx,
    dropEnds,
    savingEnds,
    x: (drop) => px(leftPx + place(drop, dropEnds) * (rightPx - leftPx)),
    y: (saving) => px(bottomPx - place(saving, savingEnds) * (bottomPx - topPx)),
  };
}

/** The ends on multiples of a step, with room beyond the outermost value. */
function ends(low: number, high: number, step: number): readonly [number, number] {
  return [Math.floor(low / step - 0.2) * step, Math.ceil(high / step + 0.2) * step];
}

function region(options: ParetoOptions, frame: Frame): Shape[] {
  const edge = frame.x(options.maxDrop);
  // Centred above the edge, as far as the picture has room on both sides.
  const halfPx = options.measure(options.allowedLabel) / 2;
  const labelPx = Math.min(frame.rightPx + 10 - halfPx, Math.max(frame.leftPx + halfPx, edge));
  return [
    {
      tag: 'rect',
      attributes: {
        class: 'allowed-area',
        x: frame.leftPx,
        y: frame.topPx,
        width: px(Math.max(0, edge - frame.leftPx)),
        height: plotHeightPx,
      },
    },
    { tag: 'path', attributes: { class: 'allowed-edge', d: `M${edge} ${frame.topPx - 4}V${frame.bottomPx}` } },
    { tag: 'text', attributes: { class: 'tick', x: px(labelPx), y: frame.topPx - 9, 'text-anchor': 'middle' }, text: options.allowedLabel },
  ];
}

function axes(options: ParetoOptions, frame: Frame): Shape[] {
  const dropTicks = ticks(frame.dropEnds, frame.rightPx - frame.leftPx < 420 ? 0.02 : 0.01);
  const savingTicks = ticks(frame.savingEnds, 0.2);
  return [
    { tag: 'text', attributes: { class: 'label', x: 0, y: 12 }, text: options.savingLabel },
    ...savingTicks.flatMap((value): Shape[] => [
      {
        tag: 'path',
        attributes: { class: Math.abs(value) < 1e-9 ? 'axis' : 'grid', d: `M${frame.leftPx} ${frame.y(value)}H${px(frame.rightPx)}` },
      },
      {
        tag: 'text',
        attributes: { class: 'tick', x: frame.leftPx - 6, y: px(frame.y(value) + 4), 'text-anchor': 'end' },
        text: `${signed(value * 100)} %`,
      },
    ]),
    ...dropTicks.flatMap((value): Shape[] => [
      { tag: 'path', attributes: { class: 'axis', d: `M${frame.x(value)} ${frame.bottomPx}v4` } },
      {
        tag: 'text',
        attributes: { class: 'tick', x: frame.x(value), y: frame.bottomPx + 16, 'text-anchor': 'middle' },
        text: signed(value * 100),
      },
    ]),
    {
      tag: 'text',
      attributes: { class: 'label', x: frame.rightPx, y: frame.bottomPx + 31, 'text-anchor': 'end' },
      text: options.lossLabel,
    },
  ];
}

function ticks([low, high]: readonly [number, number], step: number): number[] {
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

/** A whole number with a true minus sign. */
function signed(value: number): string {
  const rounded = Math.round(value);
  return rounded < 0 ? `\u2212${-rounded}` : String(rounded);
}

/** Joins the candidates that no other one beats: from the smallest loss on, each with a larger saving than all before it. */
function line(points: readonly ParetoPoint[], frame: Frame): Shape[] {
  const candidates = points.filter((point) => point.kind === 'candidate');
  let best = -Infinity;
  const front = candidates
    .toSorted((a, b) => (a.drop ?? 0) - (b.drop ?? 0) || b.saving - a.saving)
    .filter((point) => {
      const isBetter = point.saving > best;
      best = Math.max(best, point.saving);
      return isBetter;
    });
  if (front.length < 2) return [];
  const path = front.map((point, i) => `${i === 0 ? 'M' : 'L'}${frame.x(point.drop ?? 0)} ${frame.y(point.saving)}`).join('');
  return [{ tag: 'path', attributes: { class: 'candidate-line', d: path } }];
}

/**
 * Names of baselines and of the chosen point beside their marks: to the right, else to the left, else a line higher or lower; left out
 * where other names leave no room, which the readout and the table make up for.
 */
function names(points: readonly ParetoPoint[], frame: Frame, options: ParetoOptions): Shape[] {
  const marks = points.map((point) => ({ x: frame.x(point.drop ?? 0), y: frame.y(point.saving), id: point.id }));
  const taken: { left: number; right: number; y: number }[] = [];
  const named = points
    .filter((point) => point.kind === 'baseline' || point.chosen)
    .toSorted((a, b) => Number(b.chosen) - Number(a.chosen) || byReading(a, b));
  return named.flatMap((point): Shape[] => {
    const [x, y] = [frame.x(point.drop ?? 0), frame.y(point.saving)];
    const widthPx = options.measure(point.label) * (point.chosen ? 1.08 : 1);
    const offset = point.chosen ? 14 : 10;
    const places = [0, -12, 13].flatMap((up) => [
      { left: x + offset, y: y + up },
      { left: x - offset - widthPx, y: y + up },
    ]);
    const fits = (place: { readonly left: number; readonly y: number }): boolean => {
      const right = place.left + widthPx;
      if (place.left < frame.leftPx || right > frame.rightPx + 12 || place.y > frame.bottomPx - 6 || place.y < frame.topPx + 6)
        return false;
      const meets = (other: { readonly left: number; readonly right: number; readonly y: number }): boolean =>
        Math.abs(other.y - place.y) < 12 && place.left < other.right + 4 && right > other.left - 4;
      return (
        !taken.some(meets) && !marks.some((other) => other.id !== point.id && meets({ left: other.x - 5, right: other.x + 5, y: other.y }))
      );
    };
    const place = places.find(fits);
    if (place === undefined) return [];
    taken.push({ left: place.left, right: place.left + widthPx, y: place.y });
    return [
      {
        tag: 'text',
        attributes: { class: point.chosen ? 'label chosen-name' : 'label', x: px(place.left), y: px(place.y + 4) },
        text: point.label,
      },
    ];
  });
}

function mark(point: ParetoPoint, frame: Frame, focusable: boolean): Shape {
  const drop = point.drop ?? 0;
  const [x, y] = [frame.x(drop), frame.y(point.saving)];
  const form = point.kind === 'baseline' ? 'baseline' : point.allowed ? 'candidate' : 'candidate beyond';
  const beyond = drop > frame.dropEnds[1];
  return {
    tag: 'g',
    attributes: {
      class: `point ${form}${point.chosen ? ' chosen' : ''}`,
      role: point.kind === 'candidate' ? 'button' : 'img',
      'aria-label': point.description,
      tabindex: focusable ? 0 : -1,
      'data-point': point.id,
      'data-focus': `point:${point.id}`,
      ...(point.kind === 'candidate' ? { 'aria-pressed': String(point.chosen) } : {}),
    },
    children: [
      { tag: 'title', attributes: {}, text: point.description },
      // A finger needs more than the mark itself.
      { tag: 'circle', attributes: { class: 'point-area', cx: x, cy: y, r: 11 } },
      ...(point.chosen ? [{ tag: 'circle' as const, attributes: { class: 'chosen-ring', cx: x, cy: y, r: 9 } }] : []),
      point.kind === 'baseline'
        ? { tag: 'path', attributes: { class: 'point-mark', d: `M${x} ${px(y - 5.5)}l5.5 5.5l-5.5 5.5l-5.5-5.5z` } }
        : { tag: 'circle', attributes: { class: 'point-mark', cx: x, cy: y, r: 4.5 } },
      ...(beyond ? [{ tag: 'path' as const, attributes: { class: 'beyond-arrow', d: `M${px(x + 7)} ${px(y - 4)}l4 4l-4 4` } }] : []),
      { tag: 'circle', attributes: { class: 'focus-ring', cx: x, cy: y, r: 12 } },
    ],
  };
}
