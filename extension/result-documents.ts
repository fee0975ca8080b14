import * as vscode from 'vscode';

const scheme = 'tierwise-result';
const maxDocuments = 30;

/** Markdown that the solver made, as read-only documents shown rendered; the newest stays at hand for copying. */
export class ResultDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;
  readonly #registrations: readonly vscode.Disposable[];

  constructor() {
    this.#registrations = [
      this.#changed,
      vscode.workspace.registerTextDocumentContentProvider(scheme, this),
      vscode.window.tabGroups.onDidChangeTabs(() => this.#keepContext()),
    ];
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return (
      this.#texts.get(uri.path) ??
      vscode.l10n.t('This page belonged to an earlier session. Run the command again to see it with figures of today.')
    );
  }

  /** Shows a text under a title, which also names its tab; a text of the same title is replaced. */
  async show(title: string, markdown: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme, path: `/${title.replace(/[\\/]/g, '\u2215').replace(/[\p{Cc}\p{Cf}]/gu, '')}.md` });
    this.#texts.delete(uri.path);
    const [oldest] = this.#texts.keys();
    if (this.#texts.size >= maxDocuments && oldest !== undefined) this.#texts.delete(oldest);
    this.#texts.set(uri.path, markdown);
    this.#changed.fire(uri);
    try {
      await vscode.commands.executeCommand('markdown.showPreview', uri);
    } catch {
      // The preview is an extension of VS Code, and users may switch it off.
      await vscode.window.showTextDocument(uri, { preview: true });
    }
    this.#keepContext();
  }

  /** The text of the tab in front, else the newest one. */
  get current(): string | undefined {
    const shown = this.#inFront();
    return shown === undefined ? [...this.#texts.values()].at(-1) : this.#texts.get(shown);
  }

  dispose(): void {
    for (const registration of this.#registrations) registration.dispose();
  }

  /** Path of the document whose tab is active: itself, or its preview, of which only the label is known. */
  #inFront(): string | undefined {
    const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
    if (tab?.input instanceof vscode.TabInputText && tab.input.uri.scheme === scheme) return tab.input.uri.path;
    if (!(tab?.input instanceof vscode.TabInputWebview) || !tab.input.viewType.includes('markdown.preview')) return undefined;
    // "b.tiers" ends as "a b.tiers" does, so the longest title is the one that is meant.
    const ends = [...this.#texts.keys()].filter((path) => tab.label.endsWith(path.slice(1)));
    return ends.toSorted((a, b) => b.length - a.length)[0];
  }

  #keepContext(): void {
    void vscode.commands.executeCommand('setContext', 'tierwise.resultInFront', this.#inFront() !== undefined);
  }
}
