import type { Child } from '../dom.ts';
import { h } from '../dom.ts';
import './header.css';

/** One fact of a page header, e.g. the model's name; `title` is the tooltip when the value is shortened. */
export interface Fact {
  readonly name: string;
  readonly value: string;
  readonly title?: string;
}

/** The head of a page: its one h1, the facts below it, and what can be done with it. */
export function pageHeader(title: string, facts: readonly Fact[], actions: readonly Child[]): HTMLElement {
  return h(
    'header',
    { class: 'page-header' },
    h(
      'div',
      { class: 'page-heading' },
      h('h1', {}, title),
      facts.length > 0 &&
        h(
          'dl',
          { class: 'facts' },
          ...facts.map((fact) => h('div', { class: 'fact' }, h('dt', {}, fact.name), h('dd', { title: fact.title }, fact.value))),
        ),
    ),
    actions.length > 0 && h('div', { class: 'button-row' }, ...actions),
  );
}
