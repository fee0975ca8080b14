import { CstUtils } from 'langium';
import type { LangiumDocument, LeafCstNode } from 'langium';
import type { FoldingRangeProvider } from 'langium/lsp';
import { FoldingRangeKind } from 'vscode-languageserver/node.js';
import type { FoldingRange } from 'vscode-languageserver/node.js';
import { isCompoundBlock, isLayersClause, isTierBlock } from '../../tiers/generated/ast.ts';
import { spanOf } from '../../tiers/nodes.ts';
import type { PlanChecks } from './plan-checks.ts';

/** Folds tiers and compound sections without their last line, lists of layers, comments of several lines, and `// #region` marks. */
export class PlanFolding implements FoldingRangeProvider {
  private readonly checks: PlanChecks;

  constructor(checks: PlanChecks) {
    this.checks = checks;
  }

  getFoldingRanges(document: LangiumDocument): FoldingRange[] {
    const { textDocument } = document;
    const { parsed } = this.checks.of(textDocument);
    const lineOf = (offset: number): number => textDocument.positionAt(offset).line;
    const folds: FoldingRange[] = [];
    const add = (startLine: number, endLine: number, kind?: string): void => {
      if (endLine > startLine) folds.push({ startLine, endLine, ...(kind === undefined ? {} : { kind }) });
    };
    for (const clause of parsed.value.clauses) {
      if (!isTierBlock(clause) && !isCompoundBlock(clause)) continue;
      const { offset, end } = spanOf(clause);
      add(lineOf(offset), lineOf(end) - (textDocument.getText().charAt(end - 1) === '}' ? 1 : 0));
      for (const inner of clause.clauses) if (isLayersClause(inner)) add(lineOf(spanOf(inner).offset), lineOf(spanOf(inner).end));
    }
    const root = parsed.value.$cstNode;
    const comments = root === undefined ? [] : CstUtils.flattenCst(root).filter(({ hidden }) => hidden);
    foldComments([...comments], add);
    return folds;
  }
}

/** Runs of line comments, long block comments, and regions between marks. */
function foldComments(comments: readonly LeafCstNode[], add: (start: number, end: number, kind?: string) => void): void {
  const regions: number[] = [];
  let run: { start: number; end: number } | undefined;
  const endRun = (): void => {
    if (run !== undefined) add(run.start, run.end, FoldingRangeKind.Comment);
    run = undefined;
  };
  for (const comment of comments) {
    const { start, end } = comment.range;
    const mark = /^\/\/\s*#(region|endregion)\b/.exec(comment.text)?.[1];
    if (mark === 'region') regions.push(start.line);
    const opened = mark === 'endregion' ? regions.pop() : undefined;
    if (opened !== undefined) add(opened, start.line, FoldingRangeKind.Region);
    if (mark !== undefined || comment.tokenType.name !== 'LINE_COMMENT') {
      endRun();
      if (mark === undefined) add(start.line, end.line, FoldingRangeKind.Comment);
    } else if (run !== undefined && start.line === run.end + 1) run.end = start.line;
    else {
      endRun();
      run = { start: start.line, end: start.line };
    }
  }
  endRun();
}
