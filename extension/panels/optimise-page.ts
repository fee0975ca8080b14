import * as vscode from 'vscode';
import type { ToWebview } from '../../webview/messages/index.ts';
import type { TierwiseContext } from '../context.ts';
import { optimiseTrustText } from '../optimise-messages.ts';
import { openTextHash } from '../plan-text-hash.ts';
import { optimiseView } from '../to-optimise-view.ts';
import { noPlanMessage } from './no-plan.ts';
import { attachPage, pageStrings, runPageCommand, type PageHost } from './page-host.ts';

const panelType = 'tierwise.optimisePanel';
/** A search of a small network tries points faster than a page can be drawn. */
const tellEveryMs = 100;

/** The search for cheaper weights in an editor tab: what to search for, the curve while it grows, and the result. At most one tab. */
export class OptimisePage implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #context: TierwiseContext;
  readonly #subscriptions: readonly vscode.Disposable[];
  #panel: vscode.WebviewPanel | undefined;
  #page: PageHost | undefined;
  #plan: vscode.Uri | undefined;
  /** The plan that the page shows now: its buttons are about this one, whatever would be shown next. */
  #shown: vscode.Uri | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: TierwiseContext) {
    this.#context = context;
    context.optimise.isShown = () => this.#panel?.visible === true;
    const update = (): void => this.#postSoon();
    this.#subscriptions = [
      context.optimise.onDidChange(update),
      context.plans.onDidChange(update),
      vscode.workspace.onDidGrantWorkspaceTrust(update),
      vscode.window.registerWebviewPanelSerializer(panelType, this),
    ];
  }

  /** The plan whose search the tab shows: the one it was opened for, else the one the other views show. */
  get plan(): vscode.Uri | undefined {
    return this.#shown ?? this.#next;
  }

  get #next(): vscode.Uri | undefined {
    return this.#context.optimise.running ?? this.#plan ?? this.#context.plans.active;
  }

  open(plan: vscode.Uri): void {
    this.#plan = plan;
    this.#context.optimise.rememberPage(plan);
    if (this.#panel) {
      this.#panel.reveal();
      return this.#post();
    }
    this.#adopt(vscode.window.createWebviewPanel(panelType, vscode.l10n.t('Optimise energy'), vscode.ViewColumn.Active));
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.#plan ??= this.#context.optimise.pagePlan;
    this.#adopt(panel);
    return Promise.resolve();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#panel?.dispose();
    this.#page?.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #adopt(panel: vscode.WebviewPanel): void {
    this.#panel = panel;
    panel.iconPath = {
      light: vscode.Uri.joinPath(this.#context.extensionUri, 'extension', 'media', 'tiers-light.svg'),
      dark: vscode.Uri.joinPath(this.#context.extensionUri, 'extension', 'media', 'tiers-dark.svg'),
    };
    const { optimise } = this.#context;
    const page: PageHost = attachPage(this.#context, panel.webview, 'optimise', vscode.l10n.t('Optimise energy'), {
      onReady: () => this.#post(),
      onCommand: (command) => runPageCommand(command),
      onRevealLayer: (id) => void vscode.commands.executeCommand('tierwise.revealLayer', id),
      onOptimise: (options, start) => {
        const { plan } = this;
        if (start === 'nothing' || !plan) return optimise.remember(options);
        void optimise.start(plan, options, start === 'write');
      },
    });
    this.#page = page;
    panel.onDidDispose(() => {
      page.dispose();
      if (this.#panel !== panel) return;
      this.#panel = undefined;
      this.#page = undefined;
      this.#plan = undefined;
      this.#shown = undefined;
    });
  }

  #postSoon(): void {
    if (!this.#page || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#post(), tellEveryMs);
  }

  #post(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#page?.post(this.#message());
  }

  #message(): ToWebview {
    const { optimise, plans } = this.#context;
    if (!vscode.workspace.isTrusted) return restrictedMessage();
    const plan = this.#next;
    this.#shown = plan;
    if (!plan) return { ...noPlanMessage(), strings: pageStrings() };
    const { inspect, fit } = plans.known(plan) ?? {};
    const hashes = inspect ? [inspect.model.sha256, ...(fit ? [fit.hashes.output] : [])] : [];
    const view = optimiseView(optimise.run(plan), optimise.options, hashes, openTextHash(plan), vscode.l10n.t);
    return { kind: 'optimise', strings: pageStrings(), view };
  }
}

function restrictedMessage(): ToWebview {
  return {
    kind: 'empty',
    message: vscode.l10n.t('Not available in a restricted workspace'),
    hint: optimiseTrustText(),
    action: { label: vscode.l10n.t('Manage workspace trust'), command: 'manage-trust' },
    strings: pageStrings(),
  };
}
