import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { format } from 'node:util';
import type { Page } from 'playwright-core';
import { startWorkbench } from '../../../.ci/workbench.mjs';
import { bundleHostSuite } from '../host-bundle.mjs';
import type { HostResult } from '../host/index.ts';
import { launchBrowser } from './browser.ts';
import { screenshot, vsixUnderTest } from './session.ts';

const SUITE_TIMEOUT_MS = 300_000;

/**
 * Runs the suite in the extension host of a workbench, against the installed package.
 * @param suite the folder of its tests, below test/e2e
 * @returns one entry per test; an entry of its own when the host never reported
 */
export async function runHostSuite(folder: string, suite: 'host' | 'host-bare' = 'host'): Promise<readonly HostResult[]> {
  const bundle = await bundleHostSuite(suite);
  const resultDir = mkdtempSync(path.join(tmpdir(), 'tierwise-host-'));
  const resultFile = path.join(resultDir, 'results.json');
  const workbench = await startWorkbench({ vsix: vsixUnderTest(), folder, env: { TIERWISE_HOST_RESULTS: resultFile } });
  const output: string[] = [];
  try {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      const reports = await listen(page, output);
      await page.addInitScript(ENABLE_TEST_KEYS);
      const remote = (file: string): string => workbench.origin.replace('http://', 'vscode-remote://') + file;
      const payload = [
        ['extensionDevelopmentPath', remote(bundle.extensionDir)],
        ['extensionTestsPath', remote(bundle.suite)],
        ['skipWelcome', 'true'],
        ['enableProposedApi', ''],
      ];
      await page.goto(`${workbench.url}&payload=${encodeURIComponent(JSON.stringify(payload))}`);
      const code = await reports.ended;
      await screenshot(page, `${suite}-suite`);
      if (existsSync(resultFile)) return JSON.parse(readFileSync(resultFile, 'utf8')) as readonly HostResult[];
      const how = code === undefined ? `did not report within ${SUITE_TIMEOUT_MS / 1000} s` : `ended with code ${code} and no results`;
      return [{ title: 'the suite in the extension host', error: `It ${how}.\n${output.slice(-40).join('\n')}` }];
    } finally {
      await browser.close();
    }
  } finally {
    await workbench.stop();
    bundle.remove();
    rmSync(resultDir, { recursive: true, force: true });
  }
}

interface Reports {
  /** The exit code of the suite, or undefined when it did not end in time. */
  readonly ended: Promise<number | undefined>;
}

/** The workbench calls these two functions of the page by name. */
async function listen(page: Page, output: string[]): Promise<Reports> {
  let settle: (code: number | undefined) => void = () => {};
  const ended = new Promise<number | undefined>((resolve) => {
    settle = resolve;
  });
  const timer = setTimeout(() => settle(undefined), SUITE_TIMEOUT_MS);
  await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => output.push(format(...args)));
  await page.exposeFunction('codeAutomationExit', (code: number) => {
    clearTimeout(timer);
    settle(code);
  });
  return { ended };
}

/**
 * A built workbench reads the two test keys only with the smoke test driver enabled, which its server offers no option for;
 * so the page is told while it reads its own configuration.
 */
const ENABLE_TEST_KEYS = `{
  const original = Element.prototype.getAttribute;
  Element.prototype.getAttribute = function (name) {
    const value = original.call(this, name);
    if (name !== 'data-settings' || this.id !== 'vscode-workbench-web-configuration' || value === null) return value;
    const settings = JSON.parse(value);
    settings.developmentOptions = { ...settings.developmentOptions, enableSmokeTestDriver: true };
    return JSON.stringify(settings);
  };
}`;
