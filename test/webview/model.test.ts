import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ToWebview } from '../../webview/messages/index.ts';
import { RowHeights } from '../../webview/app/views/row-heights.ts';
import { drawHistogram } from '../../webview/app/draw/histogram.ts';
import type { Shape } from '../../webview/app/draw/shape.ts';
import { hostileNames, layer, manyLayers, messages, model } from './canned.ts';
import { compare, comparedWeights, weights } from './canned-weights.ts';
import type { Harness, OpenOptions, OpenPage } from './harness.ts';
import { hasChromium, startHarness } from './harness.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const nRows = 10_000;
const many: ToWebview = { kind: 'model', strings: {}, view: { ...model, layers: manyLayers(nRows) } };
const some: ToWebview = { kind: 'model', strings: {}, view: { ...model, layers: manyLayers(2000) } };
const idOf = (index: number): string => `/encoder/layers.${index}/attention/MatMul`;

test('rows that were not measured have the typical height, and places are found by their distance', () => {
  const heights = new RowHeights(1000, 40);
  heights.set(0, 60);
  heights.set(1, 20);
  expect([heights.top(0), heights.top(1), heights.top(2), heights.top(1000)]).toEqual([0, 60, 80, 80 + 998 * 40]);
  for (let index = 0; index < 1000; index += 7) {
    expect(heights.at(heights.top(index))).toBe(index);
    expect(heights.at(heights.top(index + 1) - 0.5)).toBe(index);
  }
  expect([heights.at(-100), heights.at(1e9)]).toEqual([0, 999]);
  heights.set(500, 540);
  expect(heights.top(1000)).toBe(80 + 998 * 40 + 500);
  expect(heights.learn()).toBe(true);
  expect(heights.typical).toBe((60 + 20 + 540) / 3);
});

const shapes = (shape: Shape): Shape[] => [shape, ...(shape.children ?? []).flatMap(shapes)];
const classed = (shape: Shape, name: string): Shape[] => shapes(shape).filter((one) => one.attributes['class'] === name);

test('bars of a histogram are as high as their counts, and the exact zeros stand in the bin of 0', () => {
  const options = {
    edges: [-2, -1, 0, 1, 2],
    counts: [1, 0, 8, 4],
    before: null,
    zeros: 2,
    logCounts: false,
    widthPx: 500,
    ariaLabel: 'x',
    countLabel: 'n',
    valueLabel: 'w',
    zeroLabel: 'exactly 0',
    measure: (text: string) => text.length * 7,
  };
  const heights = (shape: Shape, name: string): number[] => classed(shape, name).map((bar) => Number(bar.attributes['height']));
  const drawn = drawHistogram(options);
  const [one, eight, four] = heights(drawn, 'histogram-bar');
  expect(heights(drawn, 'histogram-bar')).toHaveLength(3);
  expect([Math.round((eight ?? 0) / (four ?? 1)), Math.round((eight ?? 0) / (one ?? 1))]).toEqual([2, 8]);
  const [zero] = classed(drawn, 'histogram-zero');
  const bar = classed(drawn, 'histogram-bar')[1];
  expect(Math.abs(Number(zero?.attributes['x']) - Number(bar?.attributes['x']))).toBeLessThanOrEqual(1);
  expect(Math.round((eight ?? 0) / Number(zero?.attributes['height']))).toBe(4);
  expect(classed(drawHistogram({ ...options, zeros: 0 }), 'histogram-zero')).toEqual([]);
  const log = heights(drawHistogram({ ...options, logCounts: true }), 'histogram-bar');
  expect((log[1] ?? 0) / (log[0] ?? 1)).toBeLessThan(4);
  expect(classed(drawHistogram({ ...options, before: [0, 1, 2, 3] }), 'histogram-before')).toHaveLength(1);
});

