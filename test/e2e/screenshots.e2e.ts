import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitForNoNotification } from './driver/notifications.ts';
import { showTiers, showTierwise } from './driver/panels.ts';
import { openForPictures, shoot, theme } from './driver/pictures.ts';
import { JOULES } from './driver/plan-text.ts';
import { chooseFile, openFile, pick, runCommand } from './driver/quick-input.ts';
import type { Session } from './driver/session.ts';
import { clickCodeLens, codeLenses, hoverHint, waitForHints } from './driver/text-editor.ts';
import { FIT_MS, until } from './driver/wait.ts';
import { findWebview, waitForWebviewText } from './driver/webviews.ts';
import { copyExample } from './driver/workspace.ts';

const outDir = process.env['TIERWISE_SCREENSHOTS'] ?? '';
const example = copyExample('digits');
let session: Session;

beforeAll(async () => {
  session = await openForPictures(example.folder);
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

test('a plan with joules behind its layers', async () => {
  const { page } = session;
  await openFile(page, 'digits.tiers');
  await waitForHints(page, 'joules behind the layers', (all) => all.filter((hint) => JOULES.test(hint)).length >= 2);
  await until('the CodeLens', async () => (await codeLenses(page)).includes('Fit lower tier'));
  await showTierwise(page);
  await showTiers(page);
  await waitForWebviewText(page, /^Tiers/im, /features/);
  await shoot(session, outDir, 'plan-dark');
  expect(await codeLenses(page)).toContain('Fit lower tier');
  // The pictures that follow are of pages, which want the height.
  const panel = page.locator('.part.panel');
  await page.keyboard.press('Control+J');
  await until('the panel to go', async () => !(await panel.isVisible()));
});

test('the same plan after the fit, and the report', async () => {
  const { page } = session;
  await clickCodeLens(page, 'Fit lower tier');
  await waitForHints(page, 'the hints to say fitted', (all) => all.some((hint) => /fitted/.test(hint)), FIT_MS);
  await theme(session, 'Light 2026', 'vs');
  await openFile(page, 'digits.tiers');
  await waitForHints(page, 'the hints to say fitted', (all) => all.some((hint) => /fitted/.test(hint)));
  expect(await hoverHint(page, /fitted/)).toMatch(/simulated|modelled/);
  await shoot(session, outDir, 'hover-light', 'as it is');
  await runCommand(page, 'Tierwise: Open Energy Report');
  await waitForWebviewText(page, /Energy report/i, /9\d\.\d %/);
  const report = await findWebview(page, /Energy report/i);
  await report.getByRole('heading', { name: 'Before and after' }).evaluate((heading) => heading.scrollIntoView({ block: 'center' }));
  await shoot(session, outDir, 'report-light');
});

test('cheaper weights: the points of a search and what it chose', async () => {
  const { page } = session;
  await runCommand(page, 'View: Close All Editors');
  await openFile(page, 'digits.tiers');
  await runCommand(page, 'Tierwise: Optimise Energy...');
  const text = await waitForWebviewText(page, /Optimise energy/, /A search writes nothing/);
  const frame = await findWebview(page, /Optimise energy/);
  await frame.locator('[data-command="search"]').click();
  await waitForWebviewText(page, /Optimise energy/, /Result of the search/, FIT_MS);
  await waitForNoNotification(page, /Searching for cheaper weights/);
  await runCommand(page, 'View: Close Primary Side Bar');
  await shoot(session, outDir, 'optimise-light');
  expect(text).toMatch(/Allowed loss/);
});

test('sparse activations: zeros against loss, and what they save', async () => {
  const { page } = session;
  await runCommand(page, 'View: Close All Editors');
  // The fitted model, whose loss says something: the one of the example is untrained.
  const rows = 'data "digits.npz" inputs x labels y split 0.8 seed 1';
  writeFileSync(path.join(example.folder, 'sparse.tiers'), `model "digits.fitted.onnx"\n${rows}\n\ntarget "seneca-type"\n`);
  await openFile(page, 'sparse.tiers');
  await clickCodeLens(page, 'Sparsify activations');
  await waitForWebviewText(page, /Sparsify activations/, /A search writes nothing/);
  const frame = await findWebview(page, /Sparsify activations/);
  await frame.locator('[data-command="search"]').click();
  const text = await waitForWebviewText(page, /Sparsify activations/, /of the multiply-adds meet a zero/, FIT_MS);
  await waitForNoNotification(page, /Searching/);
  await frame.locator('.search-columns').evaluate((columns) => columns.scrollIntoView());
  await shoot(session, outDir, 'sparsity-light');
  expect(text).toMatch(JOULES);
});

test('the model as a table, in high contrast', async () => {
  const { page } = session;
  await theme(session, 'Default High Contrast', 'hc-black');
  await openFile(page, 'digits.onnx');
  await runCommand(page, 'View: Reopen Editor With...');
  await pick(page, 'Tierwise Model');
  await waitForWebviewText(page, /digits|model/i, /fc1\/Gemm/);
  await shoot(session, outDir, 'model-high-contrast');
  expect(await page.locator('.hc-black').count()).toBeGreaterThan(0);
});

test('learning from a stream that changes', async () => {
  const { page } = session;
  // Rows of the example, the second half mirrored: old features, a new relation to the labels.
  execFileSync('/usr/bin/python3', [
    '-c',
    `import numpy as np, sys
d = np.load(sys.argv[1] + '/digits.npz')
x, y = d['x'].reshape(-1, 8, 8).copy(), d['y']
x[900:] = x[900:, :, ::-1]
np.savez(sys.argv[1] + '/mirrored-digits.npz', x=x.reshape(-1, 64), y=y)`,
    example.folder,
  ]);
  await theme(session, 'Light 2026', 'vs');
  await openFile(page, 'digits.tiers');
  await clickCodeLens(page, 'Learn from data');
  await chooseFile(page, path.join(example.folder, 'mirrored-digits.npz'));
  await waitForWebviewText(page, /Learning/, /Result/, FIT_MS);
  await runCommand(page, 'Tierwise: Show Learning');
  await runCommand(page, 'View: Join All Editor Groups');
  await runCommand(page, 'Tierwise: Show Learning');
  await shoot(session, outDir, 'learning-light');
  expect(await waitForWebviewText(page, /Learning/, /Spent on learning/)).toMatch(JOULES);
});

test('choosing a backend while a simulated board runs', async () => {
  const { page } = session;
  await theme(session, 'Dark 2026', 'vs-dark');
  await openFile(page, 'digits.tiers');
  await runCommand(page, 'Tierwise: Start Simulated Board');
  const item = page.locator('.statusbar-item[id$="tierwise.backend"]');
  await until('the simulated board', async () => /simulated board/.test((await item.textContent()) ?? ''));
  await runCommand(page, 'Notifications: Clear All Notifications');
  await item.click();
  const row = page.locator('.quick-input-widget .monaco-list-row').filter({ hasText: 'tierwise-board' }).first();
  await until('its port in the list', async () => await row.isVisible());
  await row.hover();
  await row.locator('.action-label').first().click();
  await until('its answer', async () => /MHz/.test((await row.textContent()) ?? ''));
  await shoot(session, outDir, 'boards-dark', 'as it is');
  await page.keyboard.press('Escape');
  await runCommand(page, 'Terminal: Kill All Terminals');
  expect(await item.count()).toBe(1);
});
