import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { pressNotification, waitForListedNotification, waitForNoNotification, waitForNotification } from '../driver/notifications.ts';
import { expandView, showTiers, showTierwise, treeRows } from '../driver/panels.ts';
import { JOULES } from '../driver/plan-text.ts';
import { openFile } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { solverPid } from '../driver/solver.ts';
import { clickCodeLens, inlayHints, waitForHints } from '../driver/text-editor.ts';
import { FIT_MS, until } from '../driver/wait.ts';
import { accessibilityFindings, cspViolations, findWebview, waitForWebviewText } from '../driver/webviews.ts';
import { copyExample, listing } from '../driver/workspace.ts';

const FITTING = /Fitting the lower tier/;
/** The check before a fit is asked for again by itself when the solver dies; a solve is not. */
const SOLVING = /Fitting the lower tier.*\/fc\d\/Gemm: /;
const REPORT = /Energy report/i;
const TIERS = /^Tiers/im;

const example = copyExample('digits');
const model = path.join(example.folder, 'digits.onnx');
const fitted = path.join(example.folder, 'digits.fitted.onnx');
const record = path.join(example.folder, 'digits.fitted.json');
const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
const filesBefore = listing(example.folder);
const modelBefore = sha256(model);
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  session = await openSession({ folder: example.folder });
  await openFile(session.page, 'digits.tiers');
  await waitForHints(session.page, 'joules behind the layers', (hints) => hints.some((hint) => JOULES.test(hint)));
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

scenario('a cancelled fit says so, leaves no file, and the editor goes on', current, async (now) => {
  const { page } = now;
  const solver = await solverPid(now);
  await clickCodeLens(page, 'Fit lower tier');
  await waitForNotification(page, FITTING);
  // Held still, so that the fit cannot end before the button is pressed; it wakes with the cancellation waiting for it.
  process.kill(solver, 'SIGSTOP');
  await pressNotification(page, FITTING, 'Cancel');
  process.kill(solver, 'SIGCONT');
  expect(await waitForNotification(page, /cancelled/i)).toContain('The fit of digits.tiers was cancelled. Nothing was changed.');
  await waitForNoNotification(page, FITTING);
  expect(listing(example.folder)).toEqual(filesBefore);
  expect((await inlayHints(page)).join(' ')).toMatch(JOULES);
  expect((await inlayHints(page)).join(' ')).not.toContain('fitted');
});

scenario('a solver killed in the middle of a fit gives a clear error and leaves no file', current, async (now) => {
  const { page } = now;
  await clickCodeLens(page, 'Fit lower tier');
  await waitForNotification(page, SOLVING);
  // Looked for now: a solver that is slow to cancel is ended, and the next request starts another.
  process.kill(await solverPid(now), 'SIGKILL');
  const message = await waitForListedNotification(page, /solver (process )?(ended|stopped|died|crashed|was killed|exited)|unexpectedly/i);
  expect(message.length).toBeGreaterThan(30);
  await waitForNoNotification(page, FITTING);
  expect(listing(example.folder)).toEqual(filesBefore);
  expect((await inlayHints(page)).join(' ')).toMatch(JOULES);
});

scenario('Fit lower tier shows progress with Cancel, and then the hints change', current, async ({ page }) => {
  await clickCodeLens(page, 'Fit lower tier');
  await waitForNotification(page, FITTING);
  expect(await page.locator('.notification-toast .monaco-button').filter({ hasText: 'Cancel' }).count()).toBeGreaterThan(0);
  const hints = await waitForHints(page, 'the hints to say fitted', (all) => all.some((hint) => /fitted/.test(hint)), FIT_MS);
  expect(hints.join(' ')).toMatch(/solved for .*J/);
  await waitForNoNotification(page, FITTING);
});

scenario('the fit wrote a new model and its record, and left the model alone', current, async () => {
  await until('the fitted model', () => existsSync(fitted) && existsSync(record));
  expect(sha256(model)).toBe(modelBefore);
  const added = listing(example.folder).filter((line) => !filesBefore.includes(line));
  expect(added.map((line) => line.split(' ')[0])).toEqual(['digits.fitted.json', 'digits.fitted.onnx']);
  const { evaluation } = JSON.parse(readFileSync(record, 'utf8')) as { evaluation: { before: number; after: number } };
  expect(evaluation.after).toBeGreaterThanOrEqual(0.96);
  expect(evaluation.before).toBeLessThan(0.5);
});

scenario('the energy report shows accuracy before and after the fit', current, async ({ page }) => {
  await showTierwise(page);
  await expandView(page, 'Energy report');
  const { evaluation } = JSON.parse(readFileSync(record, 'utf8')) as { evaluation: { before: number; after: number } };
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const text = await waitForWebviewText(page, REPORT, new RegExp(percent(evaluation.after).replace('.', '\\.')));
  expect(text).toContain(percent(evaluation.before));
  expect(text).toMatch(JOULES);
  expect(text).toMatch(/simulated|modelled/);
});

scenario('the tree of layers names every layer with its energy', current, async ({ page }) => {
  await expandView(page, 'Layers');
  const rows = await until('rows in the tree of layers', async () => {
    const all = await treeRows(page);
    return all.some((row) => /fc1/.test(row) && JOULES.test(row)) ? all : undefined;
  });
  expect(rows.join('\n')).toMatch(/fc1/);
});

scenario('the energy report is accessible and keeps its policy', current, async ({ page }) => {
  const frame = await findWebview(page, REPORT);
  expect(await accessibilityFindings(frame)).toEqual([]);
  expect(await cspViolations(frame)).toEqual([]);
});

scenario('the Tiers panel is accessible and keeps its policy', current, async ({ page }) => {
  await showTiers(page);
  const text = await waitForWebviewText(page, TIERS, /features/);
  expect(text).toMatch(/head/);
  const frame = await findWebview(page, TIERS);
  expect(await accessibilityFindings(frame)).toEqual([]);
  expect(await cspViolations(frame)).toEqual([]);
});

cspScenario(current);
