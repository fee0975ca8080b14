import type { Page } from 'playwright-core';
import { plain, until } from './wait.ts';

const ROW = '.quick-input-widget .monaco-list-row';

/** Runs a command as a user does: palette, its full title, Enter. */
export async function runCommand(page: Page, title: string): Promise<void> {
  await page.keyboard.press('F1');
  await chooseTyped(page, `>${title}`, title);
}

/** Whether the palette offers a command within some seconds; the palette is closed again. */
export async function isOffered(page: Page, title: string): Promise<boolean> {
  await page.keyboard.press('F1');
  const input = page.locator('.quick-input-widget input').first();
  await until('the palette to open', async () => await input.isVisible());
  await input.fill(`>${title}`);
  const first = page.locator(ROW).first();
  const offered = await until('the command', async () => plain((await first.textContent({ timeout: 500 })) ?? '').includes(title), {
    timeoutMs: 5000,
  }).catch(() => false);
  await page.keyboard.press('Escape');
  await until('the palette to close', async () => !(await input.isVisible()));
  return offered;
}

/** Opens a file of the folder by name and waits for its tab. */
export async function openFile(page: Page, name: string): Promise<void> {
  await page.keyboard.press('Control+P');
  await chooseTyped(page, name, name.split('/').at(-1) ?? name);
  await waitForTab(page, name.split('/').at(-1) ?? name);
}

/** Waits until the active tab is the one of this file. */
export async function waitForTab(page: Page, label: string): Promise<void> {
  await until(`the tab ${label}`, async () => (await tabs(page)).some((tab) => tab.includes(label)), {
    seen: async () => `tabs ${JSON.stringify(await tabs(page))}`,
  });
}

/** Chooses an entry of a pick list that is already open. */
export async function pick(page: Page, label: string | RegExp): Promise<void> {
  const row = page.locator(ROW).filter({ hasText: label }).first();
  await until(`the choice ${String(label)}`, async () => await row.isVisible(), { seen: () => rows(page) });
  await row.click();
}

async function chooseTyped(page: Page, text: string, label: string): Promise<void> {
  const input = page.locator('.quick-input-widget input').first();
  await until('the quick input to open', async () => await input.isVisible());
  await input.fill(text);
  await until(
    `"${label}" to be the first choice`,
    async () => plain((await page.locator(ROW).first().textContent()) ?? '').includes(label),
    { seen: () => rows(page) },
  );
  await page.keyboard.press('Enter');
  // A command may go on with a pick list of its own in the same place.
  await until('the quick input to accept the choice', async () => !(await input.isVisible()) || (await input.inputValue()) !== text);
}

async function rows(page: Page): Promise<string> {
  return `choices ${JSON.stringify((await page.locator(ROW).allTextContents()).map(plain))}`;
}

async function tabs(page: Page): Promise<readonly string[]> {
  return await page.locator('.tabs-container .tab').evaluateAll((all) => all.map((tab) => tab.getAttribute('aria-label') ?? ''));
}

/** Answers the file dialog of a workbench in the browser, which is a quick input, with a path. */
export async function chooseFile(page: Page, path: string): Promise<void> {
  const input = page.locator('.quick-input-widget input').first();
  await until('the file dialog to show its folder', async () => (await input.isVisible()) && (await input.inputValue()).startsWith('/'));
  await input.fill(path);
  await until(
    'the file to be offered',
    // From its beginning: the end of one name may be another's. A remark such as "recently opened" may follow.
    async () =>
      (await page.locator(ROW).allTextContents()).some((row) =>
        plain(row)
          .trim()
          .startsWith(path.split('/').at(-1) ?? path),
      ),
    {
      seen: () => rows(page),
    },
  );
  let pressedMs = 0;
  await until('the file dialog to close', async () => {
    if (!(await input.isVisible())) return true;
    // The dialog may come to its own folder after the path was given.
    if ((await input.inputValue()) !== path) await input.fill(path);
    // While the dialog reads its folder it takes no answer, so it is given again.
    if (Date.now() - pressedMs > 3000) {
      pressedMs = Date.now();
      await page.keyboard.press('Enter');
    }
    return false;
  });
}
