import { afterAll, beforeAll, expect } from 'vitest';
import type { Frame, Page } from 'playwright-core';
import { tabTo, waitForFocus } from '../driver/keyboard.ts';
import { focusTiers } from '../driver/panels.ts';
import { theme } from '../driver/pictures.ts';
import { openFile } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { replaceWord, visibleLines, waitForLine } from '../driver/text-editor.ts';
import { until } from '../driver/wait.ts';
import { accessibilityFindings, findWebview } from '../driver/webviews.ts';
import { copyExample } from '../driver/workspace.ts';

const TIERS = /^Tiers/im;

const example = copyExample('digits');
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  session = await openSession({ folder: example.folder });
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

/** What of the plan its editor shows, hints included. */
async function planText(page: Page): Promise<string> {
  return (await visibleLines(page)).join('\n');
}

/** "L/fc1/Gemm", … : letter of the tier and name of each layer the panel lists. */
async function listed(frame: Frame): Promise<readonly string[]> {
  return await frame.evaluate(() =>
    [...document.querySelectorAll('.tier-row')].map(
      (row) => `${row.querySelector('.tier-letter')?.textContent ?? ''} ${row.querySelector('.cell-name')?.textContent ?? ''}`,
    ),
  );
}

async function waitForRows(frame: Frame, ...rows: string[]): Promise<void> {
  await until(`the panel to list ${rows.join(', ')}`, async () => (await listed(frame)).join() === rows.join(), {
    seen: async () => `${(await listed(frame)).join()} | ${await news(frame)}`,
  });
}

async function news(frame: Frame): Promise<string> {
  return (await frame.locator('.tier-news').textContent()) ?? '';
}

async function openPanel(page: Page): Promise<Frame> {
  await openFile(page, 'digits.tiers');
  const frame = await focusTiers(page);
  await until('the layers', async () => (await listed(frame)).length === 3, { seen: async () => (await listed(frame)).join() });
  return frame;
}

scenario('Space, L, U and F set tiers in the text, and Ctrl+Z takes each back', current, async ({ page }) => {
  const frame = await openPanel(page);
  await tabTo(page, frame, 'tier-list');
  await waitForRows(frame, 'L /fc1/Gemm', 'L /fc2/Gemm', 'U /fc3/Gemm');
  await page.keyboard.press('f');
  await waitForLine(page, /^ {2}layers "\/fc2\/Gemm"/);
  await waitForRows(frame, 'F /fc1/Gemm', 'L /fc2/Gemm', 'U /fc3/Gemm');
  await until('the news', async () => (await news(frame)) === '/fc1/Gemm frozen', { seen: () => news(frame) });
  await page.keyboard.press('Control+Z');
  await waitForLine(page, /layers "\/fc1\/Gemm",/);
  await waitForRows(frame, 'L /fc1/Gemm', 'L /fc2/Gemm', 'U /fc3/Gemm');
  await until('the news of the undo', async () => (await news(frame)) === 'Undone in the plan', { seen: () => news(frame) });
  await waitForFocus(frame);
  // From here on: the middle layer, by its letters, then Space.
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('u');
  await waitForRows(frame, 'L /fc1/Gemm', 'U /fc2/Gemm', 'U /fc3/Gemm');
  await waitForLine(page, /layers "\/fc2\/Gemm",?/);
  await page.keyboard.press('Space');
  await waitForRows(frame, 'L /fc1/Gemm', 'F /fc2/Gemm', 'U /fc3/Gemm');
  await page.keyboard.press('l');
  await waitForRows(frame, 'L /fc1/Gemm', 'L /fc2/Gemm', 'U /fc3/Gemm');
  expect(await planText(page)).toContain('lower tier features {');
});

