import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { messages } from './canned.ts';
import type { Harness, PageName, ThemeName } from './harness.ts';
import { hasChromium, startHarness, themes } from './harness.ts';

// TIERWISE_SCREENSHOTS=folder writes pictures of every page for people to look at.
const folder = process.env['TIERWISE_SCREENSHOTS'];

describe.skipIf(!hasChromium || folder === undefined)('pictures of the pages', () => {
  let harness: Harness;
  beforeAll(async () => {
    mkdirSync(folder ?? '.', { recursive: true });
    harness = await startHarness();
  });
  afterAll(() => harness.close());

  const cases = (['report', 'tiers', 'model', 'learning', 'optimise', 'sparsity', 'compound'] as const).flatMap((page) =>
    (Object.keys(themes) as ThemeName[]).flatMap((theme) =>
      [320, 1200].map((widthPx): [PageName, ThemeName, number] => [page, theme, widthPx]),
    ),
  );
  test.each(cases)('%s, %s, %d px', async (page, theme, widthPx) => {
    const open = await harness.open({ page, theme, widthPx, messages: [messages[page]] });
    const path = join(folder ?? '.', `${page}-${theme}-${widthPx}.png`);
    expect((await open.page.screenshot({ path, fullPage: true })).length).toBeGreaterThan(1000);
    await open.close();
  });
});
