import type { PageCommand, SearchProgress, ToHost } from '../../messages/index.ts';
import { roundDrop } from '../choose.ts';
import type { PageContext } from '../context.ts';
import { h } from '../dom.ts';
import { createLimitField, type LimitWords } from './limit-field.ts';
import { createSearchActions, type WriteObstacle } from './search-actions.ts';
import './search-form.css';

/** What the form needs to know of a search. */
export interface SearchFormView<O> {
  readonly plan: string;
  readonly options: O;
  readonly running: SearchProgress | null;
  readonly result: { readonly options: O } | null;
}

/** The fields of a search besides its limit. */
export interface Choices<O> {
  readonly element: HTMLElement;
  readonly show: (options: O, disabled: boolean) => void;
}

/** What one kind of search asks for and says. */
export interface SearchFormParts<O, V extends SearchFormView<O>> {
  readonly limitOf: (options: O) => number;
  readonly limitPatch: (limit: number) => Partial<O>;
  /** What the limit is judged on. */
  readonly hint: string;
  readonly limitWords: (view: V) => LimitWords;
  readonly choices: (change: (patch: Partial<O>) => void) => Choices<O>;
  /** The options after a change. */
  readonly merge: (before: O, patch: Partial<O>) => O;
  /** Whether a search for the one has tried what the other asks for, the limit aside. */
  readonly isSearched: (asked: O, options: O) => boolean;
  /** What the limit chooses among the points that were tried, as "name, gain, loss"; null: nothing. */
  readonly chosen: (view: V, limit: number) => readonly [name: string, gain: string, loss: string] | null;
  readonly stop: PageCommand;
  readonly keep: (options: O) => ToHost;
  readonly run: (options: O, write: boolean) => ToHost;
}

/** What to search for, and the buttons that search, stop and write. Its fields stay as the user left them, whatever the host says. */
export interface SearchForm<V> {
  readonly element: HTMLElement;
  /** The loss that is allowed, a share; 0 before the first update. */
  readonly limit: () => number;
  /** Sets the limit, as the slider does. */
  readonly setLimit: (limit: number) => void;
  readonly update: (view: V) => void;
}

/** `onChange` is called whenever an option changes. */
export function createSearchForm<O, V extends SearchFormView<O>>(
  context: PageContext,
  parts: SearchFormParts<O, V>,
  onChange: () => void,
): SearchForm<V> {
  let options: O | null = null;
  let plan = '';
  let view: V | null = null;
  const change = (patch: Partial<O>): void => {
    if (options === null) return;
    options = parts.merge(options, patch);
    show();
    context.post(parts.keep(options));
    onChange();
  };
  const limit = createLimitField(context, parts.hint, (share) => change(parts.limitPatch(share)));
  const choices = parts.choices(change);
  const actions = createSearchActions(context, parts.stop, (write) => {
    if (options !== null) context.post(parts.run(options, write));
  });
  const show = (): void => {
    if (options === null || view === null) return;
    limit.show(parts.limitOf(options), parts.limitWords(view));
    choices.show(options, view.running !== null);
    actions.show(view.running, view.result !== null, writeObstacle(view, options, parts, context));
  };
  return {
    element: h(
      'section',
      { class: 'section card search-form', 'aria-label': context.t('Search') },
      limit.element,
      choices.element,
      actions.element,
    ),
    limit: () => (options === null ? 0 : parts.limitOf(options)),
    setLimit: (share) => change(parts.limitPatch(roundDrop(share))),
    update: (next) => {
      view = next;
      if (options === null || plan !== next.plan) options = next.options;
      plan = next.plan;
      show();
    },
  };
}

/** What writing would do now, or why it cannot. */
function writeObstacle<O, V extends SearchFormView<O>>(
  view: V,
  options: O,
  parts: SearchFormParts<O, V>,
  { t }: PageContext,
): WriteObstacle {
  if (view.result === null)
    return { blocked: true, text: t('A search writes nothing. Write the model once you know which point you want.') };
  const asked = view.result.options;
  if (!parts.isSearched(asked, options)) return { blocked: true, text: t('These options were not searched yet.') };
  const limit = parts.limitOf(options);
  const chosen = parts.chosen(view, limit);
  if (chosen === null)
    return { blocked: true, text: t('No tried point is within the allowed loss. Allow more, or search again with this limit.') };
  if (parts.limitOf(asked) === limit) return { blocked: false, text: t('Writes {0}: {1}, {2}.', ...chosen) };
  return {
    blocked: false,
    text: t(
      'Of the points tried, {0} would be chosen: {1}, {2}. Writing searches once more with this limit and may find a better one.',
      ...chosen,
    ),
  };
}
