import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { waitForNoNotification } from '../driver/notifications.ts';
import { collapseView, expandView, showTierwise } from '../driver/panels.ts';
import { theme } from '../driver/pictures.ts';
import { JOULES } from '../driver/plan-text.ts';
import { openFile } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { clickCodeLens, waitForHints } from '../driver/text-editor.ts';
import { FIT_MS, plain, pressUntil, until } from '../driver/wait.ts';
import { copyExample } from '../driver/workspace.ts';

const FITTING = /Fitting the lower tier/;
const ROWS = '.sidebar .pane-body .monaco-list-row';

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
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  session = await openSession({ folder: example.folder });
  await openFile(session.page, 'digits.tiers');
  await waitForHints(session.page, 'joules behind the layers', (hints) => hints.some((hint) => JOULES.test(hint)));
  await showTierwise(session.page);
  for (const view of ['Tiers', 'Energy report', 'Layers', 'Fits']) await collapseView(session.page, view);
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

/** The row of a board by the words that a screen reader gets. */
const row = (label: string): Locator => session.page.locator(`${ROWS}[aria-label^="${label}"]`).first();

/** A probe: the words of a row once they are as expected. */
const says = (label: string, expected: RegExp) => async (): Promise<string | undefined> => {
  const words = plain((await row(label).getAttribute('aria-label', { timeout: 1000 })) ?? '');
  return expected.test(words) ? words : undefined;
};

const allRows = async (): Promise<string> =>
  JSON.stringify(await session.page.locator(ROWS).evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? '')));

const spoken = (label: string, expected: RegExp): Promise<string> =>
  until(`${label} to say ${String(expected)}`, says(label, expected), { seen: allRows });

/** How long an action may go without its effect before it is pressed again. */
const ACT_MS = 5000;

/** Presses an inline action of a row until it has its effect, which is returned. */
async function act<T>(label: string, action: string, effect: () => Promise<T | undefined | false>): Promise<T> {
  const press = async (): Promise<void> => {
    await row(label).hover({ timeout: 1000 });
    await row(label).locator(`.action-label[aria-label^="${action}"]`).first().click({ timeout: 1000 });
  };
  return pressUntil(`"${action}" of ${label} to have its effect`, press, effect, { againMs: ACT_MS, seen: allRows });
}

scenario('the view lists what fits can solve on, with a mark at what is used', current, async () => {
  await expandView(session.page, 'Boards');
  expect(await spoken('As the plan says', /used for fits/)).toContain('sim');
  expect(await spoken('Simulated engine', /bundled/)).not.toContain('used for fits');
  expect(await spoken('Simulated board', /not running/)).not.toContain('used for fits');
  await spoken('The board that answers', /answers/);
  await spoken('Processor', /double precision/);
});

scenario('what a row is used for moves the mark and the setting', current, async () => {
  await act('Processor', 'Use for Fits', says('Processor', /used for fits/));
  expect(await spoken('As the plan says', /^As the plan says, sim$/)).not.toContain('used for fits');
  const settings = readFileSync(path.join(example.folder, '.vscode', 'settings.json'), 'utf8');
  expect(settings).toMatch(/"tierwise\.fit\.backend": "cpu"/);
});

scenario('the meters of this machine say what they give, or why they give nothing', current, async () => {
  const below = session.page.locator(`${ROWS}[aria-level="3"]`);
  await act('Processor', 'Measure Power', async () => (await below.count()) > 0);
  const words = await below.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''));
  expect(words.join('\n')).not.toMatch(/\b0 watt/);
  expect(words.every((text) => text.length > 5)).toBe(true);
});

scenario('the simulated board starts, is used from then on, and says who it is when asked', current, async ({ page }) => {
  await act('Simulated board', 'Start Simulated Board', says('Simulated board', /used for fits, running in a terminal, not asked/));
  await act('Simulated board', 'Identify', says('Simulated board', /8 lanes/));
  await spoken('Clock', /MHz/);
  await spoken('Image', /[0-9a-f]{8}/);
  expect(await page.locator(`${ROWS}[aria-label^="Largest layer"]`).count()).toBe(1);
});

scenario('its telemetry says that it measures no power, which is no zero', current, async () => {
  const power = await act('Simulated board', 'Measure Power', says('Power, ', /not measured, The board sends clocks and toggles/));
  expect(power).not.toMatch(/\b0(\.0+)? watt/);
});

scenario('a fit solves on it', current, async ({ page }) => {
  await clickCodeLens(page, 'Fit lower tier');
  const kind = (): string =>
    (JSON.parse(readFileSync(path.join(example.folder, 'digits.fitted.json'), 'utf8')) as { backend: { kind: string } }).backend.kind;
  expect(await until('a record of a fit on the board', () => kind(), { timeoutMs: FIT_MS })).toBe('serial');
  await waitForNoNotification(page, FITTING);
});

scenario('stopping it gives the choice back to the plan', current, async () => {
  await act('Simulated board', 'Stop Simulated Board', says('Simulated board', /not running/));
  expect(await spoken('As the plan says', /used for fits/)).toContain('sim');
});

// The pictures of the scenarios above are light.
scenario('boards and fits in a dark theme and in high contrast', current, async (now) => {
  for (const [name, className] of [
    ['Dark 2026', 'vs-dark'],
    ['Default High Contrast', 'hc-black'],
  ] as const) {
    await theme(now, name, className);
    await showTierwise(now.page);
    await expandView(now.page, 'Fits');
    await spoken('Fit 1', /in use/);
    await expandView(now.page, 'Boards');
    await spoken('Simulated board', /not running/);
    await act('Simulated board', 'Start Simulated Board', says('Simulated board', /not asked/));
    await act('Simulated board', 'Identify', says('Clock', /MHz/));
    await now.screenshot(`boards and fits ${className}`);
    expect(await act('Simulated board', 'Stop Simulated Board', says('Simulated board', /not running/))).not.toContain('used for fits');
  }
});

cspScenario(current);
