import * as vscode from 'vscode';
import type { ReportView, ToWebview } from '../../webview/messages/index.ts';
import type { TierwiseContext } from '../context.ts';
import { changeViews } from '../to-changes-view.ts';
import { reportView } from '../to-view.ts';
import { noReportMessage } from './no-plan.ts';
import { attachPage, pageIcon, pageStrings, runPageCommand, type PageHost } from './page-host.ts';
import { closeRestoredTabs } from './restored-tabs.ts';

const panelType = 'tierwise.reportPanel';

/** The energy report of the active plan: as a view in the side bar and, with more room, as an editor tab. */
export class ReportPages implements vscode.WebviewViewProvider, vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #context: TierwiseContext;
  readonly #pages = new Set<PageHost>();
  readonly #subscriptions: readonly vscode.Disposable[];
  #panel: vscode.WebviewPanel | undefined;
  /** The page in the tab. */
  #panelPage: PageHost | undefined;
  /** The figure to explain as soon as the tab has a report. */
  #asked: string | undefined;
  /** What the newest searches found, as it was told last. */
  #changes = '';

  constructor(context: TierwiseContext) {
    this.#context = context;
    this.#subscriptions = [
      context.plans.onDidChange(() => this.#postAll()),
      context.switching.onDidChange(() => this.#postAll()),
      context.optimise.onDidChange(() => this.#postChanges()),
      context.sparsify.onDidChange(() => this.#postChanges()),
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

  /** Shows the report in an editor tab; there is at most one. With `figure`, the key of one of its figures, that one is explained. */
  openPanel(figure?: string): void {
    this.#asked = figure;
    if (this.#panel) {
      this.#panel.reveal();
      return this.#postAll();
    }
    closeRestoredTabs(panelType);
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
    this.#panelPage = this.#attach(panel.webview, (listener) => panel.onDidDispose(listener));
    panel.onDidDispose(() => {
      if (this.#panel === panel) this.#panel = undefined;
    });
  }

  #attach(webview: vscode.Webview, onDispose: (listener: () => void) => unknown): PageHost {
    const page: PageHost = attachPage(this.#context, webview, 'report', vscode.l10n.t('Energy report'), {
      onReady: () => this.#post(page, this.#message()),
      onCommand: (command) => runPageCommand(command),
      onRevealLayer: (id) => void vscode.commands.executeCommand('tierwise.revealLayer', id),
    });
    this.#pages.add(page);
    onDispose(() => {
      this.#pages.delete(page);
      page.dispose();
    });
    return page;
  }

  #postAll(): void {
    if (this.#pages.size === 0) return;
    const message = this.#message();
    for (const page of this.#pages) this.#post(page, message);
  }

  #post(page: PageHost, message: ToWebview): void {
    page.post(message);
    if (page !== this.#panelPage || !page.isReady || message.kind !== 'report' || this.#asked === undefined) return;
    page.post({ kind: 'show-figure', figure: this.#asked });
    this.#asked = undefined;
  }

  /** A search tells much more often than it ends: only another result is news here. */
  #postChanges(): void {
    const changes = JSON.stringify(this.#context.plans.activeSnapshot ? this.#changeViews() : []);
    if (changes === this.#changes) return;
    this.#changes = changes;
    this.#postAll();
  }

  #changeViews(): NonNullable<ReportView['changes']> {
    const { plans, optimise, sparsify } = this.#context;
    const { active, activeSnapshot } = plans;
    if (!active || !activeSnapshot) return [];
    const results = { select: optimise.run(active).result?.document ?? null, sparsify: sparsify.run(active).result?.document ?? null };
    return changeViews(activeSnapshot, results, vscode.l10n.t);
  }

  #message(): ToWebview {
    const snapshot = this.#context.plans.activeSnapshot;
    if (!snapshot) return noReportMessage();
    const { plans, switching } = this.#context;
    const view = reportView(snapshot, vscode.l10n.t, plans.active ? switching.progress(plans.active) : null);
    if (view) return { kind: 'report', strings: pageStrings(), view: { ...view, changes: this.#changeViews() } };
    if (snapshot.error) return { kind: 'error', code: snapshot.error.code, message: snapshot.error.message, advice: snapshot.error.advice };
    return { kind: 'busy', message: vscode.l10n.t('Reading the plan and its model') };
  }
}
