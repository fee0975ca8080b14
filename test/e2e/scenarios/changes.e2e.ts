import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { extensionErrors } from '../driver/logs.ts';
import { waitForNotification } from '../driver/notifications.ts';
import { problems, showTiers, waitForProblem } from '../driver/panels.ts';
import { JOULES } from '../driver/plan-text.ts';
import { openFile } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { clickCodeLens, inlayHints, replaceWord, save, waitForHints } from '../driver/text-editor.ts';
import { FIT_MS, until } from '../driver/wait.ts';
import { waitForWebviewText } from '../driver/webviews.ts';
import { copyExample } from '../driver/workspace.ts';

const TIERS = /^Tiers/im;

/** A second plan, of a model of its own. */
const OTHER = `model "other.onnx"
data "digits.npz" inputs x labels y split 0.8 seed 1
target "ecp5-85f"
backend cpu

lower tier trunk {
  layers "/fc1/Gemm", "/fc2/Gemm", "/fc3/Gemm"
  solve ridge lambda 37
  targets forward-projection seed 7
}
`;

const example = copyExample('digits');
const file = (name: string): string => path.join(example.folder, name);
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  copyFileSync(file('digits.onnx'), file('other.onnx'));
  writeFileSync(file('other.tiers'), OTHER);
  session = await openSession({ folder: example.folder });
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

const anyJoules = (hints: readonly string[]): boolean => hints.some((hint) => JOULES.test(hint));

scenario('with two plans, the views follow the one that is edited', current, async ({ page }) => {
  await openFile(page, 'digits.tiers');
  await waitForHints(page, 'joules behind the layers', anyJoules);
  await showTiers(page);
  const first = await waitForWebviewText(page, TIERS, /features/);
  expect(first).toContain('sim (plan)');
  await openFile(page, 'other.tiers');
  await waitForHints(page, 'joules behind the layers', anyJoules);
  const second = await waitForWebviewText(page, TIERS, /trunk/);
  expect(second).toContain('cpu (plan)');
  expect(second).not.toContain('features');
});

scenario('with two plans, a fit concerns the one whose button was pressed', current, async ({ page }) => {
  await clickCodeLens(page, 'Fit lower tier');
  await waitForNotification(page, /Fitted the lower tier of other\.tiers/, FIT_MS);
  await waitForHints(page, 'the hints to say fitted', (all) => all.some((hint) => /fitted/.test(hint)));
  expect(existsSync(file('other.fitted.onnx'))).toBe(true);
  expect(existsSync(file('digits.fitted.onnx'))).toBe(false);
  await openFile(page, 'digits.tiers');
  await waitForWebviewText(page, TIERS, /features/);
  const hints = await waitForHints(page, 'joules behind the layers', anyJoules);
  expect(hints.join(' ')).not.toMatch(/fit/);
});

scenario('a λ that changed after the fit makes the fit out of date, and undoing it repairs that', current, async ({ page }) => {
  await openFile(page, 'other.tiers');
  await waitForHints(page, 'the hints to say fitted', (all) => all.some((hint) => /fitted/.test(hint)));
  await replaceWord(page, '37', '41');
  const hints = await waitForHints(page, 'the hints to say out of date', (all) => all.some((hint) => /fit out of date/.test(hint)));
  expect(hints.join(' ')).not.toMatch(/fitted/);
  expect(await waitForWebviewText(page, TIERS, /out of date/)).toMatch(/Last fit/);
  await replaceWord(page, '41', '37');
  await waitForHints(page, 'the hints to say fitted again', (all) => all.some((hint) => /fitted/.test(hint)));
  expect((await inlayHints(page)).join(' ')).not.toMatch(/out of date/);
});

scenario('a model that is renamed while its plan is open takes the hints along, and brings them back', current, async (now) => {
  const { page } = now;
  await save(page);
  const errors = extensionErrors(now.workbench);
  renameSync(file('other.onnx'), file('moved.onnx'));
  const problem = await waitForProblem(page, /missing-file/);
  expect(problem).toContain('other.onnx');
  await waitForHints(page, 'the hints to vanish', (all) => !anyJoules(all) && !all.some((hint) => /fit/.test(hint)));
  renameSync(file('moved.onnx'), file('other.onnx'));
  await waitForHints(page, 'the hints to come back', (all) => all.some((hint) => /fitted/.test(hint)));
  await until('the problem to go', async () => !(await problems(page)).some((row) => row.includes('missing-file')));
  expect(extensionErrors(now.workbench)).toEqual(errors);
});

scenario('a model that is deleted while its plan is open is a problem, and a fit says so', current, async (now) => {
  const { page } = now;
  const errors = extensionErrors(now.workbench);
  const plan = readFileSync(file('other.tiers'), 'utf8');
  rmSync(file('other.onnx'));
  await waitForProblem(page, /missing-file/);
  await waitForHints(page, 'the hints to vanish', (all) => !anyJoules(all));
  await clickCodeLens(page, 'Fit lower tier');
  expect(await waitForNotification(page, /cannot be fitted/)).toContain('other.onnx');
  // Problems and tiers share the panel below the editors.
  await showTiers(page);
  expect(await waitForWebviewText(page, TIERS, /1 error/)).toContain('Repair it before fitting');
  expect(readFileSync(file('other.tiers'), 'utf8')).toBe(plan);
  expect(extensionErrors(now.workbench)).toEqual(errors);
});

cspScenario(current);
