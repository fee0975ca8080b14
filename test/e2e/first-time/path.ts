import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { waitForNoNotification } from '../driver/notifications.ts';
import { focusTiers } from '../driver/panels.ts';
import { JOULES } from '../driver/plan-text.ts';
import { acceptFile, chooseFile, isOffered, openFile, pick, runCommand, waitForTab } from '../driver/quick-input.ts';
import type { Session } from '../driver/session.ts';
import { vsixUnderTest } from '../driver/session.ts';
import { waitForHints, waitForLine } from '../driver/text-editor.ts';
import { FIT_MS, until } from '../driver/wait.ts';
import { openWalkthrough } from '../driver/walkthrough.ts';
import { findWebview, waitForWebviewText } from '../driver/webviews.ts';
import type { Hands } from './hands.ts';

/** One stop of a first-time user's path. `name` also names its picture. */
export interface Stop {
  readonly name: string;
  readonly title: string;
  run(session: Session, hands: Hands): Promise<void>;
}

const TIERS = /^Tiers/im;
const REPORT = /Energy report/i;
const project = (session: Session, file = ''): string => path.join(session.folder, 'tierwise-digits', file);

/** From an empty workbench to an exported report, in the order of the walkthrough. Every stop ends with what its picture shows. */
export const firstTimePath: readonly Stop[] = [
  {
    name: '1-install',
    title: 'install the package, open the walkthrough',
    async run({ page, workbench }) {
      // Where somebody saved it: in a folder with so few files that the dialog shows them all.
      const saved = path.join(workbench.dir, 'tierwise.vsix');
      copyFileSync(vsixUnderTest(), saved);
      // The list of extensions registers its commands a while after the workbench is there.
      await until('the command to be there', () => isOffered(page, 'Extensions: Install from VSIX...'), { timeoutMs: FIT_MS });
      await runCommand(page, 'Extensions: Install from VSIX...');
      await chooseFile(page, saved);
      await page.locator('.activitybar a[aria-label^="Tierwise"]').waitFor({ timeout: FIT_MS });
      await runCommand(page, 'Notifications: Clear All Notifications');
      await openWalkthrough(page);
      await until('the first step', async () => await page.getByText('Open the sample project').first().isVisible());
    },
  },
  {
    name: '2-sample',
    title: 'open the sample: joules stand behind its layers',
    async run(session, hands) {
      const { page } = session;
      await hands.walkthroughButton(page, 'Open the sample project', 'Open the Sample Project');
      await pick(page, 'Into ');
      await waitForTab(page, 'digits.tiers');
      await waitForHints(page, 'joules behind the layers', (hints) => hints.filter((hint) => JOULES.test(hint)).length >= 3);
      expect(existsSync(project(session, 'digits.onnx'))).toBe(true);
    },
  },
  {
    name: '3-tiers',
    title: 'annotate without typing: a layer is frozen in the Tiers panel and comes back, the text follows',
    async run({ page }, hands) {
      await openWalkthrough(page);
      await hands.walkthroughButton(page, 'Annotate the layers with tiers', 'Open the Tiers Panel');
      const frame = await findWebview(page, TIERS);
      await until('its layers', async () => (await frame.locator('.tier-row').count()) === 3);
      await openFile(page, 'digits.tiers');
      await focusTiers(page);
      await hands.inPage(page, frame, 'tier-list');
      await page.keyboard.press('Home');
      await page.keyboard.press('f');
      await waitForLine(page, /^ {2}layers "\/fc2\/Gemm"/);
      await page.keyboard.press('Control+Z');
      await waitForLine(page, /^ {2}layers "\/fc1\/Gemm",/);
    },
  },
  {
    name: '4-python',
    title: 'annotate in Python: a comment is written with completion, joules stand behind the line',
    async run(session, hands) {
      const { page } = session;
      await openWalkthrough(page);
      await hands.walkthroughButton(page, 'The same in Python', 'Open the Annotated Python');
      await waitForTab(page, 'model.py');
      await waitForHints(page, 'joules behind three layers', (hints) => hints.filter((hint) => JOULES.test(hint)).length >= 3);
      // The comment of the last layer is written anew.
      const lines = readFileSync(project(session, 'model.py'), 'utf8').split('\n');
      await goToLine(page, lines.findIndex((text) => /# tier: upper/.test(text)) + 1);
      await page.keyboard.press('End');
      await page.keyboard.press('Shift+Home');
      await page.keyboard.type('# tier:');
      await page.keyboard.type(' ');
      await takeSuggestion(page, 'upper');
      await page.keyboard.press('Escape');
      await waitForLine(page, /^ +# tier: upper(?! rls forgetting=1.0)/);
      await until('what was half-written to be forgotten', async () => (await page.locator('.squiggly-error').count()) === 0);
    },
  },
  {
    name: '5-energy',
    title: 'see the energy, and what a figure rests on',
    async run({ page }, hands) {
      await openWalkthrough(page);
      await hands.walkthroughButton(page, 'See the energy, and ask why', 'Open the Energy Report');
      await waitForWebviewText(page, REPORT, /Whole model/);
      const frame = await focusedReport(page);
      await hands.inPage(page, frame, 'tile:total/inference');
      await until('the explanation', async () => /How it is computed/.test(await frame.locator('.drawer').innerText()));
      expect(await frame.locator('.drawer').innerText()).toMatch(/[\d.]+ to [\d.]+ .?J/);
    },
  },
  {
    name: '6-fit',
    title: 'fit on the simulated board: accuracy before and after',
    async run(session, hands) {
      const { page } = session;
      await openWalkthrough(page);
      await hands.walkthroughButton(page, 'Fit on the simulated board', 'Fit the Lower Tier');
      await until('the fitted model', () => existsSync(project(session, 'digits.fitted.json')), { timeoutMs: FIT_MS });
      await openFile(page, 'digits.tiers');
      await waitForHints(page, 'the hints to say fitted', (hints) => hints.some((hint) => /fitted/.test(hint)), FIT_MS);
      await waitForNoNotification(page, /Fitting the lower tier/, FIT_MS);
      const record = JSON.parse(readFileSync(project(session, 'digits.fitted.json'), 'utf8')) as {
        readonly backend: { readonly kind: string };
        readonly evaluation: { readonly before: number; readonly after: number };
      };
      expect(record.backend.kind).toBe('sim');
      expect(record.evaluation.after).toBeGreaterThan(record.evaluation.before);
    },
  },
  {
    name: '7-compare',
    title: 'compare the fit with the model before it',
    async run({ page }, hands) {
      await openWalkthrough(page);
      // With one fit there is nothing to ask.
      await hands.walkthroughButton(page, 'Compare before and after', 'Compare Fits');
      await until('the comparison', async () => /Fit 1/.test((await activeTab(page)) ?? ''), {
        seen: async () => (await activeTab(page)) ?? '',
      });
      // The preview belongs to VS Code, which loads it on first use and gives it the keyboard in the end.
      await until('its figures', async () => {
        for (const frame of page.frames()) {
          const isIt = await frame
            .evaluate(() => /Both sides are priced/.test(document.body.innerText) && document.hasFocus())
            .catch(() => false);
          if (isIt) return true;
        }
        return false;
      });
    },
  },
  {
    name: '8-export',
    title: 'export the report',
    async run(session, hands) {
      const { page } = session;
      const target = project(session, 'digits.report.html');
      await runCommand(page, 'View: Close Editor');
      await openWalkthrough(page);
      await hands.walkthroughButton(page, 'Export the report', 'Export the Report');
      await pick(page, 'HTML');
      await acceptFile(page, target);
      await until('the report', () => existsSync(target));
      expect(readFileSync(target, 'utf8')).toMatch(/9\d\.\d %/);
    },
  },
];

/** The report that has the keyboard: there may be one in the side bar, too. */
async function focusedReport(page: Page): ReturnType<typeof findWebview> {
  return await until('the report to have the focus', async () => {
    for (const frame of page.frames())
      if (frame.url().includes('fake.html') && REPORT.test(await frame.title()) && (await frame.evaluate(() => document.hasFocus())))
        return (await frame.locator('[data-focus="tile:total/inference"]').count()) > 0 ? frame : undefined;
    return undefined;
  });
}

async function goToLine(page: Page, line: number): Promise<void> {
  await page.keyboard.press('Control+G');
  const input = page.locator('.quick-input-widget input').first();
  await until('the line to be asked for', async () => await input.isVisible());
  await input.fill(`:${line}`);
  await page.keyboard.press('Enter');
  await until('the line', async () => ((await page.locator('[id="status.editor.selection"]').textContent()) ?? '').includes(`Ln ${line},`));
}

/** Waits for the list of suggestions to hold one, and takes it by keyboard. */
async function takeSuggestion(page: Page, label: string): Promise<void> {
  const rows = page.locator('.suggest-widget.visible .monaco-list-row');
  await until(`the suggestion ${label}`, async () => await rows.filter({ hasText: label }).first().isVisible());
  const focused = page.locator('.suggest-widget.visible .monaco-list-row.focused').filter({ hasText: label });
  for (let step = 0; step < 20 && (await focused.count()) === 0; step++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
}

async function activeTab(page: Page): Promise<string | null> {
  return await page.locator('.tabs-container .tab.active').first().getAttribute('aria-label');
}
