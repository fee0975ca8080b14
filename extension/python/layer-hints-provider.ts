import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { inertMarkdown } from '../inert-markdown.ts';
import { layerLabel, layerTooltip } from './layer-hint.ts';
import { layersByLine } from './line-layers.ts';

/** Behind each line of Python that builds layers: what an inference and a retraining of them cost. */
export class LayerHintsProvider implements vscode.InlayHintsProvider, vscode.Disposable {
  readonly #context: TierwiseContext;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeInlayHints = this.#changed.event;
  readonly #subscriptions: readonly vscode.Disposable[];

  constructor(context: TierwiseContext) {
    this.#context = context;
    const fire = (): void => this.#changed.fire();
    this.#subscriptions = [this.#changed, context.pythonAnalysis.onDidChange(fire), context.settings.onDidChange(fire)];
  }

  async provideInlayHints(
    document: vscode.TextDocument,
    range: vscode.Range,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlayHint[]> {
    const { hintsEnergy, hintsRetraining } = this.#context.settings.current;
    if (!hintsEnergy && !hintsRetraining) return [];
    const analysis = await this.#context.pythonAnalysis.fresh(document, token);
    if (!analysis) return [];
    const inside = layersByLine(analysis.layers).filter(
      ({ line }) => line >= range.start.line && line <= range.end.line && line < document.lineCount,
    );
    return inside.flatMap((place) => {
      const text = layerLabel(place, { energy: hintsEnergy, retraining: hintsRetraining }, vscode.l10n.t);
      if (text === undefined) return [];
      const hint = new vscode.InlayHint(document.lineAt(place.line).range.end, text);
      hint.paddingLeft = true;
      hint.tooltip = inertMarkdown(layerTooltip(place, analysis.target, vscode.l10n.t));
      return [hint];
    });
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}
