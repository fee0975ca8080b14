import type { Page } from 'playwright-core';
import { runCommand } from './quick-input.ts';
import { plain, until } from './wait.ts';

const TOAST = '.notification-toast .notification-list-item, .notifications-center.visible .notification-list-item';

/** What the notifications on screen say. */
export async function notifications(page: Page): Promise<readonly string[]> {
  return (await page.locator(TOAST).allTextContents()).map(plain);
}

export async function waitForNotification(page: Page, pattern: RegExp, timeoutMs?: number): Promise<string> {
  return await until(`a notification like ${String(pattern)}`, async () => (await notifications(page)).find((text) => pattern.test(text)), {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    seen: async () => JSON.stringify(await notifications(page)),
  });
}

/**
 * Waits for a notification in the list behind the bell. VS Code shows no fourth message within 0.8 s on the screen, only there;
 * a test is quicker than people, who get to see all of them.
 */
export async function waitForListedNotification(page: Page, pattern: RegExp): Promise<string> {
  await runCommand(page, 'Notifications: Show Notifications');
  const text = await waitForNotification(page, pattern);
  await runCommand(page, 'Notifications: Hide Notifications');
  return text;
}

/** Presses a button of the notification that matches. */
export async function pressNotification(page: Page, pattern: RegExp, button: string): Promise<void> {
  const toast = page.locator(TOAST).filter({ hasText: pattern }).first();
  const target = toast.locator('.monaco-button').filter({ hasText: button }).first();
  await until(`the button "${button}" on a notification like ${String(pattern)}`, async () => await target.isVisible(), {
    seen: async () => JSON.stringify(await notifications(page)),
  });
  await target.click();
}

/** Waits until no notification matches. */
export async function waitForNoNotification(page: Page, pattern: RegExp, timeoutMs?: number): Promise<void> {
  await until(`no notification like ${String(pattern)}`, async () => !(await notifications(page)).some((text) => pattern.test(text)), {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    seen: async () => JSON.stringify(await notifications(page)),
  });
}
