import { dirname, resolve } from 'node:path';
import { URI } from 'langium';
import type { LangiumDocument } from 'langium';
import type { DocumentLinkProvider } from 'langium/lsp';
import type { DocumentLink } from 'vscode-languageserver/node.js';
import { isCompoundBlock, isDataClause, isModelClause, isModuleClause, isTextClause } from '../../tiers/generated/ast.ts';
import { textOf } from '../../tiers/nodes.ts';
import type { Placed } from '../../tiers/nodes.ts';
import { pathProblem } from '../../tiers/paths.ts';
import { spanRange } from './convert.ts';
import type { PlanChecks } from './plan-checks.ts';

/** Makes links of the files that a plan names, where plan and file are on this machine's disk and the file is there. */
export class PlanLinks implements DocumentLinkProvider {
  private readonly checks: PlanChecks;

  constructor(checks: PlanChecks) {
    this.checks = checks;
  }

  getDocumentLinks(document: LangiumDocument): DocumentLink[] {
    const { textDocument } = document;
    const plan = URI.parse(textDocument.uri);
    if (plan.scheme !== 'file') return [];
    const { parsed, world } = this.checks.of(textDocument);
    const paths = parsed.value.clauses.flatMap((clause): (Placed<string> | undefined)[] => {
      if (isModelClause(clause)) return [textOf(clause, 'modelPath')];
      if (isDataClause(clause)) return [textOf(clause, 'dataPath')];
      if (isTextClause(clause)) return [textOf(clause, 'textPath'), ...clause.options.map((option) => textOf(option, 'tokensPath'))];
      if (!isCompoundBlock(clause)) return [];
      return clause.clauses.map((inner) => (isModuleClause(inner) ? textOf(inner, 'modulePath') : undefined));
    });
    return paths.flatMap((path): DocumentLink[] => {
      if (path === undefined || pathProblem(path.value) !== undefined || !world.fileExists(path.value)) return [];
      // Without the quotes, as people see the path.
      const span = { offset: path.span.offset + 1, end: path.span.end - 1 };
      return [{ range: spanRange(textDocument, span), target: URI.file(resolve(dirname(plan.fsPath), path.value)).toString() }];
    });
  }
}
