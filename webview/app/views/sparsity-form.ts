import type { SparsifyOptions, SparsityView } from '../../messages/index.ts';
import { choosePoint, roundDrop } from '../choose.ts';
import type { PageContext } from '../context.ts';
import { h } from '../dom.ts';
import { shortName } from '../text.ts';
import { createLimitField } from './limit-field.ts';
import { createOptionField, optionFields } from './option-field.ts';
import { createSearchActions, type WriteObstacle } from './search-actions.ts';
import { triedPoints } from './sparsity-curve.ts';

/** What to make sparse, and the buttons that search, stop and write. Its fields stay as the user left them, whatever the host says. */
export interface SparsityForm {
  readonly element: HTMLElement;
  readonly options: () => SparsifyOptions;
  /** Sets the limit, as the slider does. */
  readonly setLimit: (maxLoss: number) => void;
  readonly update: (view: SparsityView) => void;
}

const fallback: SparsifyOptions = { maxLoss: 0.02, method: 'budget', per: 'channel', correct: true };

/** `onChange` is called whenever an option changes. */
export function createSparsityForm(context: PageContext, onChange: () => void): SparsityForm {
  const { t } = context;
  let options: SparsifyOptions | null = null;
  let plan = '';
  let view: SparsityView | null = null;
  const change = (patch: Partial<SparsifyOptions>): void => {
    if (options === null) return;
    options = { ...options, ...patch };
    show();
    context.post({ kind: 'sparsify-options', options });
    onChange();
  };
  const hint = t('Relative increase of the loss of the whole model, on rows that decide and neither steer nor judge.');
  const limit = createLimitField(context, hint, (maxLoss) => change({ maxLoss }));
  const choices = createChoices(context, change);
  const actions = createSearchActions(context, 'stop-sparsify', (write) => {
    if (options !== null) context.post({ kind: 'sparsify-run', options, write });
  });
  const show = (): void => {
    if (options === null || view === null) return;
    limit.show(options.maxLoss, { unit: t('% more loss'), spoken: (text) => t('{0} % more loss', text) });
    choices.show(options, view.running !== null);
    actions.show(view.running, view.result !== null, writeObstacle(view, options, context));
  };
  return {
    element: h(
      'section',
      { class: 'section card search-form', 'aria-label': t('Search') },
      limit.element,
      choices.element,
      actions.element,
    ),
    options: () => options ?? fallback,
    setLimit: (maxLoss) => change({ maxLoss: roundDrop(maxLoss) }),
    update: (next) => {
      view = next;
      if (options === null || plan !== next.plan) options = next.options;
      plan = next.plan;
      show();
    },
  };
}

interface Choices {
  readonly element: HTMLElement;
  readonly show: (options: SparsifyOptions, disabled: boolean) => void;
}

function createChoices({ t }: PageContext, change: (patch: Partial<SparsifyOptions>) => void): Choices {
  const method = createOptionField<SparsifyOptions['method']>(
    'method',
    t('Method'),
    [
      ['budget', t('one budget')],
      ['sequential', t('site after site')],
      ['uniform', t('uniform')],
    ],
    (value) => change({ method: value }),
  );
  const per = createOptionField<SparsifyOptions['per']>(
    'per',
    t('Thresholds'),
    [
      ['channel', t('one per channel')],
      ['site', t('one per site')],
    ],
    (value) => change({ per: value }),
  );
  const correct = createOptionField<boolean>(
    'correct',
    t('Weights behind'),
    [
      [true, t('corrected')],
      [false, t('as they are')],
    ],
    (value) => change({ correct: value }),
  );
  return {
    element: optionFields(method.element, per.element, correct.element),
    show: (options, disabled) => {
      method.set(options.method);
      per.set(options.per);
      correct.set(options.correct);
      for (const { field } of [method, per, correct]) field.disabled = disabled;
    },
  };
}

/** What writing would do now, or why it cannot. */
function writeObstacle(view: SparsityView, options: SparsifyOptions, { t }: PageContext): WriteObstacle {
  if (view.result === null)
    return { blocked: true, text: t('A search writes nothing. Write the model once you know which point you want.') };
  const asked = view.result.options;
  const same = asked.method === options.method && asked.per === options.per && asked.correct === options.correct;
  if (!same) return { blocked: true, text: t('These options were not searched yet.') };
  const chosen = choosePoint(triedPoints(view.points), options.maxLoss);
  if (chosen === null)
    return { blocked: true, text: t('No tried point is within the allowed loss. Allow more, or search again with this limit.') };
  const name = shortName(chosen.label, 60);
  const { sparsityText, increaseText } = chosen.point;
  if (asked.maxLoss === options.maxLoss)
    return { blocked: false, text: t('Writes {0}: {1} zeros, {2}.', name, sparsityText, increaseText) };
  return {
    blocked: false,
    text: t(
      'Of the points tried, {0} would be chosen: {1} zeros, {2}. Writing searches once more with this limit and may find a better one.',
      name,
      sparsityText,
      increaseText,
    ),
  };
}
