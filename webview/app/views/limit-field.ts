import { dropPoints, dropStep, largestDrop, parseDrop } from '../choose.ts';
import type { PageContext } from '../context.ts';
import { fill, h, listen } from '../dom.ts';
import './search-form.css';

/** What a limit is a limit of: behind the number, and as a slider says it. */
export interface LimitWords {
  readonly unit: string;
  readonly spoken: (text: string) => string;
}

/** The field of the limit. */
export interface LimitField {
  readonly element: HTMLElement;
  readonly show: (maxDrop: number, words: LimitWords) => void;
}

/** Slider and number for the same limit: the slider for trying, the number for knowing what is wanted. `hint` says what it is judged on. */
export function createLimitField(context: PageContext, hint: string, onLimit: (maxDrop: number) => void): LimitField {
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
  listen(slider, 'input', () => onLimit(parseDrop(slider.value) ?? 0));
  listen(number, 'change', () => {
    const typed = parseDrop(number.value);
    if (typed !== null) onLimit(typed);
    else context.announce(t('A number from 0 to {0}', max));
  });
  return {
    element: h(
      'div',
      { class: 'drop-field' },
      h('label', { for: 'drop-slider', class: 'field-label' }, t('Allowed loss')),
      h('div', { class: 'drop-row' }, slider, h('span', { class: 'drop-typed' }, number, unit)),
      h('p', { class: 'muted field-hint' }, hint),
    ),
    show: (maxDrop, words) => {
      const text = dropPoints(maxDrop);
      if (slider.value !== text) slider.value = text;
      if (document.activeElement !== number || parseDrop(number.value) !== maxDrop) number.value = text;
      fill(unit, words.unit);
      slider.setAttribute('aria-valuetext', words.spoken(text));
    },
  };
}
