import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { energyHtml } from '../../../solver-core/report/energy-html.ts';
import { hasChromium } from '../../webview/harness.ts';
import { evidencedEnergy, fit, hostileName } from './samples.ts';

let browser: Browser;
let folder = '';
beforeAll(async () => {
  if (!hasChromium) return;
  browser = await chromium.launch({ executablePath: process.env['TIERWISE_CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
  folder = mkdtempSync(join(tmpdir(), 'tierwise-page-'));
});
afterAll(async () => {
  if (!hasChromium) return;
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The page in a browser of this width, with everything that it asks for and complains about. */
async function open(
  html: string,
  widthPx: number,
  colorScheme: 'light' | 'dark',
): Promise<{ readonly page: Page; readonly noise: string[] }> {
  const page = await browser.newPage({ viewport: { width: widthPx, height: 900 }, colorScheme });
  const noise: string[] = [];
  page.on('console', (message) => noise.push(message.text()));
  page.on('pageerror', (error) => noise.push(String(error)));
  const path = join(folder, 'report.html');
  writeFileSync(path, html);
  page.on('request', (request) => {
    if (request.url() !== pathToFileURL(path).href) noise.push(request.url());
  });
  await page.goto(pathToFileURL(path).href);
  return { page, noise };
}

const drawerOf = 'f-evidence1-measured';

describe.skipIf(!hasChromium)('the report in a browser', () => {
  test.each([
    ['light', 1200, '/fc2/Gemm'],
    ['dark', 1200, hostileName],
    ['light', 360, hostileName],
  ] as const)('%s, %i pixels: asks for nothing, complains of nothing, fits its width', async (scheme, width, name) => {
    const { page, noise } = await open(energyHtml(evidencedEnergy(name), { fit, version: '0.1.0' }), width, scheme);
    expect(noise).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
    await page.close();
  });

  test('a figure opens its provenance by mouse and by key, one at a time, and Escape closes it', async () => {
    const { page, noise } = await open(energyHtml(evidencedEnergy(), { fit }), 1200, 'light');
    const drawer = page.locator(`#${drawerOf}`);
    expect(await drawer.isVisible()).toBe(false);
    await page.locator(`button.figure[popovertarget="${drawerOf}"]`).click();
    expect(await drawer.isVisible()).toBe(true);
    expect(await drawer.innerText()).toMatch(/12 µJ[^]*11 µJ[^]*13 µJ[^]*measured[^]*meter \/fc2\/Gemm/);
    await page.keyboard.press('Escape');
    expect(await drawer.isVisible()).toBe(false);
    await page.locator('button.figure[popovertarget="f-layer0-sgd"]').focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('.drawer:popover-open').count()).toBe(1);
    await page.locator('#f-layer0-sgd .close').click();
    expect([await page.locator('.drawer:popover-open').count(), noise]).toEqual([0, []]);
    await page.close();
  });
});
