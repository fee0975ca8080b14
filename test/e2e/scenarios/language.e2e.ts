import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { problems, waitForProblem } from '../driver/panels.ts';
import { JOULES } from '../driver/plan-text.ts';
import { openFile, openTabs, pick, runCommand, waitForTab } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { applyQuickFix, replaceWord, tokenClasses, visibleLines, waitForHints, waitForLine } from '../driver/text-editor.ts';
import { plain, pressUntil, until } from '../driver/wait.ts';
import { textOf, waitForWebviewText, webviews } from '../driver/webviews.ts';
import { copyExample } from '../driver/workspace.ts';

const example = copyExample('digits');
const plan = readFileSync(path.join(example.folder, 'digits.tiers'), 'utf8');
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  writeFileSync(
    path.join(example.folder, 'other.tiers'),
    'model "digits.onnx"\ndata "digits.npz"\n\nlower tier all {\n  layers "/fc1/Gemm" .. "/fc3/Gemm"\n  solve ridge\n}\n',
  );
  // The Python source of the model comes later: without it a layer has one definition, with it two.
  renameSync(path.join(example.folder, 'model.py'), path.join(example.folder, 'model.later'));
  session = await openSession({ folder: example.folder });
  await openFile(session.page, 'digits.tiers');
  await waitForHints(session.page, 'joules behind the layers', (all) => all.filter((hint) => JOULES.test(hint)).length >= 2);
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

/** Puts the cursor behind the first `behind` characters of the first place of the plan on disk where `text` stands. */
async function cursorAt(page: Page, text: string, behind: number): Promise<void> {
  const before = plan.slice(0, plan.indexOf(text) + behind).split('\n');
  await page.keyboard.press('Control+G');
  const input = page.locator('.quick-input-widget input').first();
  await until('the line to be asked for', async () => await input.isVisible());
  await input.fill(`:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`);
  await page.keyboard.press('Enter');
  await until('the question to be gone', async () => !(await input.isVisible()));
}

scenario('completion offers layers with operator, shape and energy', current, async ({ page }) => {
  await cursorAt(page, '"/fc2/Gemm"', 1);
  const rows = page.locator('.suggest-widget .monaco-list-row');
  await until('layers to be offered', async () => {
    if (!(await rows.first().isVisible())) await page.keyboard.press('Control+Space');
    return (await rows.allTextContents()).some((row) => plain(row).includes('/fc3/Gemm'));
  });
  const offered = await until('operator, shape and energy of each', async () => {
    const texts = (await rows.allTextContents()).map(plain);
    return texts.length === 3 && texts.every((text) => /J, /.test(text)) ? texts : undefined;
  });
  for (const text of offered) expect(text).toMatch(/Gemm → 1 × \d+ · \d.*J, (?:modelled|assumed|simulated|measured)/);
  await session.screenshot('language-completion');
  await page.keyboard.press('Escape');
});

scenario('hovering a layer shows its figures with band and source', current, async ({ page }) => {
  const name = page
    .locator('.editor-instance .view-line span')
    .filter({ hasText: /^"\/fc3\/Gemm"$/ })
    .first();
  const cards = page.locator('.monaco-hover:not(.hidden) .hover-contents');
  const text = await until(
    'the hover of the layer',
    async () => {
      await name.hover();
      const words = plain((await cards.allTextContents()).join(' '));
      return /retrain/.test(words) ? words : undefined;
    },
    { seen: async () => plain((await cards.allTextContents()).join(' ')) },
  );
  expect(text).toMatch(/multiply-adds per inference/);
  expect(text).toMatch(/retrain: direct solve/);
  expect(text).toMatch(/modelled/);
  await session.screenshot('language-hover');
  await page.keyboard.press('Escape');
});

/** The words of the row that is marked on the page of the model. */
async function markedRow(page: Page): Promise<string> {
  return await until('the row of the layer to be marked', async () => {
    for (const frame of webviews(page)) {
      const row = frame.locator('.row-marked').first();
      if (await row.isVisible()) return plain((await row.textContent()) ?? '');
    }
    return undefined;
  });
}

/** The words of the page that shows the model; undefined where there is none. */
async function modelText(page: Page): Promise<string | undefined> {
  for (const frame of webviews(page)) {
    const words = await textOf(frame);
    if (words.includes('/fc3/Gemm') && words.includes('/fc1/Gemm')) return words;
  }
  return undefined;
}

