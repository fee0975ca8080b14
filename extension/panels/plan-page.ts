import * as vscode from 'vscode';
import type { PageName, ToWebview } from '../../webview/messages/index.ts';
import type { TierwiseContext } from '../context.ts';
import type { PlanRunner, RunState } from '../plan-runner.ts';
import { noPlanMessage } from './no-plan.ts';
import { attachPage, pageIcon, pageStrings, runPageCommand, type PageHandlers, type PageHost } from './page-host.ts';
import { closeRestoredTabs } from './restored-tabs.ts';

/** Runs try points and decide batches faster than a page can be drawn. */
const tellEveryMs = 150;

/** What one page about a plan shows and does. Texts are functions: the language is known late. */
export interface PlanPageParts<R extends RunState> {
  readonly panelType: string;
  readonly page: PageName;
  readonly title: () => string;
  /** Why a restricted workspace cannot have it. */
  readonly trust: () => string;
  readonly runner: PlanRunner<R>;
  readonly view: (plan: vscode.Uri) => ToWebview;
  /** The page is new, was hidden, or shows something else from now on: it knows nothing of what it was told before. */
  readonly forget?: () => void;
  readonly handlers: (plan: () => vscode.Uri | undefined, update: () => void) => Partial<PageHandlers>;
}

/** A page about one plan in an editor tab: at most one tab, kept over a reload of the window. */
export class PlanPage<R extends RunState> implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #context: TierwiseContext;
  readonly #parts: PlanPageParts<R>;
  readonly #subscriptions: readonly vscode.Disposable[];
  #panel: vscode.WebviewPanel | undefined;
  #page: PageHost | undefined;
  #plan: vscode.Uri | undefined;
  /** The plan that the page shows now: its buttons are about this one, whatever would be shown next. */
  #shown: vscode.Uri | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: TierwiseContext, parts: PlanPageParts<R>) {
    this.#context = context;
    this.#parts = parts;
    parts.runner.isShown = () => this.#panel?.visible === true;
    const update = (): void => this.#postSoon();
    this.#subscriptions = [
      parts.runner.onDidChange(update),
      context.plans.onDidChange(update),
      vscode.workspace.onDidGrantWorkspaceTrust(update),
      vscode.window.registerWebviewPanelSerializer(parts.panelType, this),
    ];
  }

  /** The plan that the tab shows: the one it was opened for, else the one the other views show. */
  get plan(): vscode.Uri | undefined {
    return this.#shown ?? this.#next;
  }

  get #next(): vscode.Uri | undefined {
    return this.#parts.runner.running ?? this.#plan ?? this.#context.plans.active;
  }

  open(plan: vscode.Uri): void {
    this.#plan = plan;
    this.#parts.runner.rememberPage(plan);
    if (this.#panel) {
      this.#panel.reveal();
      return this.#post();
    }
    closeRestoredTabs(this.#parts.panelType);
    this.#adopt(vscode.window.createWebviewPanel(this.#parts.panelType, this.#parts.title(), vscode.ViewColumn.Active));
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.#plan ??= this.#parts.runner.pagePlan;
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
    panel.iconPath = pageIcon(this.#context.extensionUri);
    const page: PageHost = attachPage(this.#context, panel.webview, this.#parts.page, this.#parts.title(), {
      onReady: () => {
        this.#parts.forget?.();
        this.#post();
      },
      onCommand: (command) => runPageCommand(command),
      onRevealLayer: (id) => void vscode.commands.executeCommand('tierwise.revealLayer', id),
      ...this.#parts.handlers(
        () => this.plan,
        () => this.#post(),
      ),
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
    if (this.#page?.isReady) this.#page.post(this.#message());
  }

  #message(): ToWebview {
    const plan = vscode.workspace.isTrusted ? this.#next : undefined;
    if (!plan || plan.toString() !== this.#shown?.toString()) this.#parts.forget?.();
    if (!vscode.workspace.isTrusted) return restrictedMessage(this.#parts.trust());
    this.#shown = plan;
    return plan ? this.#parts.view(plan) : { ...noPlanMessage(), strings: pageStrings() };
  }
}

function restrictedMessage(hint: string): ToWebview {
  return {
    kind: 'empty',
    message: vscode.l10n.t('Not available in a restricted workspace'),
    hint,
    action: { label: vscode.l10n.t('Manage workspace trust'), command: 'manage-trust' },
    strings: pageStrings(),
  };
}
