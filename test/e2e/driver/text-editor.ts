import type { Page } from 'playwright-core';
import { runCommand } from './quick-input.ts';
import { plain, pressUntil, until } from './wait.ts';

const LINE = '.editor-instance .view-line';

/** The visible lines of the active text editor from top to bottom, hints included. */
export async function visibleLines(page: Page): Promise<readonly string[]> {
  const lines = await page
    .locator(LINE)
    .evaluateAll((all) =>
      all.map((line) => ({ top: line.getBoundingClientRect().top, text: line.textContent ?? '' })).sort((a, b) => a.top - b.top),
    );
  return lines.map((line) => plain(line.text));
}

/** Waits until a visible line matches, and returns that line. */
export async function waitForLine(page: Page, pattern: RegExp, timeoutMs?: number): Promise<string> {
  return await until(`an editor line like ${String(pattern)}`, async () => (await visibleLines(page)).find((line) => pattern.test(line)), {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    seen: async () => JSON.stringify(await visibleLines(page)),
  });
}

/** The texts of the inlay hints that are on screen, in reading order. VS Code draws them as injected text with generated classes. */
export async function inlayHints(page: Page): Promise<readonly string[]> {
  const texts = await page.locator(`${LINE} span[class*="dyn-rule"]`).allTextContents();
  return texts.map((text) => plain(text).trim()).filter((text) => text !== '');
}

/** Waits until the hints, joined by a bar, satisfy the check. */
export async function waitForHints(
  page: Page,
  what: string,
  check: (hints: readonly string[]) => boolean,
  timeoutMs?: number,
): Promise<readonly string[]> {
  return await until(
    what,
    async () => {
      const hints = await inlayHints(page);
      return check(hints) ? hints : undefined;
    },
    { ...(timeoutMs === undefined ? {} : { timeoutMs }), seen: async () => `hints ${JSON.stringify(await inlayHints(page))}` },
  );
}

/** The text of the hover that opens over the hint with this text. */
export async function hoverHint(page: Page, text: RegExp): Promise<string> {
  const hint = page.locator(`${LINE} span[class*="dyn-rule"]`).filter({ hasText: text }).first();
  await until(`a hint like ${String(text)}`, async () => await hint.isVisible());
  const card = page.locator('.monaco-hover:not(.hidden) .hover-contents').first();
  return await until('the hover of the hint', async () => {
    await hint.hover();
    const words = plain((await card.textContent({ timeout: 2000 })) ?? '');
    return words.trim() === '' || /^Loading/.test(words) ? undefined : words;
  });
}

/** How many different token classes the visible text has; plain text has one. */
export async function tokenClasses(page: Page): Promise<ReadonlySet<string>> {
  const classes = await page
    .locator(`${LINE} span[class*="mtk"]`)
    .evaluateAll((all) => all.flatMap((span) => [...span.classList].filter((name) => /^mtk\d+$/.test(name))));
  return new Set(classes);
}

/**
 * Presses a CodeLens. VS Code drops its question for lenses when the text loses the keyboard within 250 ms, and asks again when the text
 * has it: an editor that was left that quickly is therefore gone back to, as people do.
 */
export async function clickCodeLens(page: Page, title: string): Promise<void> {
  const lens = page.locator('.codelens-decoration a').filter({ hasText: title }).first();
  await pressUntil(
    `the CodeLens "${title}"`,
    async () => {
      if ((await page.locator('.editor-instance .monaco-editor.focused').count()) === 0)
        await runCommand(page, 'View: Focus Active Editor Group');
    },
    () => lens.isVisible(),
    { againMs: 5000, seen: async () => `lenses ${JSON.stringify(await codeLenses(page))}` },
  );
  await lens.click();
}

export async function codeLenses(page: Page): Promise<readonly string[]> {
  return (await page.locator('.codelens-decoration a').allTextContents()).map(plain);
}

/** Selects the first occurrence of a text on screen and types over it. */
export async function replaceWord(page: Page, word: string, replacement: string): Promise<void> {
  const span = page.locator(`${LINE} span span`).filter({ hasText: word }).first();
  await until(`the text ${word}`, async () => await span.isVisible(), { seen: async () => JSON.stringify(await visibleLines(page)) });
  await page.keyboard.press('Control+H');
  const find = page.locator('.find-widget textarea[aria-label^="Find"]').first();
  await until('the find widget', async () => await find.isVisible());
  await find.fill(word);
  await page.locator('.find-widget textarea[aria-label^="Replace"]').first().fill(replacement);
  await page.keyboard.press('Control+Alt+Enter');
  await until(`${word} to be replaced`, async () => (await visibleLines(page)).some((line) => line.includes(replacement)));
  await page.keyboard.press('Escape');
}

/** Waits for a squiggle, puts the cursor on it, opens the light bulb's menu and takes the entry. */
export async function applyQuickFix(page: Page, squiggle: 'error' | 'warning', title: RegExp): Promise<void> {
  const mark = page.locator(`.squiggly-${squiggle}`).first();
  await until(`a ${squiggle} squiggle`, async () => await mark.isVisible());
  await mark.click({ force: true });
  await chooseAction(page, title);
}

/** Chooses an action of the menu behind the light bulb at the cursor. */
export async function chooseAction(page: Page, title: RegExp): Promise<void> {
  const rows = page.locator('.action-widget .monaco-list-row');
  const entry = rows.filter({ hasText: title }).first();
  // On a busy machine the first press may come before the editor has the keyboard.
  await pressUntil(
    `the action ${String(title)}`,
    async () => {
      if (!(await page.locator('.action-widget').first().isVisible())) await page.keyboard.press('Control+.');
    },
    () => entry.isVisible(),
    { againMs: 5000, seen: async () => JSON.stringify((await rows.allTextContents()).map(plain)) },
  );
  await entry.click();
}

/** Saves and waits until the tab shows no unsaved changes. */
export async function save(page: Page): Promise<void> {
  await page.keyboard.press('Control+S');
  await until('the file to be saved', async () => (await page.locator('.tab.active.dirty').count()) === 0);
}
