import type { LangiumDocument } from 'langium';
import type { CodeActionProvider } from 'langium/lsp';
import { CodeActionKind } from 'vscode-languageserver/node.js';
import type { CodeAction, CodeActionParams, Range } from 'vscode-languageserver/node.js';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { toLspRange } from './convert.ts';
import type { PlanChecks } from './plan-checks.ts';

/** Quick fixes: every suggestion of a finding, as a replacement of the text it points at. */
export class PlanCodeActions implements CodeActionProvider {
  private readonly checks: PlanChecks;

  constructor(checks: PlanChecks) {
    this.checks = checks;
  }

  getCodeActions(document: LangiumDocument, params: CodeActionParams): CodeAction[] {
    const only = params.context.only;
    if (
      only !== undefined &&
      !only.some((kind) => CodeActionKind.QuickFix === kind || CodeActionKind.QuickFix.startsWith(`${kind}.`) || kind === '')
    )
      return [];
    const { checked } = this.checks.of(document.textDocument);
    return checked.diagnostics.flatMap((d) => actionsOf(d, document.textDocument, params));
  }
}

function actionsOf(diagnostic: Diagnostic, document: LangiumDocument['textDocument'], params: CodeActionParams): CodeAction[] {
  if (diagnostic.where.range === undefined || diagnostic.suggestions === undefined) return [];
  const range = toLspRange(diagnostic.where.range);
  if (!touches(range, params.range)) return [];
  const shownNow = params.context.diagnostics.filter((d) => d.code === diagnostic.code && d.message === diagnostic.message);
  return diagnostic.suggestions.map((newText, index) => ({
    title: titleOf(document.getText(range), newText),
    kind: CodeActionKind.QuickFix,
    diagnostics: shownNow,
    isPreferred: index === 0,
    edit: { changes: { [document.uri]: [{ range, newText }] } },
  }));
}

/** What a replacement does, in a few words. One of several lines adds those that were not there before; the last of them says what. */
function titleOf(old: string, newText: string): string {
  if (newText === '') return 'Remove';
  if (!newText.includes('\n')) return `Change to ${newText}`;
  const before = new Set(linesOf(old));
  return `Add ${linesOf(newText).findLast((line) => !before.has(line)) ?? ''}`;
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** True when the two ranges share a character or a boundary. */
function touches(a: Range, b: Range): boolean {
  return !isBefore(a.end, b.start) && !isBefore(b.end, a.start);
}

function isBefore(a: Range['start'], b: Range['start']): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character);
}
