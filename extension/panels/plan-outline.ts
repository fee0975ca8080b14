import * as vscode from 'vscode';
import type { PlanOutline } from '../../solver-core/protocol/index.ts';
import type { TierwiseContext } from '../context.ts';

/** After a key stroke, long enough for the next one to follow. */
const editDelayMs = 80;

/**
 * Where the tiers of the shown plan stand in its text as it is now. The language server knows a moment after an edit, sooner than the
 * solver, which prices the plan anew; a plan that is not open has no outline here.
 */
export class LiveOutline implements vscode.Disposable {
  readonly #context: TierwiseContext;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: readonly vscode.Disposable[];
  readonly onDidChange = this.#changed.event;
  #known: { readonly uri: string; readonly version: number; readonly outline: PlanOutline } | undefined;
  #asking: { readonly key: string; readonly source: vscode.CancellationTokenSource; readonly answered: Promise<void> } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #enabled = false;

  constructor(context: TierwiseContext) {
    this.#context = context;
    this.#subscriptions = [
      this.#changed,
      context.plans.onDidChange((uri) => {
        if (uri === undefined) this.#later(0);
      }),
      vscode.workspace.onDidOpenTextDocument((document) => {
        if (this.#isShown(document)) this.#later(0);
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && this.#isShown(document)) this.#later(editDelayMs);
      }),
    ];
  }

  /** The outline of the shown plan; undefined while it is not open, or before the first answer. */
  get outline(): PlanOutline | undefined {
    const shown = this.#context.plans.active?.toString();
    return this.#known !== undefined && this.#known.uri === shown && this.#document() !== undefined ? this.#known.outline : undefined;
  }

  /** Asks from now on: before anybody looks, it would start the language server for nobody. */
  enable(): void {
    this.#enabled = true;
    if (this.#known?.uri !== this.#context.plans.active?.toString()) this.#later(0);
  }

  /** Asks now; resolves when the answer is in. */
  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    const document = this.#document();
    if (!this.#enabled || document === undefined) return;
    const { uri, version } = document;
    if (this.#known?.uri === uri.toString() && this.#known.version === version) return;
    const key = `${version} ${uri.toString()}`;
    // Who waits for this text already waits for the same answer.
    if (this.#asking?.key === key) return await this.#asking.answered;
    this.#asking?.source.cancel();
    const source = new vscode.CancellationTokenSource();
    const answered = this.#ask(uri, version, source.token);
    this.#asking = { key, source, answered };
    await answered;
    this.#forget(source);
  }

  #forget(source: vscode.CancellationTokenSource): void {
    if (this.#asking?.source === source) this.#asking = undefined;
    source.dispose();
  }

  async #ask(uri: vscode.Uri, version: number, token: vscode.CancellationToken): Promise<void> {
    const outline = await this.#context.language.outline(uri, token);
    if (outline === undefined || token.isCancellationRequested) return;
    this.#known = { uri: uri.toString(), version, outline };
    this.#changed.fire();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#asking?.source.cancel();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #later(delayMs: number): void {
    if (!this.#enabled) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), delayMs);
  }

  #isShown(document: vscode.TextDocument): boolean {
    return document.uri.toString() === this.#context.plans.active?.toString();
  }

  #document(): vscode.TextDocument | undefined {
    return vscode.workspace.textDocuments.find((document) => this.#isShown(document));
  }
}
