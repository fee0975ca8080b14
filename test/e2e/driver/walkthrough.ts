import type { Page } from 'playwright-core';
import { runAndPick } from './quick-input.ts';
import { pressUntil } from './wait.ts';

/** How long the walkthrough may take to slide in before it is opened again: a window that was just loaded goes back to its first page. */
const OPEN_MS = 5000;

/**
 * Opens the walkthrough in the way a user finds it, and waits until it has the keyboard, which it takes some time after it is drawn and
 * would take from a list. Its steps are in the document, out of use, while another page of Welcome shows.
 */
export async function openWalkthrough(page: Page): Promise<void> {
  await pressUntil(
    'the walkthrough to have the keyboard',
    () => runAndPick(page, 'Welcome: Open Walkthrough...', 'Get started with Tierwise'),
    () =>
      page.evaluate(() => {
        const step = document.querySelector('.gettingStartedContainer .getting-started-step:enabled');
        return step?.closest('.gettingStartedContainer')?.contains(document.activeElement);
      }),
    { againMs: OPEN_MS },
  );
}
