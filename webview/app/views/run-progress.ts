import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import type { PageCommand, RunProgress } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { fill, h } from '../dom.ts';
import { actionButton } from './actions.ts';
import './run-progress.css';

/** The line that moves while a stream is worked on, and the button that stops it. */
export interface RunProgressLine {
  readonly element: HTMLElement;
  readonly update: (running: RunProgress | null) => void;
}

/** Kept in place, so that an event moves neither focus nor animation. `label` names what runs; `stopping` stands there once it was stopped. */
export function createRunProgress(
  context: PageContext,
  words: { readonly label: string; readonly stop: string; readonly stopping: string },
  stopCommand: PageCommand,
): RunProgressLine {
  const message = h('p', { class: 'run-message' });
  const bar = h('vscode-progress-bar', { class: 'fit-bar', 'aria-label': words.label });
  const stop = actionButton(context, { label: words.stop, command: stopCommand, kind: 'secondary', icon: 'debug-stop' });
  const element = h('section', { class: 'section run-progress', hidden: true, 'aria-label': context.t('Progress') }, message, bar, stop);
  return {
    element,
    update: (running) => {
      element.hidden = running === null;
      if (running === null) return;
      fill(message, running.stopping ? words.stopping : running.message);
      bar.indeterminate = running.fraction === null;
      if (running.fraction !== null) bar.value = Math.min(100, Math.max(0, running.fraction * 100));
      stop.toggleAttribute('disabled', running.stopping);
    },
  };
}
