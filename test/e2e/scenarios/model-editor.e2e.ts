import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { projectRoot } from '../../shared.ts';
import { theme } from '../driver/pictures.ts';
import { isOffered, openFile, pick, runAndPick, runCommand } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { plain, pressUntil, until } from '../driver/wait.ts';
import { accessibilityFindings, cspViolations, textOf, webviews } from '../driver/webviews.ts';
import { copyExample, git } from '../driver/workspace.ts';

const example = copyExample('digits');
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  // The fit itself has scenarios of its own; here only its file is needed.
  execFileSync(process.execPath, [path.join(projectRoot, 'dist/cli.cjs'), 'fit', 'digits.tiers', '--backend', 'cpu', '--quiet'], {
    cwd: example.folder,
  });
  // Without the Python source a layer has one definition, its row.
  rmSync(path.join(example.folder, 'model.py'), { force: true });
  // A model whose newest commit is another one.
  const net = path.join(example.folder, 'net.onnx');
  copyFileSync(path.join(example.folder, 'digits.onnx'), net);
  git(example.folder, 'init', '-q');
  git(example.folder, 'add', 'net.onnx');
  git(example.folder, 'commit', '-q', '-m', 'Before the fit');
  copyFileSync(path.join(example.folder, 'digits.fitted.onnx'), net);
  session = await openSession({ folder: example.folder, settings: { 'git.enabled': true } });
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

/** The page of a model, once its layers are there. */
async function modelFrame(page: Page): Promise<Frame> {
  return await until(
    'the layers of the model',
    async () => {
      for (const frame of webviews(page))
        if (/fc3\/Gemm/.test(await textOf(frame)) && (await frame.locator('.data-table').count()) > 0) return frame;
      return undefined;
    },
    { seen: async () => JSON.stringify(await Promise.all(webviews(page).map(async (frame) => (await textOf(frame)).slice(0, 600)))) },
  );
}

async function openModel(page: Page, name: string): Promise<Frame> {
  await until(
    'the menu of editors',
    async () => {
      await runCommand(page, 'View: Close All Editors');
      await until('the old pages to be gone', () => webviews(page).length === 0);
      await openFile(page, name);
      return await isOffered(page, 'View: Reopen Editor With...');
    },
    { timeoutMs: 60_000 },
  );
  await runAndPick(page, 'View: Reopen Editor With...', 'Tierwise Model');
  return modelFrame(page);
}

const says = (frame: Frame, selector: string, pattern: RegExp): Promise<string> =>
  until(
    `${selector} to say ${String(pattern)}`,
    async () => {
      const found = plain((await frame.locator(selector).allInnerTexts()).join('\n'));
      return pattern.test(found) ? found : undefined;
    },
    { seen: async () => (await textOf(frame)).slice(0, 1500) },
  );

async function openRow(frame: Frame, id: string): Promise<void> {
  const toggle = frame.locator(`[data-focus="toggle:${id}"]`);
  if ((await toggle.getAttribute('aria-expanded')) !== 'true') await toggle.press('Enter');
}

scenario('a row shows the histogram of its weights on demand', current, async ({ page }) => {
  const frame = await openModel(page, 'digits.onnx');
  expect(await frame.locator('svg.histogram').count()).toBe(0);
  await openRow(frame, '/fc3/Gemm');
  await says(frame, '.weights', /Standard deviation/);
  expect(await frame.locator('svg.histogram').getAttribute('aria-label')).toMatch(/Histogram of [\d,]+ weights/);
  await frame.locator('svg.histogram').scrollIntoViewIfNeeded();
  expect(await accessibilityFindings(frame)).toEqual([]);
  expect(await cspViolations(frame)).toEqual([]);
});

scenario('Ctrl+F finds a layer and marks it', current, async ({ page }) => {
  const frame = await modelFrame(page);
  await frame.locator('[data-focus="layer:/fc1/Gemm"]').focus();
  await page.keyboard.press('Control+f');
  await until('the find field', async () => (await frame.evaluate(() => document.activeElement?.getAttribute('data-focus'))) === 'find');
  await page.keyboard.type('fc2');
  await says(frame, '.find-count', /1 of 1/);
  expect(await frame.locator('[aria-current] .layer-name').textContent()).toBe('/fc2/Gemm');
  await page.keyboard.press('Escape');
  expect(await frame.locator('[aria-current]').count()).toBe(0);
});

