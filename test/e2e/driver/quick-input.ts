import type { Locator, Page } from 'playwright-core';
import { plain, pressUntil, SHOW_MS, until } from './wait.ts';

const INPUT = '.quick-input-widget input';
const ROW = '.quick-input-widget .monaco-list-row';

/** How long a quick input may take to open before its key is pressed again. */
const REOPEN_MS = 3000;

/** How long a list may take to go on after an answer before it is answered again. */
const ANSWER_MS = 2000;

/** How long a command may take to show its list before it is run again. */
const LIST_MS = 10_000;

const MAX_CHOICES = 50;

/** Runs a command as a user does: palette, its full title, Enter. */
export async function runCommand(page: Page, title: string): Promise<void> {
  await chooseTyped(page, 'F1', `>${title}`, title);
}

/** Whether the palette offers a command within some seconds; the palette is closed again. */
export async function isOffered(page: Page, title: string): Promise<boolean> {
  const offered = await typeForChoice(page, 'F1', `>${title}`, title, 5000).then(
    () => true,
    () => false,
  );
  await page.keyboard.press('Escape');
  await until('the palette to close', async () => !(await page.locator(INPUT).first().isVisible()));
  return offered;
}

/** Opens a file of the folder by name and waits for its tab. */
export async function openFile(page: Page, name: string): Promise<void> {
  await chooseTyped(page, 'Control+P', name, name.split('/').at(-1) ?? name);
  await waitForTab(page, name.split('/').at(-1) ?? name);
}

/** Waits until the active tab is the one of this file. */
export async function waitForTab(page: Page, label: string): Promise<void> {
  await until(`the tab ${label}`, async () => (await openTabs(page)).some((tab) => tab.includes(label)), {
    seen: async () => `tabs ${JSON.stringify(await openTabs(page))}`,
  });
}

/**
 * Chooses an entry of a pick list, with arrow keys and Enter: a list is drawn again while details come in, and a press of the mouse may
 * then meet what lies below it. A list that has just opened may not take the answer, so it is given until it does.
 */
export async function pick(page: Page, label: string | RegExp): Promise<void> {
  const row = page.locator(ROW).filter({ hasText: label }).first();
  await until(`the choice ${String(label)}`, async () => await row.isVisible(), { seen: () => rows(page) });
  const question = await questionOf(page);
  const input = page.locator(INPUT).first();
  const focused = page.locator(`${ROW}.focused`).filter({ hasText: label }).first();
  await pressUntil(
    `the choice ${String(label)} to be taken`,
    async () => {
      // Elsewhere the keys would do something else.
      if (!(await takesKeys(input))) return;
      for (let step = 0; step < MAX_CHOICES && !(await focused.isVisible()); step++) await page.keyboard.press('ArrowDown');
      if (await focused.isVisible()) await pressEnter(page, input);
    },
    async () => !(await row.isVisible()) || (await questionOf(page)) !== question,
    { againMs: ANSWER_MS, seen: () => rows(page) },
  );
}

/** Runs a command that asks with a list, and answers; it is run again where its list closed unseen or never came. */
export async function runAndPick(page: Page, title: string, label: string | RegExp): Promise<void> {
  const row = page.locator(ROW).filter({ hasText: label }).first();
  await pressUntil(
    `the choice ${String(label)} of ${title}`,
    () => runCommand(page, title),
    () => row.isVisible(),
    { againMs: LIST_MS, seen: () => rows(page) },
  );
  await pick(page, label);
}

/** What the open list asks: the next list of the same command asks something else. */
async function questionOf(page: Page): Promise<string> {
  return (
    (await page
      .locator(INPUT)
      .first()
      .getAttribute('placeholder', { timeout: 1000 })
      .catch(() => null)) ?? ''
  );
}

/**
 * Opens the quick input with a key, types, and takes the choice that begins with `label`. All of it again where the Enter did not reach the
 * quick input: an editor that is restored just then takes the keyboard.
 */
async function chooseTyped(page: Page, key: string, text: string, label: string): Promise<void> {
  const input = page.locator(INPUT).first();
  await until(`the quick input to take "${label}"`, async () => {
    await typeForChoice(page, key, text, label);
    return await pressEnter(page, input);
  });
  // A command may go on with a pick list of its own in the same place.
  await until('the quick input to accept the choice', async () => !(await takesKeys(input)) || (await input.inputValue()) !== text);
}

