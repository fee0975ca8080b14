import type { OptimiseOptions, OptimiseView } from '../../messages/index.ts';
import { choosePoint } from '../choose.ts';
import type { PageContext } from '../context.ts';
import { shortName } from '../text.ts';
import type { LimitWords } from './limit-field.ts';
import { createOptionField, optionFields } from './option-field.ts';
import { createSearchForm, type Choices, type SearchForm } from './search-form.ts';

/** What to search for. `onChange` is called whenever an option changes. */
export function createOptimiseForm(context: PageContext, onChange: () => void): SearchForm<OptimiseView> {
  const { t } = context;
  return createSearchForm<OptimiseOptions, OptimiseView>(
    context,
    {
      limitOf: ({ maxDrop }) => maxDrop,
      limitPatch: (maxDrop) => ({ maxDrop }),
      hint: t('Judged on validation rows that neither steer the search nor measure its result.'),
      limitWords: (view) => limitWords(view, context),
      choices: (change) => createChoices(context, change),
      merge: consistent,
      isSearched: (asked, { bits, values, method, cell }) =>
        asked.bits === bits && asked.values === values && asked.method === method && asked.cell === cell,
      chosen: ({ points }, maxDrop) => {
        const chosen = choosePoint(points, maxDrop);
        return chosen && [shortName(chosen.label, 60), t('{0} saved', chosen.savingText), chosen.dropText];
      },
      stop: 'stop-optimise',
      keep: (options) => ({ kind: 'optimise-options', options }),
      run: (options, write) => ({ kind: 'optimise-run', options, write }),
    },
    onChange,
  );
}

/** The options after a change. A shifter holds 0 and powers of two only, and is what those are for. */
function consistent(before: OptimiseOptions, patch: Partial<OptimiseOptions>): OptimiseOptions {
  const after = { ...before, ...patch };
  const isShift = after.values === 'powers-of-two';
  if (patch.values !== undefined && isShift !== (before.values === 'powers-of-two')) return { ...after, cell: isShift ? 'shift' : 'array' };
  return after.cell === 'shift' && !isShift ? { ...after, cell: 'array' } : after;
}

/** What the limit is a limit of. */
function limitWords({ metric }: OptimiseView, { t }: PageContext): LimitWords {
  return metric === 'accuracy'
    ? { unit: t('points of accuracy'), spoken: (text) => t('{0} points of accuracy', text) }
    : { unit: t('% more error'), spoken: (text) => t('{0} % more error', text) };
}

function createChoices({ t }: PageContext, change: (patch: Partial<OptimiseOptions>) => void): Choices<OptimiseOptions> {
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
