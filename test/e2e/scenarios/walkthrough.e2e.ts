import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { theme } from '../driver/pictures.ts';
import { runAndPick, runCommand, waitForTab } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { waitForHints } from '../driver/text-editor.ts';
import { FIT_MS, pressUntil, SHOW_MS, until } from '../driver/wait.ts';
import { openWalkthrough } from '../driver/walkthrough.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'tierwise-first-'));
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  session = await openSession({ folder, settings: { 'tierwise.fit.backend': 'cpu' } });
});

afterAll(async () => {
  await session?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Ids of the steps that are checked, without the name of the extension. */
async function done(page: Page): Promise<readonly string[]> {
  return await page
    .locator('.getting-started-step')
    .evaluateAll((all) =>
      all
        .filter((step) => step.querySelector('.codicon-getting-started-step-checked.complete') !== null)
        .map((step) => (step.getAttribute('data-step-id') ?? '').split('#').at(-1) ?? ''),
    );
}

/** Looks at the walkthrough, whose tab is there already, and waits for a step to be checked. */
async function waitForDone(page: Page, id: string, timeoutMs = SHOW_MS): Promise<void> {
  await page.locator('.tabs-container .tab').filter({ hasText: 'Welcome' }).first().click();
  await until(`the step ${id} to be done`, async () => (await done(page)).includes(id), {
    timeoutMs,
    seen: async () => JSON.stringify(await done(page)),
  });
}

scenario('a first-time user goes through the steps, and each completes by what it is about', current, async ({ page, screenshot }) => {
  await openWalkthrough(page);
  const ids = await page.locator('.getting-started-step').evaluateAll((all) => all.map((step) => step.getAttribute('data-step-id') ?? ''));
  expect(ids).toHaveLength(8);
  expect(await done(page)).toEqual([]);
  await screenshot('walkthrough-start');
  await runAndPick(page, 'Tierwise: Open Sample Project', /^Into/);
  await waitForTab(page, 'digits.tiers');
  await waitForHints(page, 'joules behind the layers', (all) => all.length > 0);
  await waitForDone(page, 'sample');
  await runCommand(page, 'Tierwise: Focus on Tiers View');
  await waitForDone(page, 'annotate');
  await runCommand(page, 'Tierwise: Open Annotated Python');
  await waitForTab(page, 'model.py');
  await waitForDone(page, 'python');
  await runCommand(page, 'Tierwise: Open Energy Report');
  await waitForDone(page, 'energy');
  await runCommand(page, 'Tierwise: Fit Lower Tier');
  await waitForDone(page, 'fit', FIT_MS);
  await runCommand(page, 'Tierwise: Choose Backend or Board...');
  await until('the list', async () => await page.locator('.quick-input-widget').isVisible());
  await page.keyboard.press('Escape');
  await waitForDone(page, 'board');
  expect([...(await done(page))].sort()).toEqual(['annotate', 'board', 'energy', 'fit', 'python', 'sample']);
});

for (const [name, themeName, workbenchClass] of [
  ['dark', 'Dark 2026', 'vs-dark'],
  ['light', 'Light 2026', 'vs'],
  ['high-contrast', 'Default High Contrast', 'hc-black'],
  ['high-contrast-light', 'Default High Contrast Light', 'hc-light'],
] as const) {
  scenario(`the pictures of the steps follow the theme ${name}`, current, async ({ page, screenshot }) => {
    await theme(session, themeName, workbenchClass);
    // The walkthrough shows its pictures only where there is room beside the steps.
    if (await page.locator('.part.sidebar').isVisible()) await runCommand(page, 'View: Toggle Primary Side Bar Visibility');
    for (const id of ['python', 'energy']) {
      const step = page.locator(`.getting-started-step[data-step-id$="#${id}"]`);
      const picture = page.locator('.getting-started-media iframe, .getting-started-media img').first();
      await pressUntil(
        `the picture of ${id}`,
        async () => {
          await openWalkthrough(page);
          await step.click({ timeout: 2000 });
        },
        async () => (await step.getAttribute('aria-expanded', { timeout: 1000 })) === 'true' && (await picture.isVisible()),
        { againMs: 5000 },
      );
      await screenshot(`walkthrough-${id}-${name}`);
    }
    expect(await page.locator('.getting-started-step').count()).toBe(8);
  });
}

scenario('the settings stand in groups, in order, with words', current, async ({ page, screenshot }) => {
  await runCommand(page, 'Preferences: Open Settings (UI)');
  const search = page.locator('.settings-editor .suggest-input-container');
  await until('the settings', async () => await search.isVisible());
  await page.keyboard.type('@ext:tierwise.tierwise');
  const shown = page.locator('.settings-editor .setting-item-contents');
  await until('our settings', async () => /Fit.*Backend/s.test((await shown.allTextContents()).join(' ')), {
    seen: async () => (await shown.allTextContents()).join(' | ').slice(0, 500),
  });
  const text = (await shown.allTextContents()).join('\n');
  // A key that is missing from the texts of the manifest would stand there as it is.
  expect(text).not.toMatch(/%[\w.]+%/);
  await screenshot('settings');
});

cspScenario(current);
