import * as vscode from 'vscode';
import type { ToWebview } from '../../webview/messages/index.ts';
import type { TierwiseContext } from '../context.ts';
import { reportView } from '../to-view.ts';
import { noReportMessage } from './no-plan.ts';
import { attachPage, pageIcon, pageStrings, runPageCommand, type PageHost } from './page-host.ts';

const panelType = 'tierwise.reportPanel';

/** The energy report of the active plan: as a view in the side bar and, with more room, as an editor tab. */
export class ReportPages implements vscode.WebviewViewProvider, vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #context: TierwiseContext;
  readonly #pages = new Set<PageHost>();
  readonly #subscriptions: readonly vscode.Disposable[];
  #panel: vscode.WebviewPanel | undefined;

  constructor(context: TierwiseContext) {
    this.#context = context;
    this.#subscriptions = [
      context.plans.onDidChange(() => this.#postAll()),
      context.switching.onDidChange(() => this.#postAll()),
      vscode.window.registerWebviewViewProvider('tierwise.report', this),
      vscode.window.registerWebviewPanelSerializer(panelType, this),
    ];
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#attach(view.webview, (listener) => view.onDidDispose(listener));
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.#adopt(panel);
    return Promise.resolve();
  }

  /** Shows the report in an editor tab; there is at most one. */
  openPanel(): void {
    if (this.#panel) return this.#panel.reveal();
    const title = vscode.l10n.t('Energy report');
    this.#adopt(vscode.window.createWebviewPanel(panelType, title, { viewColumn: vscode.ViewColumn.Active, preserveFocus: false }));
  }

  dispose(): void {
    this.#panel?.dispose();
    for (const page of this.#pages) page.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #adopt(panel: vscode.WebviewPanel): void {
    this.#panel = panel;
    panel.iconPath = pageIcon(this.#context.extensionUri);
    this.#attach(panel.webview, (listener) => panel.onDidDispose(listener));
    panel.onDidDispose(() => {
      if (this.#panel === panel) this.#panel = undefined;
    });
  }

  #attach(webview: vscode.Webview, onDispose: (listener: () => void) => unknown): void {
    const page: PageHost = attachPage(this.#context, webview, 'report', vscode.l10n.t('Energy report'), {
      onReady: () => page.post(this.#message()),
      onCommand: (command) => runPageCommand(command),
      onRevealLayer: (id) => void vscode.commands.executeCommand('tierwise.revealLayer', id),
    });
    this.#pages.add(page);
    onDispose(() => {
      this.#pages.delete(page);
      page.dispose();
    });
  }

  #postAll(): void {
    if (this.#pages.size === 0) return;
    const message = this.#message();
    for (const page of this.#pages) page.post(message);
  }

  #message(): ToWebview {
    const snapshot = this.#context.plans.activeSnapshot;
    if (!snapshot) return noReportMessage();
    const { plans, switching } = this.#context;
    const view = reportView(snapshot, vscode.l10n.t, plans.active ? switching.progress(plans.active) : null);
    if (view) return { kind: 'report', strings: pageStrings(), view };
    if (snapshot.error) return { kind: 'error', code: snapshot.error.code, message: snapshot.error.message, advice: snapshot.error.advice };
    return { kind: 'busy', message: vscode.l10n.t('Reading the plan and its model') };
  }
}
