import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { pressNotification, waitForNotification } from '../driver/notifications.ts';
import { problems, waitForProblem } from '../driver/panels.ts';
import { theme } from '../driver/pictures.ts';
import { JOULES } from '../driver/plan-text.ts';
import { networkSource, writeNotebook } from '../driver/python-files.ts';
import { openFile, openTabs, pick, runAndPick, runCommand, waitForTab } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import {
  chooseAction,
  clickCodeLens,
  codeLenses,
  hoverHint,
  replaceWord,
  save,
  visibleLines,
  waitForHints,
  waitForLine,
} from '../driver/text-editor.ts';
import { plain, until } from '../driver/wait.ts';
import { findWebview, waitForWebviewText } from '../driver/webviews.ts';
import { copyExample } from '../driver/workspace.ts';

const example = copyExample('digits');
const file = (name: string): string => path.join(example.folder, name);
const sample = 'model.py';
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  if (!existsSync(file(sample)))
    writeFileSync(file(sample), networkSource({ fc1: '# tier: lower ridge lambda=30', fc2: '# tier: lower', fc3: '# tier: upper rls' }));
  writeFileSync(file('network.py'), networkSource());
  writeNotebook(example.folder, 'study.ipynb');
  session = await openSession({ folder: example.folder });
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

/** Puts the cursor at the end of the first visible line that matches. */
async function goToLine(page: Page, pattern: RegExp): Promise<void> {
  await waitForLine(page, pattern);
  // The editor writes no-break spaces. Lines move while lenses come in, so the line is looked for as it is pressed.
  const words = new RegExp(pattern.source.replaceAll(' ', '\\s'));
  await page
    .locator('.editor-instance .view-line')
    .filter({ hasText: words })
    .first()
    .click({ position: { x: 120, y: 9 } });
  await page.keyboard.press('End');
}

/** Waits for the list of suggestions to hold one, and takes it. */
async function takeSuggestion(page: Page, label: string): Promise<void> {
  const rows = page.locator('.suggest-widget.visible .monaco-list-row');
  const row = rows.filter({ hasText: label }).first();
  await until(`the suggestion ${label}`, async () => await row.isVisible(), {
    seen: async () => JSON.stringify((await rows.allTextContents()).map(plain)),
  });
  await row.click();
}

scenario('joules stand behind the layers of Python source', current, async ({ page }) => {
  await openFile(page, sample);
  const hints = await waitForHints(
    page,
    'joules behind three layers',
    (all) => all.filter((hint) => JOULES.test(hint) && /SGD/.test(hint)).length >= 3,
  );
  expect(hints.join(' ')).toMatch(/solve .*J/);
  expect(hints.join(' ')).toMatch(/measured|simulated|modelled|assumed/);
  const tooltip = await hoverHint(page, JOULES);
  expect(tooltip).toMatch(/of the layer in the exported model/);
  expect(tooltip).toMatch(/retrain: direct solve/);
});

