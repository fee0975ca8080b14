import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { pressNotification, waitForNotification } from '../driver/notifications.ts';
import { openFile, pick, runCommand } from '../driver/quick-input.ts';
import { scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { solverPid } from '../driver/solver.ts';
import { codeLenses, visibleLines } from '../driver/text-editor.ts';
import { FIT_MS, until } from '../driver/wait.ts';
import { findWebview, waitForWebviewText } from '../driver/webviews.ts';
import { copyExample } from '../driver/workspace.ts';

const example = copyExample('compound');
const file = (name: string): string => path.join(example.folder, name);
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  writeFileSync(file('bare.tiers'), 'model "large.onnx"\n');
  session = await openSession({ folder: example.folder });
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

scenario('a plan without a compound section says so before it asks for a stream, and gets one', current, async ({ page }) => {
  await openFile(page, 'bare.tiers');
  await runCommand(page, 'Tierwise: Run Compound Model...');
  await pressNotification(page, /bare\.tiers has no compound section/, 'Add one');
  await until('the action on the new section', async () => (await codeLenses(page)).includes('Run compound model\u2026'));
  // Undone rather than reverted: the workbench may have saved it by itself.
  await runCommand(page, 'View: Focus Active Editor Group');
  await page.keyboard.press('Control+Z');
  await until('the section to be gone', async () => !(await visibleLines(page)).some((line) => line.includes('compound')));
  await until('its action to be gone', async () => !(await codeLenses(page)).includes('Run compound model\u2026'));
  expect(await visibleLines(page)).toContain('model "large.onnx"');
});

scenario('a search on a plan without text or data says what to add', current, async ({ page }) => {
  await runCommand(page, 'Tierwise: Sparsify Activations...');
  await waitForWebviewText(page, /Sparsify activations/, /A search writes nothing/);
  const frame = await findWebview(page, /Sparsify activations/);
  await frame.locator('[data-command="search"]').click();
  const told = await waitForWebviewText(page, /Sparsify activations/, /neither a text nor data/, FIT_MS);
  expect(told).toMatch(/Add a line such as: text "input\.txt" tokens "vocab\.json"/);
});

scenario('a solver killed in the middle of a stream leaves an error with what to do, and the next run works', current, async (now) => {
  const { page } = now;
  await openFile(page, 'digits.tiers');
  await runCommand(page, 'Tierwise: Run Compound Model...');
  const solver = await solverPid(now);
  process.kill(solver, 'SIGSTOP');
  await pick(page, 'stream.npz');
  await waitForNotification(page, /Running the compound model/);
  process.kill(solver, 'SIGKILL');
  const told = await waitForWebviewText(
    page,
    /Compound model/,
    /solver (process )?(ended|stopped|was killed|exited)|unexpectedly/i,
    FIT_MS,
  );
  expect(told).toMatch(/again/);
  const frame = await findWebview(page, /Compound model/);
  expect(await frame.locator('[data-command="run-compound"]').isVisible()).toBe(true);
  await frame.locator('[data-command="run-compound"]').click();
  await pick(page, 'stream.npz');
  expect(await waitForWebviewText(page, /Compound model/, /Result[\s\S]*Modules/, FIT_MS)).not.toMatch(/unexpectedly/);
});
