import { afterAll, beforeAll, expect } from 'vitest';
import { waitForNotification } from '../driver/notifications.ts';
import { pick, runCommand, waitForTab } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { copyExample, listing } from '../driver/workspace.ts';

const example = copyExample('digits');
const filesBefore = listing(example.folder);
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  session = await openSession({ folder: example.folder });
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

scenario('a plan that is on no disk yet cannot be fitted, and one sentence says what to do', current, async ({ page }) => {
  await page.keyboard.press('Control+Alt+n');
  await waitForTab(page, 'Untitled-1');
  await page.keyboard.press('Control+K');
  await page.keyboard.press('m');
  await page.locator('.quick-input-widget input').first().fill('Tierwise Plan');
  await pick(page, 'Tierwise Plan');
  await page.keyboard.type('model "digits.onnx"');
  await runCommand(page, 'Tierwise: Fit Lower Tier');
  const words = await waitForNotification(page, /beside its model first/);
  expect(words).toMatch(/Save Untitled-1 beside its model first: energy and fits are computed from files on a disk\./);
  expect(listing(example.folder)).toEqual(filesBefore);
});

cspScenario(current);
