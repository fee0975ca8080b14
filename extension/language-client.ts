import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node.js';
import type { PlanOutline } from '../solver-core/protocol/index.ts';

/**
 * The language server for plans, started with the first plan that is opened. It publishes syntax and meaning diagnostics
 * by itself; the extension asks it only where tiers and layers stand in the text.
 */
export class LanguageService implements vscode.Disposable {
  readonly #serverPath: string;
  readonly #log: vscode.LogOutputChannel;
  #client: Promise<LanguageClient> | undefined;

  constructor(serverPath: string, log: vscode.LogOutputChannel) {
    this.#serverPath = serverPath;
    this.#log = log;
  }

  /** Starts the server unless it runs. Rejects when it cannot be started. */
  start(): Promise<LanguageClient> {
    this.#client ??= this.#launch();
    return this.#client;
  }

  /** Where tiers and layers stand in a plan, or undefined when the server cannot say. Never rejects. */
  async outline(uri: vscode.Uri, token: vscode.CancellationToken): Promise<PlanOutline | undefined> {
    try {
      const client = await this.start();
      const outline: PlanOutline | null = await client.sendRequest('tierwise/outline', { uri: uri.toString() }, token);
      return outline ?? undefined;
    } catch (error) {
      if (!token.isCancellationRequested) this.#log.warn(`outline: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  async dispose(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    await client?.stop(2000).catch(() => undefined);
  }

  async #launch(): Promise<LanguageClient> {
    const { LanguageClient: Client, TransportKind } = await import('vscode-languageclient/node.js');
    const run = { module: this.#serverPath, transport: TransportKind.ipc };
    const client = new Client(
      'tierwise',
      vscode.l10n.t('Tierwise Language Server'),
      { run, debug: run },
      {
        documentSelector: [{ scheme: 'file', language: 'tiers' }],
        diagnosticCollectionName: 'tierwise',
        outputChannel: this.#log,
        synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher('**/*.onnx') },
      },
    );
    await client.start();
    return client;
  }
}
