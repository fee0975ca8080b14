import '@vscode-elements/elements/dist/vscode-badge/index.js';
import type { FitView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import type { Child } from '../dom.ts';
import { h, hiddenText, icon, listen } from '../dom.ts';
import { toggled } from '../state.ts';
import type { Translate } from '../strings.ts';
import { baseName, shortName } from '../text.ts';
import { actionButton } from './actions.ts';
import { sourceDetails } from './figure.ts';
import './fit-result.css';

/** Solved layers shown in full; a lower tier seldom has more. */
const maxLayers = 50;

/** A result before and after, in large type, with an arrow between. */
export function beforeAfter(t: Translate, before: string, after: string): HTMLElement {
  return h(
    'p',
    { class: 'before-after' },
    h('span', { class: 'before' }, hiddenText(`${t('before')} `), before),
    icon('arrow-right', 'before-after-arrow'),
    h('span', { class: 'after' }, hiddenText(`${t('after')} `), after),
  );
}

/** The badge of a result whose plan, model or data changed since. */
export function staleBadge(t: Translate): HTMLElement {
  return h('vscode-badge', { title: t('The plan, the model or the data changed after this fit.') }, t('out of date'));
}

/** What the newest fit did: quality before and after, where it ran, where the new model is, and the numbers of each solved layer. */
export function fitView(fit: FitView, context: PageContext): HTMLElement {
  const { t } = context;
  return h(
    'section',
    { class: 'section card', 'aria-labelledby': 'fit-heading' },
    h('h2', { id: 'fit-heading', class: 'heading-row' }, t('Last fit'), fit.stale && staleBadge(t)),
    fit.metric !== '' && beforeAfter(t, fit.before, fit.after),
    h('p', { class: 'muted' }, [fit.metric, fit.rowsText].filter((part) => part !== '').join(', ')),
    h(
      'dl',
      { class: 'pairs' },
      pair(t('Backend'), fit.backend),
      pair(t('New model'), h('span', { title: fit.output }, shortName(baseName(fit.output)))),
    ),
    fit.note !== null && fit.note !== '' && h('p', { class: 'note' }, icon('info', 'severity-info'), h('span', {}, fit.note)),
    h(
      'div',
      { class: 'button-row' },
      actionButton(context, { label: t('Open the fitted model'), command: 'open-fitted', kind: 'secondary' }),
    ),
    fit.layers.length > 0 && solvedLayers(fit, context),
  );
}

function solvedLayers(fit: FitView, context: PageContext): HTMLElement {
  const { t, store } = context;
  const key = 'fit-layers';
  const details = h(
    'details',
    { open: store.get().open.includes(key), class: 'disclosure' },
    h('summary', { 'data-focus': key }, t('Solved layers ({0})', fit.layers.length)),
    ...fit.layers.slice(0, maxLayers).map((layer) => solvedLayer(layer, t)),
    fit.layers.length > maxLayers && h('p', { class: 'muted' }, t('{0} more in the fit record', fit.layers.length - maxLayers)),
  );
  return listen(details, 'toggle', () => store.set({ open: toggled(store.get().open, key, details.open) }));
}

function solvedLayer(layer: FitView['layers'][number], t: Translate): HTMLElement {
  const pairs: readonly (readonly [string, string])[] = [
    [t('Rows'), layer.rows],
    [t('Ridge λ'), layer.lambda],
    [t('Condition'), layer.condition],
    [t('Residual'), layer.residual],
    [t('Refinement passes'), layer.passes],
    [t('Engine cycles'), layer.cycles],
    [t('Arithmetic'), layer.method],
  ];
  return h(
    'div',
    { class: 'solved-layer' },
    h('h3', { class: 'layer-name' }, shortName(layer.id)),
    h(
      'dl',
      { class: 'pairs' },
      ...pairs.filter(([, value]) => value !== '').map(([name, value]) => pair(name, value)),
      layer.energy !== null && pair(t('Energy of the solve'), layer.energy.text, ' ', sourceDetails(t, layer.energy)),
    ),
  );
}

function pair(name: string, ...value: readonly Child[]): HTMLElement {
  return h('div', {}, h('dt', {}, name), h('dd', {}, ...value));
}
