import * as vscode from 'vscode';
import type { LanguageClient, Middleware } from 'vscode-languageclient/node.js';
import type { PlanOutline, TierAssignment, TierGoal } from '../solver-core/protocol/index.ts';

/** Waits before the first and each further question about an outline. */
const outlineDelaysMs: readonly number[] = [0, 50, 100, 200, 400, 800];

/** How long a failed start is remembered. */
const restartMs = 10_000;

/**
 * The language server for plans, started with the first plan that is opened. It publishes syntax and meaning diagnostics
 * by itself; the extension asks it only where tiers and layers stand in the text.
 */
export class LanguageService implements vscode.Disposable {
  readonly #serverPath: string;
  readonly #log: vscode.LogOutputChannel;
  #client: Promise<LanguageClient> | undefined;
  #middleware: (() => Middleware) | undefined;

  constructor(serverPath: string, log: vscode.LogOutputChannel) {
    this.#serverPath = serverPath;
    this.#log = log;
  }

  /** What is added to the server's answers, asked for when the server starts. */
  extendBy(middleware: () => Middleware): void {
    this.#middleware = middleware;
  }

  /** Starts the server unless it runs. Rejects when it cannot be started; tries again then, but not with every question. */
  start(): Promise<LanguageClient> {
    if (this.#client) return this.#client;
    const client = this.#launch();
    this.#client = client;
    void client.catch(() => {
      setTimeout(() => {
        if (this.#client === client) this.#client = undefined;
      }, restartMs).unref();
    });
    return client;
  }

  /**
   * Where tiers and layers stand in a plan, or undefined when the server cannot say. Asks again for a while when it knows no such
   * document: VS Code may ask us about a plan before the server has heard that it is open. Never rejects.
   */
  async outline(uri: vscode.Uri, token: vscode.CancellationToken): Promise<PlanOutline | undefined> {
    let trouble = 'the server does not know the document';
    for (const delayMs of outlineDelaysMs) {
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (token.isCancellationRequested) return undefined;
      try {
        const client = await this.start();
        const outline: PlanOutline | null = await client.sendRequest('tierwise/outline', { uri: uri.toString() }, token);
        if (outline) return outline;
      } catch (error) {
        trouble = error instanceof Error ? error.message : String(error);
      }
    }
    if (!token.isCancellationRequested) this.#log.warn(`outline: ${trouble}`);
    return undefined;
  }

  /**
   * Edits that put layers into a tier of an open plan, or why that cannot be; undefined when the server knows no such document, even
   * after a while. Rejects when the server fails.
   */
  async assignTier(uri: vscode.Uri, layers: readonly string[], goal: TierGoal): Promise<TierAssignment | undefined> {
    for (const delayMs of outlineDelaysMs) {
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      const client = await this.start();
      const answer: TierAssignment | null = await client.sendRequest('tierwise/assignTier', { uri: uri.toString(), layers, goal });
      if (answer) return answer;
    }
    return undefined;
  }

  async dispose(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    await client?.stop(2000).catch(() => undefined);
  }

  async #launch(): Promise<LanguageClient> {
    const { LanguageClient: Client, TransportKind } = await import('vscode-languageclient/node.js');
    const middleware = this.#middleware?.();
    const run = { module: this.#serverPath, transport: TransportKind.ipc };
    const client = new Client(
      'tierwise',
      vscode.l10n.t('Tierwise Language Server'),
      { run, debug: run },
      {
        documentSelector: planSchemes().map((scheme) => ({ scheme, language: 'tiers' })),
        diagnosticCollectionName: 'tierwise',
        outputChannel: this.#log,
        ...(middleware === undefined ? {} : { middleware }),
        synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher('**/*.onnx') },
      },
    );
    await client.start();
    return client;
  }
}

/** Where plans are written: on disk, in editors that have no file yet, and wherever a folder of the workspace lies. Old versions of version control are not. */
function planSchemes(): readonly string[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return [...new Set(['file', 'untitled', 'vscode-vfs', ...folders.map(({ uri }) => uri.scheme)])];
}
