import * as vscode from 'vscode';
import type { PythonDocument, PythonLayer, TierKind } from '../../solver-core/protocol/index.ts';
import type { TierwiseContext } from '../context.ts';
import { inert } from '../inert.ts';
import { baseName } from '../to-view.ts';
import type { AnnotationDiagnostics, ShownFinding } from './annotation-diagnostics.ts';
import { annotationComment, annotationInsertion, changedComment, hasOwnAnnotation } from './annotation-text.ts';
import { toRange } from './python-text.ts';

const tiers: readonly TierKind[] = ['lower', 'upper', 'frozen'];
const maxSuggestions = 4;
/** Kind of the actions on a layer, so that they can be bound to a key of their own. */
export const annotateKind = vscode.CodeActionKind.RefactorRewrite.append('tierwise');

/** Quick fixes for findings in annotations; on a layer's line the tiers it may be put into, and the plan that the annotations state. */
export class AnnotationActions implements vscode.CodeActionProvider {
  static readonly metadata: vscode.CodeActionProviderMetadata = {
    providedCodeActionKinds: [vscode.CodeActionKind.QuickFix, annotateKind],
  };
  readonly #context: TierwiseContext;
  readonly #findings: AnnotationDiagnostics;

  constructor(context: TierwiseContext, findings: AnnotationDiagnostics) {
    this.#context = context;
    this.#findings = findings;
  }

  async provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    context: vscode.CodeActionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.CodeAction[]> {
    // What is shown may be about the text before the newest edit; a fix at such a place would replace something else.
    const analysis = await this.#context.pythonAnalysis.fresh(document, token);
    if (!analysis) return [];
    const { version } = document;
    const findings = await this.#findings.about(analysis);
    if (token.isCancellationRequested || document.version !== version) return [];
    const fixes = findings
      .filter(({ diagnostic }) => diagnostic.range.intersection(range) !== undefined)
      .flatMap((finding) => quickFixes(document, finding));
    if (context.only && !context.only.intersects(annotateKind)) return fixes;
    return [...fixes, ...layerActions(document, analysis, range)];
  }
}

function quickFixes(document: vscode.TextDocument, finding: ShownFinding): vscode.CodeAction[] {
  const { diagnostic, suggestions, differs } = finding;
  const fix = (title: string): vscode.CodeAction => {
    const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
    action.diagnostics = [diagnostic];
    return action;
  };
  const changes = suggestions.slice(0, maxSuggestions).map((text, index) => {
    const action = fix(vscode.l10n.t('Change to {0}', text));
    action.edit = replacing(document, diagnostic.range, text);
    action.isPreferred = index === 0;
    return action;
  });
  if (!differs) return changes;
  const take = fix(vscode.l10n.t("Take the plan's tier: {0}", differs.kind));
  take.edit = replacing(document, diagnostic.range, changedComment(document.getText(diagnostic.range), differs.kind));
  const open = fix(vscode.l10n.t('Open the plan {0}', baseName(differs.plan.path)));
  open.command = { title: open.title, command: 'vscode.open', arguments: [differs.plan] };
  return [...changes, take, open];
}

function layerActions(document: vscode.TextDocument, analysis: PythonDocument, range: vscode.Range): vscode.CodeAction[] {
  const { line } = range.start;
  const here = analysis.layers.filter((layer) => isOnLine(layer, line));
  const first = here[0];
  if (!first) return [];
  const actions = hasOwnAnnotation(first) ? changes(document, first) : additions(document, first, here.length);
  if (analysis.layers.some((layer) => layer.annotation !== null)) {
    const plan = new vscode.CodeAction(vscode.l10n.t('Create plan from annotations'), annotateKind);
    plan.command = { title: plan.title, command: 'tierwise.createPlanFromAnnotations', arguments: [document.uri] };
    actions.push(plan);
  }
  const known = here.find((layer) => layer.layerId !== null);
  if (known && analysis.model !== null) {
    const show = new vscode.CodeAction(vscode.l10n.t('Show layer in {0}', inert(baseName(analysis.model))), annotateKind);
    show.command = { title: show.title, command: 'tierwise.showLayerInModel', arguments: [document.uri, line] };
    actions.push(show);
  }
  return actions;
}

function isOnLine(layer: PythonLayer, line: number): boolean {
  const own = layer.range.line - 1 <= line && line <= layer.range.endLine - 1;
  return own || (layer.annotation !== null && layer.annotation.range.line - 1 === line);
}

function additions(document: vscode.TextDocument, layer: PythonLayer, count: number): vscode.CodeAction[] {
  const lineBreak = document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n';
  return tiers.map((kind) => {
    const { line, character, text } = annotationInsertion((at) => document.lineAt(at).text, layer.range, kind, lineBreak);
    const title =
      count === 1
        ? vscode.l10n.t('Add tier annotation: {0}', kind)
        : vscode.l10n.t('Add tier annotation to the {0} layers of this line: {1}', count, kind);
    const action = new vscode.CodeAction(title, annotateKind);
    action.edit = new vscode.WorkspaceEdit();
    action.edit.insert(document.uri, new vscode.Position(line, character), text);
    return action;
  });
}

function changes(document: vscode.TextDocument, layer: PythonLayer): vscode.CodeAction[] {
  const { annotation } = layer;
  if (!annotation) return [];
  const range = toRange(annotation.range);
  return tiers
    .filter((kind) => kind !== annotation.kind)
    .map((kind) => {
      const action = new vscode.CodeAction(vscode.l10n.t('Change tier to {0}', kind), annotateKind);
      action.edit = replacing(document, range, changedComment(document.getText(range) || annotationComment(kind), kind));
      return action;
    });
}

function replacing(document: vscode.TextDocument, range: vscode.Range, text: string): vscode.WorkspaceEdit {
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, range, text);
  return edit;
}
