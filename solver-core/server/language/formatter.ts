import type { LangiumDocument } from 'langium';
import type { Formatter } from 'langium/lsp';
import type { DocumentOnTypeFormattingOptions, TextEdit } from 'vscode-languageserver/node.js';
import { formatParsed } from '../../tiers/format.ts';
import type { PlanChecks } from './plan-checks.ts';
import { spanRange } from './convert.ts';

/** Lays out whole plans; a plan with syntax errors is left alone. Ranges are not formatted on their own: the layout is the plan's. */
export class PlanFormatter implements Formatter {
  readonly formatOnTypeOptions: DocumentOnTypeFormattingOptions | undefined = undefined;
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

  formatDocumentRange(): TextEdit[] {
    return [];
  }

  formatDocumentOnType(): TextEdit[] {
    return [];
  }
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
