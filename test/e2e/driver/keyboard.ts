import type { Frame, Page } from 'playwright-core';
import { until } from './wait.ts';

const MAX_STEPS = 60;

/** Presses Tab inside a page of ours until the focus is on the element with this `data-focus` key. */
export async function tabTo(page: Page, frame: Frame, key: string): Promise<void> {
  const passed: string[] = [];
  for (let step = 0; step < MAX_STEPS; step++) {
    await page.keyboard.press('Tab');
    const focused = await focusKey(frame);
    if (focused === key) return;
    passed.push(focused);
  }
  throw new Error(`Tab did not reach ${key} in ${MAX_STEPS} steps. It passed ${passed.join(', ').slice(0, 600)}.`);
}

/** Waits until the keyboard speaks to this page of ours. */
export async function waitForFocus(frame: Frame): Promise<void> {
  await until('the page to have the focus', async () => await frame.evaluate(() => document.hasFocus()));
}

/** The `data-focus` key of the focused element, or the name of its tag. */
async function focusKey(frame: Frame): Promise<string> {
  return await frame.evaluate(() => {
    const active = document.activeElement;
    return active?.getAttribute('data-focus') ?? active?.tagName.toLowerCase() ?? '';
  });
}
