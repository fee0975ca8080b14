import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { expandView, showTiers, showTierwise } from '../driver/panels.ts';
import { JOULES } from '../driver/plan-text.ts';
import { runAndPick, waitForTab } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { waitForHints } from '../driver/text-editor.ts';
import { accessibilityFindings, findWebview } from '../driver/webviews.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'tierwise-empty-'));
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  session = await openSession({ folder });
});

afterAll(async () => {
  await session?.close();
  rmSync(folder, { recursive: true, force: true });
});

scenario('an empty workspace is told what to do, accessibly', current, async ({ page }) => {
  await showTierwise(page);
  await showTiers(page);
  const frame = await findWebview(page, /^Tiers/im);
  expect(await accessibilityFindings(frame)).toEqual([]);
  await expandView(page, 'Layers');
  await page.locator('.welcome-view-content .monaco-button').filter({ hasText: 'Open the Sample Project' }).first().waitFor();
});

scenario('the sample project opens from the package and shows its energy', current, async ({ page }) => {
  await runAndPick(page, 'Tierwise: Open Sample Project', /^Into/);
  await waitForTab(page, 'digits.tiers');
  const hints = await waitForHints(page, 'joules behind the layers', (all) => all.some((hint) => JOULES.test(hint)));
  expect(hints.join(' ')).toMatch(JOULES);
  expect(existsSync(path.join(folder, 'tierwise-digits', 'digits.onnx'))).toBe(true);
});

cspScenario(current);
