import type { PageContext } from '../context.ts';
import { fill, h, icon, listen } from '../dom.ts';
import type { Found } from './table-find.ts';

export interface FindBarOptions {
  readonly context: PageContext;
  readonly find: (text: string) => Found;
  readonly next: (step: 1 | -1) => Found;
  /** Puts the focus on the row found last; false without one. */
  readonly focusFound: () => boolean;
}

/** The find box, and how it hears that the rows changed under a search. */
export interface FindBar {
  readonly element: HTMLElement;
  readonly tell: (found: Found) => void;
}

/**
 * The find box: a field, how many were found, previous and next. Ctrl or Cmd with F opens it, Escape closes it: the focus goes back to the
 * field that it came from, else to the row found.
 */
export function createFindBar({ context, find, next, focusFound }: FindBarOptions): FindBar {
  const { t } = context;
  const field = h('input', {
    type: 'text',
    class: 'find-field',
    'aria-label': t('Find in layers'),
    placeholder: t('Find in layers'),
    'data-focus': 'find',
    spellcheck: 'false',
    maxlength: 200,
  });
  const count = h('span', { class: 'find-count muted', 'aria-hidden': 'true' });
  const button = (name: string, label: string, run: () => void): HTMLElement =>
    listen(h('button', { type: 'button', class: 'icon-button', 'aria-label': label, title: label }, icon(name)), 'click', run);
  const show = ({ at, of }: Found): string => {
    const text = field.value === '' ? '' : of === 0 ? t('No results') : t('{0} of {1}', at, of);
    fill(count, text);
    return text;
  };
  const tell = (found: Found): void => {
    const text = show(found);
    if (text !== '') context.announce(text);
  };
  const go = (step: 1 | -1): void => tell(next(step));
  let returnTo: Element | null = null;
  const close = (): void => {
    box.hidden = true;
    opener.hidden = false;
    const from = returnTo instanceof HTMLElement && returnTo.isConnected && returnTo !== document.body ? returnTo : null;
    const isElsewhere = from !== null && from !== opener && from.closest('table') === null;
    const isFocused = !isElsewhere && focusFound();
    find('');
    fill(count);
    if (!isFocused) (from ?? opener).focus();
  };
  const open = (): void => {
    if (box.hidden) returnTo = document.activeElement;
    box.hidden = false;
    opener.hidden = true;
    field.focus();
    field.select();
    if (field.value !== '') tell(find(field.value));
  };
  const opener = button('search', t('Find (Ctrl+F)'), open);
  const box = h(
    'div',
    { class: 'find-box', role: 'search', hidden: true },
    field,
    count,
    button('arrow-up', t('Previous match (Shift+Enter)'), () => go(-1)),
    button('arrow-down', t('Next match (Enter)'), () => go(1)),
    button('close', t('Close (Escape)'), close),
  );
  let frame = 0;
  listen(field, 'input', () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => tell(find(field.value)));
  });
  listen(box, 'keydown', (event) => {
    if (!(event instanceof KeyboardEvent)) return;
    if (event.key === 'Enter' && event.target === field) {
      event.preventDefault();
      go(event.shiftKey ? -1 : 1);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      close();
    }
  });
  window.addEventListener('keydown', (event) => {
    if (event.key.toLowerCase() !== 'f' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || !box.isConnected) return;
    event.preventDefault();
    open();
  });
  return { element: h('div', { class: 'find' }, opener, box), tell: (found) => void (box.hidden || show(found)) };
}