scenario('a tier that the order of the model forbids is refused, with advice, and the text stays', current, async ({ page }) => {
  const frame = await findWebview(page, TIERS);
  await page.keyboard.press('Home');
  await page.keyboard.press('u');
  await until('the refusal', async () => /cannot go to upper tier head/.test(await news(frame)), { seen: () => news(frame) });
  expect(await news(frame)).toContain('A lower tier sits below every upper tier');
  await waitForRows(frame, 'L /fc1/Gemm', 'L /fc2/Gemm', 'U /fc3/Gemm');
  // Hints come and go behind the lines; what stands in them stays.
  expect(await planText(page)).toMatch(/features \{\n.*fc1[^]*fc2[^]*\}[^]*head \{\n.*fc3/);
});

scenario('several layers move at once into a new tier, which one undo takes away', current, async ({ page }) => {
  const frame = await findWebview(page, TIERS);
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+ArrowDown');
  await frame.locator('[data-focus="tool:new"]').click();
  await page.keyboard.type('trunk');
  await page.keyboard.press('Enter');
  await waitForLine(page, /^lower tier trunk \{/);
  await until('the news', async () => /\/fc1\/Gemm and 1 more moved to lower tier trunk/.test(await news(frame)), {
    seen: () => news(frame),
  });
  await until('the tier', async () => /trunk[\s\S]*2 layers/.test(await frame.locator('.zone-list').innerText()));
  expect(await planText(page)).toContain('targets forward-projection seed 7');
  await frame.locator('[data-focus="tool:undo"]').click();
  await waitForLine(page, /^lower tier features \{/);
  await waitForRows(frame, 'L /fc1/Gemm', 'L /fc2/Gemm', 'U /fc3/Gemm');
});

scenario('layers are dragged onto a tier', current, async ({ page }) => {
  const frame = await findWebview(page, TIERS);
  const row = await frame.locator('[data-index="2"]').boundingBox();
  const zone = await frame.locator('[data-focus="zone:frozen"]').boundingBox();
  if (row === null || zone === null) throw new Error('The row or the tier is not on screen.');
  await page.mouse.move(row.x + 60, row.y + row.height / 2);
  await page.mouse.down();
  await page.mouse.move(row.x + 160, row.y + row.height / 2, { steps: 4 });
  await page.mouse.move(zone.x + zone.width / 2, zone.y + zone.height / 2, { steps: 8 });
  expect(await frame.locator('.drag-ghost').textContent()).toBe('/fc3/Gemm');
  await session.screenshot('a drag over the tier that takes it');
  await page.mouse.up();
  await waitForRows(frame, 'L /fc1/Gemm', 'L /fc2/Gemm', 'F /fc3/Gemm');
  await frame.locator('[data-focus="tool:undo"]').click();
  await waitForRows(frame, 'L /fc1/Gemm', 'L /fc2/Gemm', 'U /fc3/Gemm');
});

scenario('typing in the plan changes the panel, and the panel follows the cursor', current, async ({ page }) => {
  const frame = await findWebview(page, TIERS);
  await openFile(page, 'digits.tiers');
  await replaceWord(page, 'features', 'stem');
  await until('the renamed tier', async () => /stem/.test(await frame.locator('.zone-list').innerText()));
  await page.keyboard.press('Control+End');
  await page.keyboard.press('Control+Home');
  const line = page.locator('.editor-instance .view-line').filter({ hasText: 'fc3' }).first();
  await line.click();
  expect(await planText(page)).toContain('lower tier stem');
  await until('the layer at the cursor', async () =>
    (await frame.locator('.tier-row[aria-selected="true"]').textContent())?.includes('/fc3/Gemm'),
  );
});

scenario('the filter keeps what it names, and the panel is accessible', current, async ({ page }) => {
  const frame = await focusTiers(page);
  await tabTo(page, frame, 'tier-list');
  await page.keyboard.press('/');
  await page.keyboard.type('tier:upper');
  await waitForRows(frame, 'U /fc3/Gemm');
  expect(await accessibilityFindings(frame)).toEqual([]);
  await page.keyboard.press('Escape');
  await waitForRows(frame, 'L /fc1/Gemm', 'L /fc2/Gemm', 'U /fc3/Gemm');
});

scenario('the panel in dark, light and high contrast', current, async (now) => {
  for (const [name, kind] of [
    ['Dark 2026', 'vs-dark'],
    ['Light 2026', 'vs'],
    ['Default High Contrast', 'hc-black'],
  ] as const) {
    await theme(now, name, kind);
    // The window comes back with the panel open.
    const frame = await findWebview(now.page, TIERS);
    await until('the layers', async () => (await listed(frame)).length === 3);
    await frame.locator('[data-index="0"]').click();
    await now.page.keyboard.press('Shift+ArrowDown');
    await until('two selected layers', async () => (await frame.locator('.tier-row[aria-selected="true"]').count()) === 2);
    await now.screenshot(`tiers panel ${kind}`);
    expect(await accessibilityFindings(frame)).toEqual([]);
  }
});

cspScenario(current);
