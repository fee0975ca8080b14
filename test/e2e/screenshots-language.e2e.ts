import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openForPictures, shoot, theme } from './driver/pictures.ts';
import { JOULES } from './driver/plan-text.ts';
import { openFile, pick, runCommand } from './driver/quick-input.ts';
import type { Session } from './driver/session.ts';
import { clickCodeLens } from './driver/text-editor.ts';
import { FIT_MS } from './driver/wait.ts';
import { findWebview, waitForWebviewText } from './driver/webviews.ts';
import { copyExample } from './driver/workspace.ts';

const outDir = process.env['TIERWISE_SCREENSHOTS'] ?? '';
/** Where pictures in every theme go, for people to look at; none are taken without it. */
const lookDir = process.env['TIERWISE_LOOK'] ?? '';
const SPARSITY = /Sparsify activations/;
const COMPOUND = /Compound model/;

const THEMES = [
  ['dark', 'Dark 2026', 'vs-dark'],
  ['light', 'Light 2026', 'vs'],
  ['high-contrast', 'Default High Contrast', 'hc-black'],
  ['high-contrast-light', 'Default High Contrast Light', 'hc-light'],
] as const;

const example = copyExample('compound');
let session: Session;

beforeAll(async () => {
  session = await openForPictures(example.folder);
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

test('a compound model on a stream that changes, decision by decision', async () => {
  const { page } = session;
  await openFile(page, 'digits.tiers');
  await clickCodeLens(page, 'Run compound model');
  await pick(page, 'stream.npz');
  const text = await waitForWebviewText(page, COMPOUND, /Result[\s\S]*Modules/, FIT_MS);
  await runCommand(page, 'View: Join All Editor Groups');
  await runCommand(page, 'Tierwise: Show Compound Model');
  const frame = await findWebview(page, COMPOUND);
  await frame.locator('#course-heading').evaluate((heading) => heading.scrollIntoView());
  await shoot(session, outDir, 'compound-dark');
  expect(text).toMatch(JOULES);
});

describe.skipIf(lookDir === '')('both pages in every theme, part by part', () => {
  beforeAll(async () => {
    const { page } = session;
    await openFile(page, 'digits.tiers');
    await clickCodeLens(page, 'Sparsify activations');
    await waitForWebviewText(page, SPARSITY, /A search writes nothing/);
    await (await findWebview(page, SPARSITY)).locator('[data-command="search"]').click();
    await waitForWebviewText(page, SPARSITY, /of the multiply-adds meet a zero/, FIT_MS);
  });

  test.each(THEMES)('%s', async (name, themeName, workbenchClass) => {
    const { page } = session;
    await theme(session, themeName, workbenchClass);
    for (const [tab, title, about] of [
      ['sparsity', 'Sparsify activations', SPARSITY],
      ['compound', 'Compound model', COMPOUND],
    ] as const) {
      await page.locator('.tabs-container .tab').filter({ hasText: title }).first().click();
      await waitForWebviewText(page, about, /earlier session/);
      const frame = await findWebview(page, about);
      const count = await frame.evaluate(() => Math.ceil(document.documentElement.scrollHeight / innerHeight));
      for (let part = 0; part < Math.min(count, 6); part++) {
        await frame.evaluate((at) => window.scrollTo(0, at * (innerHeight - 20)), part);
        await shoot(session, lookDir, `${tab}-${name}-${part}`);
      }
    }
    expect(await page.locator(`.${workbenchClass}`).count()).toBeGreaterThan(0);
  });
});
