import * as vscode from 'vscode';
import type { ToWebview } from '../../webview/messages/index.ts';
import type { TierwiseContext } from '../context.ts';
import { learningView } from '../to-learning-view.ts';
import { attachPage, pageIcon, pageStrings, runPageCommand, type PageHost } from './page-host.ts';

/** The learning run in an editor tab: live while it runs, its result afterwards. There is at most one tab. */
export class LearningPage implements vscode.Disposable {
  readonly #context: TierwiseContext;
  readonly #subscription: vscode.Disposable;
  #panel: vscode.WebviewPanel | undefined;
  #page: PageHost | undefined;

  constructor(context: TierwiseContext) {
    this.#context = context;
    this.#subscription = context.learning.onDidChange(() => this.#page?.post(this.#message()));
  }

  /** Shows the tab; with `preserveFocus` the keyboard stays where it is. */
  open(preserveFocus = false): void {
    if (this.#panel) return this.#panel.reveal(undefined, preserveFocus);
    const title = vscode.l10n.t('Learning');
    const column = preserveFocus ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
    const panel = vscode.window.createWebviewPanel('tierwise.learningPanel', title, { viewColumn: column, preserveFocus });
    this.#panel = panel;
    panel.iconPath = pageIcon(this.#context.extensionUri);
    const page: PageHost = attachPage(this.#context, panel.webview, 'learning', title, {
      onReady: () => page.post(this.#message()),
      onCommand: (command) => runPageCommand(command),
      onRevealLayer: (id) => void vscode.commands.executeCommand('tierwise.revealLayer', id),
    });
    this.#page = page;
    panel.onDidDispose(() => {
      page.dispose();
      this.#panel = undefined;
      this.#page = undefined;
    });
  }

  dispose(): void {
    this.#panel?.dispose();
    this.#page?.dispose();
    this.#subscription.dispose();
  }

  #message(): ToWebview {
    const { run } = this.#context.learning;
    if (run) return { kind: 'learning', strings: pageStrings(), view: learningView(run, vscode.l10n.t) };
    return {
      kind: 'empty',
      message: vscode.l10n.t('Nothing was learned in this window yet'),
      hint: vscode.l10n.t('An upper tier learns from new rows batch by batch. Choose a data file to begin.'),
      action: { label: vscode.l10n.t('Learn from data\u2026'), command: 'learn' },
      strings: pageStrings(),
    };
  }
}
