import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import type { ToHost, ToWebview } from '../../webview/messages/index.ts';
import { projectRoot } from '../shared.ts';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const chromiumPath = process.env['TIERWISE_CHROMIUM'] ?? '/usr/bin/chromium';

/** Browser tests need Chromium; `npm test` installs it where it may. */
export const hasChromium = existsSync(chromiumPath);

export type PageName = 'report' | 'tiers' | 'model' | 'learning' | 'optimise' | 'sparsity' | 'compound';

/** The four theme kinds of VS Code, with the class it puts on the body of a webview. */
export const themes = {
  dark: 'vscode-dark',
  light: 'vscode-light',
  'high-contrast': 'vscode-high-contrast',
  'high-contrast-light': 'vscode-high-contrast vscode-high-contrast-light',
} as const;

export type ThemeName = keyof typeof themes;

export interface OpenOptions {
  readonly page: PageName;
  readonly theme?: ThemeName;
  readonly widthPx?: number;
  readonly heightPx?: number;
  /** What `getState` answers first. */
  readonly state?: unknown;
  readonly forcedColors?: boolean;
  readonly messages?: readonly ToWebview[];
}

/** One page of ours in a browser, as the extension would serve it. */
export interface OpenPage {
  readonly page: Page;
  /** Posts a message to the page as VS Code does. */
  readonly send: (message: unknown) => Promise<void>;
  /** Everything the page has posted so far. */
  readonly posted: () => Promise<ToHost[]>;
  readonly state: () => Promise<unknown>;
  /** Policy violations seen from the first script on. */
  readonly violations: () => Promise<string[]>;
  readonly close: () => Promise<void>;
}

export interface Harness {
  readonly open: (options: OpenOptions) => Promise<OpenPage>;
  readonly close: () => Promise<void>;
}

/** Builds the pages as the product does and serves them with the product's content security policy on 127.0.0.1. */
export async function startHarness(): Promise<Harness> {
  const files = await buildPages();
  const server = await serve(files);
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return {
    open: (options) => openPage(browser, origin, options),
    close: async () => {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function openPage(browser: Browser, origin: string, options: OpenOptions): Promise<OpenPage> {
  const context = await browser.newContext({
    viewport: { width: options.widthPx ?? 1200, height: options.heightPx ?? 900 },
    forcedColors: options.forcedColors === true ? 'active' : 'none',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const state = encodeURIComponent(JSON.stringify(options.state ?? null));
  await page.goto(`${origin}/${options.page}.html?theme=${options.theme ?? 'dark'}&state=${state}`);
  const send = (message: unknown): Promise<void> =>
    page.evaluate(async (data) => {
      window.postMessage(data, '*');
      // Posted messages arrive in order: once this one is back, the page has handled the other; two frames later it is drawn.
      await new Promise((resolve) => {
        window.addEventListener('tierwise-flush', resolve, { once: true });
        const channel = new MessageChannel();
        channel.port1.onmessage = () => window.dispatchEvent(new Event('tierwise-flush'));
        setTimeout(() => channel.port2.postMessage(null), 0);
      });
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    }, message);
  for (const message of options.messages ?? []) await send(message);
  const read = <T>(name: string): Promise<T> =>
    page.evaluate((key) => (window as unknown as Record<string, unknown>)[key], name) as Promise<T>;
  return {
    page,
    send,
    posted: () => read<ToHost[]>('__posted'),
    state: () => read<unknown>('__state'),
    violations: () => read<string[]>('__violations'),
    close: () => context.close(),
  };
}

type Files = ReadonlyMap<string, { readonly type: string; readonly body: string | Uint8Array }>;

async function buildPages(): Promise<Files> {
  const result = await build({
    absWorkingDir: projectRoot,
    entryPoints: ['report', 'tiers', 'model', 'learning', 'optimise', 'sparsity', 'compound'].map((name) => `webview/app/${name}.ts`),
    outdir: 'dist/webview',
    bundle: true,
    minify: true,
    write: false,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    logLevel: 'warning',
  });
  const files = new Map<string, { type: string; body: string | Uint8Array }>();
  for (const output of result.outputFiles) {
    const name = output.path.split(/[\\/]/).at(-1) ?? '';
    files.set(`/${name}`, { type: name.endsWith('.css') ? 'text/css' : 'text/javascript', body: output.contents });
  }
  const codicons = dirname(require.resolve('@vscode/codicons/dist/codicon.css'));
  files.set('/codicon.css', { type: 'text/css', body: await readFile(join(codicons, 'codicon.css')) });
  files.set('/codicon.ttf', { type: 'font/ttf', body: await readFile(join(codicons, 'codicon.ttf')) });
  for (const theme of Object.keys(themes))
    files.set(`/${theme}.css`, { type: 'text/css', body: await readFile(join(here, 'themes', `${theme}.css`)) });
  files.set('/host.css', { type: 'text/css', body: await readFile(join(here, 'themes', 'host.css')) });
  return files;
}

async function serve(files: Files): Promise<Server> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const name = /^\/(report|tiers|model|learning|optimise|sparsity|compound)\.html$/.exec(url.pathname)?.[1];
    if (name !== undefined) {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(hostHtml(name, url.searchParams));
      return;
    }
    const file = files.get(url.pathname.replace(/^\/codicon\.ttf.*/, '/codicon.ttf'));
    response.writeHead(file === undefined ? 404 : 200, { 'content-type': file?.type ?? 'text/plain' });
    response.end(file?.body ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** The document the extension serves, with VS Code's interface to it and a collector for policy violations before all other scripts. */
function hostHtml(name: string, search: URLSearchParams): string {
  const theme = Object.keys(themes).find((key) => key === search.get('theme')) ?? 'dark';
  const nonce = 'dGllcndpc2UtdGVzdC1ub25jZQ';
  const state = JSON.stringify(JSON.parse(search.get('state') ?? 'null')).replaceAll('<', '\\u003c');
  return `<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' data:; font-src 'self'; style-src 'self'; script-src 'nonce-${nonce}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="host.css">
<link rel="stylesheet" href="${theme}.css">
<link id="vscode-codicon-stylesheet" rel="stylesheet" href="codicon.css">
<link rel="stylesheet" href="${name}.css">
<script nonce="${nonce}">
window.__posted = []; window.__violations = []; window.__state = ${state};
document.addEventListener('securitypolicyviolation', (e) => window.__violations.push(e.effectiveDirective + ' ' + e.blockedURI));
window.alert = () => window.__violations.push('alert was called');
window.acquireVsCodeApi = () => ({ postMessage: (m) => window.__posted.push(m), getState: () => window.__state ?? undefined, setState: (s) => { window.__state = s; } });
</script>
</head>
<body class="${themes[theme as ThemeName]}" data-vscode-theme-kind="${themes[theme as ThemeName].split(' ')[0] ?? ''}">
<main id="app"></main>
<script nonce="${nonce}" src="${name}.js"></script>
</body>
</html>`;
}
