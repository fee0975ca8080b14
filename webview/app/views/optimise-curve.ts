import type { OptimisePoint, OptimiseView } from '../../messages/index.ts';
import { choosePoint, dropFor, dropPoints, isAllowed, isDoubtful } from '../choose.ts';
import type { PageContext } from '../context.ts';
import { fill, h, listen, svg } from '../dom.ts';
import { byReading, drawPareto } from '../draw/pareto.ts';
import type { ParetoPoint } from '../draw/pareto.ts';
import { keepFocus } from '../slot.ts';
import { shortName } from '../text.ts';
import { measureIn, observeWidth } from './chart-size.ts';
import './layer-chart.css';
import './optimise-curve.css';
import { doubtText } from './optimise-points.ts';

/** The picture of everything that was tried. Redraws itself for points, for the limit, and when its width changes. */
export interface OptimiseCurve {
  readonly element: HTMLElement;
  readonly update: (view: OptimiseView, maxDrop: number) => void;
}

/** `onLimit` is called with the limit that just allows the point that the user pressed. */
export function createOptimiseCurve(context: PageContext, onLimit: (maxDrop: number) => void): OptimiseCurve {
  const { t } = context;
  const drawing = h('div', { class: 'chart-drawing' });
  const readout = h('p', { class: 'muted curve-readout' });
  let shown: { readonly view: OptimiseView; readonly maxDrop: number } | undefined;
  let focusable: string | null = null;

  const draw = (): void => {
    const widthPx = Math.floor(drawing.clientWidth);
    if (shown === undefined || widthPx === 0) return;
    const { view, maxDrop } = shown;
    const points = paretoPoints(view.points, maxDrop, context);
    if (points.length === 0) return fill(drawing, emptyCurve(view, context));
    if (!points.some((point) => point.id === focusable)) focusable = (points.find((point) => point.chosen) ?? points[0])?.id ?? null;
    const chosen = choosePoint(view.points, maxDrop);
    const shape = drawPareto({
      points,
      maxDrop,
      widthPx,
      lossLabel: view.metric === 'accuracy' ? t('points of {0} lost \u2192', view.metricText) : t('% more error \u2192'),
      savingLabel: widthPx < 420 ? t('\u2191 multiply-add energy saved') : t('\u2191 multiply-add energy saved, against int8 by rounding'),
      allowedLabel:
        view.metric === 'accuracy' ? t('allowed: up to {0} points', dropPoints(maxDrop)) : t('allowed: up to {0} %', dropPoints(maxDrop)),
      ariaLabel: ariaText(view, chosen, context),
      focusable,
      measure: measureIn(drawing),
    });
    keepPointFocus(drawing, () => fill(drawing, svg(shape)));
  };
  const show = (id: string | null): void => {
    const point = shown?.view.points.find((candidate) => candidate.id === id);
    fill(
      readout,
      point === undefined
        ? t('Point at a mark, or move over them with the arrow keys; press one to allow its loss.')
        : describe(point, shown?.maxDrop ?? 0, context),
    );
  };
  listen(drawing, 'keydown', (event) => {
    if (!(event instanceof KeyboardEvent)) return;
    const id = pointOf(event.target);
    if (id === null || shown === undefined) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      return press(id);
    }
    const next = neighbour(shown.view.points, id, event.key);
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
    const point = shown?.view.points.find((candidate) => candidate.id === id);
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
  show(null);
  return {
    element: h('figure', { class: 'chart' }, drawing, readout, key(context)),
    update: (view, maxDrop) => {
      shown = { view, maxDrop };
      draw();
    },
  };
}

function paretoPoints(points: readonly OptimisePoint[], maxDrop: number, context: PageContext): ParetoPoint[] {
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
      description: describe(point, maxDrop, context),
    }));
}

/** "energy term, step 3: 61.0 % saved, 97.8 % accuracy, 0.4 points lost, 1.2 nJ per inference". */
function describe(point: OptimisePoint, maxDrop: number, { t }: PageContext): string {
  const text = t(
    '{0}: {1} saved, quality {2}, {3}, {4} per inference',
    shortName(point.label, 80),
    point.savingText,
    point.qualityText,
    point.dropText,
    point.energy.text,
  );
  return isDoubtful(point, maxDrop) ? `${text}. ${doubtText(t)}` : text;
}

function ariaText(view: OptimiseView, chosen: OptimisePoint | null, { t }: PageContext): string {
  const count = t('{0} configurations', view.points.length);
  if (chosen === null)
    return t(
      'Energy saved against {0} lost, {1}; none is within the allowed loss. The table below has the same figures.',
      view.metricText,
      count,
    );
  return t(
    'Energy saved against {0} lost, {1}. Chosen: {2}, {3} saved, {4}. The table below has the same figures.',
    view.metricText,
    count,
    shortName(chosen.label, 80),
    chosen.savingText,
    chosen.dropText,
  );
}

function emptyCurve(view: OptimiseView, { t }: PageContext): HTMLElement {
  const text =
    view.running === null
      ? t('The picture of energy against {0} begins with a search.', view.metricText)
      : t('Waiting for the first point');
  return h('p', { class: 'muted chart-none' }, text);
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
function neighbour(points: readonly OptimisePoint[], id: string, key: string): string | null {
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
