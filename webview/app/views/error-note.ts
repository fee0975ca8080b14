import type { RunFailure } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { h, icon, prose } from '../dom.ts';
import './error-note.css';

/** Why a run failed, with its code and what to try next. */
export function errorNote(error: RunFailure, { t }: PageContext): HTMLElement {
  return h(
    'div',
    { class: 'note run-error card', role: 'alert' },
    icon('error', 'severity-error'),
    h(
      'div',
      {},
      prose(error.message, ''),
      error.advice !== '' && prose(error.advice, 'muted'),
      h('p', { class: 'muted' }, t('Code'), ' ', h('code', {}, error.code)),
    ),
  );
}
