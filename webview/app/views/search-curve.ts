import type { Choosable } from '../choose.ts';
import { choosePoint, dropFor, isAllowed } from '../choose.ts';
import type { PageContext } from '../context.ts';
import { fill, h, listen, svg } from '../dom.ts';
import { byReading, drawPareto } from '../draw/pareto.ts';
import type { ParetoPoint } from '../draw/pareto.ts';
import { keepFocus } from '../slot.ts';
import { shortName } from '../text.ts';
import { measureIn, observeWidth } from './chart-size.ts';
import './layer-chart.css';
import './search-curve.css';

/** A configuration that was tried, as the picture shows it. */
export interface TriedPoint extends Choosable {
  readonly id: string;
  readonly label: string;
}

/** The words of one kind of search. */
export interface CurveWords<P extends TriedPoint> {
  readonly loss: string;
  /** Upwards; shorter where the picture is narrow. */
  readonly saving: (isNarrow: boolean) => string;
  readonly allowed: (maxDrop: number) => string;
  readonly describe: (point: P, maxDrop: number) => string;
  readonly aria: (chosen: P | null) => string;
  /** Instead of a picture without points. */
  readonly none: string;
  readonly hint: string;
}

/** The picture of everything that was tried. Redraws itself for points, for the limit, and when its width changes. */
export interface SearchCurve<P extends TriedPoint> {
  readonly element: HTMLElement;
  readonly update: (points: readonly P[], maxDrop: number, words: CurveWords<P>) => void;
}

/** `onLimit` is called with the limit that just allows the point that the user pressed. */
export function createSearchCurve<P extends TriedPoint>(context: PageContext, onLimit: (maxDrop: number) => void): SearchCurve<P> {
  const drawing = h('div', { class: 'chart-drawing' });
  const readout = h('p', { class: 'muted curve-readout' });
  const legend = key(context);
  let shown: { readonly points: readonly P[]; readonly maxDrop: number; readonly words: CurveWords<P> } | undefined;
  let focusable: string | null = null;

  const draw = (): void => {
    const widthPx = Math.floor(drawing.clientWidth);
    if (shown === undefined || widthPx === 0) return;
    const { maxDrop, words } = shown;
    const points = paretoPoints(shown.points, maxDrop, words);
    // Without a mark there is nothing to point at.
    readout.hidden = legend.hidden = points.length === 0;
    if (points.length === 0) return fill(drawing, h('p', { class: 'muted chart-none' }, words.none));
    if (!points.some((point) => point.id === focusable)) focusable = (points.find((point) => point.chosen) ?? points[0])?.id ?? null;
    const shape = drawPareto({
      points,
      maxDrop,
      widthPx,
      lossLabel: words.loss,
      savingLabel: words.saving(widthPx < 420),
      allowedLabel: words.allowed(maxDrop),
      ariaLabel: words.aria(choosePoint(shown.points, maxDrop)),
      focusable,
      measure: measureIn(drawing),
    });
    keepPointFocus(drawing, () => fill(drawing, svg(shape)));
  };
  const show = (id: string | null): void => {
    const point = shown?.points.find((candidate) => candidate.id === id);
    if (shown === undefined) return;
    fill(readout, point === undefined ? shown.words.hint : shown.words.describe(point, shown.maxDrop));
  };
  listen(drawing, 'keydown', (event) => {
    if (!(event instanceof KeyboardEvent)) return;
    const id = pointOf(event.target);
    if (id === null || shown === undefined) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      return press(id);
    }
    const next = neighbour(shown.points, id, event.key);
    if (next === null) return;
    event.preventDefault();
    focusable = next;
    for (const mark of drawing.querySelectorAll<SVGElement>('[data-point]')) {
      const isNext = mark.getAttribute('data-point') === next;
      mark.setAttribute('tabindex', isNext ? '0' : '-1');
      if (isNext) mark.focus();
    }
  });
  const press = (id: string): void => {
    const point = shown?.points.find((candidate) => candidate.id === id);
    if (point?.kind === 'candidate' && point.drop !== null) onLimit(dropFor(point));
  };
  listen(drawing, 'click', (event) => {
    const id = pointOf(event.target);
    if (id !== null) press(id);
  });
  listen(drawing, 'focusin', (event) => show(pointOf(event.target)));
  listen(drawing, 'focusout', () => show(null));
  listen(drawing, 'pointerover', (event) => show(pointOf(event.target)));
  observeWidth(drawing, draw);
  return {
    element: h('figure', { class: 'chart' }, drawing, readout, legend),
    update: (points, maxDrop, words) => {
      const isFirst = shown === undefined;
      shown = { points, maxDrop, words };
      if (isFirst) show(null);
      draw();
    },
  };
}

