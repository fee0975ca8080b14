import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { waitForNoNotification } from '../driver/notifications.ts';
import { statusBar } from '../driver/panels.ts';
import { JOULES } from '../driver/plan-text.ts';
import { openFile, pick, runCommand } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { clickCodeLens, waitForHints } from '../driver/text-editor.ts';
import { FIT_MS, plain, until } from '../driver/wait.ts';
import { copyExample } from '../driver/workspace.ts';

const BACKEND = '#tierwise\\.tierwise\\.tierwise\\.backend, .statusbar-item[id$="tierwise.backend"]';
const FITTING = /Fitting the lower tier/;

const example = copyExample('digits');
// One layer: the serial line is simulated bit by bit.
writeFileSync(
  path.join(example.folder, 'digits.tiers'),
  `model "digits.onnx"
data "digits.npz" inputs x labels y split 0.8 seed 1
backend sim

lower tier head {
  layers "/fc3/Gemm"
  solve ridge lambda 1
}
`,
);
const recordFile = path.join(example.folder, 'digits.fitted.json');
let session: Session;
const current = (): Session => session;

interface Record {
  readonly backend: { readonly kind: string };
  readonly evaluation: { readonly after: number };
}
const record = (): Record => JSON.parse(readFileSync(recordFile, 'utf8')) as Record;

beforeAll(async () => {
  session = await openSession({ folder: example.folder });
  await openFile(session.page, 'digits.tiers');
  await waitForHints(session.page, 'joules behind the layers', (hints) => hints.some((hint) => JOULES.test(hint)));
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

/** Waits until the status bar says so; returns its words. */
async function backendItem(expected: RegExp): Promise<string> {
  const { page } = session;
  return until(`the backend item to say ${String(expected)}`, async () => (await statusBar(page)).find((text) => expected.test(text)), {
    seen: async () => JSON.stringify(await statusBar(page)),
  });
}

async function fit(kind: string): Promise<void> {
  const { page } = session;
  await clickCodeLens(page, 'Fit lower tier');
  await until(`a record of a fit on ${kind}`, () => record().backend.kind === kind, { timeoutMs: FIT_MS });
  await waitForNoNotification(page, FITTING);
}

scenario('the status bar says where fits solve and lists backends without opening a port', current, async ({ page }) => {
  await backendItem(/fits solve on sim/i);
  await page.locator(BACKEND).first().click();
  const rows = page.locator('.quick-input-widget .monaco-list-row');
  await until('the list of backends', async () => (await rows.count()) > 3);
  const texts = (await rows.allTextContents()).map(plain).join('\n');
  for (const entry of ['Backend of the plan', 'Simulated engine', 'This machine', 'The board that answers', 'Start a simulated board'])
    expect(texts).toContain(entry);
  await pick(page, 'Simulated engine');
  await backendItem(/fits solve on sim/i);
  await fit('sim');
});

scenario(
  'a simulated board starts in a terminal, becomes the port of fits, and gives the accuracy of the simulated engine',
  current,
  async ({ page }) => {
    const before = record().evaluation.after;
    await runCommand(page, 'Tierwise: Start Simulated Board');
    await backendItem(/fits solve on simulated board/i);
    await openFile(page, 'digits.tiers');
    await fit('serial');
    expect(record().evaluation.after).toBe(before);
  },
);

scenario('asking who answers at its port names the board', current, async ({ page }) => {
  await page.locator(BACKEND).first().click();
  const row = page.locator('.quick-input-widget .monaco-list-row').filter({ hasText: 'tierwise-board' }).first();
  await until('the port of the simulated board', async () => await row.isVisible());
  await row.hover();
  await row.locator('.action-label').first().click();
  const answer = async (): Promise<string> => plain((await row.textContent()) ?? '');
  expect(await until('its answer', async () => /MHz/.test(await answer()) && (await answer()), { seen: answer })).toContain('8 lanes');
  await page.keyboard.press('Escape');
});

scenario('closing the terminal unplugs the board and gives the choice back to the plan', current, async ({ page }) => {
  await runCommand(page, 'Terminal: Kill All Terminals');
  expect(await backendItem(/fits solve on sim/i)).toContain('sim');
});

scenario('a board started again and left for this machine takes nothing back when it goes', current, async ({ page }) => {
  await runCommand(page, 'Tierwise: Start Simulated Board');
  await backendItem(/fits solve on simulated board/i);
  await page.locator(BACKEND).first().click();
  await pick(page, 'This machine');
  await backendItem(/fits solve on cpu/i);
  await runCommand(page, 'Terminal: Kill All Terminals');
  await until('the terminal to go', async () => (await page.locator('.terminal-wrapper').count()) === 0);
  expect(await backendItem(/fits solve on cpu/i)).toContain('cpu');
});

cspScenario(current);
