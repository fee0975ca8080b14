import type { LangiumDocument } from 'langium';
import type { Formatter } from 'langium/lsp';
import type {
  DocumentOnTypeFormattingOptions,
  DocumentOnTypeFormattingParams,
  DocumentRangeFormattingParams,
  TextEdit,
} from 'vscode-languageserver/node.js';
import { formatGaps, formatParsed } from '../../tiers/format.ts';
import type { FormatGap } from '../../tiers/format.ts';
import { isCompoundBlock, isTierBlock } from '../../tiers/generated/ast.ts';
import { spanOf } from '../../tiers/nodes.ts';
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

  /** The changes of the whole plan that lie on the lines of the range; a range that ends before the first sign of a line leaves it out. */
  formatDocumentRange(document: LangiumDocument, { range: { start, end } }: DocumentRangeFormattingParams): TextEdit[] {
    const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
    return this.pieces(document)
      .map((piece) => toEdit(document, piece))
      .filter(({ range }) => range.start.line >= start.line && range.end.line <= last);
  }

  /** The block that the brace just typed ends. */
  formatDocumentOnType(document: LangiumDocument, params: DocumentOnTypeFormattingParams): TextEdit[] {
    const { textDocument } = document;
    const end = textDocument.offsetAt(params.position);
    const block = this.checks.of(textDocument).parsed.value.clauses.find((clause) => spanOf(clause).end === end);
    if (block === undefined || !(isTierBlock(block) || isCompoundBlock(block))) return [];
    const { offset } = spanOf(block);
    return this.pieces(document)
      .filter(({ span }) => span.offset >= offset && span.end <= end)
      .map((piece) => toEdit(document, piece));
  }

  /** What formatting changes, in the smallest pieces. */
  private pieces({ textDocument }: LangiumDocument): readonly FormatGap[] {
    const text = textDocument.getText();
    return (formatGaps(this.checks.of(textDocument).parsed, text) ?? [])
      .flatMap((gap) => parts(gap, text))
      .filter(({ span, newText }) => text.slice(span.offset, span.end) !== newText);
  }
}

/** A gap over lines falls into the end of its first line, the breaks, and the indentation of its last: each belongs to other lines. */
function parts({ span, newText }: FormatGap, text: string): readonly FormatGap[] {
  const [old, now] = [linesOf(text.slice(span.offset, span.end)), linesOf(newText)];
  if (old === undefined || now === undefined) return [{ span, newText }];
  const [first, last] = [span.offset + old.before.length, span.end - old.after.length];
  return [
    { span: { offset: span.offset, end: first }, newText: now.before },
    { span: { offset: first, end: last }, newText: now.breaks },
    { span: { offset: last, end: span.end }, newText: now.after },
  ];
}

function linesOf(gap: string): { readonly before: string; readonly breaks: string; readonly after: string } | undefined {
  const match = /^([^\r\n]*)([\r\n](?:[\s\S]*[\r\n])?)([^\r\n]*)$/.exec(gap);
  return match === null ? undefined : { before: match[1] ?? '', breaks: match[2] ?? '', after: match[3] ?? '' };
}

function toEdit({ textDocument }: LangiumDocument, { span, newText }: FormatGap): TextEdit {
  return { range: spanRange(textDocument, span), newText };
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
