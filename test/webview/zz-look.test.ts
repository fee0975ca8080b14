import { afterAll, beforeAll, expect, test } from 'vitest';
import { messages, tiers } from './canned.ts';
import { startHarness } from './harness.ts';
import type { Harness } from './harness.ts';
let harness: Harness;
beforeAll(async () => { harness = await startHarness(); });
afterAll(() => harness.close());
test('look', async () => {
  const rows = Array.from({ length: 60 }, (_, i) => ({ ...tiers.rows![i % 5]!, id: `/layers.${i}/${['conv', 'up', 'down', 'attention/MatMul'][i % 4]}` }));
  const placement = rows.map((_, i) => (i < 2 ? -1 : i < 40 ? (i % 7 === 0 ? -1 : 1) : i > 55 ? 0 : -1));
  const big = { kind: 'tiers' as const, strings: {}, view: { ...tiers, rows, placement } };
  for (const [theme, w, h] of [['dark', 1400, 250], ['light', 900, 260], ['high-contrast', 1200, 300], ['dark', 300, 700], ['light', 700, 140]] as const) {
    const open = await harness.open({ page: 'tiers', theme, widthPx: w, heightPx: h, messages: [big] });
    await open.page.locator('[data-index="3"]').click();
    await open.page.keyboard.press('Shift+ArrowDown');
    await open.send({ ...big, view: { ...big.view, rows: null, answer: null } });
    await open.page.screenshot({ path: `/tmp/look-${theme}-${w}x${h}.png` });
    expect((await open.posted()).filter((m) => m.kind === 'page-error')).toEqual([]);
    await open.close();
  }
});
