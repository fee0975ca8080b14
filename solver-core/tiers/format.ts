import { CstUtils } from 'langium';
import type { LeafCstNode } from 'langium';
import { isCompoundBlock, isTierBlock } from './generated/ast.ts';
import { parsePlan } from './language.ts';
import type { ParsedPlan } from './language.ts';
import { wasCut } from './lexer.ts';
import { spanOf } from './nodes.ts';
import { isClosed } from './text.ts';
import type { Span } from './text.ts';

const indent = '  ';

/**
 * The plan laid out evenly: one clause per line, two spaces inside a tier or compound section, one space between words, at most one blank line in a row,
 * a line end at the end. Words, comments, the author's line breaks inside a clause (indented one step) and the gap before a comment
 * that ends a line stay, so lists and comments that were lined up by hand remain so. Idempotent; the result reads as the same plan.
 * Undefined when the text has syntax errors: a broken text is not touched.
 */
export function formatPlan(text: string): string | undefined {
  return formatParsed(parsePlan(text), text);
}

/** `formatPlan` for a text that has been parsed already. */
export function formatParsed(parsed: ParsedPlan, text: string): string | undefined {
  const gaps = formatGaps(parsed, text);
  if (gaps === undefined) return undefined;
  let out = '';
  let end = 0;
  for (const { span, newText } of gaps) {
    out += text.slice(end, span.offset) + newText;
    end = span.end;
  }
  return out + text.slice(end);
}

/** What stands between two words of a plan, and what is to stand there. */
export interface FormatGap {
  readonly span: Span;
  readonly newText: string;
}

/** Every gap of the plan that `formatParsed` makes, in the order of the text, those that stay as they are too; undefined where it is. */
export function formatGaps(parsed: ParsedPlan, text: string): readonly FormatGap[] | undefined {
  const root = parsed.value.$cstNode;
  if (parsed.lexerErrors.length > 0 || parsed.parserErrors.length > 0 || wasCut(parsed.lexerReport) || root === undefined) return undefined;
  const leaves = CstUtils.flattenCst(root)
    .toArray()
    .sort((a, b) => a.offset - b.offset);
  if (leaves.some(isOpen)) return undefined;
  const starts = clauseStarts(parsed);
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  const gaps: FormatGap[] = [];
  let depth = 0;
  let end = 0;
  let previous: LeafCstNode | undefined;
  for (const leaf of leaves) {
    if (leaf.text === '}' && !leaf.hidden) depth = Math.max(0, depth - 1);
    const newText = separator(text, previous, leaf, starts.has(leaf.offset), depth, lineEnd);
    gaps.push({ span: { offset: end, end: leaf.offset }, newText });
    // Blanks at the end of a comment belong to the gap behind it.
    end = leaf.tokenType.name === 'LINE_COMMENT' ? leaf.offset + leaf.text.trimEnd().length : leaf.end;
    if (leaf.text === '{' && !leaf.hidden) depth++;
    previous = leaf;
  }
  gaps.push({ span: { offset: end, end: text.length }, newText: previous === undefined ? '' : lineEnd });
  return gaps;
}

/** A string or comment that the lexer took without its end. */
function isOpen(leaf: LeafCstNode): boolean {
  if (leaf.tokenType.name === 'STRING') return !isClosed(leaf.text);
  return leaf.tokenType.name === 'BLOCK_COMMENT' && (leaf.length < 4 || !leaf.text.endsWith('*/'));
}

/** Offsets of the tokens that begin a line of their own. */
function clauseStarts(parsed: ParsedPlan): ReadonlySet<number> {
  const starts = new Set<number>();
  for (const clause of parsed.value.clauses) {
    starts.add(spanOf(clause).offset);
    if (isTierBlock(clause) || isCompoundBlock(clause)) for (const inner of clause.clauses) starts.add(spanOf(inner).offset);
  }
  return starts;
}

function separator(
  text: string,
  previous: LeafCstNode | undefined,
  leaf: LeafCstNode,
  startsClause: boolean,
  depth: number,
  lineEnd: string,
): string {
  if (previous === undefined) return '';
  const gap = text.slice(previous.end, leaf.offset);
  const breaks = gap.split(/\r\n|\r|\n/).length - 1;
  const mustBreak = previous.tokenType.name === 'LINE_COMMENT' || isBrace(previous, '{') || isBrace(leaf, '}') || startsClause;
  if (leaf.hidden && breaks === 0 && previous.tokenType.name !== 'LINE_COMMENT') return trailingGap(gap, leaf);
  // A comment between two clauses has the indentation of a clause; anything else that starts a line continues one.
  const continues = !startsClause && !isBrace(leaf, '}') && !isBrace(previous, '{') && !isBrace(previous, '}') && !leaf.hidden;
  if (mustBreak || (breaks > 0 && leaf.text !== ',' && !isBrace(leaf, '{'))) {
    const blank = breaks > 1 && !isBrace(previous, '{') && !isBrace(leaf, '}') ? lineEnd : '';
    return `${lineEnd}${blank}${indent.repeat(depth + (continues ? 1 : 0))}`;
  }
  return leaf.text === ',' || isNumberRange(previous, leaf) ? '' : ' ';
}

/** `0..3`: both signs beside the dots stand close, as numbers are short; names keep their distance. */
function isNumberRange(previous: LeafCstNode, leaf: LeafCstNode): boolean {
  if (previous.hidden || leaf.hidden) return false;
  return (previous.tokenType.name === 'NUMBER' && leaf.text === '..') || (previous.text === '..' && leaf.tokenType.name === 'NUMBER');
}

function isBrace(leaf: LeafCstNode, brace: '{' | '}'): boolean {
  return !leaf.hidden && leaf.text === brace;
}

/** What stands before a comment on the same line: as wide as it was, so that columns stay, but at least one space. */
function trailingGap(gap: string, leaf: LeafCstNode): string {
  return leaf.tokenType.name === 'LINE_COMMENT' ? ' '.repeat(Math.min(80, Math.max(1, gap.replaceAll('\t', indent).length))) : ' ';
}
