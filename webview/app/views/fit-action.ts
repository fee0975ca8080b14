import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import type { TiersView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { fill, h } from '../dom.ts';
import { actionButton, linkButton } from './actions.ts';
import './fit-action.css';

/** The one thing to do in the Tiers panel: start a fit, or watch it and stop it. Updates in place, so that a progress event moves neither focus nor animation. */
export interface FitAction {
  readonly element: HTMLElement;
  readonly update: (view: TiersView) => void;
}

export function createFitAction(context: PageContext): FitAction {
  const { t } = context;
  const bar = h('vscode-progress-bar', { class: 'fit-bar', 'aria-label': t('Fitting the lower tier') });
  const message = h('p', { class: 'fit-message' });
  const percent = h('span', { class: 'fit-percent num' });
  const cancel = actionButton(context, { label: t('Cancel'), command: 'cancel-fit', kind: 'secondary', block: true });
  const running = h('div', { class: 'fit-running', hidden: true }, h('div', { class: 'fit-line' }, message, percent), bar, cancel);
  const idle = h('div', { class: 'fit-idle' });
  const element = h('section', { class: 'section', 'aria-label': t('Fit') }, idle, running);
  let shownIdle = '';
  let announced = '';

  const showIdle = (view: TiersView): void => {
    const obstacle = fitObstacle(view, context);
    const signature = `${obstacle}\n${view.errors}`;
    if (signature === shownIdle) return;
    shownIdle = signature;
    fill(idle, ...idleContent(view, obstacle, context));
  };
  const showRunning = (fitting: NonNullable<TiersView['fitting']>): void => {
    fill(message, fitting.message);
    const share = fitting.fraction === null ? null : Math.min(1, Math.max(0, fitting.fraction));
    fill(percent, share === null ? '' : `${Math.floor(share * 100)} %`);
    bar.indeterminate = share === null;
    if (share !== null) bar.value = share * 100;
    // A screen reader hears each new stage and each quarter, not every event.
    const quarter = share === null ? '' : ` ${Math.floor(share * 4) * 25} %`;
    const sentence = fitting.message.replace(/\d[\d,.]*/g, '#') + quarter;
    if (sentence !== announced) context.announce(`${fitting.message}${quarter}`);
    announced = sentence;
  };

  return {
    element,
    update: (view) => {
      const wasRunning = !running.hidden;
      const hadFocus = element.contains(document.activeElement);
      if (view.fitting === null) {
        showIdle(view);
        if (wasRunning)
          context.announce(
            view.lastFit === null ? t('The fit ended') : t('The fit ended: {0} before, {1} after', view.lastFit.before, view.lastFit.after),
          );
        announced = '';
      } else showRunning(view.fitting);
      running.hidden = view.fitting === null;
      idle.hidden = view.fitting !== null;
      // The button with the focus has just disappeared: its counterpart takes over.
      if (hadFocus && wasRunning !== (view.fitting !== null))
        (wasRunning ? idle.querySelector<HTMLElement>('[data-command="fit"]') : cancel)?.focus();
    },
  };
}

/** Why a fit cannot start, in words; empty when it can. */
function fitObstacle(view: TiersView, context: PageContext): string {
  const { t } = context;
  if (view.errors > 0)
    return view.errors === 1
      ? t('The plan has 1 error. Repair it before fitting.')
      : t('The plan has {0} errors. Repair them before fitting.', view.errors);
  if (!view.tiers.some((tier) => tier.kind === 'lower')) return t('The plan has no lower tier yet. Add one to fit it.');
  if (!view.tiers.some((tier) => tier.canFit)) return t('The lower tier cannot be fitted as the plan stands; the Problems list says why.');
  return '';
}

function idleContent(view: TiersView, obstacle: string, context: PageContext): HTMLElement[] {
  const { t } = context;
  const button = actionButton(context, {
    label: t('Fit lower tier'),
    command: 'fit',
    kind: 'primary',
    icon: 'play',
    block: true,
    disabled: obstacle !== '',
    ...(obstacle === '' ? {} : { describedBy: 'fit-obstacle' }),
  });
  if (obstacle === '') return [button];
  const open =
    view.plan === null
      ? null
      : linkButton(t('Open the plan'), () => context.post({ kind: 'command', command: 'open-plan' }), { 'data-focus': 'open-plan-errors' });
  return [button, h('p', { id: 'fit-obstacle', class: 'fit-obstacle' }, obstacle, ' ', open)];
}
