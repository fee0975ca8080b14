import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import type { OptimiseOptions, OptimiseView } from '../../messages/index.ts';
import { choosePoint, dropPoints, dropStep, largestDrop, parseDrop, roundDrop } from '../choose.ts';
import type { PageContext } from '../context.ts';
import { fill, h, listen } from '../dom.ts';
import { shortName } from '../text.ts';
import { actionButton } from './actions.ts';
import './optimise-form.css';

/** What to search for, and the buttons that search, stop and write. Its fields stay as the user left them, whatever the host says. */
export interface OptimiseForm {
  readonly element: HTMLElement;
  readonly options: () => OptimiseOptions;
  /** Sets the limit, as the slider does. */
  readonly setDrop: (maxDrop: number) => void;
  readonly update: (view: OptimiseView) => void;
}

/** `onChange` is called whenever an option changes. */
export function createOptimiseForm(context: PageContext, onChange: (options: OptimiseOptions) => void): OptimiseForm {
  const { t } = context;
  let options: OptimiseOptions | null = null;
  let plan = '';
  let view: OptimiseView | null = null;
  const change = (patch: Partial<OptimiseOptions>): void => {
    if (options === null) return;
    options = consistent(options, patch);
    show();
    context.post({ kind: 'optimise-options', options });
    onChange(options);
  };
  const drop = createDropField(context, (maxDrop) => change({ maxDrop }));
  const choices = createChoices(context, change);
  const actions = createActions(context, (write) => {
    if (options !== null) context.post({ kind: 'optimise-run', options, write });
  });
  const show = (): void => {
    if (options === null || view === null) return;
    drop.show(options.maxDrop, view.metric);
    choices.show(options, view.running !== null);
    actions.show(view, options);
  };
  return {
    element: h(
      'section',
      { class: 'section card optimise-form', 'aria-label': t('Search') },
      drop.element,
      choices.element,
      actions.element,
    ),
    options: () => options ?? fallback,
    setDrop: (maxDrop) => change({ maxDrop: roundDrop(maxDrop) }),
    update: (next) => {
      view = next;
      if (options === null || plan !== next.plan) options = next.options;
      plan = next.plan;
      show();
    },
  };
}

/** The options after a change. A shifter holds 0 and powers of two only, and is what those are for. */
function consistent(before: OptimiseOptions, patch: Partial<OptimiseOptions>): OptimiseOptions {
  const after = { ...before, ...patch };
  const isShift = after.values === 'powers-of-two';
  if (patch.values !== undefined && isShift !== (before.values === 'powers-of-two')) return { ...after, cell: isShift ? 'shift' : 'array' };
  return after.cell === 'shift' && !isShift ? { ...after, cell: 'array' } : after;
}

const fallback: OptimiseOptions = { maxDrop: 0.01, bits: 8, values: 'all', method: 'closed-form', cell: 'array' };

interface DropField {
  readonly element: HTMLElement;
  readonly show: (maxDrop: number, metric: OptimiseView['metric']) => void;
}

/** Slider and number for the same limit: the slider for trying, the number for knowing what is wanted. */
function createDropField(context: PageContext, onDrop: (maxDrop: number) => void): DropField {
  const { t } = context;
  const max = dropPoints(largestDrop);
  const step = dropPoints(dropStep);
  const slider = h('input', { type: 'range', id: 'drop-slider', min: 0, max, step, 'data-focus': 'drop-slider' });
  const number = h('input', {
    type: 'number',
    id: 'drop-number',
    min: 0,
    max,
    step,
    inputmode: 'decimal',
    'data-focus': 'drop-number',
    'aria-label': t('Allowed loss, typed'),
  });
  const unit = h('span', { class: 'muted' });
  listen(slider, 'input', () => onDrop(parseDrop(slider.value) ?? 0));
  listen(number, 'change', () => {
    const typed = parseDrop(number.value);
    if (typed !== null) onDrop(typed);
    else context.announce(t('A number from 0 to {0}', max));
  });
  return {
    element: h(
      'div',
      { class: 'drop-field' },
      h('label', { for: 'drop-slider', class: 'field-label' }, t('Allowed loss')),
      h('div', { class: 'drop-row' }, slider, h('span', { class: 'drop-typed' }, number, unit)),
      h('p', { class: 'muted field-hint' }, t('Judged on validation rows that neither steer the search nor measure its result.')),
    ),
    show: (maxDrop, metric) => {
      const text = dropPoints(maxDrop);
      if (slider.value !== text) slider.value = text;
      if (document.activeElement !== number || parseDrop(number.value) !== maxDrop) number.value = text;
      fill(unit, metric === 'accuracy' ? t('points of accuracy') : t('% more error'));
      slider.setAttribute('aria-valuetext', metric === 'accuracy' ? t('{0} points of accuracy', text) : t('{0} % more error', text));
    },
  };
}

interface Choices {
  readonly element: HTMLElement;
  readonly show: (options: OptimiseOptions, disabled: boolean) => void;
}

