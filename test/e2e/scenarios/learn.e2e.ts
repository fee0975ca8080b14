import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { waitForNoNotification, waitForNotification } from '../driver/notifications.ts';
import { JOULES } from '../driver/plan-text.ts';
import { chooseFile, openFile } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { clickCodeLens, waitForHints } from '../driver/text-editor.ts';
import { FIT_MS, until } from '../driver/wait.ts';
import { accessibilityFindings, cspViolations, findWebview, waitForWebviewText } from '../driver/webviews.ts';
import { copyExample } from '../driver/workspace.ts';

const LEARNING = /Learning/;
const RUNNING = /Learning from digits\.npz/;

const example = copyExample('digits');
const file = (name: string): string => path.join(example.folder, name);
const sha256 = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(file(name)))
    .digest('hex');
const modelBefore = sha256('digits.onnx');
let session: Session;
const current = (): Session => session;

interface Record {
  readonly batches: readonly { readonly decision: string }[];
  readonly totals: { readonly rows: number };
  readonly resumed: boolean;
}
const record = (): Record => JSON.parse(readFileSync(file('digits.learned.json'), 'utf8')) as Record;

beforeAll(async () => {
  session = await openSession({ folder: example.folder });
  await openFile(session.page, 'digits.tiers');
  await waitForHints(session.page, 'joules behind the layers', (hints) => hints.some((hint) => JOULES.test(hint)));
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

scenario('the upper tier learns from a chosen file, live, and writes a new model beside the old one', current, async ({ page }) => {
  await clickCodeLens(page, 'Learn from data');
  await chooseFile(page, file('digits.npz'));
  const text = await waitForWebviewText(page, LEARNING, /Result[\s\S]*held? ?out|Result/i, FIT_MS);
  expect(text).toMatch(/Spent on learning/);
  expect(text).toMatch(JOULES);
  await waitForNoNotification(page, RUNNING);
  await until('the learned model', () => existsSync(file('digits.learned.onnx')) && existsSync(file('digits.learned.state')));
  expect(sha256('digits.onnx')).toBe(modelBefore);
  expect(record().totals.rows).toBeGreaterThan(1000);
  expect(record().resumed).toBe(false);
  expect(await waitForNotification(page, /Learned from/)).toMatch(/digits\.learned\.onnx/);
});

scenario('the page of the run is accessible, keeps its policy and gives a reason for every decision', current, async ({ page }) => {
  const frame = await findWebview(page, LEARNING);
  expect(await accessibilityFindings(frame)).toEqual([]);
  expect(await cspViolations(frame)).toEqual([]);
  await frame.locator('.row-toggle').first().click();
  expect(await frame.locator('.detail-row').first().textContent()).toMatch(/\w+ \w+/);
});

scenario('learning again continues from the state', current, async ({ page }) => {
  const before = sha256('digits.learned.state');
  await clickCodeLens(page, 'Learn from data');
  await chooseFile(page, file('digits.npz'));
  await until('another state', () => existsSync(file('digits.learned.state')) && sha256('digits.learned.state') !== before, {
    timeoutMs: FIT_MS,
  });
  await until('the record of the second run', () => record().resumed);
  expect(sha256('digits.onnx')).toBe(modelBefore);
});

cspScenario(current);
