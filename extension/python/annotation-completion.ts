import * as vscode from 'vscode';
import type { AnnotationItem } from '../../solver-core/protocol/index.ts';
import type { TierwiseContext } from '../context.ts';
import { escapeMarkdown } from '../markdown.ts';
import { annotationOffer } from './annotation-offer.ts';
import { inertMarkdown } from '../inert-markdown.ts';
import { toRange } from './python-text.ts';

/** Inside a `# tier:` comment what may stand there; behind a layer and on an empty line above it the comment itself. */
export class AnnotationCompletion implements vscode.CompletionItemProvider {
  static readonly triggers: readonly string[] = ['#', ' ', ':', '='];
  readonly #context: TierwiseContext;

  constructor(context: TierwiseContext) {
    this.#context = context;
  }

  async provideCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
    context: vscode.CompletionContext,
  ): Promise<vscode.CompletionItem[] | undefined> {
    const before = document.lineAt(position.line).text.slice(0, position.character);
    const isTyped = context.triggerKind === vscode.CompletionTriggerKind.TriggerCharacter;
    // Asked at every blank of every Python file: what is no comment ends here.
    if (!this.#context.settings.current.pythonEnabled || (isTyped && !before.includes('#'))) return undefined;
    if (/#[ \t]*tier[ \t]*:/.test(before)) return this.#inside(document, position, token);
    return this.#begin(document, position);
  }

  async #inside(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.CompletionItem[] | undefined> {
    const { line, character } = position;
    try {
      const answer = await this.#context.solver.request('tierwise/annotationCompletion', { text: document.getText(), line, character });
      return token.isCancellationRequested ? undefined : answer.items.map(toItem);
    } catch (error) {
      this.#context.log.debug(`completion: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  #begin(document: vscode.TextDocument, position: vscode.Position): vscode.CompletionItem[] | undefined {
    const analysis = this.#context.pythonAnalysis.latest(document);
    if (!analysis) return undefined;
    const offer = annotationOffer((line) => document.lineAt(line).text, document.lineCount, position, analysis.layers);
    if (!offer) return undefined;
    const item = new vscode.CompletionItem('# tier:', vscode.CompletionItemKind.Snippet);
    item.detail = vscode.l10n.t('Tier of this layer');
    item.documentation = vscode.l10n.t(
      'Says whether the layer is solved in one step (lower), learns step by step (upper) or is left alone.',
    );
    item.range = new vscode.Range(position.line, offer.from, position.line, position.character);
    item.insertText = `${offer.space}# tier: `;
    item.filterText = document.getText(item.range) || '# tier:';
    item.command = { title: '', command: 'editor.action.triggerSuggest' };
    return [item];
  }
}

function toItem(item: AnnotationItem, index: number): vscode.CompletionItem {
  const result = new vscode.CompletionItem(item.label, vscode.CompletionItemKind.Keyword);
  result.detail = item.detail;
  if (item.documentation !== '') result.documentation = inertMarkdown(escapeMarkdown(item.documentation, 1000));
  result.insertText = item.insertText;
  result.range = toRange(item.range);
  result.sortText = String(index).padStart(4, '0');
  // An option that ends with "=" goes on with its value.
  if (/[=:]\s*$/.test(item.insertText)) result.command = { title: '', command: 'editor.action.triggerSuggest' };
  return result;
}
