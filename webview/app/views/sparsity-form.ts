import type { SparsifyOptions, SparsityView } from '../../messages/index.ts';
import { choosePoint } from '../choose.ts';
import type { PageContext } from '../context.ts';
import { shortName } from '../text.ts';
import { createOptionField, optionFields } from './option-field.ts';
import { createSearchForm, type Choices, type SearchForm } from './search-form.ts';
import { triedPoints } from './sparsity-curve.ts';

/** What to make sparse. `onChange` is called whenever an option changes. */
export function createSparsityForm(context: PageContext, onChange: () => void): SearchForm<SparsityView> {
  const { t } = context;
  return createSearchForm<SparsifyOptions, SparsityView>(
    context,
    {
      limitOf: ({ maxLoss }) => maxLoss,
      limitPatch: (maxLoss) => ({ maxLoss }),
      hint: t('Relative increase of the loss of the whole model, on rows that decide and neither steer nor judge.'),
      limitWords: () => ({ unit: t('% more loss'), spoken: (text) => t('{0} % more loss', text) }),
      choices: (change) => createChoices(context, change),
      merge: (before, patch) => ({ ...before, ...patch }),
      isSearched: (asked, { method, per, correct }) => asked.method === method && asked.per === per && asked.correct === correct,
      chosen: ({ points }, maxLoss) => {
        const chosen = choosePoint(triedPoints(points), maxLoss);
        return chosen && [shortName(chosen.label, 60), t('{0} zeros', chosen.point.sparsityText), chosen.point.increaseText];
      },
      stop: 'stop-sparsify',
      keep: (options) => ({ kind: 'sparsify-options', options }),
      run: (options, write) => ({ kind: 'sparsify-run', options, write }),
    },
    onChange,
  );
}

function createChoices({ t }: PageContext, change: (patch: Partial<SparsifyOptions>) => void): Choices<SparsifyOptions> {
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
