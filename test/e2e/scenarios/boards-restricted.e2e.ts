import { afterAll, beforeAll, expect } from 'vitest';
import { notifications, waitForNotification } from '../driver/notifications.ts';
import { collapseView, expandView, showTierwise, statusBar } from '../driver/panels.ts';
import { openFile, runCommand } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { plain, pressUntil, until } from '../driver/wait.ts';
import { copyExample, listing } from '../driver/workspace.ts';

const ROWS = '.sidebar .pane-body .monaco-list-row';

const example = copyExample('digits');
const filesBefore = listing(example.folder);
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  session = await openSession({ folder: example.folder, trusted: false });
  const { page } = session;
  await until('Restricted Mode', async () => (await statusBar(page)).some((item) => item.includes('Restricted Mode')));
  await openFile(page, 'digits.tiers');
  await showTierwise(page);
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

scenario('an untrusted workspace sees its boards and may not choose one', current, async ({ page }) => {
  for (const view of ['Energy report', 'Fits', 'Tiers', 'Layers']) await collapseView(page, view);
  await expandView(page, 'Boards');
  const row = page.locator(`${ROWS}[aria-label^="Simulated engine"]`).first();
  await until('the boards', async () => await row.isVisible());
  const said = await pressUntil(
    'the reason why not',
    async () => {
      await row.hover({ timeout: 1000 });
      await row.locator('.action-label[aria-label^="Use for Fits"]').first().click({ timeout: 1000 });
    },
    async () => (await notifications(page)).find((text) => /Boards are listed only/.test(text)),
    { againMs: 5000 },
  );
  expect(said).toMatch(/restricted workspace, because/);
  expect(await row.getAttribute('aria-label')).not.toContain('used for fits');
  await runCommand(page, 'Notifications: Clear All Notifications');
  await runCommand(page, 'Tierwise: Start Simulated Board');
  expect(await waitForNotification(page, /Boards are listed only/)).toMatch(/restricted workspace/);
  await runCommand(page, 'Notifications: Clear All Notifications');
});

scenario('nor undo a fit, nor run a task', current, async ({ page }) => {
  await runCommand(page, 'Tierwise: Undo Fit');
  expect(await waitForNotification(page, /Undoing and restoring fits is blocked/)).toMatch(/because it writes files/);
  await runCommand(page, 'Notifications: Clear All Notifications');
  await runCommand(page, 'Tasks: Run Test Task');
  const dialog = page.locator('.monaco-dialog-box');
  expect(await until('the question of trust', async () => /trust/i.test(plain((await dialog.textContent()) ?? '')))).toBe(true);
  await page.keyboard.press('Escape');
  expect(listing(example.folder)).toEqual(filesBefore);
});

cspScenario(current);
