import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { escapeMarkdown } from '../markdown.ts';
import { tierMeaning } from './annotation-text.ts';
import { inertMarkdown } from '../inert-markdown.ts';
import { layerTooltip } from './layer-hint.ts';
import { toRange } from './python-text.ts';
import { mayAnnotate } from './relevance.ts';

/** Over a `# tier:` comment: what it means, and what the layers that it is about cost. */
export class AnnotationHover implements vscode.HoverProvider {
  readonly #context: TierwiseContext;

  constructor(context: TierwiseContext) {
    this.#context = context;
  }

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.Hover | undefined> {
    if (!mayAnnotate(document.lineAt(position.line).text)) return undefined;
    const analysis = await this.#context.pythonAnalysis.fresh(document, token);
    const layers = (analysis?.layers ?? []).filter((layer) => layer.annotation && toRange(layer.annotation.range).contains(position));
    const annotation = layers[0]?.annotation;
    if (!analysis || !annotation) return undefined;
    const t = vscode.l10n.t;
    const options = Object.entries(annotation.options).map(([key, value]) => `${escapeMarkdown(key)} = ${escapeMarkdown(value)}`);
    const how = [
      ...(annotation.method === null ? [] : [t('Method: {0}.', escapeMarkdown(annotation.method))]),
      ...(options.length === 0 ? [] : [`${options.join(', ')}.`]),
      ...(annotation.name === null ? [] : [t('In a plan the tier is called {0}.', escapeMarkdown(annotation.name))]),
    ];
    const lines = [[tierMeaning(annotation.kind, t), ...how].join(' '), layerTooltip({ line: position.line, layers }, analysis.target, t)];
    return new vscode.Hover(inertMarkdown(lines.join('\n\n')), toRange(annotation.range));
  }
}
