import { cpSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { JOULES } from '../driver/plan-text.ts';
import { openFile, pick, runCommand } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession, openWorkbench } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { clickCodeLens, waitForHints } from '../driver/text-editor.ts';
import { FIT_MS, until } from '../driver/wait.ts';
import { accessibilityFindings, cspViolations, findWebview, textOf, waitForWebviewText } from '../driver/webviews.ts';
import { copyExample } from '../driver/workspace.ts';

const COMPOUND = /Compound model/;
const RESULT = /Result[\s\S]*Modules/;

const example = copyExample('compound');
const text = copyExample('text');
const file = (name: string): string => path.join(example.folder, name);
let session: Session;
const current = (): Session => session;
const compoundPage = (): Promise<Frame> => findWebview(session.page, COMPOUND);

interface Record {
  readonly totals: { readonly decisions: number };
  readonly resumed: boolean;
  readonly from: { readonly how: string; readonly before: number; readonly after: number; readonly of: number };
}
const record = (name: string): Record => JSON.parse(readFileSync(file(name), 'utf8')) as Record;

beforeAll(async () => {
  cpSync(text.folder, file('text'), { recursive: true });
  session = await openSession({ folder: example.folder });
  await openFile(session.page, 'digits.tiers');
});

afterAll(async () => {
  await session?.close();
  example.remove();
  text.remove();
});

scenario('a stream is chosen on the header and decided live, every decision with joules', current, async ({ page }) => {
  await clickCodeLens(page, 'Run compound model');
  await pick(page, 'stream.npz');
  const shown = await waitForWebviewText(page, COMPOUND, RESULT, FIT_MS);
  expect(shown).toMatch(JOULES);
  for (const part of [/Always lower/i, /Always upper/i, /Retraining/i, /Escalated/i, /Heads that were tried/, /pays off above/i])
    expect(shown).toMatch(part);
  await until('the record', () => existsSync(file('large.compound.json')) && existsSync(file('large.compound.state')));
  const frame = await compoundPage();
  const { decisions } = record('large.compound.json').totals;
  expect(await frame.locator('[role=option]').first().getAttribute('aria-label')).toMatch(
    new RegExp(`^decision ${decisions - 1}: .*exit (lower|upper), .*J (modelled|assumed|simulated)`),
  );
});

scenario('a decision is taken apart by keyboard, and the page is accessible', current, async ({ page }) => {
  const frame = await compoundPage();
  await frame.locator('[role=listbox]').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  const { decisions } = record('large.compound.json').totals;
  await until('the decision', async () =>
    ((await frame.locator('.decision-details').textContent()) ?? '').includes(`Decision ${decisions - 2}`),
  );
  const told = (await frame.locator('.decision-details').textContent()) ?? '';
  expect(told).toMatch(/lower module[\s\S]*cache[\s\S]*head[\s\S]*upper module/);
  expect(told).toMatch(/modelled|assumed/);
  await frame.locator('summary').filter({ hasText: 'The course as a table' }).click();
  expect(await accessibilityFindings(frame)).toEqual([]);
  expect(await cspViolations(frame)).toEqual([]);
});

scenario('the plan shows how the run went, behind header and modules', current, async ({ page }) => {
  await openFile(page, 'digits.tiers');
  const hints = await waitForHints(page, 'the hints of the run', (all) => all.some((hint) => /escalated/.test(hint)));
  expect(hints.some((hint) => /per decision/.test(hint) && JOULES.test(hint))).toBe(true);
});

scenario('Start over decides the same stream anew; a reload keeps it all', current, async ({ page }) => {
  await runCommand(page, 'Tierwise: Show Compound Model');
  const frame = await compoundPage();
  await frame.locator('[data-command="restart-compound"]').click();
  await until('the second run to end', async () => !(await frame.locator('[data-command="stop-compound"]').isVisible()), {
    timeoutMs: FIT_MS,
  });
  await waitForWebviewText(page, COMPOUND, RESULT, FIT_MS);
  expect(record('large.compound.json').resumed).toBe(false);
  await openWorkbench(page, session.workbench.url);
  await page.locator('.tabs-container .tab').filter({ hasText: 'Compound model' }).first().click();
  const shown = await waitForWebviewText(page, COMPOUND, /earlier session/);
  expect(shown).toMatch(RESULT);
  expect(await (await compoundPage()).locator('[data-command="resume-compound"]').isVisible()).toBe(true);
});

scenario(
  'a text is read decision by decision; Stop keeps what was decided and learned, Resume goes on with it',
  current,
  async ({ page }) => {
    await openFile(page, 'reader.tiers');
    await clickCodeLens(page, 'Run compound model');
    await pick(page, 'stream.txt');
    const frame = await until('the page of the text', async () => {
      const found = await compoundPage();
      return /reader\.tiers/.test(await textOf(found)) ? found : undefined;
    });
    await until('the first decisions', async () => (await frame.locator('[role=option]').count()) > 0, { timeoutMs: FIT_MS });
    await frame.locator('[data-command="stop-compound"]').click();
    await waitForWebviewText(page, COMPOUND, RESULT, FIT_MS);
    const first = record('text/rwkv_char_step.compound.json').totals.decisions;
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(11_000);
    expect(await textOf(frame)).toMatch(/Resume goes on behind decision [\d,]+ of [\d,]+/);
    await frame.locator('[data-command="resume-compound"]').click();
    await until(
      'more decisions',
      async () => Number((await frame.locator('[role=option]').first().getAttribute('data-index')) ?? 0) >= first,
      {
        timeoutMs: FIT_MS,
      },
    );
    await frame.locator('[data-command="stop-compound"]').click();
    await waitForWebviewText(page, COMPOUND, RESULT, FIT_MS);
    expect(record('text/rwkv_char_step.compound.json').resumed).toBe(true);
    expect(record('text/rwkv_char_step.compound.json').totals.decisions).toBeGreaterThan(first);
    // Nothing was decided twice: the decisions of both runs are the beginning of the stream.
    const { from, totals } = record('text/rwkv_char_step.compound.json');
    expect(from).toMatchObject({ how: 'continued', before: first, after: totals.decisions });
    expect(await textOf(frame)).toMatch(/Went on behind decision [\d,]+ of the stream/);
  },
);

cspScenario(current);
