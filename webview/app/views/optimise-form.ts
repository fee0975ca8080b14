import type { OptimiseOptions, OptimiseView } from '../../messages/index.ts';
import { choosePoint, roundDrop } from '../choose.ts';
import type { PageContext } from '../context.ts';
import { h } from '../dom.ts';
import { shortName } from '../text.ts';
import { createLimitField, type LimitWords } from './limit-field.ts';
import { createOptionField, optionFields } from './option-field.ts';
import { createSearchActions, type WriteObstacle } from './search-actions.ts';

/** What to search for, and the buttons that search, stop and write. Its fields stay as the user left them, whatever the host says. */
export interface OptimiseForm {
  readonly element: HTMLElement;
  readonly options: () => OptimiseOptions;
  /** Sets the limit, as the slider does. */
  readonly setDrop: (maxDrop: number) => void;
  readonly update: (view: OptimiseView) => void;
}

/** `onChange` is called whenever an option changes. */
export function createOptimiseForm(context: PageContext, onChange: (options: OptimiseOptions) => void): OptimiseForm {
  const { t } = context;
  let options: OptimiseOptions | null = null;
  let plan = '';
  let view: OptimiseView | null = null;
  const change = (patch: Partial<OptimiseOptions>): void => {
    if (options === null) return;
    options = consistent(options, patch);
    show();
    context.post({ kind: 'optimise-options', options });
    onChange(options);
  };
  const drop = createLimitField(context, t('Judged on validation rows that neither steer the search nor measure its result.'), (maxDrop) =>
    change({ maxDrop }),
  );
  const choices = createChoices(context, change);
  const actions = createSearchActions(context, 'stop-optimise', (write) => {
    if (options !== null) context.post({ kind: 'optimise-run', options, write });
  });
  const show = (): void => {
    if (options === null || view === null) return;
    drop.show(options.maxDrop, limitWords(view, context));
    choices.show(options, view.running !== null);
    actions.show(view.running, view.result !== null, writeObstacle(view, options, context));
  };
  return {
    element: h('section', { class: 'section card search-form', 'aria-label': t('Search') }, drop.element, choices.element, actions.element),
    options: () => options ?? fallback,
    setDrop: (maxDrop) => change({ maxDrop: roundDrop(maxDrop) }),
    update: (next) => {
      view = next;
      if (options === null || plan !== next.plan) options = next.options;
      plan = next.plan;
      show();
    },
  };
}

/** The options after a change. A shifter holds 0 and powers of two only, and is what those are for. */
function consistent(before: OptimiseOptions, patch: Partial<OptimiseOptions>): OptimiseOptions {
  const after = { ...before, ...patch };
  const isShift = after.values === 'powers-of-two';
  if (patch.values !== undefined && isShift !== (before.values === 'powers-of-two')) return { ...after, cell: isShift ? 'shift' : 'array' };
  return after.cell === 'shift' && !isShift ? { ...after, cell: 'array' } : after;
}

const fallback: OptimiseOptions = { maxDrop: 0.01, bits: 8, values: 'all', method: 'closed-form', cell: 'array' };

/** What the limit is a limit of. */
function limitWords({ metric }: OptimiseView, { t }: PageContext): LimitWords {
  return metric === 'accuracy'
    ? { unit: t('points of accuracy'), spoken: (text) => t('{0} points of accuracy', text) }
    : { unit: t('% more error'), spoken: (text) => t('{0} % more error', text) };
}

interface Choices {
  readonly element: HTMLElement;
  readonly show: (options: OptimiseOptions, disabled: boolean) => void;
}

function createChoices({ t }: PageContext, change: (patch: Partial<OptimiseOptions>) => void): Choices {
  const bits = createOptionField<OptimiseOptions['bits']>(
    'bits',
    t('Bits of a weight'),
    [
      [8, t('8 bits')],
      [4, t('4 bits')],
    ],
    (value) => change({ bits: value }),
  );
  const values = createOptionField<OptimiseOptions['values']>(
    'values',
    t('Values of a weight'),
    [
      ['all', t('every integer')],
      ['set', t('a learned set')],
      ['powers-of-two', t('0 and powers of two')],
    ],
    (value) => change({ values: value }),
  );
  const method = createOptionField<OptimiseOptions['method']>(
    'method',
    t('Method'),
    [
      ['closed-form', t('closed form')],
      ['training', t('by training (slow)')],
    ],
    (value) => change({ method: value }),
  );
  const cell = createOptionField<OptimiseOptions['cell']>(
    'cell',
    t('Multiply-add cell'),
    [
      ['array', t('array multiplier')],
      ['booth', t('Booth multiplier')],
      ['shift', t('shifter')],
    ],
    (value) => change({ cell: value }),
  );
  return {
    element: optionFields(bits.element, values.element, method.element, cell.element),
    show: (options, disabled) => {
      bits.set(options.bits);
      values.set(options.values);
      method.set(options.method);
      cell.set(options.cell);
      for (const { field } of [bits, values, method, cell]) field.disabled = disabled;
      for (const option of cell.field.options) if (option.value === 'shift') option.disabled = options.values !== 'powers-of-two';
    },
  };
}

/** What writing would do now, or why it cannot. */
function writeObstacle(view: OptimiseView, options: OptimiseOptions, { t }: PageContext): WriteObstacle {
  if (view.result === null)
    return { blocked: true, text: t('A search writes nothing. Write the model once you know which point you want.') };
  const asked = view.result.options;
  const same =
    asked.bits === options.bits && asked.values === options.values && asked.method === options.method && asked.cell === options.cell;
  if (!same) return { blocked: true, text: t('These options were not searched yet.') };
  const chosen = choosePoint(view.points, options.maxDrop);
  if (chosen === null)
    return { blocked: true, text: t('No tried point is within the allowed loss. Allow more, or search again with this limit.') };
  const name = shortName(chosen.label, 60);
  if (asked.maxDrop === options.maxDrop)
    return { blocked: false, text: t('Writes {0}: {1} saved, {2}.', name, chosen.savingText, chosen.dropText) };
  return {
    blocked: false,
    text: t(
      'Of the points tried, {0} would be chosen: {1} saved, {2}. Writing searches once more with this limit and may find a better one.',
      name,
      chosen.savingText,
      chosen.dropText,
    ),
  };
}
