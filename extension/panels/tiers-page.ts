import * as vscode from 'vscode';
import type { ToWebview } from '../../webview/messages/index.ts';
import { backendParam } from '../backend-choice.ts';
import type { TierwiseContext } from '../context.ts';
import type { RunningFit } from '../fit-command.ts';
import { learningText } from '../to-learning-view.ts';
import { tiersView } from '../to-view.ts';
import { attachPage, pageStrings, runPageCommand, type PageHost } from './page-host.ts';
import { noPlanMessage } from './no-plan.ts';

/** The Tiers panel: the tiers of the active plan, the button that fits, progress and the newest result. */
export class TiersPage implements vscode.WebviewViewProvider, vscode.Disposable {
  readonly #context: TierwiseContext;
  readonly #subscriptions: readonly vscode.Disposable[];
  #page: PageHost | undefined;

  constructor(context: TierwiseContext) {
    this.#context = context;
    const update = (): void => this.#page?.post(this.#message());
    this.#subscriptions = [
      context.plans.onDidChange(update),
      context.fits.onDidChange(update),
      context.learning.onDidChange(update),
      context.settings.onDidChange(update),
      vscode.window.registerWebviewViewProvider('tierwise.tiersPanel', this),
    ];
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const page: PageHost = attachPage(this.#context, view.webview, 'tiers', vscode.l10n.t('Tiers'), {
      onReady: () => page.post(this.#message()),
      onCommand: (command) => runPageCommand(command),
      onRevealLayer: (id) => void vscode.commands.executeCommand('tierwise.revealLayer', id),
    });
    this.#page = page;
    view.onDidDispose(() => {
      page.dispose();
      if (this.#page === page) this.#page = undefined;
    });
  }

  dispose(): void {
    this.#page?.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #message(): ToWebview {
    const { plans, fits, learning, settings } = this.#context;
    const snapshot = plans.activeSnapshot;
    if (!snapshot) return noPlanMessage();
    if (!snapshot.check && snapshot.error)
      return { kind: 'error', code: snapshot.error.code, message: snapshot.error.message, advice: snapshot.error.advice };
    if (!snapshot.check) return { kind: 'busy', message: vscode.l10n.t('Reading the plan and its model') };
    const { energyTarget } = settings.current;
    const running = fits.running;
    const view = tiersView(
      snapshot,
      {
        backend: backendParam(settings.current),
        target: energyTarget === '' ? undefined : energyTarget,
        canFit: running === undefined,
        canLearn: !learning.isRunning,
        learning: learning.run && learning.run.plan === snapshot.path ? learningText(learning.run, vscode.l10n.t) : null,
        fitting: running ? { message: fittingMessage(running, plans.active), fraction: running.fraction } : null,
      },
      vscode.l10n.t,
    );
    return { kind: 'tiers', strings: pageStrings(), view };
  }
}

/** What a running fit says; one of another plan than the shown one is named. */
function fittingMessage(running: RunningFit, shown: vscode.Uri | undefined): string {
  if (running.plan.toString() === shown?.toString()) return running.message;
  return `${vscode.workspace.asRelativePath(running.plan)}: ${running.message}`;
}
