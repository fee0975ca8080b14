import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { projectRoot } from '../../shared.ts';
import { expandView, showTierwise, statusBar } from '../driver/panels.ts';
import { openFile, runAndPick, runCommand } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { clickCodeLens, waitForHints } from '../driver/text-editor.ts';
import { FIT_MS, plain, until } from '../driver/wait.ts';
import { textOf, webviews } from '../driver/webviews.ts';
import { copyExample } from '../driver/workspace.ts';

// A workbench whose language is German: our own texts have to be German everywhere, whatever the workbench itself speaks.
const example = copyExample('digits');
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  session = await openSession({ folder: example.folder, language: 'de', settings: { 'tierwise.fit.backend': 'cpu' } });
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

const german = JSON.parse(readFileSync(path.join(projectRoot, 'l10n', 'bundle.l10n.de.json'), 'utf8')) as Readonly<Record<string, string>>;

const known: ReadonlySet<string> = new Set(Object.values(german));

/** English texts of which nothing is left in German, as patterns of a whole piece of text: places take anything. */
const english: readonly RegExp[] = Object.entries(german)
  .filter(([text, translation]) => text !== translation && text.replace(/\{\d+\}/g, '').replace(/[^A-Za-z]/g, '').length >= 4)
  .map(([text]) => new RegExp(`^${text.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\d+\}/g, '.+?')}$`));

/** Pieces of text that a reader, by eye or by ear, gets from a page. */
async function pieces(frame: Frame): Promise<readonly string[]> {
  return await frame.evaluate(() => {
    const all = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    // What the solver core says is English in every language, and marked so.
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode())
      if (node.parentElement !== null && node.parentElement.closest('script, style, code, main [lang=en]') === null)
        all.push(node.textContent ?? '');
    for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [aria-description]'))
      for (const name of ['aria-label', 'title', 'placeholder', 'aria-description']) all.push(element.getAttribute(name) ?? '');
    return all.map((text) => text.trim()).filter((text) => text !== '');
  });
}

/** Names that the plan and its model give, which are nobody's English. */
const names: ReadonlySet<string> = new Set(['head', 'features']);

async function leftovers(frame: Frame): Promise<readonly string[]> {
  const texts = (await pieces(frame)).map(plain);
  return [...new Set(texts.filter((text) => english.some((pattern) => pattern.test(text)) && !names.has(text) && !known.has(text)))];
}

/** What is cut off or pushed out sideways: the page itself, and buttons, tiles and headings whose words do not fit. */
async function overflows(frame: Frame): Promise<readonly string[]> {
  return await frame.evaluate(() => {
    const found: string[] = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth + 1) found.push(`the page is ${scrollWidth} wide in ${clientWidth}`);
    for (const element of document.querySelectorAll('button, h1, h2, h3, .tile, .tile dt, label, .segment'))
      if (
        element instanceof HTMLElement &&
        element.offsetParent !== null &&
        !element.closest('.visually-hidden') &&
        element.scrollWidth > element.clientWidth + 1
      )
        if (
          element.clientWidth > 1 &&
          getComputedStyle(element).display !== 'inline' &&
          getComputedStyle(element).textOverflow !== 'ellipsis'
        )
          found.push(
            `${element.tagName} ${element.className}: ${(element.textContent ?? '').slice(0, 60)} (${element.scrollWidth} in ${element.clientWidth})`,
          );
    return found;
  });
}

/** The page with this word in its title and this text, the widest of those that are shown. */
async function pageWith(page: Page, title: RegExp, text: RegExp, minWidth = 0): Promise<Frame> {
  return await until(
    `a page ${String(title)} that says ${String(text)}`,
    async () => {
      let widest: { frame: Frame; width: number } | undefined;
      for (const frame of webviews(page)) {
        const seen = await frame.evaluate(() => ({ title: document.title, width: window.innerWidth })).catch(() => null);
        if (seen === null || seen.width < minWidth || !title.test(seen.title) || !text.test(await textOf(frame))) continue;
        if (seen.width > (widest?.width ?? 0)) widest = { frame, width: seen.width };
      }
      return widest?.frame;
    },
    { seen: async () => JSON.stringify(await Promise.all(webviews(page).map(async (frame) => (await textOf(frame)).slice(0, 400)))) },
  );
}

