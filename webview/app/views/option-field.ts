import type { Child } from '../dom.ts';
import { h, listen } from '../dom.ts';
import './search-form.css';

/** One choice among a few: a label and a native list. */
export interface OptionField<V> {
  readonly element: HTMLElement;
  readonly field: HTMLSelectElement;
  readonly set: (value: V) => void;
}

/** `key` names the field for the page; `onChange` gets what was chosen. Values are told apart by their text. */
export function createOptionField<V extends string | number | boolean>(
  key: string,
  label: string,
  entries: readonly (readonly [V, string])[],
  onChange: (value: V) => void,
): OptionField<V> {
  const id = `option-${key}`;
  const field = h('select', { id, 'data-focus': id }, ...entries.map(([value, text]) => h('option', { value: String(value) }, text)));
  listen(field, 'change', () => {
    const chosen = entries.find(([value]) => String(value) === field.value)?.[0];
    if (chosen !== undefined) onChange(chosen);
  });
  return {
    element: h('div', { class: 'option-field' }, h('label', { for: id, class: 'field-label' }, label), field),
    field,
    set: (value) => {
      field.value = String(value);
    },
  };
}

/** Fields side by side, as many as fit. */
export function optionFields(...fields: readonly Child[]): HTMLElement {
  return h('div', { class: 'option-fields' }, ...fields);
}
