import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable'];

/**
 * Chromium without a window, and without anything that reaches for the network by itself.
 * `TIERWISE_CHROMIUM` names another binary.
 */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env['TIERWISE_CHROMIUM'] ?? CANDIDATES.find((file) => existsSync(file));
  if (executablePath === undefined) {
    throw new Error(`No Chromium at ${CANDIDATES.join(', ')}. Install it (Debian: apt-get install chromium) or set TIERWISE_CHROMIUM.`);
  }
  return await chromium.launch({
    executablePath,
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
}
