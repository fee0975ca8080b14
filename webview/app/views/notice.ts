import type { ToWebview } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { h, icon, prose } from '../dom.ts';
import { actionButton, linkButton } from './actions.ts';
import './notice.css';

/** What a page shows when there is nothing to show yet: why, what helps, and the ways on. */
export function emptyView(message: Extract<ToWebview, { readonly kind: 'empty' }>, context: PageContext): HTMLElement {
  const { action } = message;
  const more = message.more ?? [];
  return h(
    'section',
    { class: 'notice' },
    h('p', { class: 'notice-title' }, message.message),
    message.hint === '' ? null : prose(message.hint, 'muted'),
    action === null
      ? null
      : h('div', { class: 'button-row' }, actionButton(context, { label: action.label, command: action.command, kind: 'primary' })),
    more.length > 0 &&
      h(
        'ul',
        { class: 'plain-list notice-links' },
        ...more.map((link) =>
          h(
            'li',
            {},
            linkButton(link.label, () => context.post({ kind: 'command', command: link.command })),
          ),
        ),
      ),
  );
}

/** What happened, what to try, the code to look up, and a way to try again. */
export function errorView(message: Extract<ToWebview, { readonly kind: 'error' }>, context: PageContext): HTMLElement {
  const { t } = context;
  return h(
    'section',
    { class: 'notice notice-error' },
    h('h2', { class: 'notice-title' }, icon('error', 'severity-error'), ' ', t('This did not work')),
    prose(message.message, 'notice-text'),
    message.advice === '' ? null : prose(message.advice, 'muted'),
    h('p', { class: 'muted' }, t('Code'), ' ', h('code', {}, message.code)),
    h(
      'div',
      { class: 'button-row' },
      actionButton(context, { label: t('Try again'), command: 'refresh', kind: 'primary', icon: 'refresh' }),
    ),
  );
}
