import { afterAll, beforeAll, expect } from 'vitest';
import { tabTo } from '../driver/keyboard.ts';
import { waitForNotification } from '../driver/notifications.ts';
import { focusTiers } from '../driver/panels.ts';
import { JOULES } from '../driver/plan-text.ts';
import { openFile } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { waitForHints } from '../driver/text-editor.ts';
import { FIT_MS, until } from '../driver/wait.ts';
import { waitForWebviewText } from '../driver/webviews.ts';
import { copyExample } from '../driver/workspace.ts';

// Nothing in this file touches the mouse.
const TIERS = /^Tiers/im;
const REPORT = /Energy report/i;

const example = copyExample('digits');
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  session = await openSession({ folder: example.folder, settings: { 'tierwise.fit.backend': 'cpu' } });
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

scenario('without the mouse: Tab and Enter in the Tiers panel fit the lower tier', current, async ({ page }) => {
  await openFile(page, 'digits.tiers');
  await waitForHints(page, 'joules behind the layers', (hints) => hints.some((hint) => JOULES.test(hint)));
  const panel = await focusTiers(page);
  expect(await waitForWebviewText(page, TIERS, /cpu \(setting\)/)).toContain('ecp5-85f (plan)');
  await tabTo(page, panel, 'command:fit');
  await page.keyboard.press('Enter');
  await waitForHints(page, 'the hints to say fitted', (all) => all.some((hint) => /fitted/.test(hint)), FIT_MS);
  await waitForNotification(page, /Fitted the lower tier of digits\.tiers/);
  expect(await waitForWebviewText(page, TIERS, /Last fit/)).toContain('accuracy on 360 held-out rows');
});

scenario('without the mouse: from the Tiers panel to the report, and from a layer in it back to the plan', current, async ({ page }) => {
  const panel = await focusTiers(page);
  await tabTo(page, panel, 'open-report');
  await page.keyboard.press('Enter');
  const tab = page.locator('.tabs-container .tab.active');
  await until('the tab of the report', async () => /Energy report/.test((await tab.getAttribute('aria-label')) ?? ''));
  const report = await until('the report to have the focus', async () => {
    for (const frame of page.frames())
      if (frame.url().includes('fake.html') && REPORT.test(await frame.title()) && (await frame.evaluate(() => document.hasFocus())))
        return frame;
    return undefined;
  });
  // The page has the focus before its figures have come.
  await until('the layers of the report', async () => (await report.locator('[data-focus="layer:/fc2/Gemm"]').count()) > 0);
  await tabTo(page, report, 'layer:/fc2/Gemm');
  await page.keyboard.press('Enter');
  await until('the plan', async () => /digits\.tiers/.test((await tab.getAttribute('aria-label')) ?? ''));
  const place = page.locator('[id="status.editor.selection"]');
  await until('the cursor on the line of the layer', async () => /Ln 10\b/.test((await place.textContent()) ?? ''), {
    seen: async () => (await place.textContent()) ?? '',
  });
  expect(await place.textContent()).toContain('Ln 10');
});

cspScenario(current);
