import type { SyntaxNode, Tree } from '@lezer/common';
import { parser } from '@lezer/python';
import type { LineTable, Span } from '../tiers/text.ts';
import { createLineTable } from '../tiers/text.ts';

/** Longest source that is read, in UTF-16 code units; what follows is left out. */
export const maxSourceLength = 2 * 1024 * 1024;

/** Python source with its syntax tree. The parser recovers from errors, so a broken line does not hide the rest. */
export interface PythonSource {
  readonly text: string;
  readonly tree: Tree;
  readonly lines: LineTable;
  /** True when the end of the text was left out. */
  readonly wasCut: boolean;
}

/** Parses Python source. Never throws for any text; linear time. */
export function parsePython(text: string): PythonSource {
  const wasCut = text.length > maxSourceLength;
  const read = wasCut ? text.slice(0, maxSourceLength) : text;
  return { text: read, tree: parser.parse(read), lines: createLineTable(read), wasCut };
}

/** The children of a node without comments and without what the parser could not place. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== 'Comment' && !child.type.isError) children.push(child);
  }
  return children;
}

/** The text of a node. */
export function textOf(source: PythonSource, node: SyntaxNode): string {
  return source.text.slice(node.from, node.to);
}

/** Where a node stands. */
export function spanOf(node: SyntaxNode): Span {
  return { offset: node.from, end: node.to };
}

/** One-based line of an offset. */
export function lineOf(source: PythonSource, offset: number): number {
  return source.lines.range({ offset, end: offset }).line;
}
