import type { Problem, RunFailure, WrittenFiles } from '../messages/index.ts';
import { choosePoint, dropPoints } from './choose.ts';
import type { PageContext } from './context.ts';
import type { Child } from './dom.ts';
import { fill, h, listen } from './dom.ts';
import './search.css';
import { createSlot } from './slot.ts';
import { toggled } from './state.ts';
import { baseName, shortName } from './text.ts';
import { errorNote } from './views/error-note.ts';
import { pageHeader } from './views/header.ts';
import './views/layer-details.css';
import { problemsSection } from './views/problems.ts';
import { createSearchCurve, type CurveWords, type TriedPoint } from './views/search-curve.ts';
import type { SearchForm, SearchFormView } from './views/search-form.ts';

/** What a page about a search knows of it. */
interface SearchPageView extends SearchFormView<unknown> {
  readonly written: WrittenFiles | null;
  readonly error: RunFailure | null;
  readonly problems: readonly Problem[];
}

/** What one kind of search shows and says. */
export interface SearchPageParts<V extends SearchPageView, P extends TriedPoint> {
  readonly title: string;
  readonly intro: string;
  readonly curveTitle: string;
  readonly form: (onChange: () => void) => SearchForm<V>;
  readonly tried: (view: V) => readonly P[];
  readonly words: (view: V) => CurveWords<P>;
  readonly result: (view: V) => HTMLElement | null;
  /** What of the result is taken apart below it. */
  readonly sections: readonly { readonly element: HTMLElement; readonly update: (view: V) => void }[];
  /** Every point as a table. */
  readonly table: (view: V, limit: number) => readonly Child[];
  /** The result in a sentence, for a screen reader. */
  readonly found: (result: NonNullable<V['result']>) => string;
  /** What a point brings and loses, for a screen reader. */
  readonly gain: (point: P) => readonly [gain: string, loss: string];
}

/** A page about a search: what may be lost and the buttons, everything tried as a picture and as a table, and the result. */
export function mountSearchPage<V extends SearchPageView, P extends TriedPoint>(
  root: HTMLElement,
  context: PageContext,
  parts: SearchPageParts<V, P>,
): (view: V) => string {
  const header = createSlot(h('div'));
  const error = createSlot(h('div'));
  const result = createSlot(h('div'));
  const points = createSlot(h('div'));
  const problems = createSlot(h('div'));
  let view: V | null = null;

  /** Everything that follows the limit alone; no new run. */
  const showLimit = (): void => {
    if (view === null) return;
    const [shown, limit] = [view, form.limit()];
    const tried = parts.tried(shown);
    curve.update(tried, limit, parts.words(shown));
    points.show([tried, limit], () => [tried.length > 0 && pointsSection(tried.length, parts.table(shown, limit), context)]);
  };
  const form = parts.form(() => {
    showLimit();
    if (view !== null) announceChoice(parts.tried(view), form.limit(), parts, context);
  });
  const curve = createSearchCurve<P>(context, (limit) => form.setLimit(limit));
  const picture = h(
    'section',
    { class: 'section', 'aria-labelledby': 'curve-heading' },
    h('h2', { id: 'curve-heading' }, parts.curveTitle),
    curve.element,
  );
  fill(
    root,
    header.element,
    error.element,
    h('div', { class: 'search-columns' }, form.element, picture),
    result.element,
    problems.element,
    ...parts.sections.map(({ element }) => element),
    points.element,
  );
  let announced = '';

  return (next) => {
    view = next;
    header.show(next.plan, () => headerView(next.plan, parts, context));
    error.show(next.error, () => [next.error !== null && errorNote(next.error, context)]);
    form.update(next);
    showLimit();
    result.show([next.result, next.written], () => [parts.result(next)]);
    for (const section of parts.sections) section.update(next);
    problems.show(next.problems, () => [next.problems.length > 0 && problemsSection(next.problems, context)]);
    const sentence = progressSentence(next, parts, context);
    if (sentence !== announced) context.announce(sentence);
    announced = sentence;
    return shortName(baseName(next.plan), 60);
  };
}

function headerView(
  plan: string,
  { title, intro }: { readonly title: string; readonly intro: string },
  { t }: PageContext,
): readonly HTMLElement[] {
  const about = [{ name: t('Plan'), value: shortName(baseName(plan)), title: plan }];
  return [pageHeader(title, about, []), h('p', { class: 'muted section' }, intro)];
}

function pointsSection(count: number, table: readonly Child[], { t, store }: PageContext): HTMLElement {
  const key = 'points';
  const details = h(
    'details',
    { class: 'section disclosure', open: store.get().open.includes(key) },
    h('summary', { 'data-focus': key }, t('All points as a table ({0})', count)),
    ...table,
  );
  return listen(details, 'toggle', () => store.set({ open: toggled(store.get().open, key, details.open) }));
}

/** What a screen reader hears while a search goes on: its stages, not its numbers, and its end. */
function progressSentence<V extends SearchPageView>(
  view: V,
  { found }: { readonly found: (result: NonNullable<V['result']>) => string },
  { t }: PageContext,
): string {
  if (view.running !== null) return view.running.stopping ? t('Stopping') : view.running.message.replace(/\d[\d,.]*/g, '').trim();
  if (view.error !== null) return `${t('Error')}: ${view.error.message}`;
  const result: V['result'] = view.result;
  if (result === null) return '';
  const sentence = found(result as NonNullable<V['result']>);
  return view.written === null || view.written.earlier ? sentence : `${sentence}. ${t('The model was written.')}`;
}

function announceChoice<P extends TriedPoint>(
  tried: readonly P[],
  limit: number,
  { gain }: { readonly gain: (point: P) => readonly [string, string] },
  { t, announce }: PageContext,
): void {
  if (tried.length === 0) return;
  const chosen = choosePoint(tried, limit);
  announce(
    chosen === null
      ? t('None of the points tried is within {0}', dropPoints(limit))
      : t('{0}: {1}, {2}', shortName(chosen.label, 80), ...gain(chosen)),
  );
}
