import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type {
  ModelPageRequest,
  OptimiseOptions,
  PageCommand,
  PageName,
  SparsifyOptions,
  Strings,
  TiersToHost,
  ToWebview,
} from '../../webview/messages/index.ts';
import type { TierwiseContext } from '../context.ts';
import { pageHtml } from '../html.ts';
import { hostCommands } from './page-commands.ts';
import { parsePageMessage } from './page-messages.ts';

/** What a page does beyond showing what it is told. */
export interface PageHandlers {
  /** The page has loaded, also after it was hidden and shown again: send what it shows. */
  readonly onReady: () => void;
  readonly onCommand: (command: PageCommand) => void;
  readonly onRevealLayer: (id: string) => void;
  /** The page about cheaper weights: what was set, and whether to start. */
  readonly onOptimise?: (options: OptimiseOptions, start: 'nothing' | 'search' | 'write') => void;
  /** The page about sparse activations: the same. */
  readonly onSparsify?: (options: SparsifyOptions, start: 'nothing' | 'search' | 'write') => void;
  /** The page of a stream: a decision was chosen, by its number. */
  readonly onInspect?: (index: number) => void;
  /** The model editor: what a row or its head asks for. */
  readonly onModel?: (request: ModelPageRequest) => void;
  /** The Tiers panel: layers to move, an edit to undo. */
  readonly onTiers?: (request: TiersToHost) => void;
}

/** A page inside a webview of VS Code. */
export interface PageHost extends vscode.Disposable {
  /** Whether the page has loaded and listens. */
  readonly isReady: boolean;
  /** Sends a message; does nothing before the page is ready, which asks by itself. */
  post(message: ToWebview): void;
}

const maxViolations = 1000;

/** Puts page `name` into a webview and connects both. Messages are checked on arrival; unknown ones are logged and dropped. */
export function attachPage(
  context: TierwiseContext,
  webview: vscode.Webview,
  name: PageName,
  title: string,
  handlers: PageHandlers,
): PageHost {
  const dist = vscode.Uri.joinPath(context.extensionUri, 'dist');
  const asset = (file: string): string => webview.asWebviewUri(vscode.Uri.joinPath(dist, 'webview', file)).toString();
  let ready = false;
  const subscription = webview.onDidReceiveMessage((raw: unknown) => {
    const message = parsePageMessage(raw);
    if (!message) return context.log.warn(`page ${name} sent something that is no message`);
    switch (message.kind) {
      case 'ready':
        ready = true;
        return handlers.onReady();
      case 'command':
        return handlers.onCommand(message.command);
      case 'reveal-layer':
        return handlers.onRevealLayer(message.id);
      case 'optimise-options':
        return handlers.onOptimise?.(message.options, 'nothing');
      case 'optimise-run':
        return handlers.onOptimise?.(message.options, message.write ? 'write' : 'search');
      case 'sparsify-options':
        return handlers.onSparsify?.(message.options, 'nothing');
      case 'sparsify-run':
        return handlers.onSparsify?.(message.options, message.write ? 'write' : 'search');
      case 'inspect-decision':
        return handlers.onInspect?.(message.index);
      case 'layer-opened':
      case 'show-source':
      case 'copy-layer':
      case 'compare-model':
      case 'compare-model-end':
        return handlers.onModel?.(message);
      case 'assign-tier':
      case 'plan-step':
        return handlers.onTiers?.(message);
      case 'csp-violation':
        context.log.warn(`page ${name}: blocked ${message.directive} ${message.blocked}`);
        if (context.cspViolations.length < maxViolations)
          context.cspViolations.push({ directive: message.directive, blocked: message.blocked });
        return undefined;
      case 'page-error':
        return context.log.error(`page ${name}: ${message.message}`);
    }
  });
  webview.options = { enableScripts: true, enableForms: false, localResourceRoots: [dist] };
  webview.html = pageHtml({
    title,
    language: vscode.env.language,
    cspSource: webview.cspSource,
    nonce: randomBytes(24).toString('base64url'),
    script: asset(`${name}.js`),
    style: asset(`${name}.css`),
    icons: asset('codicon.css'),
  });
  return {
    get isReady() {
      return ready;
    },
    post: (message) => {
      if (ready) void webview.postMessage(message);
    },
    dispose: () => subscription.dispose(),
  };
}

/** The texts of the pages in the user's language, by their English text; empty when VS Code speaks English. */
export function pageStrings(): Strings {
  const bundle: Readonly<Record<string, unknown>> = vscode.l10n.bundle ?? {};
  return Object.fromEntries(Object.entries(bundle).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** The icon on the tab of a page. */
export function pageIcon(extensionUri: vscode.Uri): { readonly light: vscode.Uri; readonly dark: vscode.Uri } {
  const media = vscode.Uri.joinPath(extensionUri, 'extension', 'media');
  return { light: vscode.Uri.joinPath(media, 'tiers-light.svg'), dark: vscode.Uri.joinPath(media, 'tiers-dark.svg') };
}

/** Runs what a page asked for; pages name intents, never commands of VS Code. */
export function runPageCommand(command: PageCommand, ...args: readonly unknown[]): void {
  void vscode.commands.executeCommand(hostCommands[command], ...args);
}
