import type { Page } from 'playwright-core';
import { isNetworkNoise } from '../../../.ci/workbench.mjs';

export interface ConsoleLog {
  /** Errors on the console that are not the workbench missing the network. */
  readonly errors: readonly string[];
  /** Reports of a Content Security Policy, from whichever frame. */
  readonly cspReports: readonly string[];
}

/** Starts to collect what the page and all its frames write to the console. */
export function collectConsole(page: Page): ConsoleLog {
  const errors: string[] = [];
  const cspReports: string[] = [];
  page.on('console', (message) => {
    const text = message.text();
    // Chromium words its reports differently from version to version; all of them name the policy.
    if (/Content Security Policy/i.test(text)) cspReports.push(`${text} (at ${message.location().url})`);
    else if (message.type() === 'error' && !isNetworkNoise(text)) errors.push(text);
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  return { errors, cspReports };
}
