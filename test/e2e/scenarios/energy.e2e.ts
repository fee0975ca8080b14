import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { waitForNoNotification, waitForNotification } from '../driver/notifications.ts';
import { waitForProblem } from '../driver/panels.ts';
import { JOULES } from '../driver/plan-text.ts';
import { openFile, pick, runAndPick, runCommand, waitForTab } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession, openWorkbench } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { solverPid } from '../driver/solver.ts';
import { clickCodeLens, waitForHints } from '../driver/text-editor.ts';
import { FIT_MS, until } from '../driver/wait.ts';
import { accessibilityFindings, cspViolations, findWebview, textOf, waitForWebviewText, webviews } from '../driver/webviews.ts';
import { copyExample, git } from '../driver/workspace.ts';

const OPTIMISE = /Optimise energy/;
const SAVED = /%\s+of the multiply-add energy saved/;
const REPORT = /Energy report/;
const SWITCHED = /multiply-adds of one inference/;
const SEARCH = '[data-command="search"]';
const WRITE = '[data-command="write"]';

const example = copyExample('digits');
const file = (name: string): string => path.join(example.folder, name);
const sha256 = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(file(name)))
    .digest('hex');
const modelBefore = sha256('digits.onnx');
let session: Session;
const current = (): Session => session;
const optimisePage = (): Promise<Frame> => findWebview(session.page, OPTIMISE);