scenario('F12 on a layer opens the model at the layer', current, async ({ page }) => {
  await cursorAt(page, '"/fc3/Gemm"', 3);
  await page.keyboard.press('F12');
  const text = await until('the page of the model', () => modelText(page), {
    seen: async () => JSON.stringify(await Promise.all(webviews(page).map(textOf))),
  });
  expect(text).toContain('/fc3/Gemm');
  expect(await markedRow(page)).toContain('/fc3/Gemm');
  const tabs = await page.locator('.tabs-container .tab').evaluateAll((all) => all.map((tab) => tab.getAttribute('aria-label') ?? ''));
  expect(tabs.join(' ')).toContain('digits.onnx');
  expect(tabs.join(' ')).not.toContain('onnx-layer');
  await session.screenshot('language-definition');
  await openFile(page, 'digits.tiers');
});

scenario('with the Python source there, F12 peeks at both, and the model opens from there', current, async ({ page }) => {
  renameSync(path.join(example.folder, 'model.later'), path.join(example.folder, 'model.py'));
  await runCommand(page, 'View: Close All Editors');
  const peek = page.locator('.reference-zone-widget');
  await until('two definitions', async () => {
    await openFile(page, 'digits.tiers');
    await cursorAt(page, '"/fc3/Gemm"', 3);
    await page.keyboard.press('F12');
    return await until('the peek', async () => plain((await peek.textContent()) ?? '').includes('Definitions (2)'), { timeoutMs: 3000 });
  });
  await session.screenshot('language-peek');
  await peek.locator('.monaco-list-row').filter({ hasText: 'onnx-layer' }).first().click();
  const row = peek.locator('.monaco-list-row').filter({ hasText: 'Gemm' }).last();
  await until('the listing of the model', async () => plain((await peek.textContent()) ?? '').includes('128 \u2192 1'));
  await row.dblclick();
  expect(await until('the page of the model', () => modelText(page))).toContain('/fc3/Gemm');
  await openFile(page, 'digits.tiers');
});

scenario('references of a layer are found in ranges and in other plans', current, async ({ page }) => {
  await cursorAt(page, '"/fc2/Gemm"', 3);
  await page.keyboard.press('Shift+F12');
  const peek = page.locator('.reference-zone-widget');
  const text = await until(
    'the peek of references',
    async () => {
      const words = plain((await peek.textContent()) ?? '');
      return words.includes('other.tiers') ? words : undefined;
    },
    { seen: async () => plain((await peek.textContent()) ?? '') },
  );
  expect(text).toContain('References (3)');
  expect(text).toContain('model.py');
  await session.screenshot('language-references');
  await page.keyboard.press('Escape');
});

/** Gives the tier at the cursor another name. */
async function rename(page: Page, name: string): Promise<void> {
  await page.keyboard.press('F2');
  const box = page.locator('.rename-box input');
  await until('the box for the name', async () => await box.isVisible());
  await box.fill(name);
  await page.keyboard.press('Enter');
}

