import { afterAll, beforeAll, expect } from 'vitest';
import { statusBar } from '../driver/panels.ts';
import { notifications, waitForNotification } from '../driver/notifications.ts';
import { JOULES } from '../driver/plan-text.ts';
import { openFile, runCommand } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { waitForHints } from '../driver/text-editor.ts';
import { until } from '../driver/wait.ts';
import { copyExample, listing } from '../driver/workspace.ts';

const example = copyExample('digits');
const filesBefore = listing(example.folder);
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  session = await openSession({ folder: example.folder, trusted: false });
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

scenario('an untrusted workspace may look: joules stand behind the layers', current, async ({ page }) => {
  await until('Restricted Mode', async () => (await statusBar(page)).some((item) => item.includes('Restricted Mode')));
  await openFile(page, 'digits.tiers');
  const hints = await waitForHints(page, 'joules behind the layers', (all) => all.some((hint) => JOULES.test(hint)));
  expect(hints.join(' ')).toMatch(JOULES);
});

scenario('an untrusted workspace may look at Python source, which is read and never run', current, async ({ page }) => {
  await openFile(page, 'model.py');
  const hints = await waitForHints(page, 'joules behind the layers', (all) => all.filter((hint) => JOULES.test(hint)).length >= 3);
  expect(hints.join(' ')).toMatch(/SGD .*J/);
  expect(listing(example.folder)).toEqual(filesBefore);
  await openFile(page, 'digits.tiers');
});

scenario('an untrusted workspace may not fit, and is told why', current, async ({ page }) => {
  await runCommand(page, 'Tierwise: Fit Lower Tier');
  const words = await until(
    'the reason',
    async () => {
      const shown = [...(await notifications(page)), ...(await page.locator('.monaco-dialog-box').allTextContents())];
      return shown.find((text) => /restricted|trust/i.test(text));
    },
    { seen: async () => JSON.stringify(await notifications(page)) },
  );
  expect(words).toMatch(/restricted|trust/i);
  expect(listing(example.folder)).toEqual(filesBefore);
});

scenario('an untrusted workspace may not search, run a compound model or run git, and is told why', current, async ({ page }) => {
  for (const [title, why] of [
    ['Tierwise: Optimise Energy...', /Optimising energy is blocked in a restricted workspace/],
    ['Tierwise: Sparsify Activations...', /Making activations sparse is blocked in a restricted workspace/],
    ['Tierwise: Run Compound Model...', /Running a compound model is blocked in a restricted workspace/],
    ['Tierwise: Compare Energy with HEAD', /blocked in a restricted workspace, because it runs git/],
    ['Tierwise: Calibrate Target...', /Measuring is blocked in a restricted workspace/],
  ] as const) {
    await runCommand(page, title);
    expect(await waitForNotification(page, why)).toMatch(why);
    await runCommand(page, 'Notifications: Clear All Notifications');
  }
  expect(listing(example.folder)).toEqual(filesBefore);
});

cspScenario(current);
