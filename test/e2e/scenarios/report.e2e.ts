import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { waitForFocus } from '../driver/keyboard.ts';
import { expandView, showTierwise, statusBar, treeRows } from '../driver/panels.ts';
import { JOULES } from '../driver/plan-text.ts';
import { openFile, pick, runCommand } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession, openWorkbench } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { clickCodeLens, waitForHints } from '../driver/text-editor.ts';
import { FIT_MS, SHOW_MS, pressUntil, until } from '../driver/wait.ts';
import { textOf, waitForWebviewText, webviews } from '../driver/webviews.ts';
import { copyExample } from '../driver/workspace.ts';

const REPORT = /Energy report/i;
const example = copyExample('digits');
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  session = await openSession({ folder: example.folder, settings: { 'tierwise.fit.backend': 'cpu' } });
  await openFile(session.page, 'digits.tiers');
  await clickCodeLens(session.page, 'Fit lower tier');
  await waitForHints(session.page, 'the hints to say fitted', (all) => all.some((hint) => /fitted/.test(hint)), FIT_MS);
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

/** The report in the editor tab: the widest of those that are shown. */
async function reportTab(): Promise<Frame> {
  return await until('the report', async () => {
    let widest: { frame: Frame; width: number } | undefined;
    for (const frame of webviews(session.page)) {
      const width = await frame.evaluate(() => (document.title.includes('Energy report') ? window.innerWidth : 0)).catch(() => 0);
      if (width > (widest?.width ?? 0)) widest = { frame, width };
    }
    return widest?.frame;
  });
}

scenario('a figure is explained by keyboard: Enter opens, Escape gives the focus back', current, async ({ page }) => {
  await runCommand(page, 'Tierwise: Open Energy Report');
  await waitForWebviewText(page, REPORT, /Before and after[\s\S]*Retraining compared/i);
  const frame = await reportTab();
  await waitForFocus(frame);
  await frame.locator('[data-focus="tile:total/inference"]').focus();
  await page.keyboard.press('Enter');
  await until('the explanation', async () => (await frame.locator('.drawer').innerText()).includes('What it rests on'));
  const told = await frame.locator('.drawer').innerText();
  expect(told).toMatch(JOULES);
  for (const part of [
    /How it is computed/,
    /static/,
    /Kuon & Rose/,
    /doi:10\.1109/,
    /decides most of the result/,
    /What would make it better/,
  ])
    expect(told).toMatch(part);
  await page.keyboard.press('Escape');
  await until('the drawer to close', async () => !(await frame.locator('.drawer').isVisible()));
  expect(await frame.evaluate(() => document.activeElement?.getAttribute('data-focus'))).toBe('tile:total/inference');
});

scenario('before and after say energy and accuracy, and that the bands overlap', current, async () => {
  const text = await (await reportTab()).locator('.changes').innerText();
  expect(text).toMatch(/\d\.\d %[\s\S]*9\d\.\d %/);
  expect(text).toMatch(JOULES);
  expect(text).toMatch(/× less/);
});

scenario('charts have table twins, and what was chosen survives a reload with the explanation', current, async ({ page }) => {
  const frame = await reportTab();
  for (const name of ['layers', 'retraining', 'break-even']) await frame.locator(`[data-focus="as-table:${name}"]`).press('Space');
  expect(await frame.locator('.chart-frame table').count()).toBe(3);
  await frame.locator('.chart-table [data-figure="layer/inference//fc2/Gemm"]').first().press('Enter');
  await until('the explanation', async () => (await frame.locator('.drawer').innerText()).includes('of /fc2/Gemm'));
  // The workbench stores what a page remembers before it reloads itself; leaving the address at once would race with that.
  const reloaded = page.waitForEvent('load', { timeout: SHOW_MS });
  await runCommand(page, 'Developer: Reload Window');
  await reloaded;
  await openWorkbench(page, session.workbench.url);
  await waitForWebviewText(page, REPORT, /of \/fc2\/Gemm[\s\S]*What it rests on/);
  const again = await reportTab();
  await until('the tables', async () => (await again.locator('.chart-frame table').count()) === 3);
  expect(await textOf(again)).toMatch(/What it rests on/);
});

scenario('the tree tells totals per tier; a layer moves to another tier by its menu, and Undo takes it back', current, async ({ page }) => {
  await openFile(page, 'digits.tiers');
  await showTierwise(page);
  await expandView(page, 'Layers');
  const rows = await until('the totals', async () => {
    const all = await treeRows(page);
    return all.some((row) => /Lower tier.*J.*solve.*2 layers/.test(row)) ? all : undefined;
  });
  expect(rows.some((row) => /Upper tier.*update/.test(row))).toBe(true);
  const spoken = await page.locator('.sidebar .pane-body .monaco-list-row[aria-label^="Lower tier"]').first().getAttribute('aria-label');
  expect(spoken).toMatch(/2 layers, one inference [\d.]+ microjoule, assumed, solve [\d.]+ millijoule/);
  await page.locator('.sidebar .pane-body .monaco-list-row[aria-label^="layer /fc3/Gemm"]').first().click({ button: 'right' });
  const entry = page.locator('.context-view .action-label').filter({ hasText: 'Move to Tier' }).first();
  await until('the menu', async () => await entry.isVisible());
  await pressUntil(
    'the entry to be taken',
    () => entry.click({ timeout: 1000 }),
    async () => !(await entry.isVisible()),
    { againMs: 1000 },
  );
  await pick(page, 'Frozen');
  const line = page.locator('.view-line').filter({ hasText: '/fc3/Gemm' });
  await until('the layer to leave the plan', async () => (await line.count()) === 0);
  await openFile(page, 'digits.tiers');
  await page.keyboard.press('Control+Z');
  await until('the layer to be back', async () => (await line.count()) > 0);
  expect(await line.count()).toBeGreaterThan(0);
});

scenario('the status bar tells energy, target and budgets in words', current, async ({ page }) => {
  const items = await until('the item', async () => {
    const all = (await statusBar(page)).filter((item) => /per inference on ecp5-85f/.test(item));
    return all.length > 0 ? all : undefined;
  });
  expect(items.join(' ')).toMatch(/(within budget|over budget|budget uncertain)/);
  expect(items.join(' ')).toMatch(/microjoule, assumed, .*budget.*open the energy report/);
});

cspScenario(current);
