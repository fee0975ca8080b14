import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node.js';
import type { MessageConnection } from 'vscode-jsonrpc/node.js';
import type { CodeAction, CompletionItem, Diagnostic, InitializeResult, Position, Range, TextEdit } from 'vscode-languageserver/node.js';
import { projectRoot } from '../../../shared.ts';

interface Published {
  readonly uri: string;
  readonly diagnostics: Diagnostic[];
}

/** The language server as a child process over stdio, with a folder that holds the digits example. */
export class LanguageClientProcess {
  readonly folder: string;
  readonly rpc: MessageConnection;
  readonly capabilities: InitializeResult['capabilities'];
  private readonly child: ChildProcess;
  private readonly published: Published[] = [];
  private readonly waiting: { readonly accepts: (p: Published) => boolean; readonly resolve: (d: Diagnostic[]) => void }[] = [];

  private constructor(child: ChildProcess, rpc: MessageConnection, folder: string, capabilities: InitializeResult['capabilities']) {
    this.child = child;
    this.rpc = rpc;
    this.folder = folder;
    this.capabilities = capabilities;
    rpc.onNotification('textDocument/publishDiagnostics', (params: Published) => {
      this.published.push(params);
      for (const waiter of [...this.waiting]) {
        if (!waiter.accepts(params)) continue;
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        waiter.resolve(params.diagnostics);
      }
    });
  }

  /** Bundles the server as the product does, starts it and says hello. */
  static async start(): Promise<LanguageClientProcess> {
    const cache = join(projectRoot, '.cache');
    mkdirSync(cache, { recursive: true });
    const folder = mkdtempSync(join(cache, 'language-server-test-'));
    const bundle = join(folder, 'language-server.cjs');
    await build({
      absWorkingDir: projectRoot,
      entryPoints: ['solver-core/server/language-server.ts'],
      outfile: bundle,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      logLevel: 'error',
    });
    for (const file of ['digits.onnx', 'digits.npz']) cpSync(join(projectRoot, 'examples', 'digits', file), join(folder, file));
    const child = spawn(process.execPath, [bundle, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const rpc = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
    rpc.listen();
    const result: InitializeResult = await rpc.sendRequest('initialize', {
      processId: process.pid,
      rootUri: null,
      workspaceFolders: [{ uri: pathToFileURL(folder).href, name: 'test' }],
      capabilities: {
        workspace: { didChangeWatchedFiles: { dynamicRegistration: true }, workspaceFolders: true },
        textDocument: {
          publishDiagnostics: {},
          completion: { completionItem: { snippetSupport: true, labelDetailsSupport: true } },
        },
      },
    });
    const client = new LanguageClientProcess(child, rpc, folder, result.capabilities);
    rpc.onRequest('client/registerCapability', () => null);
    await rpc.sendNotification('initialized', {});
    return client;
  }

  uri(name: string): string {
    return pathToFileURL(join(this.folder, name)).href;
  }

  /** Opens a document; resolves with its first diagnostics. */
  async open(uri: string, text: string): Promise<Diagnostic[]> {
    const diagnostics = this.next((p) => p.uri === uri);
    await this.rpc.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId: 'tiers', version: 1, text } });
    return diagnostics;
  }

  /** The next published diagnostics that fit; the test's time limit ends a wait that never does. */
  next(accepts: (p: Published) => boolean): Promise<Diagnostic[]> {
    return new Promise((resolve) => this.waiting.push({ accepts, resolve }));
  }

  /** How often diagnostics were published for a document. */
  publishedCount(uri: string): number {
    return this.published.filter((p) => p.uri === uri).length;
  }

  change(uri: string, version: number, text: string): Promise<void> {
    return this.rpc.sendNotification('textDocument/didChange', { textDocument: { uri, version }, contentChanges: [{ text }] });
  }

  request<T>(method: string, uri: string, params: object = {}): Promise<T> {
    return this.rpc.sendRequest(method, { textDocument: { uri }, ...params });
  }

  completion(uri: string, position: Position): Promise<{ items: CompletionItem[] }> {
    return this.request('textDocument/completion', uri, { position });
  }

  actions(uri: string, range: Range, diagnostics: readonly Diagnostic[]): Promise<CodeAction[]> {
    return this.request('textDocument/codeAction', uri, { range, context: { diagnostics } });
  }

  /** Shuts the server down; resolves with its exit code. */
  async stop(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.child.once('exit', resolve));
    await this.rpc.sendRequest('shutdown');
    await this.rpc.sendNotification('exit');
    const code = await ended;
    this.rpc.dispose();
    rmSync(this.folder, { recursive: true, force: true });
    return code;
  }
}

/** A text after edits, last one first. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const starts = [0, ...[...text.matchAll(/\n/g)].map((m) => m.index + 1)];
  const offset = (p: Position): number => (starts[p.line] ?? text.length) + p.character;
  return [...edits]
    .sort((a, b) => offset(b.range.start) - offset(a.range.start))
    .reduce((t, e) => t.slice(0, offset(e.range.start)) + e.newText + t.slice(offset(e.range.end)), text);
}

/** A text with one `|` as the text and the position of the mark. */
export function marked(text: string): { readonly text: string; readonly position: Position } {
  const before = text.slice(0, text.indexOf('|')).split('\n');
  return { text: text.replace('|', ''), position: { line: before.length - 1, character: before.at(-1)?.length ?? 0 } };
}