function paretoPoints<P extends TriedPoint>(points: readonly P[], maxDrop: number, words: CurveWords<P>): ParetoPoint[] {
  const chosen = choosePoint(points, maxDrop);
  return points
    .filter((point) => point.drop !== null)
    .map((point) => ({
      id: point.id,
      label: shortName(point.label, 36),
      kind: point.kind,
      saving: point.saving,
      drop: point.drop,
      allowed: isAllowed(point, maxDrop),
      chosen: point.id === chosen?.id,
      description: words.describe(point, maxDrop),
    }));
}

function key({ t }: PageContext): HTMLElement {
  const item = (shape: Parameters<typeof svg>[0], text: string): HTMLElement => h('span', { class: 'swatch-item' }, svg(shape), text);
  const box = { class: 'pareto', width: 16, height: 16, viewBox: '0 0 16 16', 'aria-hidden': 'true' };
  const circle = (form: string): Parameters<typeof svg>[0] => ({
    tag: 'svg',
    attributes: box,
    children: [
      {
        tag: 'g',
        attributes: { class: `point ${form}` },
        children: [{ tag: 'circle', attributes: { class: 'point-mark', cx: 8, cy: 8, r: 4.5 } }],
      },
    ],
  });
  return h(
    'p',
    { class: 'legend' },
    item(circle('candidate'), t('tried, within the allowed loss')),
    item(circle('candidate beyond'), t('tried, beyond it or doubtful')),
    item(
      {
        tag: 'svg',
        attributes: box,
        children: [
          {
            tag: 'g',
            attributes: { class: 'point candidate chosen' },
            children: [
              { tag: 'circle', attributes: { class: 'chosen-ring', cx: 8, cy: 8, r: 7 } },
              { tag: 'circle', attributes: { class: 'point-mark', cx: 8, cy: 8, r: 4 } },
            ],
          },
        ],
      },
      t('chosen'),
    ),
    item(
      {
        tag: 'svg',
        attributes: box,
        children: [
          {
            tag: 'g',
            attributes: { class: 'point baseline' },
            children: [{ tag: 'path', attributes: { class: 'point-mark', d: 'M8 2.5l5.5 5.5l-5.5 5.5l-5.5-5.5z' } }],
          },
        ],
      },
      t('to compare with'),
    ),
  );
}

/** The point next to one for an arrow key, in the order of saving; Home and End for the ends; null for any other key. */
function neighbour(points: readonly TriedPoint[], id: string, key: string): string | null {
  const order = points.filter((point) => point.drop !== null).toSorted(byReading);
  const at = order.findIndex((point) => point.id === id);
  const to: Readonly<Record<string, number>> = {
    ArrowRight: at + 1,
    ArrowUp: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at - 1,
    Home: 0,
    End: order.length - 1,
  };
  const next = to[key];
  if (next === undefined) return null;
  return order[Math.min(order.length - 1, Math.max(0, next))]?.id ?? null;
}

function pointOf(target: EventTarget | null): string | null {
  return target instanceof Element ? (target.closest('[data-point]')?.getAttribute('data-point') ?? null) : null;
}

/** `keepFocus` knows HTML elements only; the marks are SVG. */
function keepPointFocus(root: HTMLElement, change: () => void): void {
  const id = root.contains(document.activeElement) ? pointOf(document.activeElement) : null;
  keepFocus(root, change);
  if (id === null) return;
  for (const mark of root.querySelectorAll<SVGElement>('[data-point]'))
    if (mark.getAttribute('data-point') === id) mark.focus({ preventScroll: true });
}
