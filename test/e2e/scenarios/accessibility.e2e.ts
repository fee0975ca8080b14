import { cpSync, renameSync } from 'node:fs';
import path from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { openFile, pick, runCommand } from '../driver/quick-input.ts';
import { theme } from '../driver/pictures.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { clickCodeLens, waitForHints } from '../driver/text-editor.ts';
import { FIT_MS, until } from '../driver/wait.ts';
import { allAccessibilityFindings, cspViolations, findWebview, waitForWebviewText } from '../driver/webviews.ts';
import { copyExample } from '../driver/workspace.ts';

// Every page with real content, in every kind of theme: axe-core finds nothing, and a picture stays in test/e2e/out/.
const THEMES = [
  ['dark', 'Dark 2026', 'vscode-dark', 'vs-dark'],
  ['light', 'Light 2026', 'vscode-light', 'vs'],
  ['high-contrast', 'Default High Contrast', 'vscode-high-contrast', 'hc-black'],
  ['high-contrast-light', 'Default High Contrast Light', 'vscode-high-contrast-light', 'hc-light'],
] as const;
const SETTINGS = { 'tierwise.fit.backend': 'cpu', 'editor.minimap.enabled': false };

const example = copyExample('digits');
const reader = copyExample('compound');
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  cpSync(reader.folder, path.join(example.folder, 'reader'), { recursive: true });
  renameSync(path.join(example.folder, 'reader', 'digits.tiers'), path.join(example.folder, 'reader', 'reader.tiers'));
  session = await openSession({ folder: example.folder, settings: SETTINGS });
});

afterAll(async () => {
  await session?.close();
  example.remove();
  reader.remove();
});

interface PageUnderTest {
  readonly name: string;
  readonly heading: RegExp;
  readonly ready: RegExp;
  readonly open: (page: Page) => Promise<void>;
  /** Opens what is closed at first. */
  readonly unfold?: (frame: Frame) => Promise<void>;
}

const pages: readonly PageUnderTest[] = [
  {
    name: 'report',
    heading: /Energy report/i,
    ready: /Whole model/i,
    open: (page) => runCommand(page, 'Tierwise: Open Energy Report'),
    unfold: async (frame) => {
      await frame.locator('[data-figure="total/inference"]').first().click();
      await frame.locator('#drawer-title').waitFor();
    },
  },
  {
    name: 'tiers',
    heading: /Tiers$/m,
    ready: /features/,
    open: (page) => runCommand(page, 'Tierwise: Focus on Tiers View'),
  },
  {
    name: 'model',
    heading: /– Model$/m,
    ready: /\/fc1\/Gemm/,
    open: async (page) => {
      await runCommand(page, 'Tierwise: Open in Model Editor');
      const row = page.locator('.quick-input-widget .monaco-list-row').filter({ hasText: 'digits.onnx' }).first();
      await until(
        'the model or the question which',
        async () => (await row.isVisible()) || (await page.locator('.tab.active', { hasText: 'digits.onnx' }).count()) > 0,
      );
      if (await row.isVisible()) await row.click();
    },
  },
  { name: 'learning', heading: /Learning$/m, ready: /./, open: (page) => runCommand(page, 'Tierwise: Show Learning') },
  {
    name: 'optimise',
    heading: /Optimise energy/,
    ready: /Search/,
    open: async (page) => {
      await openFile(page, 'digits.tiers');
      await runCommand(page, 'Tierwise: Optimise Energy...');
    },
  },
  {
    name: 'sparsity',
    heading: /Sparsify activations/,
    ready: /A search writes nothing/,
    open: async (page) => {
      await openFile(page, 'reader.tiers');
      await runCommand(page, 'Tierwise: Sparsify Activations...');
    },
  },
  {
    name: 'compound',
    heading: /Compound model/,
    ready: /Result[\s\S]*Modules/,
    open: async (page) => {
      await openFile(page, 'reader.tiers');
      await runCommand(page, 'Tierwise: Show Compound Model');
    },
  },
];

scenario('the pages get real content: a fit, and a run of the compound model', current, async ({ page }) => {
  await openFile(page, 'reader.tiers');
  await clickCodeLens(page, 'Run compound model');
  await pick(page, 'stream.npz');
  await waitForWebviewText(page, /Compound model/, /Result[\s\S]*Modules/, FIT_MS);
  await openFile(page, 'digits.tiers');
  await clickCodeLens(page, 'Fit lower tier');
  const hints = await waitForHints(page, 'the hints to say fitted', (all) => all.some((hint) => /fitted/.test(hint)), FIT_MS);
  await runCommand(page, 'View: Join All Editor Groups');
  await runCommand(page, 'Notifications: Clear All Notifications');
  expect(hints.some((hint) => /fitted/.test(hint))).toBe(true);
});

for (const [name, themeName, bodyClass, workbenchClass] of THEMES) {
  scenario(`no page has an accessibility finding in ${name}`, current, async ({ page, screenshot }) => {
    await theme(session, themeName, workbenchClass);
    const found: unknown[] = [];
    for (const one of pages) {
      // The digits plan is the one that pages without a plan of their own are about.
      if (one.name === 'report' || one.name === 'tiers') await openFile(page, 'digits.tiers');
      await one.open(page);
      await waitForWebviewText(page, one.heading, one.ready);
      const frame = await findWebview(page, one.heading);
      await until(`the page ${one.name} in ${name}`, async () =>
        frame.evaluate((wanted) => document.body.classList.contains(wanted), bodyClass),
      );
      await one.unfold?.(frame);
      const findings = await allAccessibilityFindings(frame);
      if (findings.length > 0) found.push({ page: one.name, theme: name, findings });
      const violations = await cspViolations(frame);
      if (violations.length > 0) found.push({ page: one.name, theme: name, violations });
      await screenshot(`${one.name}-${name}`);
    }
    expect(found).toEqual([]);
  });
}

cspScenario(current);