beforeAll(async () => {
  git(example.folder, 'init', '-q');
  git(example.folder, 'add', 'digits.tiers', 'digits.onnx');
  git(example.folder, 'commit', '-q', '-m', 'The sample as it ships');
  session = await openSession({ folder: example.folder, settings: { 'tierwise.fit.backend': 'cpu' } });
  await openFile(session.page, 'digits.tiers');
  await waitForHints(session.page, 'joules behind the layers', (hints) => hints.some((hint) => JOULES.test(hint)));
  // A network that was never trained has no accuracy to lose.
  await clickCodeLens(session.page, 'Fit lower tier');
  await until('the fitted model', () => existsSync(file('digits.fitted.json')), { timeoutMs: FIT_MS });
  await waitForNoNotification(session.page, /Fitting the lower tier/);
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

scenario('pressing Search shows energy against accuracy, and writes nothing', current, async ({ page }) => {
  await runCommand(page, 'Tierwise: Optimise Energy...');
  expect(await waitForWebviewText(page, OPTIMISE, /A search writes nothing/)).toMatch(/Write model/);
  const frame = await optimisePage();
  await frame.locator(SEARCH).click();
  await until('the first points', async () => (await frame.locator('[data-point]').count()) > 0, { timeoutMs: FIT_MS });
  const text = await waitForWebviewText(page, OPTIMISE, SAVED, FIT_MS);
  expect(text).toMatch(/\d+(\.\d)? – \d+(\.\d)? %/);
  expect(text).toMatch(/horowitz45[\s\S]*aladdin40/);
  expect(text).toMatch(/held-out/);
  expect(text).toMatch(/multiply-adds alone/);
  expect(text).toMatch(JOULES);
  expect(await frame.locator('[aria-pressed="true"]').count()).toBe(1);
  expect(existsSync(file('digits.selected.onnx'))).toBe(false);
});

scenario('the page of the search is accessible and keeps its policy', current, async () => {
  const frame = await optimisePage();
  await frame.locator('summary').filter({ hasText: 'All points' }).click();
  expect(await accessibilityFindings(frame)).toEqual([]);
  expect(await cspViolations(frame)).toEqual([]);
});

scenario('moving the limit shows another of the points tried, and Write writes the model that was chosen', current, async ({ page }) => {
  const frame = await optimisePage();
  await frame.locator('#drop-slider').focus();
  await page.keyboard.press('Home');
  await until('the limit 0', async () => (await frame.locator('#drop-number').inputValue()) === '0.0');
  await frame.locator('#drop-number').fill('1');
  await frame.locator('#drop-number').press('Tab');
  await until('a point to write', async () => /^Writes /.test((await frame.locator('#write-hint').textContent()) ?? ''));
  await frame.locator(WRITE).click();
  await until('the selected model', () => existsSync(file('digits.selected.onnx')) && existsSync(file('digits.selected.json')), {
    timeoutMs: FIT_MS,
  });
  const text = await waitForWebviewText(page, OPTIMISE, /Written: digits\.selected\.onnx/);
  expect(text).toMatch(SAVED);
  expect(sha256('digits.onnx')).toBe(modelBefore);
});

scenario('the new model is compared with the one before, layer by layer', current, async ({ page }) => {
  await (await optimisePage()).locator('[data-command="compare-optimised"]').click();
  await waitForTab(page, 'digits.fitted.onnx and digits.selected.onnx');
  const text = await waitForPreview(/Energy per inference/);
  expect(text).toMatch(JOULES);
  expect(text).toContain('/fc1/Gemm');
});

scenario('a solver that dies in a search leaves an error with code and advice, and the next search works', current, async ({ page }) => {
  await runCommand(page, 'Tierwise: Optimise Energy...');
  const frame = await optimisePage();
  await frame.locator(SEARCH).click();
  await until('the search to run', async () => await frame.locator('[data-command="stop-optimise"]').isVisible());
  process.kill(await solverPid(session), 'SIGKILL');
  const alert = await until('the error on the page', async () => (await frame.locator('[role="alert"]').textContent()) ?? undefined);
  expect(alert).toMatch(/solver-crashed/);
  expect(await textOf(frame)).toMatch(SAVED);
  await runCommand(page, 'Notifications: Clear All Notifications');
  await frame.locator(SEARCH).click();
  await until(
    'points again',
    async () => (await frame.locator('[data-command="stop-optimise"]').isVisible()) && (await frame.locator('[data-point]').count()) > 0,
    { timeoutMs: FIT_MS },
  );
  await frame.locator('[data-command="stop-optimise"]').click();
  await until('the search to end', async () => await frame.locator(SEARCH).isVisible(), { timeoutMs: FIT_MS });
  expect(await textOf(frame)).toMatch(SAVED);
  expect(await frame.locator('[role="alert"]').count()).toBe(0);
});

scenario('a reload of the window keeps the result and says that it is an earlier one', current, async ({ page }) => {
  await openWorkbench(page, session.workbench.url);
  // The workbench may show another of the tabs first.
  await page.locator('.tabs-container .tab').filter({ hasText: 'Optimise energy' }).first().click();
  const text = await waitForWebviewText(page, OPTIMISE, SAVED);
  expect(text).toMatch(/earlier session/);
  expect(text).toMatch(/Written: digits\.selected\.onnx/);
});

scenario('a plan is compared with its newest commit', current, async ({ page }) => {
  const plan = readFileSync(file('digits.tiers'), 'utf8');
  writeFileSync(file('digits.tiers'), `${plan.replace('target "ecp5-85f"', 'target "up5k"')}\nbudget 1 nJ per layer\n`);
  await openFile(page, 'digits.tiers');
  await runCommand(page, 'Tierwise: Compare Energy with HEAD');
  await waitForTab(page, 'digits.tiers at HEAD and now');
  expect(await waitForPreview(/per inference/)).toMatch(JOULES);
  await runCommand(page, 'Tierwise: Copy as Markdown');
});

scenario('a plan that HEAD does not have cannot be compared, and the message says so', current, async ({ page }) => {
  git(example.folder, 'rm', '-q', '--cached', 'digits.tiers');
  git(example.folder, 'commit', '-q', '-m', 'Without the plan');
  await openFile(page, 'digits.tiers');
  await runCommand(page, 'Tierwise: Compare Energy with HEAD');
  expect(await waitForNotification(page, /could not be compared/)).toMatch(/HEAD[\s\S]*digits\.tiers|digits\.tiers[\s\S]*HEAD/);
  await runCommand(page, 'Notifications: Clear All Notifications');
  git(example.folder, 'reset', '-q', 'HEAD~1');
});

scenario(
  'switching is simulated from the report, shown until the plan changes, and refused where no gates were',
  current,
  async ({ page }) => {
    await runCommand(page, 'Tierwise: Open Energy Report');
    expect(await waitForWebviewText(page, REPORT, /Switching cannot be simulated/)).toMatch(/FPGA/);
    const plan = readFileSync(file('digits.tiers'), 'utf8');
    const onArray = plan.replace(/target "[^"]*"/, 'target "systolic-64x64"');
    writeFileSync(file('digits.tiers'), onArray);
    await waitForWebviewText(page, REPORT, /Simulate switching/);
    const frame = await findWebview(page, REPORT);
    await frame.locator('[data-command="simulate-switching"]').click();
    const text = await waitForWebviewText(page, REPORT, SWITCHED, FIT_MS);
    expect(text).toMatch(JOULES);
    expect(await accessibilityFindings(frame)).toEqual([]);
    writeFileSync(file('digits.tiers'), `${onArray}\n# edited\n`);
    await until('the simulated figures to go', async () => !SWITCHED.test(await textOf(frame)));
    writeFileSync(file('digits.tiers'), plan);
    await waitForWebviewText(page, REPORT, /Switching cannot be simulated/);
  },
);

scenario('a budget per layer that is exceeded stands in the Problems list', current, async ({ page }) => {
  await openFile(page, 'digits.tiers');
  expect(await waitForProblem(page, /per layer/)).toMatch(JOULES);
});

scenario('sensors that are not there are told, with a way to read more', current, async ({ page }) => {
  await runCommand(page, 'Tierwise: Show Energy Sensors');
  // The palette shows rows of its own until the list takes its place.
  await pick(page, /RAPL/);
  expect(await waitForNotification(page, /RAPL/)).toMatch(/./);
  await runCommand(page, 'Notifications: Clear All Notifications');
});

scenario(
  'a target is calibrated from measurements made before, and the report shows them beside the estimate',
  current,
  async ({ page }) => {
    writeFileSync(file('digits.measured.json'), JSON.stringify(measurements()));
    await runAndPick(page, 'Tierwise: Calibrate Target...', 'Measurements made before');
    await pick(page, 'ecp5-85f');
    // The models are all ticked.
    const ok = page.locator('.quick-input-widget .monaco-button').filter({ hasText: 'OK' });
    await until('the models to be asked for', async () => await ok.isVisible());
    await ok.click();
    await waitForTab(page, 'Calibration of ecp5-85f');
    await until('the calibration', () => existsSync(file('.tierwise/calibrations/ecp5-85f.json')));
    git(example.folder, 'checkout', '-q', '--', 'digits.tiers');
    await runCommand(page, 'Tierwise: Open Energy Report');
    const text = await waitForWebviewText(page, /Energy report/, /INA226/);
    expect(text).toMatch(/Estimate, simulation, measurement/i);
    expect(text).toMatch(/Constants fitted to measurements of 2/);
  },
);

scenario('a new target starts as a copy of one that ships', current, async ({ page }) => {
  await runAndPick(page, 'Tierwise: New Energy Target...', 'ecp5-85f');
  const input = page.locator('.quick-input-widget input').first();
  await until('the id to be asked for', async () => (await input.inputValue()) === 'my-ecp5-85f');
  await page.keyboard.press('Enter');
  await waitForTab(page, 'my-ecp5-85f.json');
  await until('the file', () => existsSync(file('.tierwise/targets/my-ecp5-85f.json')));
  expect((JSON.parse(readFileSync(file('.tierwise/targets/my-ecp5-85f.json'), 'utf8')) as { id: string }).id).toBe('my-ecp5-85f');
});

scenario('Undo deletes the written files after a question, and nothing else', current, async ({ page }) => {
  await runCommand(page, 'Tierwise: Optimise Energy...');
  await (await optimisePage()).locator('[data-command="delete-optimised"]').click();
  const yes = page.locator('.monaco-dialog-box .monaco-button').filter({ hasText: /Move to trash|Delete permanently/ });
  // A machine without a trash asks once more.
  await until('the files to go', async () => {
    if (await yes.first().isVisible()) await yes.first().click();
    return !existsSync(file('digits.selected.onnx')) && !existsSync(file('digits.selected.json'));
  });
  expect(sha256('digits.onnx')).toBe(modelBefore);
  expect(existsSync(file('digits.fitted.onnx'))).toBe(true);
});

cspScenario(current);

/** What a meter said of the sample's model, as "tierwise measure" records it. */
function measurements(): unknown {
  const measured = (value: number, unit: string): unknown => ({
    value,
    unit,
    low: value * 0.95,
    high: value * 1.05,
    source: 'measured',
    ref: 'INA226',
  });
  const sensor = { id: 'hwmon:0', kind: 'hwmon', name: 'INA226', state: 'ready', domain: 'core rail', reading: 'power' };
  return {
    schema: 'tierwise.measurements/1',
    measurements: [
      {
        schema: 'tierwise.measure/1',
        model: file('digits.onnx'),
        workload: 'inference, batch 1',
        sensor: { ...sensor, updateIntervalMs: 1, power: null, reason: null },
        result: { energy: measured(5e-6, 'J'), repetitions: 12, sensor: 'INA226, core rail', date: '2026-11-20T10:00:00.000Z' },
        reason: null,
        idle: measured(0.1, 'W'),
        runs: [],
        target: 'ecp5-85f',
        machine: 'board',
        estimate: null,
        hashes: { model: sha256('digits.onnx') },
        diagnostics: [],
      },
    ],
  };
}

/** Waits for the rendered Markdown of a comparison, which is VS Code's own preview and has no title of ours. */
async function waitForPreview(pattern: RegExp): Promise<string> {
  return await until(`a preview that says ${String(pattern)}`, async () => {
    for (const frame of webviews(session.page)) {
      const text = await textOf(frame);
      if (/Tierwise: energy of/.test(text) && pattern.test(text)) return text;
    }
    return undefined;
  });
}