describe.skipIf(!hasChromium)('the model editor in a browser', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());

  async function withPage(options: Omit<OpenOptions, 'page'>, check: (open: OpenPage) => Promise<void>): Promise<void> {
    const open = await harness.open({ page: 'model', ...options });
    try {
      await check(open);
      expect(await open.violations()).toEqual([]);
      expect((await open.posted()).filter((message) => message.kind === 'page-error' || message.kind === 'csp-violation')).toEqual([]);
    } finally {
      await open.close();
    }
  }
  const axe = async (open: OpenPage): Promise<string[]> => {
    await open.page.evaluate(axeSource);
    return open.page.evaluate(async () => {
      const seen = window as unknown as { __violations: string[]; __posted: { kind: string }[] };
      const [violations0, posted0] = [seen.__violations.length, seen.__posted.length];
      const { axe: tool } = window as unknown as {
        axe: { run: (root: Document, options: unknown) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      const { violations } = await tool.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'best-practice'] });
      seen.__violations.length = violations0;
      seen.__posted.length = posted0;
      return violations.flatMap((v) => v.nodes.map((node) => `${v.id}: ${node.html.slice(0, 160)}`));
    });
  };
  const focused = (open: OpenPage): Promise<string | undefined> =>
    open.page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset['focus']);
  const lines = (open: OpenPage): Promise<number> => open.page.locator('tbody tr:not(.row-room):not(.detail-row)').count();

  test('ten thousand rows: few in the document, the whole announced, the end reached by keys, focus kept', async () => {
    await withPage({ messages: [many] }, async (open) => {
      expect(await lines(open)).toBeLessThan(80);
      const table = open.page.locator('.data-table');
      expect(await table.getAttribute('aria-rowcount')).toBe(String(nRows + 2));
      expect(await open.page.locator('tbody tr:not(.row-room)').first().getAttribute('aria-rowindex')).toBe('2');
      const before = await open.page.evaluate(() => document.documentElement.scrollHeight);
      expect(before).toBeGreaterThan(nRows * 25);
      await open.page.locator(`[data-focus="layer:${idOf(0)}"]`).focus();
      await open.page.keyboard.press('ArrowDown');
      expect(await focused(open)).toBe(`layer:${idOf(1)}`);
      await open.page.keyboard.press('End');
      expect(await focused(open)).toBe(`layer:${idOf(nRows - 1)}`);
      const last = open.page.locator('tbody tr:has(:focus)');
      expect(await last.getAttribute('aria-rowindex')).toBe(String(nRows + 1));
      await open.page.keyboard.press('PageUp');
      const up = Number(/layers\.(\d+)/.exec((await focused(open)) ?? '')?.[1]);
      expect(up).toBeGreaterThan(nRows - 40);
      expect(up).toBeLessThan(nRows - 5);
      await open.page.keyboard.press('Home');
      expect(await focused(open)).toBe(`layer:${idOf(0)}`);
      // Scrolled away, the row with the focus stays in the document, and so does the focus.
      await open.page.evaluate(() => window.scrollTo(0, 100_000));
      await open.page.waitForFunction((id) => document.querySelector(`[data-focus="layer:${id}"]`) !== null && scrollY > 90_000, idOf(0));
      await open.page.waitForFunction(() => [...document.querySelectorAll('tbody tr')].length > 5);
      expect(await focused(open)).toBe(`layer:${idOf(0)}`);
      expect(await lines(open)).toBeLessThan(80);
      await open.page.keyboard.press('ArrowDown');
      expect(await focused(open)).toBe(`layer:${idOf(1)}`);
      // Columns stand still over all rows, and Tab stops at one row of them.
      const stops = await open.page.evaluate(
        () => [...document.querySelectorAll<HTMLElement>('tbody .layer-name')].filter((b) => b.tabIndex === 0).length,
      );
      expect(stops).toBe(1);
      expect(await axe(open)).toEqual([]);
    });
  });

  test('details of rows open and close anywhere without moving what is read', async () => {
    await withPage({ messages: [some] }, async (open) => {
      await open.send({ kind: 'focus-layer', id: idOf(1600) });
      const topOf = (index: number): Promise<number> =>
        open.page.evaluate((id) => document.querySelector(`[data-focus="layer:${id}"]`)?.getBoundingClientRect().top ?? NaN, idOf(index));
      const [before, above] = [await topOf(1600), await topOf(1596)];
      expect(before - above).toBeGreaterThan(50);
      await open.page.keyboard.press('ArrowRight');
      await open.page.waitForSelector('.detail-row');
      expect(Math.abs((await topOf(1600)) - before)).toBeLessThan(1);
      expect((await open.posted()).at(-1)).toEqual({ kind: 'layer-opened', id: idOf(1600) });
      await open.send({ kind: 'layer-weights', id: idOf(1600), weights, failed: null });
      expect(Math.abs((await topOf(1600)) - before)).toBeLessThan(1);
      await open.page.keyboard.press('ArrowLeft');
      await open.page.waitForFunction(() => document.querySelector('.detail-row') === null);
      expect(await focused(open)).toMatch(/1600/);
    });
  });

  test('find counts, marks and goes through the rows; Escape gives the focus back', async () => {
    await withPage({ messages: [some] }, async (open) => {
      await open.page.locator('.filter').focus();
      await open.page.keyboard.press('Control+f');
      expect(await focused(open)).toBe('find');
      await open.page.keyboard.type('layers.177');
      await open.page.waitForFunction(() => document.querySelector('.find-count')?.textContent === '1 of 11');
      const now = (): Promise<string | null | undefined> =>
        open.page.evaluate(() => document.querySelector('[aria-current] .layer-name')?.textContent);
      expect(await now()).toBe(idOf(177));
      expect(await open.page.evaluate(() => [...(CSS.highlights.get('table-found') ?? [])].map(String))).toEqual(['layers.177']);
      await open.page.keyboard.press('Enter');
      expect(await now()).toBe(idOf(1770));
      expect(await open.page.locator('[role=status]').textContent()).toBe('2 of 11');
      await open.page.keyboard.press('Shift+Enter');
      await open.page.keyboard.press('Shift+Enter');
      expect(await now()).toBe(idOf(1779));
      await open.page.keyboard.type('nothing of that name');
      await open.page.waitForFunction(() => document.querySelector('.find-count')?.textContent === 'No results');
      await open.page.keyboard.press('Escape');
      expect(await focused(open)).toBe('filter');
      expect(await open.page.locator('.row-found').count()).toBe(0);
    });
  });

  test('a layer is shown, marked and focused when the host says so, even past the filter', async () => {
    const hidden = { sort: null, filter: 'nobody', expanded: [], open: [], metric: 'parts', scale: 'auto', scrollY: 0 };
    await withPage({ state: hidden, messages: [{ kind: 'focus-layer', id: idOf(1900) }, some] }, async (open) => {
      expect(await focused(open)).toBe(`layer:${idOf(1900)}`);
      expect(await open.page.locator('.row-marked .layer-name').textContent()).toBe(idOf(1900));
      // Energy comes after the layers, with columns of its own.
      const bare = manyLayers(2000).map((one) => ({ ...one, inference: null }));
      await open.send({ kind: 'model', strings: {}, view: { ...model, layers: bare } });
      await open.send(some);
      expect(await focused(open)).toBe(`layer:${idOf(1900)}`);
      expect(await open.page.locator('.row-marked .layer-name').textContent()).toBe(idOf(1900));
      const box = await open.page.locator('.row-marked').boundingBox();
      expect(box !== null && box.y > 0 && box.y < 900).toBe(true);
      await open.send({ kind: 'focus-layer', id: 'not there' });
      expect(await open.page.locator('[role=status]').textContent()).toBe('There is no layer not there in this model.');
    });
  });

  test('weights come on demand, with a table twin; the logarithmic scale is remembered', async () => {
    await withPage({ messages: [messages.model] }, async (open) => {
      await open.page.locator('.row-toggle').first().press('Enter');
      expect(await open.page.locator('.weights').innerText()).toContain('Counting');
      await open.send({ kind: 'layer-weights', id: '/fc1/Gemm', weights, failed: null });
      expect(await open.page.locator('svg.histogram').getAttribute('aria-label')).toContain('Histogram of 16384 weights from');
      const height = (): Promise<string | null> => open.page.locator('.histogram-bar').first().getAttribute('height');
      const plain = await height();
      await open.page.getByLabel('Logarithmic counts').press('Space');
      expect(await height()).not.toBe(plain);
      expect(await open.state()).toMatchObject({ logCounts: true });
      await open.page.getByText('The same counts as a table').click();
      // Drawn when the browser tells that it is open, some time after the press.
      await open.page.waitForSelector('.weights-twin tbody tr');
      expect(await open.page.locator('.weights-twin tbody tr').count()).toBe(weights.after.counts.length);
      expect(await axe(open)).toEqual([]);
      expect(await open.page.getByText('Show in source').count()).toBe(0);
      await open.send({ kind: 'layer-source', id: '/fc1/Gemm', hasSource: true });
      await open.page.getByText('Show in source').press('Enter');
      await open.page.getByText('Copy layer id').press('Enter');
      expect((await open.posted()).slice(-2)).toEqual([
        { kind: 'show-source', id: '/fc1/Gemm' },
        { kind: 'copy-layer', id: '/fc1/Gemm' },
      ]);
      await open.send({ kind: 'layer-weights', id: '/fc1/Gemm', weights: null, failed: 'the weights are <b>packed</b>' });
      expect(await open.page.locator('.weights').innerText()).toContain('<b>packed</b>');
    });
  });

  test('an earlier model stands beside this one, and layers on one side are told', async () => {
    await withPage({ messages: [messages.model] }, async (open) => {
      await open.page.getByText('Compare with…').press('Enter');
      expect((await open.posted()).at(-1)).toEqual({ kind: 'compare-model' });
      await open.send({ kind: 'model-compare', compare });
      const text = await open.page.locator('.compare').innerText();
      for (const part of ['0.53×', '0.5× to 0.55×', 'Only before (1): /gone/Gemm', 'Only after (1): /fc2/Gemm', '1 of 4'])
        expect(text).toContain(part);
      const row = open.page.locator('tbody tr').first();
      expect(await row.locator('.col-weights').textContent()).toBe('12 %');
      expect(await row.locator('.col-factor').innerText()).toContain('0.5×');
      expect(await open.page.locator('tfoot .col-factor').innerText()).toContain('0.53×');
      await open.page.locator('.row-toggle').first().press('Enter');
      await open.send({ kind: 'layer-weights', id: '/fc1/Gemm', weights: comparedWeights, failed: null });
      expect(await open.page.locator('.histogram-before').count()).toBe(1);
      expect(await axe(open)).toEqual([]);
      await open.page.getByText('End the comparison').press('Enter');
      await open.send({ kind: 'model-compare', compare: null });
      expect(await open.page.locator('.compare, .col-factor').count()).toBe(0);
    });
  });

  test('columns are chosen in a menu and remembered', async () => {
    let saved: unknown = null;
    await withPage({ widthPx: 1400, messages: [messages.model] }, async (open) => {
      expect(await open.page.locator('th.col-bytes').count()).toBe(0);
      await open.page.getByText('Columns', { exact: true }).press('Enter');
      await open.page.getByLabel('Weight size').press('Space');
      await open.page.getByLabel('MACs').press('Space');
      expect(await open.page.locator('thead th.col-bytes').count()).toBe(1);
      expect(await open.page.locator('thead th.col-macs').count()).toBe(0);
      await open.page.keyboard.press('Escape');
      saved = await open.state();
    });
    await withPage({ widthPx: 1400, state: saved, messages: [messages.model] }, async (open) => {
      expect([await open.page.locator('thead th.col-bytes').count(), await open.page.locator('thead th.col-macs').count()]).toEqual([1, 0]);
    });
  });

  test('names of blocks, hostile texts of another model and a page at 200 % stay text and inside the page', async () => {
    const [markup = '', script = ''] = hostileNames;
    const hostile = {
      ...compare,
      name: markup,
      title: script,
      notes: [...hostileNames],
      layers: compare.layers.map((one, index) => ({ ...one, id: hostileNames[index] ?? one.id })),
    };
    const layers = hostileNames.map((id) => layer(id)).map((one) => ({ ...one, block: markup, role: script }));
    // Half the width at 200 %.
    await withPage({ widthPx: 600, messages: [{ kind: 'model', strings: {}, view: { ...model, layers } }] }, async (open) => {
      await open.send({ kind: 'model-compare', compare: hostile });
      await open.page.locator('.row-toggle').first().press('Enter');
      await open.send({ kind: 'layer-weights', id: markup, weights: { ...comparedWeights, tensor: script, note: markup }, failed: null });
      expect(await open.page.locator('main img, main script, main style').count()).toBe(0);
      expect(await open.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
      expect(await axe(open)).toEqual([]);
    });
  });

  test('bars, zeros and the earlier line differ with forced colours', async () => {
    await withPage({ theme: 'light', forcedColors: true, messages: [messages.model] }, async (open) => {
      await open.page.locator('.row-toggle').first().press('Enter');
      await open.send({ kind: 'layer-weights', id: '/fc1/Gemm', weights: comparedWeights, failed: null });
      const colours = await open.page.evaluate(() => [
        getComputedStyle(document.querySelector('.histogram-bar') as Element).fill,
        getComputedStyle(document.querySelector('.histogram-zero') as Element).fill,
        getComputedStyle(document.querySelector('.histogram-before') as Element).stroke,
        getComputedStyle(document.body).backgroundColor,
      ]);
      expect(new Set(colours).size).toBe(4);
    });
  });

  test('a histogram whose edges and counts disagree is refused', async () => {
    const open = await harness.open({ page: 'model', messages: [messages.model] });
    await open.page.locator('.row-toggle').first().press('Enter');
    await open.send({ kind: 'layer-weights', id: '/fc1/Gemm', weights: { ...weights, edges: [0, 1] }, failed: null });
    expect((await open.posted()).at(-1)?.kind).toBe('page-error');
    expect(await open.page.locator('svg.histogram').count()).toBe(0);
    await open.close();
  });
});