function createChoices(context: PageContext, change: (patch: Partial<OptimiseOptions>) => void): Choices {
  const { t } = context;
  const select = <K extends 'bits' | 'values' | 'method' | 'cell'>(
    key: K,
    label: string,
    entries: readonly (readonly [OptimiseOptions[K], string])[],
  ): { readonly element: HTMLElement; readonly field: HTMLSelectElement; readonly set: (options: OptimiseOptions) => void } => {
    const id = `option-${key}`;
    const field = h('select', { id, 'data-focus': id }, ...entries.map(([value, text]) => h('option', { value: String(value) }, text)));
    listen(field, 'change', () => {
      const chosen = entries.find(([value]) => String(value) === field.value)?.[0];
      if (chosen !== undefined) change({ [key]: chosen } as Partial<OptimiseOptions>);
    });
    return {
      element: h('div', { class: 'option-field' }, h('label', { for: id, class: 'field-label' }, label), field),
      field,
      set: (options) => {
        field.value = String(options[key]);
      },
    };
  };
  const fields = [
    select('bits', t('Bits of a weight'), [
      [8, t('8 bits')],
      [4, t('4 bits')],
    ]),
    select('values', t('Values of a weight'), [
      ['all', t('every integer')],
      ['set', t('a learned set')],
      ['powers-of-two', t('0 and powers of two')],
    ]),
    select('method', t('Method'), [
      ['closed-form', t('closed form')],
      ['training', t('by training (slow)')],
    ]),
    select('cell', t('Multiply-add cell'), [
      ['array', t('array multiplier')],
      ['booth', t('Booth multiplier')],
      ['shift', t('shifter')],
    ]),
  ];
  return {
    element: h('div', { class: 'option-fields' }, ...fields.map(({ element }) => element)),
    show: (options, disabled) => {
      for (const { field, set } of fields) {
        set(options);
        field.disabled = disabled;
        for (const option of field.options) if (option.value === 'shift') option.disabled = options.values !== 'powers-of-two';
      }
    },
  };
}

interface Actions {
  readonly element: HTMLElement;
  readonly show: (view: OptimiseView, options: OptimiseOptions) => void;
}

/** Search and write while nothing runs; progress and stop while something does. Kept in place, so that no event moves the focus. */
function createActions(context: PageContext, start: (write: boolean) => void): Actions {
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
  const idle = h('div', { class: 'optimise-idle' }, h('div', { class: 'button-row' }, search, write), why);
  const message = h('p', { class: 'optimise-message' });
  const bar = h('vscode-progress-bar', { class: 'fit-bar', 'aria-label': t('Search') });
  const stop = actionButton(context, { label: t('Stop'), command: 'stop-optimise', kind: 'secondary', icon: 'debug-stop' });
  const running = h('div', { class: 'optimise-running', hidden: true }, message, bar, stop);
  const element = h('div', { class: 'optimise-actions' }, idle, running);

  return {
    element,
    show: (view, options) => {
      const hadFocus = element.contains(document.activeElement);
      const wasRunning = !running.hidden;
      running.hidden = view.running === null;
      idle.hidden = view.running !== null;
      if (view.running !== null) {
        fill(message, view.running.stopping ? t('Stopping') : view.running.message);
        bar.indeterminate = view.running.fraction === null;
        if (view.running.fraction !== null) bar.value = Math.min(100, Math.max(0, view.running.fraction * 100));
        stop.toggleAttribute('disabled', view.running.stopping);
      } else {
        fill(search, view.result === null ? t('Search') : t('Search again'));
        fill(write, t('Write model'));
        const obstacle = writeObstacle(view, options, context);
        write.toggleAttribute('disabled', obstacle.blocked);
        write.setAttribute('aria-disabled', String(obstacle.blocked));
        fill(why, obstacle.text);
      }
      if (hadFocus && wasRunning !== (view.running !== null)) (view.running === null ? search : stop).focus();
    },
  };
}

/** What writing would do now, or why it cannot. */
function writeObstacle(
  view: OptimiseView,
  options: OptimiseOptions,
  { t }: PageContext,
): { readonly blocked: boolean; readonly text: string } {
  if (view.result === null)
    return { blocked: true, text: t('A search writes nothing. Write the model once you know which point you want.') };
  const asked = view.result.options;
  const same =
    asked.bits === options.bits && asked.values === options.values && asked.method === options.method && asked.cell === options.cell;
  if (!same) return { blocked: true, text: t('These options were not searched yet.') };
  const chosen = choosePoint(view.points, options.maxDrop);
  if (chosen === null)
    return { blocked: true, text: t('No tried point is within the allowed loss. Allow more, or search again with this limit.') };
  const name = shortName(chosen.label, 60);
  if (asked.maxDrop === options.maxDrop)
    return { blocked: false, text: t('Writes {0}: {1} saved, {2}.', name, chosen.savingText, chosen.dropText) };
  return {
    blocked: false,
    text: t(
      'Of the points tried, {0} would be chosen: {1} saved, {2}. Writing searches once more with this limit and may find a better one.',
      name,
      chosen.savingText,
      chosen.dropText,
    ),
  };
}
