import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drawShares } from '../../webview/app/draw/shares.ts';
import type { SparsityView, ToWebview } from '../../webview/messages/index.ts';
import { sparsity, sparsityLive, sparsityNew } from './canned-language.ts';
import type { Harness, OpenPage } from './harness.ts';
import { hasChromium, startHarness } from './harness.ts';

const message = (view: SparsityView): ToWebview => ({ kind: 'sparsity', strings: {}, view });

describe('a bar of zeros', () => {
  test.each([
    [0.2, 0.6, 2],
    [0, 0.6, 1],
    [0.6, 0.6, 1],
    [0.7, 0.5, 1],
    [0, 0, 0],
  ])('from %d to %d has %d parts within its ground', (before, after, parts) => {
    const bars = (drawShares(before, after).children ?? []).slice(1);
    expect(bars).toHaveLength(parts);
    for (const { attributes } of bars) expect(Number(attributes['x']) + Number(attributes['width'])).toBeLessThanOrEqual(95.01);
  });
});

describe.skipIf(!hasChromium)('the page of sparse activations', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());

  async function withView(view: SparsityView, check: (open: OpenPage) => Promise<void>): Promise<void> {
    const open = await harness.open({ page: 'sparsity', messages: [message(view)] });
    try {
      await check(open);
      expect(await open.violations()).toEqual([]);
    } finally {
      await open.close();
    }
  }

  test('search and write ask the host with the options of the form, and each is remembered', async () => {
    await withView(sparsity, async (open) => {
      await open.page.locator('[data-command="write"]').click();
      await open.page.locator('#option-method').selectOption('sequential');
      expect(await open.page.locator('[data-command="write"]').getAttribute('aria-disabled')).toBe('true');
      await open.page.locator('#option-correct').selectOption('false');
      await open.page.locator('[data-command="search"]').click();
      const options = { maxLoss: 0.02, method: 'sequential', per: 'channel', correct: false };
      expect((await open.posted()).slice(1)).toEqual([
        { kind: 'sparsify-run', options: sparsity.options, write: true },
        { kind: 'sparsify-options', options: { ...options, correct: true } },
        { kind: 'sparsify-options', options },
        { kind: 'sparsify-run', options, write: false },
      ]);
    });
  });

  test('a model without blocks shows no empty columns and no table of one line', async () => {
    const { result } = sparsity;
    const plain: SparsityView = {
      ...sparsity,
      result: result && {
        ...result,
        blocks: result.blocks.slice(0, 1),
        roles: result.roles.slice(0, 1),
        sites: result.sites.map((site) => ({ ...site, block: '\u2013', role: '\u2013' })),
      },
    };
    await withView(plain, async (open) => {
      expect(await open.page.locator('.group-table').count()).toBe(0);
      const heads = await open.page.locator('section[aria-labelledby="sites-heading"] thead th').allTextContents();
      expect(heads.length).toBeGreaterThan(3);
      expect(heads.join(' ')).not.toMatch(/Block|Role/);
    });
    await withView(sparsity, async (open) => {
      expect(await open.page.locator('section[aria-labelledby="sites-heading"] thead th').filter({ hasText: /Block/ }).count()).toBe(1);
    });
  });

  test('the limit chooses among what was tried, without a run', async () => {
    await withView(sparsity, async (open) => {
      await open.page.locator('#drop-number').fill('1');
      await open.page.locator('#drop-number').press('Tab');
      expect(await open.page.locator('#write-hint').innerText()).toMatch(/budget, step 4 would be chosen: 55\.0 % zeros/);
      expect(await open.page.locator('[aria-pressed="true"]').getAttribute('data-point')).toBe('budget-4');
      expect((await open.posted()).some((one) => one.kind === 'sparsify-run')).toBe(false);
    });
  });

  test('the result tells both baselines, the loss on both sides and where each energy comes from', async () => {
    await withView(sparsity, async (open) => {
      const text = (await open.page.locator('.search-result').innerText()).replaceAll('\u00a0', ' ');
      for (const part of [
        '64.6 %',
        '22.6 % before',
        '1.461',
        '1.489',
        '47 – 54 %',
        'skips the zeros of rectifiers',
        '57 – 65 %',
        'every input counting',
        'modelled',
        'assumed',
        'judged at the end',
      ])
        expect(text).toContain(part);
      expect(await open.page.locator('main').innerText()).toMatch(/block 3[\s\S]*ffn\.value[\s\S]*left as it was/);
    });
  });

  test('points come in while it runs; before a search nothing can be written', async () => {
    await withView(sparsityNew, async (open) => {
      expect(await open.page.locator('[data-command="write"]').getAttribute('aria-disabled')).toBe('true');
      await open.send(message(sparsityLive));
      expect(await open.page.locator('[data-point]').count()).toBe(6);
      expect(await open.page.locator('[data-command="stop-sparsify"]').isVisible()).toBe(true);
      expect(await open.page.locator('#option-per').isDisabled()).toBe(true);
    });
  });
});
