import type { Shape } from './draw/shape.ts';
import { visible } from './text.ts';

/** What an element may contain. Strings become text nodes after `visible`; nothing is ever parsed as markup. */
export type Child = Node | string | null | false;

/** Attribute values. `true` writes an empty attribute; `false` and `undefined` write none. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

const namespace = 'http://www.w3.org/2000/svg';

/** Attributes that load, run or restyle something: a page has no use for them, and the content security policy forbids some. */
const forbidden = /^(on.*|style|srcdoc|src|srcset|href|xlink:href|action|formaction|ping|data)$/i;

/** A new element with attributes and children. Throws for attributes that could run or load something. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...nodes(children));
  return element;
}

/** The SVG element that a drawing describes. */
export function svg(shape: Shape): SVGElement {
  const element = document.createElementNS(namespace, shape.tag);
  setAttributes(element, shape.attributes);
  if (shape.text !== undefined) element.textContent = visible(shape.text);
  for (const child of shape.children ?? []) element.append(svg(child));
  return element;
}

/** Replaces everything inside `parent`. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren(...nodes(children));
}

/** Adds a listener and returns the element, so that it can stand where a child is expected. */
export function listen<E extends HTMLElement>(element: E, type: string, handler: (event: Event) => void): E {
  element.addEventListener(type, handler);
  return element;
}

/** A codicon, decoration only: the words beside it carry the meaning. */
export function icon(name: string, extra = ''): HTMLElement {
  return h('span', { class: `codicon codicon-${name} ${extra}`.trim(), 'aria-hidden': 'true' });
}

/** Text for screen readers only. */
export function hiddenText(text: string): HTMLElement {
  return h('span', { class: 'visually-hidden' }, text);
}

/** The paragraphs of a longer text of the host: its line breaks stay line breaks. */
export function prose(text: string, className: string): HTMLElement {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return h('div', { class: className }, ...lines.slice(0, 40).map((line) => h('p', {}, line)));
}

function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (forbidden.test(name)) throw new Error(`attribute ${name} is not allowed in a page`);
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : visible(String(value)));
  }
}

function nodes(children: readonly Child[]): Node[] {
  const out: Node[] = [];
  for (const child of children) {
    if (child === null || child === false) continue;
    out.push(typeof child === 'string' ? document.createTextNode(visible(child)) : child);
  }
  return out;
}
