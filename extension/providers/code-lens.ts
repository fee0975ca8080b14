import * as vscode from 'vscode';
import type { LspRange, PlanOutline } from '../../solver-core/protocol/index.ts';
import type { TierwiseContext } from '../context.ts';

/** A range of the language server as VS Code's. */
export function toRange(range: LspRange): vscode.Range {
  return new vscode.Range(range.start.line, range.start.character, range.end.line, range.end.character);
}

/**
 * One action per lower tier: "Fit lower tier", or "Fitting… (cancel)" while that plan is being fitted. The number of
 * lenses follows the tiers alone, so that lines do not jump.
 */
export class TierCodeLensProvider implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #context: TierwiseContext;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.#changed.event;
  readonly #lastOutlines = new Map<string, PlanOutline>();
  readonly #subscriptions: readonly vscode.Disposable[];
  #fittingShown = false;

  constructor(context: TierwiseContext) {
    this.#context = context;
    this.#subscriptions = [
      this.#changed,
      context.settings.onDidChange(() => this.#changed.fire()),
      context.fits.onDidChange(() => this.#onFit()),
      vscode.workspace.onDidCloseTextDocument((document) => this.#lastOutlines.delete(document.uri.toString())),
    ];
  }

  async provideCodeLenses(document: vscode.TextDocument, token: vscode.CancellationToken): Promise<vscode.CodeLens[]> {
    if (!this.#context.settings.current.codeLensEnabled) return [];
    const key = document.uri.toString();
    const outline = (await this.#context.language.outline(document.uri, token)) ?? this.#lastOutlines.get(key);
    if (!outline) return [];
    this.#lastOutlines.set(key, outline);
    const command = this.#command(document.uri);
    return outline.tiers.filter((tier) => tier.kind === 'lower').map((tier) => new vscode.CodeLens(toRange(tier.headerRange), command));
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #command(uri: vscode.Uri): vscode.Command {
    if (this.#context.fits.running?.plan.toString() === uri.toString()) {
      return { title: vscode.l10n.t('Fitting\u2026 (cancel)'), command: 'tierwise.cancelFit', tooltip: vscode.l10n.t('Cancel this fit') };
    }
    const tooltip = vscode.l10n.t('Solve the weights of the lower tier in one step and write a new model beside this one');
    return { title: vscode.l10n.t('Fit lower tier'), command: 'tierwise.fitLowerTier', arguments: [uri], tooltip };
  }

  /** Progress comes often; the lens changes only when a fit starts or ends. */
  #onFit(): void {
    const fitting = this.#context.fits.running !== undefined;
    if (fitting === this.#fittingShown) return;
    this.#fittingShown = fitting;
    this.#changed.fire();
  }
}
