import type { LangiumDocument } from 'langium';
import type { Formatter } from 'langium/lsp';
import type {
  DocumentOnTypeFormattingOptions,
  DocumentOnTypeFormattingParams,
  DocumentRangeFormattingParams,
  TextEdit,
} from 'vscode-languageserver/node.js';
import { formatParsed } from '../../tiers/format.ts';
import { isCompoundBlock, isTierBlock } from '../../tiers/generated/ast.ts';
import { spanOf } from '../../tiers/nodes.ts';
import type { Span } from '../../tiers/text.ts';
import { spanRange } from './convert.ts';
import type { PlanChecks } from './plan-checks.ts';

/** Lays out whole plans, and of them the lines of a range; `}` lays out the block it ends. A plan with syntax errors is left alone. */
export class PlanFormatter implements Formatter {
  readonly formatOnTypeOptions: DocumentOnTypeFormattingOptions = { firstTriggerCharacter: '}' };
  private readonly checks: PlanChecks;

  constructor(checks: PlanChecks) {
    this.checks = checks;
  }

  formatDocument(document: LangiumDocument): TextEdit[] {
    const text = document.textDocument.getText();
    const formatted = formatParsed(this.checks.of(document.textDocument).parsed, text);
    if (formatted === undefined || formatted === text) return [];
    return [smallestEdit(document, text, formatted)];
  }

  /** The changes of the whole plan that lie on the lines of the range. */
  formatDocumentRange(document: LangiumDocument, params: DocumentRangeFormattingParams): TextEdit[] {
    return this.lineEdits(document, params.range.start.line, params.range.end.line);
  }

  /** The block that the brace just typed ends. */
  formatDocumentOnType(document: LangiumDocument, params: DocumentOnTypeFormattingParams): TextEdit[] {
    const { textDocument } = document;
    const offset = textDocument.offsetAt(params.position);
    const block = this.checks.of(textDocument).parsed.value.clauses.find((clause) => spanOf(clause).end === offset);
    if (block === undefined || !(isTierBlock(block) || isCompoundBlock(block))) return [];
    return this.lineEdits(document, textDocument.positionAt(spanOf(block).offset).line, params.position.line);
  }

  private lineEdits(document: LangiumDocument, first: number, last: number): TextEdit[] {
    const { textDocument } = document;
    const text = textDocument.getText();
    const formatted = formatParsed(this.checks.of(textDocument).parsed, text);
    if (formatted === undefined) return [];
    return gapEdits(text, formatted)
      .map(({ span, newText }) => ({ range: spanRange(textDocument, span), newText }))
      .filter(({ range }) => range.start.line >= first && range.end.line <= last);
  }
}

/** Formatting changes nothing but the blanks between words: an edit for each gap that differs. Empty when anything else does. */
function gapEdits(before: string, after: string): readonly { readonly span: Span; readonly newText: string }[] {
  const [old, now] = [wordsOf(before), wordsOf(after)];
  if (old.length !== now.length || old.some((word, index) => word.text !== now[index]?.text)) return [];
  const edits: { readonly span: Span; readonly newText: string }[] = [];
  let [oldEnd, nowEnd] = [0, 0];
  for (const [index, word] of old.entries()) {
    const other = now[index];
    if (other === undefined) break;
    const newText = after.slice(nowEnd, other.offset);
    if (before.slice(oldEnd, word.offset) !== newText) edits.push({ span: { offset: oldEnd, end: word.offset }, newText });
    [oldEnd, nowEnd] = [word.offset + word.text.length, other.offset + other.text.length];
  }
  return edits;
}

/** Stretches without blanks; where blanks are taken as they are, inside strings and comments, they stay the same on both sides. */
function wordsOf(text: string): readonly { readonly text: string; readonly offset: number }[] {
  return [...text.matchAll(/[^\s,]+|,/g)].map((match) => ({ text: match[0], offset: match.index }));
}

/** One edit without the lines that stay as they are at both ends, so that cursor and folds outside it survive. */
function smallestEdit(document: LangiumDocument, before: string, after: string): TextEdit {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return {
    range: spanRange(document.textDocument, { offset: start, end: before.length - end }),
    newText: after.slice(start, after.length - end),
  };
}
