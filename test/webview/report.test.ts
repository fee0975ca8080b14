import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ToWebview } from '../../webview/messages/index.ts';
import { hostileMessages, manyLayers, messages, report } from './canned.ts';
import type { Harness, OpenOptions, OpenPage } from './harness.ts';
import { hasChromium, startHarness } from './harness.ts';

const shown = messages.report;

describe.skipIf(!hasChromium)('the energy report', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());

  async function withReport(options: Partial<OpenOptions>, check: (open: OpenPage) => Promise<void>): Promise<void> {
    const open = await harness.open({ page: 'report', messages: [shown], ...options });
    try {
      await check(open);
      expect(await open.violations()).toEqual([]);
      expect((await open.posted()).filter((message) => message.kind === 'page-error' || message.kind === 'csp-violation')).toEqual([]);
    } finally {
      await open.close();
    }
  }
  const focusOf = (open: OpenPage): Promise<string | null> =>
    open.page.evaluate(() => document.activeElement?.getAttribute('data-focus') ?? null);
  const drawer = (open: OpenPage): Promise<string> => open.page.locator('.drawer').innerText();

  test('Enter on a figure explains it, Escape closes and gives the focus back', async () => {
    await withReport({}, async (open) => {
      await open.page.locator('[data-focus="row:layer/inference//fc1/Gemm"]').focus();
      await open.page.keyboard.press('Enter');
      expect(await focusOf(open)).toBe('drawer-title');
      const text = await drawer(open);
      for (const part of [
        'One inference of /fc1/Gemm',
        '120 nJ',
        'error band 40 nJ to 360 nJ',
        'How it is computed',
        'weight traffic',
        'Horowitz 2014',
      ])
        expect(text).toContain(part);
      // What decides most of the result comes first.
      expect(text.indexOf('Memory')).toBeLessThan(text.indexOf('Training passes'));
      expect(text.indexOf('Memory')).toBeGreaterThan(0);
      expect(await open.state()).toMatchObject({ figure: 'layer/inference//fc1/Gemm' });
      await open.page.keyboard.press('Escape');
      expect(await open.page.locator('.drawer').isVisible()).toBe(false);
      expect(await focusOf(open)).toBe('row:layer/inference//fc1/Gemm');
      expect(await open.state()).toMatchObject({ figure: null });
    });
  });

  test('every figure button of the page opens an explanation with value, source and reference', async () => {
    await withReport({}, async (open) => {
      const keys = await open.page.evaluate(() => [
        ...new Set([...document.querySelectorAll('[data-figure]')].map((one) => one.getAttribute('data-figure') ?? '')),
      ]);
      expect(keys.length).toBeGreaterThan(20);
      for (const key of keys) {
        await open.send({ kind: 'show-figure', figure: key });
        const told = await drawer(open);
        expect(told, key).toMatch(/J\b[\s\S]*How it is computed[\s\S]*What it rests on[\s\S]*Horowitz/);
        expect((await open.state()) as object, key).toMatchObject({ figure: key });
      }
    });
  });

  test('a part is taken apart further, and closing returns to where it began', async () => {
    await withReport({}, async (open) => {
      await open.page.locator('[data-focus="tile:total/inference"]').click();
      await open.page.locator('.drawer [data-figure="total-part/weight traffic"]').click();
      expect(await drawer(open)).toContain('weight traffic of one inference, whole model');
      await open.page.locator('[data-focus="drawer-close"]').click();
      expect(await focusOf(open)).toBe('tile:total/inference');
    });
  });

  test('an open explanation survives a reload and a newer report, and goes with its figure', async () => {
    const state = {
      sort: null,
      filter: '',
      expanded: [],
      open: [],
      metric: 'parts',
      scale: 'auto',
      scrollY: 0,
      figure: 'layer/solve//fc1/Gemm',
    };
    await withReport({ state }, async (open) => {
      expect(await drawer(open)).toContain('Retrain: direct solve of /fc1/Gemm');
      const without: ToWebview = { kind: 'report', strings: {}, view: { ...report, layers: report.layers.slice(1) } };
      await open.send(without);
      expect(await open.page.locator('.drawer').isVisible()).toBe(false);
    });
  });

  test('what would make a figure better are buttons that ask the host', async () => {
    const view = { ...report, fit: null, switching: { obstacle: null, running: null } };
    await withReport({ messages: [{ kind: 'report', strings: {}, view }] }, async (open) => {
      await open.page.locator('[data-focus="tile:total/inference"]').click();
      await open.page.locator('.drawer [data-command="simulate-switching"]').click();
      await open.page.locator('.drawer [data-command="show-sensors"]').click();
      await open.page.locator('[data-focus="tile:total/solve"]').click();
      await open.page.locator('.drawer [data-command="fit"]').click();
      expect((await open.posted()).filter((message) => message.kind === 'command').map((message) => message.command)).toEqual([
        'simulate-switching',
        'show-sensors',
        'fit',
      ]);
    });
  });

  test('bars: one Tab stop, arrows move and speak, Enter explains', async () => {
    await withReport({}, async (open) => {
      const chart = open.page.locator('.layer-chart svg.bars').first();
      expect(await chart.locator('[tabindex="0"]').count()).toBe(1);
      await chart.locator('[tabindex="0"]').focus();
      await open.page.keyboard.press('ArrowDown');
      expect(await open.page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(
        '/fc2/Gemm, One inference: 240 nJ, 80 nJ to 720 nJ, modelled; parts: multiply-add 31 nJ, weight traffic 82 nJ, activation traffic 7 nJ',
      );
      await open.page.keyboard.press('End');
      expect(await focusOf(open)).toBe('bar:layer/inference//fc3/Gemm');
      await open.page.keyboard.press('Home');
      await open.page.keyboard.press('Enter');
      expect(await drawer(open)).toContain('One inference of /fc1/Gemm');
      await open.page.keyboard.press('Escape');
      expect(await focusOf(open)).toBe('bar:layer/inference//fc1/Gemm');
    });
  });

  test('every chart states its result, has a table twin, and the choice is remembered', async () => {
    let saved: unknown;
    await withReport({}, async (open) => {
      const charts = open.page.locator('.chart-frame');
      expect(await charts.count()).toBe(3);
      for (let i = 0; i < 3; i++) {
        expect((await charts.nth(i).locator('svg').first().getAttribute('aria-label'))?.length ?? 0).toBeGreaterThan(30);
        await charts.nth(i).getByLabel('As a table').press('Space');
        expect(await charts.nth(i).locator('table').isVisible()).toBe(true);
        expect(await charts.nth(i).locator('.chart-drawing').isVisible()).toBe(false);
      }
      expect(await charts.last().innerText()).not.toMatch(/Whiskers|Press a bar/);
      // The table has what the bars have.
      const cells = await charts.last().locator('table').innerText();
      for (const text of ['/fc1/Gemm', '120 nJ', 'weight traffic', '82 nJ', 'modelled']) expect(cells).toContain(text);
      saved = await open.state();
    });
    await withReport({ state: saved }, async (open) => {
      expect(await open.page.locator('.chart-frame table').count()).toBe(3);
    });
  });

  test('form tells parts apart: letters and hatches, not colour alone', async () => {
    await withReport({}, async (open) => {
      expect(await open.page.locator('.layer-chart .legend .part-letter').allTextContents()).toEqual(['A', 'B', 'C']);
      const fills = await open.page
        .locator('.layer-chart .legend .part-pattern')
        .evaluateAll((all) => all.map((one) => one.getAttribute('fill')));
      expect(new Set(fills).size).toBe(3);
    });
  });

  test('before and after say the factor, and that overlapping bands leave it open', async () => {
    await withReport({}, async (open) => {
      const text = await open.page.locator('.changes').innerText();
      expect(text).toMatch(/12× less \(1\.5× to 95× by the bands\)/);
      const wide = report.changes?.[0];
      if (!wide?.energyBefore) throw new Error('no change to widen');
      const changes = [{ ...wide, energyBefore: { ...wide.energyBefore, low: 1e-5 } }];
      await open.send({ kind: 'report', strings: {}, view: { ...report, changes } });
      expect(await open.page.locator('.changes').innerText()).toMatch(/12× less by the central values\. The bands overlap/);
    });
  });

  test.each([
    ['at 200 % zoom', 600],
    ['in a narrow side bar', 280],
  ])('%s nothing is lost: no sideways scrolling, and the explanation is a sheet below', async (_name, widthPx) => {
    await withReport({ widthPx, heightPx: 450 }, async (open) => {
      await open.page.locator('[data-focus="tile:total/solve"]').click();
      const facts = await open.page.evaluate(() => {
        const box = document.querySelector('.drawer')?.getBoundingClientRect();
        const { scrollWidth, clientWidth } = document.documentElement;
        return { sideways: scrollWidth - clientWidth, bottom: box?.bottom ?? 0, top: box?.top ?? 0, right: box?.right ?? 0 };
      });
      expect(facts.sideways).toBe(0);
      expect(facts.right).toBeLessThanOrEqual(widthPx);
      expect(facts.top).toBeGreaterThan(100);
      expect(facts.bottom).toBeLessThanOrEqual(450);
      await open.page.keyboard.press('Escape');
      expect(await focusOf(open)).toBe('tile:total/solve');
    });
  });

  test('reduced motion: by the system or by the editor, nothing moves', async () => {
    await withReport({ widthPx: 400 }, async (open) => {
      const animation = (): Promise<string> =>
        open.page.evaluate(() => getComputedStyle(document.querySelector('.drawer') as Element).animationName);
      await open.page.locator('[data-focus="tile:total/solve"]').click();
      expect(await animation()).toBe('none');
      await open.page.emulateMedia({ reducedMotion: 'no-preference' });
      expect(await animation()).toBe('drawer-in');
      await open.page.evaluate(() => document.body.classList.add('vscode-reduce-motion'));
      expect(await animation()).toBe('none');
    });
  });

  test('hostile names stay text in the explanation', async () => {
    const hostile = hostileMessages().find((message) => message.kind === 'report');
    if (hostile?.kind !== 'report') throw new Error('no hostile report');
    await withReport({ messages: [hostile] }, async (open) => {
      for (const { id } of hostile.view.layers.slice(0, 6)) {
        await open.send({ kind: 'show-figure', figure: `layer/inference/${id}` });
        expect(await open.page.locator('.drawer script, .drawer img, .drawer a, .drawer [style]').count()).toBe(0);
      }
    });
  });

  test('five thousand layers: an explanation still opens', async () => {
    const big: ToWebview = { kind: 'report', strings: {}, view: { ...report, layers: manyLayers(5000) } };
    await withReport({ messages: [big] }, async (open) => {
      await open.page.locator('[data-focus="tile:total/sgd"]').click();
      expect(await drawer(open)).toMatch(/4988 more, each smaller/);
    });
  });
});
