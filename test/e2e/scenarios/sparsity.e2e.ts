import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { JOULES } from '../driver/plan-text.ts';
import { openFile, runCommand } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession, openWorkbench } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { clickCodeLens } from '../driver/text-editor.ts';
import { FIT_MS, SHOW_MS, until } from '../driver/wait.ts';
import { accessibilityFindings, cspViolations, findWebview, waitForWebviewText } from '../driver/webviews.ts';
import { copyExample } from '../driver/workspace.ts';

const SPARSITY = /Sparsify activations/;
const FOUND = /of the multiply-adds meet a zero/;
const SEARCH = '[data-command="search"]';
const WRITE = '[data-command="write"]';

const example = copyExample('compound');
const file = (name: string): string => path.join(example.folder, name);
const sha256 = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(file(name)))
    .digest('hex');
const modelBefore = sha256('large.onnx');
let session: Session;
const current = (): Session => session;
const sparsityPage = (): Promise<Frame> => findWebview(session.page, SPARSITY);

beforeAll(async () => {
  session = await openSession({ folder: example.folder });
  await openFile(session.page, 'digits.tiers');
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

scenario('the action on the model opens the page, and Search shows zeros against loss without writing', current, async ({ page }) => {
  await clickCodeLens(page, 'Sparsify activations');
  expect(await waitForWebviewText(page, SPARSITY, /A search writes nothing/)).toMatch(/Nothing is trained/);
  const frame = await sparsityPage();
  await frame.locator(SEARCH).click();
  const text = await waitForWebviewText(page, SPARSITY, FOUND, FIT_MS);
  expect(text).toMatch(/more loss|less loss/);
  expect(text).toMatch(JOULES);
  expect(text).toMatch(/natural zeros[\s\S]*every input counting|Against a machine/i);
  expect(await frame.locator('[data-point]').count()).toBeGreaterThan(1);
  expect(existsSync(file('large.sparse.onnx'))).toBe(false);
});

scenario('the page is accessible and keeps its policy', current, async () => {
  const frame = await sparsityPage();
  await frame.locator('summary').filter({ hasText: 'All points' }).click();
  expect(await accessibilityFindings(frame)).toEqual([]);
  expect(await cspViolations(frame)).toEqual([]);
});

scenario('Write writes the sparse model beside the one it leaves as it was', current, async ({ page }) => {
  const frame = await sparsityPage();
  await until('a point to write', async () => (await frame.locator(WRITE).getAttribute('aria-disabled')) === 'false');
  await frame.locator(WRITE).click();
  await until('the sparse model', () => existsSync(file('large.sparse.onnx')) && existsSync(file('large.sparse.json')), {
    timeoutMs: FIT_MS,
  });
  expect(await waitForWebviewText(page, SPARSITY, /Written: large\.sparse\.onnx/)).toMatch(FOUND);
  expect(sha256('large.onnx')).toBe(modelBefore);
});

scenario('other options have to be searched before they are written, and a reload keeps options and result', current, async ({ page }) => {
  const frame = await sparsityPage();
  await frame.locator('#option-per').selectOption('site');
  await until('the reason', async () => /not searched yet/.test((await frame.locator('#write-hint').textContent()) ?? ''));
  // The workbench stores what it was told to remember before it reloads itself; leaving the address at once would race with that.
  const reloaded = page.waitForEvent('load', { timeout: SHOW_MS });
  await runCommand(page, 'Developer: Reload Window');
  await reloaded;
  await openWorkbench(page, session.workbench.url);
  // The workbench may show another of the tabs first.
  await page.locator('.tabs-container .tab').filter({ hasText: 'Sparsify activations' }).first().click();
  expect(await waitForWebviewText(page, SPARSITY, /earlier session/)).toMatch(/Written: large\.sparse\.onnx/);
  expect(await (await sparsityPage()).locator('#option-per').inputValue()).toBe('site');
});

cspScenario(current);
