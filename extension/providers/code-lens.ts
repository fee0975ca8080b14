import * as vscode from 'vscode';
import type { LspRange, PlanOutline } from '../../solver-core/protocol/index.ts';
import type { TierwiseContext } from '../context.ts';
import { sparsifyLine } from '../plan-lines.ts';

/** A range of the language server as VS Code's. */
export function toRange(range: LspRange): vscode.Range {
  return new vscode.Range(range.start.line, range.start.character, range.end.line, range.end.character);
}

/**
 * One action per tier: "Fit lower tier" or "Learn from data…", "Run compound model…" on a compound section and "Sparsify activations…" on
 * the model; while that plan is at it, what ends it. The number of lenses follows the text alone, so that lines do not jump.
 */
export class TierCodeLensProvider implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #context: TierwiseContext;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.#changed.event;
  readonly #lastOutlines = new Map<string, PlanOutline>();
  readonly #subscriptions: readonly vscode.Disposable[];
  #workShown = ['undefined', 'false', 'undefined', 'undefined'].join(' ');

  constructor(context: TierwiseContext) {
    this.#context = context;
    this.#subscriptions = [
      this.#changed,
      context.settings.onDidChange(() => this.#changed.fire()),
      context.fits.onDidChange(() => this.#onWork()),
      context.learning.onDidChange(() => this.#onWork()),
      context.sparsify.onDidChange(() => this.#onWork()),
      context.compound.onDidChange(() => this.#onWork()),
      vscode.workspace.onDidCloseTextDocument((document) => this.#lastOutlines.delete(document.uri.toString())),
    ];
  }

  async provideCodeLenses(document: vscode.TextDocument, token: vscode.CancellationToken): Promise<vscode.CodeLens[]> {
    if (!this.#context.settings.current.codeLensEnabled) return [];
    const key = document.uri.toString();
    const outline = (await this.#context.language.outline(document.uri, token)) ?? this.#lastOutlines.get(key);
    if (!outline) return [];
    this.#lastOutlines.set(key, outline);
    const [fit, learn] = [this.#fitCommand(document.uri), this.#learnCommand(document.uri)];
    const model = sparsifyLine(document.getText());
    const { compound } = outline;
    return [
      ...(model === null ? [] : [new vscode.CodeLens(document.lineAt(model).range, this.#sparsifyCommand(document.uri))]),
      ...outline.tiers.map((tier) => new vscode.CodeLens(toRange(tier.headerRange), tier.kind === 'lower' ? fit : learn)),
      ...(compound ? [new vscode.CodeLens(toRange(compound.headerRange), this.#compoundCommand(document.uri))] : []),
    ];
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #fitCommand(uri: vscode.Uri): vscode.Command {
    if (this.#context.fits.running?.plan.toString() === uri.toString()) {
      return { title: vscode.l10n.t('Fitting\u2026 (cancel)'), command: 'tierwise.cancelFit', tooltip: vscode.l10n.t('Cancel this fit') };
    }
    const tooltip = vscode.l10n.t('Solve the weights of the lower tier in one step and write a new model beside this one');
    return { title: vscode.l10n.t('Fit lower tier'), command: 'tierwise.fitLowerTier', arguments: [uri], tooltip };
  }

  #learnCommand(uri: vscode.Uri): vscode.Command {
    const { learning } = this.#context;
    if (learning.isRunning && learning.run?.plan === uri.fsPath) {
      const tooltip = vscode.l10n.t('Stop after this batch and keep what was learned');
      return { title: vscode.l10n.t('Learning\u2026 (stop)'), command: 'tierwise.stopLearning', tooltip };
    }
    const tooltip = vscode.l10n.t('Update the upper tier with new rows, batch by batch, and write a new model beside this one');
    return { title: vscode.l10n.t('Learn from data\u2026'), command: 'tierwise.learnFromData', arguments: [uri], tooltip };
  }

  #sparsifyCommand(uri: vscode.Uri): vscode.Command {
    if (this.#context.sparsify.running?.toString() === uri.toString()) {
      const tooltip = vscode.l10n.t('Stop the search; the next one goes on from what it found');
      return { title: vscode.l10n.t('Searching\u2026 (stop)'), command: 'tierwise.stopSparsify', tooltip };
    }
    const tooltip = vscode.l10n.t('Set small inputs of weight layers to zero, without training, within an allowed increase of the loss');
    return { title: vscode.l10n.t('Sparsify activations\u2026'), command: 'tierwise.sparsify', arguments: [uri], tooltip };
  }

  #compoundCommand(uri: vscode.Uri): vscode.Command {
    if (this.#context.compound.running?.toString() === uri.toString()) {
      const tooltip = vscode.l10n.t('Stop after this batch and keep what was decided and learned');
      return { title: vscode.l10n.t('Running\u2026 (stop)'), command: 'tierwise.stopCompound', tooltip };
    }
    const tooltip = vscode.l10n.t(
      'Decide on a stream with the lower module, ask the upper one where it is not sure, and learn while that pays',
    );
    return { title: vscode.l10n.t('Run compound model\u2026'), command: 'tierwise.runCompound', arguments: [uri], tooltip };
  }

  /** Progress comes often; the lenses change only when something starts or ends. */
  #onWork(): void {
    const { fits, learning, sparsify, compound } = this.#context;
    const work = [fits.running?.plan, learning.isRunning, sparsify.running, compound.running].map(String).join(' ');
    if (work === this.#workShown) return;
    this.#workShown = work;
    this.#changed.fire();
  }
}