scenario('the fitted model stands beside the original, column by column', current, async ({ page }) => {
  const frame = await openModel(page, 'digits.fitted.onnx');
  await frame.locator('[data-focus="compare-with"]').press('Enter');
  await pick(page, 'digits.onnx');
  const bar = await says(frame, '.compare', /Layers that differ\s*\d of 3/);
  expect(bar).toMatch(/digits\.onnx before, digits\.fitted\.onnx after/);
  await says(frame, 'tbody .col-weights', /%/);
  const changed = await frame.locator('tbody .col-weights').allInnerTexts();
  // The layers of the lower tier were solved, and the head on top of them, too.
  expect(changed.map((text) => /%/.test(text))).toEqual([true, true, true]);
  expect(await frame.locator('tfoot .col-factor').innerText()).toMatch(/1×/);
  await openRow(frame, '/fc1/Gemm');
  await says(frame, '.weights', /Before/);
  expect(await frame.locator('.histogram-before').count()).toBe(1);
  expect(await accessibilityFindings(frame)).toEqual([]);
  expect(await cspViolations(frame)).toEqual([]);
});

scenario('a model stands beside its newest commit', current, async ({ page }) => {
  const frame = await openModel(page, 'net.onnx');
  const head = page.locator('.quick-input-widget .monaco-list-row').filter({ hasText: 'the newest commit' }).first();
  // VS Code's git extension looks for repositories on its own time.
  await until('HEAD in the list', async () => {
    await frame.locator('[data-focus="compare-with"]').press('Enter');
    const row = page.locator('.quick-input-widget .monaco-list-row').filter({ hasText: 'digits.onnx' }).first();
    await row.waitFor({ timeout: 5000 });
    if (await head.isVisible()) return true;
    await page.keyboard.press('Escape');
    return false;
  });
  await pick(page, 'the newest commit');
  const bar = await says(frame, '.compare', /Layers that differ\s*\d of 3/);
  expect(bar).toMatch(/net\.onnx at HEAD before, net\.onnx after/);
  await says(frame, 'tbody .col-weights', /%/);
});

scenario('a layer of the plan leads to its row in the model', current, async ({ page }) => {
  await runCommand(page, 'View: Close All Editors');
  await openFile(page, 'digits.tiers');
  const line = page.locator('.view-line span span').filter({ hasText: '/fc3/Gemm' }).last();
  await until('the layer in the plan', async () => await line.isVisible());
  // While the language server starts, nothing has a definition yet.
  await pressUntil(
    'the model to open',
    async () => {
      await line.click();
      await page.keyboard.press('F12');
    },
    () => webviews(page).length > 0,
    { againMs: 8000, timeoutMs: 60_000 },
  );
  const frame = await modelFrame(page);
  await until(
    'the row of the layer',
    async () => (await frame.locator('.row-marked .layer-name').allTextContents()).join() === '/fc3/Gemm',
    {
      seen: async () => (await textOf(frame)).slice(0, 800),
    },
  );
  expect(await frame.evaluate(() => document.activeElement?.textContent)).toBe('/fc3/Gemm');
});

scenario('the comparison in dark, light and high contrast', current, async (now) => {
  for (const [name, kind] of [
    ['Dark 2026', 'vs-dark'],
    ['Light 2026', 'vs'],
    ['Default High Contrast', 'hc-black'],
  ] as const) {
    await theme(now, name, kind);
    const frame = await openModel(now.page, 'digits.fitted.onnx');
    await frame.locator('[data-focus="compare-with"]').press('Enter');
    await pick(now.page, 'digits.onnx');
    await says(frame, 'tbody .col-weights', /%/);
    await openRow(frame, '/fc1/Gemm');
    await says(frame, '.weights', /Before/);
    await frame.locator('svg.histogram').scrollIntoViewIfNeeded();
    await now.screenshot(`model editor ${kind}`);
    expect(JSON.stringify(await accessibilityFindings(frame)), name).toBe('[]');
  }
});

cspScenario(current);
