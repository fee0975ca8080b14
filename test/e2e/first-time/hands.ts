import type { Frame, Locator, Page } from 'playwright-core';
import { plain, until } from '../driver/wait.ts';

/** How a person presses things: with a mouse, or with the keyboard alone. */
export interface Hands {
  /** Presses a button of the walkthrough, after opening the step it belongs to. */
  walkthroughButton(page: Page, step: string, button: string): Promise<void>;
  /** Presses something in a page of ours, by its `data-focus` key. */
  inPage(page: Page, frame: Frame, key: string): Promise<void>;
}

const MAX_STEPS = 120;

export const mouse: Hands = {
  async walkthroughButton(page, step, button) {
    const title = page.locator('.getting-started-step').filter({ hasText: step }).first();
    const target = walkthroughButtons(page, button);
    await until(`the step "${step}"`, async () => await title.isVisible());
    if (!(await target.isVisible())) await title.click();
    await until(`the button "${button}"`, async () => await target.isVisible());
    await target.click();
  },
  async inPage(_page, frame, key) {
    await frame.locator(`[data-focus="${key}"]`).first().click();
  },
};

export const keyboard: Hands = {
  async walkthroughButton(page, step, button) {
    const target = walkthroughButtons(page, button);
    await until(`the step "${step}"`, async () => (await page.locator('.getting-started-step').filter({ hasText: step }).count()) > 0);
    if (!(await target.isVisible())) {
      await tabToText(page, step);
      await page.keyboard.press('Enter');
      await until(`the button "${button}"`, async () => await target.isVisible());
    }
    await tabToText(page, button);
    await page.keyboard.press('Enter');
  },
  async inPage(page, frame, key) {
    for (let step = 0; step < MAX_STEPS; step++) {
      await page.keyboard.press('Tab');
      const focused = await frame.evaluate(() => document.activeElement?.getAttribute('data-focus') ?? '');
      if (focused === key) return page.keyboard.press('Enter');
    }
    throw new Error(`Tab did not reach ${key} in ${MAX_STEPS} steps.`);
  },
};

function walkthroughButtons(page: Page, label: string): Locator {
  return page.locator('.gettingStartedContainer .monaco-button').filter({ hasText: label }).first();
}

/** VS Code gives the keyboard to a step of the walkthrough a quarter of a second after it was opened, when it has slid into place. */
const SETTLED_MS = 400;

/** Presses Tab until the focus is on something that says this, and stays there. */
async function tabToText(page: Page, text: string): Promise<void> {
  const passed: string[] = [];
  for (let step = 0; step < MAX_STEPS; step++) {
    await page.keyboard.press('Tab');
    const reached = await focusedText(page);
    passed.push(reached.slice(0, 30));
    const sinceMs = performance.now();
    while ((await focusedText(page)).includes(text)) if (performance.now() - sinceMs > SETTLED_MS) return;
  }
  throw new Error(`Tab did not reach "${text}" in ${MAX_STEPS} steps. It passed ${passed.join(' | ').slice(0, 900)}.`);
}

/** What the focused element says; a step of the walkthrough by its title, without what is in it. */
async function focusedText(page: Page): Promise<string> {
  return plain(
    await page.evaluate(() => {
      const active = document.activeElement;
      const words = active?.querySelector('.step-title') ?? active;
      return `${words?.textContent ?? ''} ${words === active ? (active?.getAttribute('aria-label') ?? '') : ''}`.slice(0, 200);
    }),
  );
}
