import type { FigureView, OptimiseSaving, OptimiseTable, OptimiseView, OptimiseWhole } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { h, icon } from '../dom.ts';
import type { Translate } from '../strings.ts';
import { shortName } from '../text.ts';
import { figureCell, sourceDetails } from './figure.ts';
import { beforeAfter } from './fit-result.ts';
import './evidence.css';
import './search-result.css';
import { writtenFiles, type WrittenCommands } from './written-files.ts';

const optimisedCommands: WrittenCommands = {
  open: 'open-optimised',
  compare: 'compare-optimised',
  reveal: 'reveal-optimised',
  delete: 'delete-optimised',
};

/** What a search found: the saving as a range with all that it rests on, or why there is none, and the files that were written. */
export function optimiseResult(view: OptimiseView, context: PageContext): HTMLElement | null {
  const { t } = context;
  const { result, written } = view;
  if (result === null) return null;
  return h(
    'section',
    { class: 'section card search-result', 'aria-labelledby': 'result-heading' },
    h('h2', { id: 'result-heading' }, written === null || written.earlier ? t('Result of the search') : t('Result')),
    result.stale !== null && h('p', { class: 'note' }, icon('warning', 'severity-warning'), h('span', {}, result.stale)),
    result.saving === null ? h('p', {}, result.savingMissing) : savingView(result.saving, context),
    result.whole !== null && wholeView(result.whole, context),
    h('p', { class: 'muted' }, t('{0}. It took {1}.', result.rowsText, result.took)),
    written !== null && writtenFiles(written, optimisedCommands, context),
  );
}

function savingView(saving: OptimiseSaving, context: PageContext): HTMLElement {
  const { t } = context;
  const headline = saving.saves
    ? [h('span', { class: 'headline' }, saving.headline), h('span', {}, t('of the multiply-add energy saved'))]
    : [h('span', { class: 'headline' }, saving.headline), h('span', {}, t('of multiply-add energy: the range holds 0'))];
  return h(
    'div',
    { class: 'saving' },
    h(
      'div',
      { class: 'saving-facts' },
      h('p', { class: 'headline-row' }, ...headline),
      h('dl', { class: 'pairs' }, pair(t('Before'), saving.baseline), pair(t('After'), saving.variant), pair(t('Tables'), saving.tables)),
      beforeAfter(t, saving.before, saving.after),
      h(
        'p',
        { class: 'muted' },
        t('{0} on {1}', saving.metricText, saving.rowsText),
        saving.rounded !== '' && t('; int8 by rounding has {0} there', saving.rounded),
      ),
    ),
    tablesView(saving.perTable, context),
    h('p', { class: 'note saving-limit' }, icon('info', 'severity-info'), h('span', {}, limitText(t))),
  );
}

/** The whole inference on the plan's target, of which the multiply-adds are a part. */
function wholeView(whole: OptimiseWhole, context: PageContext): HTMLElement {
  const { t } = context;
  const entry = (label: string, figure: FigureView): HTMLElement =>
    h(
      'div',
      {},
      h('dt', {}, label),
      h('dd', {}, `${figure.text} `, h('span', { class: 'muted' }, figure.bandText), ' ', sourceDetails(t, figure)),
    );
  return h(
    'div',
    { class: 'whole' },
    h('h3', {}, t('A whole inference on {0}', shortName(whole.target, 60))),
    h(
      'dl',
      { class: 'pairs' },
      entry(t('int8 by rounding'), whole.int8),
      entry(t('of that multiply-adds'), whole.multiplyAdds),
      entry(t('with the chosen weights'), whole.selected),
    ),
  );
}

/** What a saving of multiply-adds does not say; beside every headline. */
export function limitText(t: Translate): string {
  return t(
    'This is the switching of multiply-adds alone. Memory, control, clock and leakage are not in it, so that the energy of a whole system falls by a smaller share.',
  );
}

/** Before and after under each table of constants and each cell: the range of the headline, taken apart. */
export function tablesView(tables: readonly OptimiseTable[], { t }: PageContext): HTMLElement {
  return h(
    'div',
    { class: 'table-scroll', tabindex: 0, role: 'group', 'aria-label': t('Energy under each table and cell') },
    h(
      'table',
      { class: 'small-table' },
      h('caption', {}, t('Multiply-adds of one inference, under each table of constants and each cell')),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, t('Table')),
          h('th', { scope: 'col' }, t('Cell')),
          h('th', { scope: 'col', class: 'num' }, t('Before')),
          h('th', { scope: 'col', class: 'num' }, t('After')),
          h('th', { scope: 'col', class: 'num' }, t('Saved')),
        ),
      ),
      h(
        'tbody',
        {},
        ...tables.map((entry) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, entry.table),
            h('td', {}, cellWord(t, entry.cell)),
            h('td', { class: 'num' }, ...figureCell(t, entry.before)),
            h('td', { class: 'num' }, ...figureCell(t, entry.after)),
            h('td', { class: 'num' }, entry.savingText),
          ),
        ),
      ),
    ),
  );
}

/** The name of a multiply-add cell; one that is not known stays as it is. */
export function cellWord(t: Translate, cell: string): string {
  const words: Readonly<Record<string, string>> = { array: t('array'), booth: t('Booth'), shift: t('shifter') };
  return Object.hasOwn(words, cell) ? (words[cell] ?? cell) : cell;
}

function pair(name: string, value: string): HTMLElement {
  return h('div', {}, h('dt', {}, name), h('dd', {}, value));
}