scenario('a layer of Python source is shown in the model', current, async ({ page }) => {
  // From the line that builds it, and from the comment above it.
  for (const [line, layer] of [
    [/self\.fc2 = /, '/fc2/Gemm'],
    [/# tier: upper/, '/fc3/Gemm'],
  ] as const) {
    await goToLine(page, line);
    await runCommand(page, 'Tierwise: Show Layer in Model');
    await waitForTab(page, 'digits.onnx');
    expect(await waitForWebviewText(page, /digits\.onnx/, /\/fc2\/Gemm/)).toContain('Energy per inference');
    const frame = await findWebview(page, /digits\.onnx/);
    await until(`the row of ${layer}`, async () => (await frame.locator('.row-marked .layer-name').allTextContents()).join() === layer);
    await runCommand(page, 'View: Close Editor');
    await until('the source to be in front', async () => (await openTabs(page)).every((tab) => !tab.includes('digits.onnx')));
  }
});

scenario('an action on a layer writes its annotation', current, async ({ page }) => {
  await runCommand(page, 'View: Close All Editors');
  await openFile(page, 'network.py');
  await waitForHints(page, 'joules behind three layers', (all) => all.filter((hint) => JOULES.test(hint)).length >= 3);
  await goToLine(page, /self\.fc1 = /);
  await chooseAction(page, /Add tier annotation: lower/);
  expect(await waitForLine(page, /self\.fc1 = .*# tier: lower ridge/)).toMatch(/Linear\(64, 192\) {2}# tier/);
});

scenario('an annotation is completed from its first sign on', current, async ({ page }) => {
  await goToLine(page, /self\.fc2 = /);
  await page.keyboard.type('  #');
  await takeSuggestion(page, '# tier:');
  await waitForLine(page, /self\.fc2 = .*# tier: /);
  await takeSuggestion(page, 'lower');
  await page.keyboard.press('Escape');
  expect(await waitForLine(page, /self\.fc2 = .*# tier: lower/)).toMatch(/\) {2}# tier/);
});

scenario('a misspelt annotation is a problem, and the quick fix repairs it', current, async ({ page }) => {
  await goToLine(page, /self\.fc3 = /);
  await page.keyboard.type('  # tier: uper');
  await page.keyboard.press('Escape');
  const problem = await waitForProblem(page, /uper/);
  expect(problem).toContain('tierwise');
  await page.locator('.squiggly-error, .squiggly-warning').first().click({ force: true });
  await chooseAction(page, /Change to/);
  expect(await waitForLine(page, /self\.fc3 = .*# tier: upper/)).not.toContain('uper ');
  await save(page);
});

scenario('the annotations become a plan', current, async ({ page }) => {
  rmSync(file('digits.tiers'));
  await until('the lens above the class', async () => (await codeLenses(page)).includes('Create plan from annotations'), {
    seen: async () => JSON.stringify(await codeLenses(page)),
  });
  await clickCodeLens(page, 'Create plan from annotations');
  await waitForTab(page, 'digits.tiers');
  await waitForLine(page, /upper tier/);
  const plan = readFileSync(file('digits.tiers'), 'utf8');
  expect(plan).toMatch(/lower tier [\s\S]*"\/fc1\/Gemm"[\s\S]*"\/fc2\/Gemm"[\s\S]*upper tier [\s\S]*"\/fc3\/Gemm"/);
});

scenario('an annotation that says other than the plan is noted, and the plan is updated after a look', current, async ({ page }) => {
  await openFile(page, 'network.py');
  await until('the lens that opens the plan', async () => (await codeLenses(page)).includes('Open plan digits.tiers'), {
    seen: async () => JSON.stringify(await codeLenses(page)),
  });
  await replaceWord(page, '# tier: lower ridge', '# tier: frozen');
  expect(await waitForProblem(page, /annotation-differs/)).toContain('the plan digits.tiers says lower');
  await openFile(page, 'network.py');
  await goToLine(page, /self\.fc1 = /);
  await runCommand(page, 'Tierwise: Create Plan from Annotations');
  await waitForNotification(page, /There is a plan already/);
  await session.screenshot('python-plan-proposal');
  await pressNotification(page, /There is a plan already/, 'Update');
  const text = await until('the plan without fc1', async () => {
    const lines = (await visibleLines(page)).join('\n');
    return /lower tier/.test(lines) && /fc2/.test(lines) && !/fc1/.test(lines) ? lines : undefined;
  });
  expect(text).toMatch(/upper tier/);
});

scenario('a layer of the model is found in Python source', current, async ({ page }) => {
  await runAndPick(page, 'Tierwise: Show Layer in Python Source', '/fc3/Gemm');
  await pick(page, sample);
  await waitForTab(page, sample);
  expect(await waitForLine(page, /self\.fc3 = /)).toContain('Linear');
});

scenario('the quick fix of a note takes the tier of the plan into the comment', current, async ({ page }) => {
  await page.locator('.squiggly-info').first().click({ force: true });
  await chooseAction(page, /Take the plan's tier: frozen/);
  expect(await waitForLine(page, /# tier: frozen/)).not.toContain('lower');
  await until('the note to go away', async () => !(await problems(page)).some((row) => row.includes('annotation-differs')));
});

scenario('joules stand in a cell whose imports are in another one', current, async ({ page }) => {
  await runCommand(page, 'View: Close All Editors');
  await openFile(page, 'study.ipynb');
  const hints = page.locator('.notebookOverlay .view-line span[class*="dyn-rule"]');
  const texts = await until('joules behind three layers', async () => {
    const all = (await hints.allTextContents()).map(plain).filter((hint) => JOULES.test(hint));
    return all.length >= 3 ? all : undefined;
  });
  expect(texts.join(' ')).toMatch(/SGD .*J/);
});

scenario('the same in other themes', current, async ({ page }) => {
  for (const [name, workbenchClass] of [
    ['Dark 2026', 'vs-dark'],
    ['Default High Contrast', 'hc-black'],
  ] as const) {
    await theme(session, name, workbenchClass);
    await runCommand(page, 'View: Close All Editors');
    await openFile(page, sample);
    const hints = await waitForHints(page, 'joules behind three layers', (all) => all.filter((hint) => JOULES.test(hint)).length >= 3);
    expect(hints.length).toBeGreaterThanOrEqual(3);
    await hoverHint(page, JOULES);
    await session.screenshot(`python-${workbenchClass}`);
  }
});

cspScenario(current);
