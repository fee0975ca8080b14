import { GrammarUtils } from 'langium';
import type { AstNode } from 'langium';
import { isClosed, unquote } from './text.ts';
import type { Span } from './text.ts';

/** A value of the text with the place where it stands. */
export interface Placed<T> {
  readonly value: T;
  readonly span: Span;
}

/** The whole text of a node of the syntax tree. */
export function spanOf(node: AstNode): Span {
  const cst = node.$cstNode;
  return cst === undefined ? { offset: 0, end: 0 } : { offset: cst.offset, end: cst.end };
}

/** A property as it is written, or undefined when the parser had to leave it out. */
export function rawOf(node: AstNode, property: string): Placed<string> | undefined {
  // What is not in the tree is not looked for in the text: most entries of a long list have no second end.
  if (Reflect.get(node, property) === undefined) return undefined;
  const cst = GrammarUtils.findNodeForProperty(node.$cstNode, property);
  if (cst === undefined || cst.end <= cst.offset) return undefined;
  return { value: cst.text, span: { offset: cst.offset, end: cst.end } };
}

/** A quoted text, or a bare word where the grammar allows one; undefined when it is left out or not closed (reported elsewhere). */
export function textOf(node: AstNode, property: string): Placed<string> | undefined {
  const raw = rawOf(node, property);
  if (raw === undefined || !raw.value.startsWith('"')) return raw;
  return isClosed(raw.value) ? { value: unquote(raw.value), span: raw.span } : undefined;
}

/** A number; Infinity when it is too large for a double. */
export function numberOf(node: AstNode, property: string): Placed<number> | undefined {
  const raw = rawOf(node, property);
  return raw === undefined ? undefined : { value: Number(raw.value), span: raw.span };
}
