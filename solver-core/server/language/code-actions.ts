import type { LangiumDocument, TextDocument } from 'langium';
import type { CodeActionProvider } from 'langium/lsp';
import { CodeActionKind } from 'vscode-languageserver/node.js';
import type { CodeAction, CodeActionParams, Range, TextEdit } from 'vscode-languageserver/node.js';
import type { Diagnostic, TextRange } from '../../model/diagnostic.ts';
import { spanRange, toLspRange } from './convert.ts';
import type { PlanCheck, PlanChecks } from './plan-checks.ts';
import { fixesOf } from './quick-fixes.ts';

/** Fixes that may be made all at once: each follows from the text alone and loses nothing that counts. */
const safeCodes: ReadonlySet<string> = new Set([
  'duplicate-clause',
  'misplaced-clause',
  'empty-range',
  'reversed-range',
  'duplicate-tier-name',
  'unterminated-string',
]);
const fixAll = `${CodeActionKind.SourceFixAll}.tierwise`;

/** Quick fixes: every suggestion of a finding as a replacement of the text it points at, and repairs that take more; all safe ones at once. */
export class PlanCodeActions implements CodeActionProvider {
  private readonly checks: PlanChecks;

  constructor(checks: PlanChecks) {
    this.checks = checks;
  }

  getCodeActions(document: LangiumDocument, params: CodeActionParams): CodeAction[] {
    const { textDocument } = document;
    const check = this.checks.of(textDocument);
    const wants = (kind: string): boolean =>
      params.context.only?.some((asked) => asked === '' || kind === asked || kind.startsWith(`${asked}.`)) ?? true;
    const fixes = wants(CodeActionKind.QuickFix) ? check.checked.diagnostics.flatMap((d) => actionsOf(d, check, textDocument, params)) : [];
    // Without being asked for, a fix of everything shows only where there is more than one to make.
    const all = wants(fixAll) ? allSafe(check.checked.diagnostics, textDocument) : [];
    const isAsked = params.context.only !== undefined;
    return all.length === 0 || (!isAsked && all.length < 2) ? fixes : [...fixes, fixAllAction(textDocument, all)];
  }
}

function actionsOf(diagnostic: Diagnostic, check: PlanCheck, document: TextDocument, params: CodeActionParams): CodeAction[] {
  if (diagnostic.where.range === undefined) return [];
  const range = toLspRange(diagnostic.where.range);
  if (!touches(range, params.range)) return [];
  const shownNow = params.context.diagnostics.filter((d) => d.code === diagnostic.code && d.message === diagnostic.message);
  const action = (title: string, isPreferred: boolean, edits: TextEdit[]): CodeAction => ({
    title,
    kind: CodeActionKind.QuickFix,
    diagnostics: shownNow,
    isPreferred,
    edit: { changes: { [document.uri]: edits } },
  });
  const suggestions = diagnostic.suggestions ?? [];
  return [
    ...suggestions.map((newText, index) => action(titleOf(document.getText(range), newText), index === 0, [{ range, newText }])),
    ...fixesOf(diagnostic, check, document).map(({ title, changes, isPreferred }, index) =>
      action(
        title,
        isPreferred && index === 0 && suggestions.length === 0,
        changes.map(({ span, newText }) => ({ range: spanRange(document, span), newText })),
      ),
    ),
  ];
}

/** First suggestions of findings that are safe to follow, from the top, leaving out those that touch one before. */
function allSafe(diagnostics: readonly Diagnostic[], document: TextDocument): readonly TextEdit[] {
  const edits: TextEdit[] = [];
  for (const { code, where, suggestions } of diagnostics) {
    const newText = suggestions?.[0];
    if (where.range === undefined || newText === undefined || !(safeCodes.has(code) || isSameButCase(document, where.range, newText)))
      continue;
    const range = toLspRange(where.range);
    if (!edits.some((edit) => touches(edit.range, range))) edits.push({ range, newText });
  }
  return edits;
}

function isSameButCase(document: TextDocument, range: TextRange, newText: string): boolean {
  return document.getText(toLspRange(range)).toLowerCase() === newText.toLowerCase();
}

function fixAllAction(document: TextDocument, edits: readonly TextEdit[]): CodeAction {
  return { title: 'Fix all that is safe to fix', kind: fixAll, edit: { changes: { [document.uri]: [...edits] } } };
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
