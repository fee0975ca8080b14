import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import type { PageCommand, SearchProgress } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { fill, h, listen } from '../dom.ts';
import { actionButton } from './actions.ts';
import './search-form.css';

/** What writing would do now, or why it cannot. */
export interface WriteObstacle {
  readonly blocked: boolean;
  readonly text: string;
}

/** The buttons of a search. */
export interface SearchActions {
  readonly element: HTMLElement;
  readonly show: (running: SearchProgress | null, hasResult: boolean, obstacle: WriteObstacle) => void;
}

/** Search and write while nothing runs; progress and stop while something does. Kept in place, so that no event moves the focus. */
export function createSearchActions(context: PageContext, stopCommand: PageCommand, start: (write: boolean) => void): SearchActions {
  const { t } = context;
  const button = (key: string, write: boolean, name: string): HTMLElementTagNameMap['vscode-button'] => {
    const element = h('vscode-button', { 'data-focus': key, 'data-command': key, secondary: write, icon: name });
    listen(element, 'click', () => {
      if (!element.hasAttribute('disabled')) start(write);
    });
    return element;
  };
  const search = button('search', false, 'search');
  const write = button('write', true, 'save');
  const why = h('p', { class: 'muted field-hint', id: 'write-hint' });
  write.setAttribute('aria-describedby', 'write-hint');
  const idle = h('div', { class: 'search-idle' }, h('div', { class: 'button-row' }, search, write), why);
  const message = h('p', { class: 'search-message' });
  const bar = h('vscode-progress-bar', { class: 'fit-bar', 'aria-label': t('Search') });
  const stop = actionButton(context, { label: t('Stop'), command: stopCommand, kind: 'secondary', icon: 'debug-stop' });
  const running = h('div', { class: 'search-running', hidden: true }, message, bar, stop);
  const element = h('div', { class: 'search-buttons' }, idle, running);

  return {
    element,
    show: (now, hasResult, obstacle) => {
      const hadFocus = element.contains(document.activeElement);
      const wasRunning = !running.hidden;
      running.hidden = now === null;
      idle.hidden = now !== null;
      if (now !== null) {
        fill(message, now.stopping ? t('Stopping') : now.message);
        bar.indeterminate = now.fraction === null;
        if (now.fraction !== null) bar.value = Math.min(100, Math.max(0, now.fraction * 100));
        stop.toggleAttribute('disabled', now.stopping);
      } else {
        fill(search, hasResult ? t('Search again') : t('Search'));
        fill(write, t('Write model'));
        write.toggleAttribute('disabled', obstacle.blocked);
        write.setAttribute('aria-disabled', String(obstacle.blocked));
        fill(why, obstacle.text);
      }
      if (hadFocus && wasRunning !== (now !== null)) (now === null ? search : stop).focus();
    },
  };
}