/** Presses Enter where the quick input has the keyboard; whether it got the key. */
async function pressEnter(page: Page, input: Locator): Promise<boolean> {
  const isReady = await input.evaluate(
    (element) => {
      delete element.dataset['gotKey'];
      element.addEventListener('keydown', () => (element.dataset['gotKey'] = ''), { once: true, capture: true });
      return element === document.activeElement;
    },
    undefined,
    { timeout: 1000 },
  );
  if (!isReady) return false;
  await page.keyboard.press('Enter');
  // A command that loads the window anew takes the quick input along.
  return await input.evaluate((element) => 'gotKey' in element.dataset, undefined, { timeout: 1000 }).catch(() => true);
}

/**
 * Opens the quick input with a key, types, and goes to the choice that begins with `label`. It is opened again where it closed before
 * the choice was there: a page or terminal that has just loaded takes the keyboard, and the quick input closes when it loses it.
 */
async function typeForChoice(page: Page, key: string, text: string, label: string, timeoutMs = SHOW_MS): Promise<void> {
  const input = page.locator(INPUT).first();
  let openedMs = -Infinity;
  await until(
    `"${label}" to be the choice`,
    async () => {
      const sinceMs = performance.now() - openedMs;
      if (sinceMs === Infinity || (sinceMs > REOPEN_MS && !(await takesKeys(input)))) {
        openedMs = performance.now();
        await page.keyboard.press(key);
      }
      if (!(await takesKeys(input))) return false;
      if ((await input.inputValue()) !== text) await input.fill(text, { timeout: 1000 });
      // Not always the first: the palette sorts commands that hold the words, in this order, by name, and a list of files begins with the
      // one that is open but has the focus on the next. Arrow keys go round.
      const texts = await page.locator(ROW).allTextContents();
      if (!texts.some((row) => plain(row).trim().startsWith(label))) return false;
      const focused = page.locator(`${ROW}.focused`).first();
      for (let step = 0; step < texts.length && !(await says(focused, label)); step++) await page.keyboard.press('ArrowDown');
      return await says(focused, label);
    },
    { timeoutMs, seen: () => rows(page) },
  );
}

const says = async (row: Locator, label: string): Promise<boolean> =>
  plain((await row.textContent({ timeout: 1000 })) ?? '')
    .trim()
    .startsWith(label);

/** Whether a quick input is open and has the keyboard; one that closes stays in the page for a moment. */
async function takesKeys(input: Locator): Promise<boolean> {
  return (await input.isVisible()) && (await input.evaluate((element) => element === document.activeElement, undefined, { timeout: 1000 }));
}

async function rows(page: Page): Promise<string> {
  return `choices ${JSON.stringify((await page.locator(ROW).allTextContents()).map(plain))}`;
}

/** What the open tabs are called. */
export async function openTabs(page: Page): Promise<readonly string[]> {
  return await page.locator('.tabs-container .tab').evaluateAll((all) => all.map((tab) => tab.getAttribute('aria-label') ?? ''));
}

/** Answers the file dialog of a workbench in the browser, which is a quick input, with a path. */
export async function chooseFile(page: Page, path: string): Promise<void> {
  const input = page.locator(INPUT).first();
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
  await answerFile(page, path);
}

/** Accepts the name that the dialog for saving a file proposes, once it is this path. */
export async function acceptFile(page: Page, path: string): Promise<void> {
  const input = page.locator(INPUT).first();
  await until(`the dialog to propose ${path}`, async () => (await input.inputValue({ timeout: 1000 })) === path);
  await answerFile(page, path);
}

async function answerFile(page: Page, path: string): Promise<void> {
  const input = page.locator(INPUT).first();
  // While the dialog reads its folder it takes no answer, and it may come to its own folder after the path was given.
  await pressUntil(
    'the file dialog to close',
    async () => {
      if ((await input.inputValue()) !== path) await input.fill(path);
      await page.keyboard.press('Enter');
    },
    async () => !(await input.isVisible()),
    { againMs: ANSWER_MS },
  );
}
