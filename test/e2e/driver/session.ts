import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { startWorkbench } from '../../../.ci/workbench.mjs';
import type { Workbench } from '../../../.ci/workbench.mjs';
import { launchBrowser } from './browser.ts';
import { collectConsole } from './console-log.ts';
import type { ConsoleLog } from './console-log.ts';
import { SHOW_MS } from './wait.ts';

/** One workbench with the packaged extension, seen by one browser page. */
export interface Session {
  readonly workbench: Workbench;
  readonly browser: Browser;
  readonly page: Page;
  readonly console: ConsoleLog;
  /** Absolute path of the open folder. */
  readonly folder: string;
  /** Keeps a picture of the page as `<name>.png` in test/e2e/out/. */
  screenshot(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly folder: string;
  readonly trusted?: boolean;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly deviceScaleFactor?: number;
  /** Whether the package is installed before the workbench starts. Default true. */
  readonly installed?: boolean;
  /** Display language, such as `de`. Default: English. */
  readonly language?: string;
}

export const OUT_DIR = fileURLToPath(new URL('../out', import.meta.url));

/** The package under test; the runner makes it and says where it is. */
export function vsixUnderTest(): string {
  const vsix = process.env['TIERWISE_VSIX'];
  if (vsix === undefined) throw new Error('TIERWISE_VSIX is not set. Run: node test/e2e/run.mjs');
  return vsix;
}

/** Starts a fresh workbench on a folder and waits until our own icon is in the activity bar. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const workbench = await startWorkbench({
    ...(options.installed === false ? {} : { vsix: vsixUnderTest() }),
    folder: options.folder,
    trusted: options.trusted ?? true,
    ...(options.settings === undefined ? {} : { settings: options.settings }),
  });
  let browser: Browser | undefined;
  try {
    browser = await launchBrowser();
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: options.deviceScaleFactor ?? 1 });
    if (options.language !== undefined) await context.addInitScript(speak, options.language);
    const page = await context.newPage();
    const log = collectConsole(page);
    await openWorkbench(page, workbench.url, options.installed ?? true);
    const openBrowser = browser;
    return {
      workbench,
      browser,
      page,
      console: log,
      folder: options.folder,
      screenshot: (name) => screenshot(page, name),
      close: async () => {
        await openBrowser.close();
        await workbench.stop();
      },
    };
  } catch (error) {
    await browser?.close();
    await workbench.stop();
    throw error;
  }
}

/**
 * Makes the workbench believe that a language pack is installed: it then hands this language to extensions and looks up theirs,
 * while its own words stay English. Runs in the page, before any script of it.
 */
function speak(language: string): void {
  Object.defineProperty(globalThis, '_VSCODE_NLS_LANGUAGE', { value: language, writable: false, configurable: false });
}

/** Loads the workbench; a file opened before extensions are registered would get the wrong editor, hence the wait for our icon. */
export async function openWorkbench(page: Page, url: string, isInstalled = true): Promise<void> {
  await page.goto(url, { timeout: SHOW_MS });
  await page.locator('.monaco-workbench').waitFor({ timeout: SHOW_MS });
  await page.locator(`.activitybar a[aria-label^="${isInstalled ? 'Tierwise' : 'Explorer'}"]`).waitFor({ timeout: SHOW_MS });
}

export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(OUT_DIR, { recursive: true });
  await page.screenshot({ path: path.join(OUT_DIR, `${name.replace(/[^\w.-]+/g, '-')}.png`) });
}