async function expectGerman(frame: Frame): Promise<void> {
  expect(await frame.evaluate(() => document.documentElement.lang)).toBe('de');
  expect.soft(await leftovers(frame)).toEqual([]);
  expect.soft(await overflows(frame)).toEqual([]);
}

scenario('the plan speaks German: actions, hints and the status bar', current, async ({ page }) => {
  await openFile(page, 'digits.tiers');
  await clickCodeLens(page, 'Untere Stufe anpassen');
  await waitForHints(page, 'the hints to say angepasst', (all) => all.some((hint) => /angepasst/.test(hint)), FIT_MS);
  const item = await until(
    'the status bar',
    async () => (await statusBar(page)).find((words) => /Tierwise, pro Inferenz auf/.test(words)),
    {
      seen: async () => (await statusBar(page)).join(' | '),
    },
  );
  expect(item).toMatch(/Mikrojoule, angenommen/i);
});

scenario('the side bar names its views in German', current, async ({ page }) => {
  await showTierwise(page);
  const titles = async (): Promise<readonly string[]> => (await page.locator('.sidebar .pane-header .title').allTextContents()).map(plain);
  await until('the views', async () => (await titles()).length >= 4, { seen: async () => (await titles()).join() });
  expect(await titles()).toEqual(expect.arrayContaining(['Schichten', 'Energiebericht', 'Anpassungen', 'Boards']));
  await expandView(page, 'Energiebericht');
  const frame = await pageWith(page, /Energiebericht/, /Inferenz/);
  await session.screenshot('german-sidebar');
  await expectGerman(frame);
});

scenario('the energy report is German, figures and their explanation included', current, async ({ page }) => {
  await runCommand(page, 'Tierwise: Energiebericht öffnen');
  const frame = await pageWith(page, /Energiebericht/, /Neutraining im Vergleich/i, 500);
  await session.screenshot('german-report');
  await expectGerman(frame);
  expect(await textOf(frame)).toContain('Rechnen');
  await frame.locator('[data-focus="tile:total/inference"]').press('Enter');
  await until('the explanation', async () => (await frame.locator('.drawer').innerText()).includes('Worauf es beruht'));
  await session.screenshot('german-drawer');
  expect(await leftovers(frame)).toEqual([]);
  await page.keyboard.press('Escape');
  await frame.locator('h2').last().scrollIntoViewIfNeeded();
  await session.screenshot('german-report-end');
});

scenario('the panel of tiers is German, also what it answers', current, async ({ page }) => {
  await openFile(page, 'digits.tiers');
  await runCommand(page, 'Notifications: Clear All Notifications');
  await runCommand(page, 'Tierwise: Focus on Stufen View');
  const frame = await pageWith(page, /Stufen/, /fc3\/Gemm/);
  await frame.locator('[data-focus="tier-list"]').focus();
  await page.keyboard.press('f');
  await until('the answer', async () => /\/fc1\/Gemm eingefroren/.test(await textOf(frame)), { seen: () => textOf(frame) });
  await session.screenshot('german-tiers');
  await expectGerman(frame);
  await page.keyboard.press('Control+Z');
  await until('the edit to be taken back', async () => !/\/fc1\/Gemm eingefroren/.test(await textOf(frame)), { seen: () => textOf(frame) });
});

scenario('pages of searches and the model editor are German', current, async ({ page }) => {
  await runCommand(page, 'View: Toggle Panel Visibility');
  await openFile(page, 'digits.tiers');
  await runCommand(page, 'Tierwise: Energie optimieren');
  const search = await pageWith(page, /Energie optimieren/, /Bits eines Gewichts/);
  await session.screenshot('german-optimise');
  await expectGerman(search);
  await openFile(page, 'digits.tiers');
  await runCommand(page, 'Tierwise: Aktivierungen ausdünnen');
  const sparsify = await pageWith(page, /Aktivierungen ausdünnen/, /Einbuße/);
  await session.screenshot('german-sparsify');
  await expectGerman(sparsify);
  await openFile(page, 'digits.tiers');
  await runAndPick(page, 'Tierwise: Im Modelleditor öffnen', 'digits.onnx');
  const model = await pageWith(page, /digits\.onnx/, /fc3\/Gemm/, 500);
  await session.screenshot('german-model');
  await expectGerman(model);
});

cspScenario(current);
