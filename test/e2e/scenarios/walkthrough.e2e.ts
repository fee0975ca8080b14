import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { theme } from '../driver/pictures.ts';
import { runCommand, waitForTab } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { waitForHints } from '../driver/text-editor.ts';
import { FIT_MS, SHOW_MS, until } from '../driver/wait.ts';

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

/** Chooses from a list by typing, as hands on the keyboard do; rows of the list before may still be in the document. */
async function pickByTyping(page: Page, text: string): Promise<void> {
  const input = page.locator('.quick-input-widget input').first();
  await until('the list', async () => (await input.isVisible()) && (await input.inputValue()) === '');
  await input.fill(text, { timeout: 5000 });
  const focused = page.locator('.quick-input-widget .monaco-list-row.focused');
  await until(`the choice ${text}`, async () => ((await focused.first().getAttribute('aria-label')) ?? '').includes(text), {
    seen: async () => JSON.stringify(await focused.allTextContents()),
  });
  // The walkthrough may have taken the focus from the list.
  await input.press('Enter');
}

/** Opens the walkthrough in the way a user finds it. */
async function openWalkthrough(page: Page): Promise<void> {
  // A window that has just been loaded brings its tabs back late; one that takes the focus closes the list.
  for (let attempt = 1; attempt <= 3 && !(await page.locator('.getting-started-step').first().isVisible()); attempt++) {
    try {
      await runCommand(page, 'Welcome: Open Walkthrough...');
      await pickByTyping(page, 'Get started with Tierwise');
      await page.locator('.getting-started-step').first().waitFor({ timeout: 5000 });
    } catch {
      await page.keyboard.press('Escape');
    }
  }
  await page.locator('.getting-started-step').first().waitFor();
  // It takes the focus some time after it is drawn, which would close a list that was opened meanwhile.
  await until('the walkthrough to have the focus', async () =>
    page.evaluate(() => document.activeElement?.closest('.gettingStartedContainer, .gettingStarted') !== null),
  );
}

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
  await runCommand(page, 'Tierwise: Open Sample Project');
  await pickByTyping(page, 'Into');
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
    await openWalkthrough(page);
    for (const id of ['python', 'energy']) {
      await page.locator(`.getting-started-step[data-step-id$="#${id}"]`).click();
      await until(
        `the picture of ${id}`,
        async () => (await page.locator('.getting-started-media iframe, .getting-started-media img').count()) > 0,
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