scenario('a tier is renamed in place, and in the annotations of the Python source', current, async ({ page }) => {
  const source = (): string => readFileSync(path.join(example.folder, 'model.py'), 'utf8');
  const before = source();
  await cursorAt(page, 'features {', 3);
  await rename(page, 'trunk');
  expect(await waitForLine(page, /lower tier trunk \{/)).toContain('trunk');
  await until('the annotations to follow', () => source() === before.replaceAll('name=features', 'name=trunk'), { seen: source });
  await rename(page, 'features');
  await waitForLine(page, /lower tier features \{/);
  await until('the annotations to come back', () => source() === before, { seen: source });
});

scenario('options are explained while they are typed', current, async ({ page }) => {
  await cursorAt(page, 'learn rls', 'learn rls '.length);
  await page.keyboard.press('Control+Shift+Space');
  const hints = page.locator('.parameter-hints-widget.visible');
  const text = await until('the hints of parameters', async () => {
    const words = plain((await hints.textContent()) ?? '');
    return /forgetting NUMBER/.test(words) ? words : undefined;
  });
  expect(text).toContain('Default: 1e-3 of the mean diagonal');
  await session.screenshot('language-signature');
  await page.keyboard.press('Escape');
});

scenario('tiers fold', current, async ({ page }) => {
  await cursorAt(page, 'solve ridge', 2);
  await runCommand(page, 'Fold All');
  await until('the clauses to be hidden', async () => !(await visibleLines(page)).some((line) => line.includes('solve ridge')), {
    seen: async () => JSON.stringify(await visibleLines(page)),
  });
  await session.screenshot('language-folded');
  await runCommand(page, 'Unfold All');
  expect(await waitForLine(page, /solve ridge/)).toContain('ridge');
});

scenario('words are coloured by what they are', current, async ({ page }) => {
  const classes = await until('colours', async () => {
    const seen = await tokenClasses(page);
    return seen.size >= 5 ? seen : undefined;
  });
  expect(classes.size).toBeGreaterThanOrEqual(5);
});

scenario('a layer in two tiers is taken out of one by a quick fix', current, async ({ page }) => {
  await replaceWord(page, '"/fc3/Gemm"', '"/fc2/Gemm", "/fc3/Gemm"');
  await waitForProblem(page, /duplicate-layer/);
  await applyQuickFix(page, 'error', /Remove it from this tier/);
  await until('the finding to go', async () => !(await problems(page)).some((row) => row.includes('duplicate-layer')), {
    seen: async () => JSON.stringify(await problems(page)),
  });
  expect(await waitForLine(page, /layers "\/fc3\/Gemm"/)).not.toContain('fc2');
});

scenario('a budget that is too small is raised by a quick fix', current, async ({ page }) => {
  await cursorAt(page, 'budget 200', 2);
  await replaceWord(page, '200', '0.0001');
  await waitForProblem(page, /budget-exceeded/);
  await applyQuickFix(page, 'error', /Raise the budget to the estimate/);
  await until('the finding to go', async () => !(await problems(page)).some((row) => row.includes('budget-exceeded')), {
    seen: async () => JSON.stringify(await problems(page)),
  });
  expect(await waitForLine(page, /budget \S+ uJ per inference/)).not.toContain('0.0001');
});

scenario('a file that is not there is chosen by a quick fix', current, async ({ page }) => {
  await cursorAt(page, 'data "digits', 2);
  await replaceWord(page, 'digits.npz', 'gone.npz');
  await waitForProblem(page, /missing-file/);
  await applyQuickFix(page, 'error', /Choose a file/);
  const dialog = page.locator('.quick-input-widget');
  await until('the question for a file', async () => plain((await dialog.textContent()) ?? '').includes('digits.npz'), {
    seen: async () => plain((await dialog.textContent()) ?? ''),
  });
  await pick(page, 'digits.npz');
  if (await dialog.isVisible()) await page.keyboard.press('Enter');
  expect(await waitForLine(page, /data "digits\.npz"/)).not.toContain('gone');
});

scenario('the code of a finding leads to what it means and what repairs it', current, async ({ page }) => {
  await replaceWord(page, 'digits.npz', 'gone.npz');
  await waitForProblem(page, /missing-file/);
  const code = page.locator('.markers-panel .monaco-list-row a').filter({ hasText: 'missing-file' }).first();
  await pressUntil(
    'the page of the code',
    () => code.click({ timeout: 1000 }),
    async () => (await openTabs(page)).some((tab) => tab.includes('Finding missing-file')),
    { againMs: 5000 },
  );
  expect(await waitForWebviewText(page, /missing-file/, /there is no such model/)).toMatch(/In a plan\s+Severity: error/);
  await openFile(page, 'digits.tiers');
  await replaceWord(page, 'gone.npz', 'digits.npz');
});

scenario('a new plan without a file is served by its text', current, async ({ page }) => {
  await page.keyboard.press('Control+Alt+N');
  await waitForTab(page, 'Untitled');
  await runCommand(page, 'Change Language Mode');
  const input = page.locator('.quick-input-widget input').first();
  await until('the languages', async () => await input.isVisible());
  await input.fill('Tierwise Plan');
  await pick(page, 'Tierwise Plan');
  await page.keyboard.type('backend simm');
  // What was typed last counts: on the way there, less of the word was found unknown, too.
  expect(await waitForProblem(page, /simm.*unknown-word/)).toContain('simm');
});

cspScenario(current);
