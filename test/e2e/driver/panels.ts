import type { Frame, Page } from 'playwright-core';
import { runCommand } from './quick-input.ts';
import { plain, pressUntil, until } from './wait.ts';
import { headingOf, webviews } from './webviews.ts';

/** Opens the Problems panel and waits for a row that matches; returns its text. */
export async function waitForProblem(page: Page, pattern: RegExp): Promise<string> {
  const open = (): Promise<void> => runCommand(page, 'Problems: Focus on Problems View');
  await open();
  const search = async (): Promise<string | undefined> => {
    // The terminal of a task comes to the front when the task fails, be that after the panel was opened.
    if (!(await page.locator('.markers-panel').isVisible())) await open();
    return (await problems(page)).find((row) => pattern.test(row));
  };
  return await until(`a problem like ${String(pattern)}`, search, { seen: async () => JSON.stringify(await problems(page)) });
}

export async function problems(page: Page): Promise<readonly string[]> {
  return (await page.locator('.markers-panel .monaco-list-row').allTextContents()).map(plain);
}

/** Opens our container in the side bar. */
export async function showTierwise(page: Page): Promise<void> {
  const header = page.locator('.sidebar .composite.title').filter({ hasText: /tierwise/i });
  if (await header.isVisible()) return;
  await page.locator('.activitybar a[aria-label^="Tierwise"]').click();
  await until('the Tierwise side bar', async () => await header.isVisible());
}

/** Unfolds a view of the side bar by its title. */
export async function expandView(page: Page, title: string): Promise<void> {
  const header = page
    .locator('.pane-header')
    .filter({ hasText: new RegExp(title, 'i') })
    .first();
  await until(`the view ${title}`, async () => await header.isVisible(), {
    seen: async () => JSON.stringify(await page.locator('.pane-header').allTextContents()),
  });
  if ((await header.getAttribute('aria-expanded')) !== 'true') await header.click();
}

/** Folds a view of the side bar by its title, where it is there and unfolded. */
export async function collapseView(page: Page, title: string): Promise<void> {
  const header = page
    .locator('.sidebar .pane-header')
    .filter({ hasText: new RegExp(`^${title}`, 'i') })
    .first();
  if ((await header.count()) > 0 && (await header.getAttribute('aria-expanded')) === 'true') await header.locator('.title').first().click();
}

/** Opens the Tiers panel below the editors. */
export async function showTiers(page: Page): Promise<void> {
  await runCommand(page, 'Tierwise: Focus on Tiers View');
}

/** Opens the Tiers panel and gives its page the keyboard. VS Code passes it on to a page that is there, and not to one it still loads. */
export async function focusTiers(page: Page): Promise<Frame> {
  return await pressUntil(
    'the Tiers panel to have the keyboard',
    () => showTiers(page),
    async () => {
      for (const frame of webviews(page))
        if (/^Tiers/m.test(await headingOf(frame)) && (await frame.evaluate(() => document.hasFocus()))) return frame;
      return undefined;
    },
    { againMs: 5000, seen: async () => JSON.stringify(await Promise.all(webviews(page).map(headingOf))) },
  );
}

/** Rows of the trees in the side bar, as text. */
export async function treeRows(page: Page): Promise<readonly string[]> {
  return (await page.locator('.sidebar .pane-body .monaco-list-row').allTextContents()).map(plain);
}

/** Text of the status bar items, left to right. */
export async function statusBar(page: Page): Promise<readonly string[]> {
  return (
    await page
      .locator('.statusbar-item')
      .evaluateAll((all) => all.map((item) => `${item.getAttribute('aria-label') ?? ''} ${item.textContent ?? ''}`))
  ).map(plain);
}
