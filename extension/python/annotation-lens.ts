import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { inert } from '../inert.ts';
import { baseName } from '../to-view.ts';
import { holderLine } from './annotation-text.ts';
import { planOf } from './plan-of-model.ts';

/**
 * Above each class or variable with annotated layers: the plan that they state, or the one that there is. The number of lenses follows the
 * text alone, so that lines do not jump.
 */
export class AnnotationLensProvider implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #context: TierwiseContext;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.#changed.event;
  readonly #subscriptions: readonly vscode.Disposable[];

  constructor(context: TierwiseContext) {
    this.#context = context;
    const fire = (): void => this.#changed.fire();
    const watcher = vscode.workspace.onDidCreateFiles(fire);
    this.#subscriptions = [
      this.#changed,
      watcher,
      vscode.workspace.onDidDeleteFiles(fire),
      context.pythonAnalysis.onDidChange(fire),
      context.settings.onDidChange(fire),
      context.plans.onDidChange((plan) => {
        // Figures come often; the lens depends on which plan there is.
        if (plan === undefined) fire();
      }),
    ];
  }

  async provideCodeLenses(document: vscode.TextDocument, token: vscode.CancellationToken): Promise<vscode.CodeLens[]> {
    if (!this.#context.settings.current.codeLensEnabled) return [];
    const analysis = await this.#context.pythonAnalysis.fresh(document, token);
    const holders = new Set((analysis?.layers ?? []).filter((layer) => layer.annotation !== null).map((layer) => layer.model));
    if (!analysis || holders.size === 0) return [];
    const lines = document.getText().split(/\r\n|\r|\n/);
    const places = new Set([...holders].flatMap((holder) => holderLine(lines, holder) ?? []));
    const plan = analysis.model === null ? undefined : await planOf(this.#context.plans, vscode.Uri.file(analysis.model));
    const command = lensCommand(document.uri, plan);
    return [...places].map((line) => new vscode.CodeLens(document.lineAt(line).range, command));
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}

function lensCommand(document: vscode.Uri, plan: vscode.Uri | undefined): vscode.Command {
  if (plan) {
    const tooltip = vscode.l10n.t('Fits and energy go by the plan. "Create plan from annotations" shows what would change in it.');
    return { title: vscode.l10n.t('Open plan {0}', inert(baseName(plan.path))), command: 'vscode.open', arguments: [plan], tooltip };
  }
  const tooltip = vscode.l10n.t('Write a plan beside the model that says what the annotations say');
  return {
    title: vscode.l10n.t('Create plan from annotations'),
    command: 'tierwise.createPlanFromAnnotations',
    arguments: [document],
    tooltip,
  };
}
