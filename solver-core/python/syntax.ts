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
  /** True when the end of the text was left out, or all of it because it is too deep. */
  readonly wasCut: boolean;
}

/** Parses Python source. Never throws for any text; linear time. */
export function parsePython(text: string): PythonSource {
  const isLong = text.length > maxSourceLength;
  const read = isLong ? text.slice(0, maxSourceLength) : text;
  const tree = treeOf(read);
  return { text: read, tree: tree ?? parser.parse(''), lines: createLineTable(read), wasCut: isLong || tree === undefined };
}

/** The tree of a text; undefined where its brackets are so deep in each other (tens of thousands) that the parser runs out of stack. */
function treeOf(text: string): Tree | undefined {
  try {
    return parser.parse(text);
  } catch (cause) {
    if (cause instanceof RangeError) return undefined;
    throw cause;
  }
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
