import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ToWebview } from '../../webview/messages/index.ts';
import { sameData } from '../../webview/app/same-data.ts';
import { manyLayers, model } from './canned.ts';
import { compare, weights } from './canned-weights.ts';
import type { Harness, OpenPage } from './harness.ts';
import { hasChromium, startHarness } from './harness.ts';

const nRows = 600;
const layers = manyLayers(nRows);
const bare = layers.map((one) => ({ ...one, inference: null, sgd: null, solve: null, incremental: null }));
const many: ToWebview = { kind: 'model', strings: {}, view: { ...model, layers } };
const idOf = (index: number): string => `/encoder/layers.${index}/attention/MatMul`;

test('data are alike as their JSON is, whatever the order of their keys', () => {
  expect(sameData({ a: [1, null, 'x'], b: {} }, { b: {}, a: [1, null, 'x'] })).toBe(true);
  for (const other of [{ a: [1, null], b: {} }, { a: [1, null, 'y'], b: {} }, { a: [1, null, 'x'] }, { a: [1, null, 'x'], b: [] }, null])
    expect(sameData({ a: [1, null, 'x'], b: {} }, other)).toBe(false);
});

describe.skipIf(!hasChromium)('the table of layers while its rows change', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());

  async function withPage(messages: readonly ToWebview[], check: (open: OpenPage) => Promise<void>): Promise<void> {
    const open = await harness.open({ page: 'model', messages });
    try {
      await check(open);
      expect(await open.violations()).toEqual([]);
      expect((await open.posted()).filter(({ kind }) => kind === 'page-error')).toEqual([]);
    } finally {
      await open.close();
    }
  }
  const focused = (open: OpenPage): Promise<string | undefined> =>
    open.page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset['focus']);
  const found = (open: OpenPage, text: string): Promise<unknown> =>
    open.page.waitForFunction((wanted) => document.querySelector('.find-count')?.textContent === wanted, text);
  const now = (open: OpenPage): Promise<string | null | undefined> =>
    open.page.evaluate(() => document.querySelector('[aria-current] .layer-name')?.textContent);

  test('a row scrolled away keeps the focus when energy arrives, and when the order changes', async () => {
    await withPage([{ kind: 'model', strings: {}, view: { ...model, layers: bare } }], async (open) => {
      await open.page.locator(`[data-focus="layer:${idOf(3)}"]`).focus();
      await open.page.evaluate(() => window.scrollTo(0, 12_000));
      await open.page.waitForFunction(() => document.querySelectorAll('.row-room').length === 3);
      await open.send(many);
      expect(await focused(open)).toBe(`layer:${idOf(3)}`);
      expect(await open.page.evaluate(() => window.scrollY)).toBeGreaterThan(10_000);
      // The order changes under the focus: layers come the other way round.
      await open.send({ kind: 'model', strings: {}, view: { ...model, layers: layers.toReversed() } });
      expect(await focused(open)).toBe(`layer:${idOf(3)}`);
      expect(await open.page.locator('tr:has(:focus)').getAttribute('aria-rowindex')).toBe(String(nRows - 3 + 1));
    });
  });

  test('a search goes on under a filter and beside another model; previous before the first is the last', async () => {
    await withPage([many], async (open) => {
      await open.page.locator(`[data-focus="layer:${idOf(0)}"]`).focus();
      await open.page.keyboard.press('Control+f');
      await open.page.keyboard.type('layers.17');
      await found(open, '1 of 11');
      for (let step = 0; step < 3; step++) await open.page.keyboard.press('Enter');
      expect(await now(open)).toBe(idOf(172));
      await open.page.locator('.filter').click();
      await open.page.keyboard.type('2/');
      await found(open, '1 of 1');
      expect(await now(open)).toBe(idOf(172));
      await open.page.keyboard.press('Control+a');
      await open.page.keyboard.press('Delete');
      await found(open, '4 of 11');
      await open.send({ kind: 'model-compare', compare });
      await found(open, '4 of 11');
      await open.page.locator('.find-field').focus();
      for (let step = 0; step < 4; step++) await open.page.keyboard.press('Shift+Enter');
      expect(await now(open)).toBe(idOf(179));
      // From a row, the search ends at the row found.
      await open.page.keyboard.press('Escape');
      expect(await focused(open)).toBe(`layer:${idOf(179)}`);
    });
  });

  test('the focus in the details of a row stays there, or at the row', async () => {
    await withPage([many], async (open) => {
      for (const index of [0, 1]) await open.page.locator(`[data-focus="toggle:${idOf(index)}"]`).press('Enter');
      for (const index of [0, 1]) await open.send({ kind: 'layer-weights', id: idOf(index), weights, failed: null });
      const box = open.page.getByLabel('Logarithmic counts').nth(1);
      await box.focus();
      await open.send({ kind: 'layer-weights', id: idOf(0), weights, failed: null });
      expect(await box.evaluate((element) => element === document.activeElement)).toBe(true);
      await open.page.locator('.weights-twin summary').nth(1).focus();
      await open.send({ kind: 'layer-source', id: idOf(1), hasSource: true });
      expect(await focused(open)).toBe(`toggle:${idOf(1)}`);
    });
  });

  test('weights none of which is a number are told as that, without a picture', async () => {
    await withPage([many], async (open) => {
      await open.page.locator('.row-toggle').first().press('Enter');
      const after = { ...weights.after, counts: weights.after.counts.map(() => 0), zeros: 0 };
      await open.send({ kind: 'layer-weights', id: idOf(0), weights: { ...weights, after }, failed: null });
      expect(await open.page.locator('.weights').innerText()).toContain('None of the 16384 weights is a finite number.');
      expect(await open.page.locator('svg.histogram, .weights-twin').count()).toBe(0);
    });
  });

  test('a table that was replaced lets go of the window', async () => {
    await withPage([], async (open) => {
      await open.page.evaluate(() => {
        const counted = window as unknown as { __scrollers: number };
        counted.__scrollers = 0;
        const [add, remove] = [window.addEventListener.bind(window), window.removeEventListener.bind(window)];
        Object.assign(window, {
          addEventListener: (type: string, listener: EventListener, options?: boolean) => {
            if (type === 'scroll') counted.__scrollers += 1;
            add(type, listener, options);
          },
          removeEventListener: (type: string, listener: EventListener) => {
            if (type === 'scroll') counted.__scrollers -= 1;
            remove(type, listener);
          },
        });
      });
      await open.send(many);
      for (let times = 0; times < 4; times++) {
        await open.send({ kind: 'model-compare', compare });
        await open.send({ kind: 'model-compare', compare: null });
      }
      await open.page.evaluate(() => window.scrollTo(0, 5000));
      await open.page.waitForFunction(() => (window as unknown as { __scrollers: number }).__scrollers === 1);
      await open.page.waitForFunction(() => document.querySelectorAll('.row-room').length === 2);
    });
  });
});
