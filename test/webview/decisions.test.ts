import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { maxRows, mergeRows, movedTo, shownInput, shownToken, windowOf } from '../../webview/app/decisions.ts';
import { drawPlots } from '../../webview/app/draw/plots.ts';
import { makeScale } from '../../webview/app/draw/scale.ts';
import type { Shape } from '../../webview/app/draw/shape.ts';
import { guardMessage } from '../../webview/app/guard.ts';
import type { CompoundRow, CompoundView, ToWebview } from '../../webview/messages/index.ts';
import { compound, compoundNew, compoundRunning } from './canned-language.ts';
import type { Harness, OpenPage } from './harness.ts';
import { hasChromium, startHarness } from './harness.ts';

const row = (index: number): CompoundRow => ({
  index,
  input: `text ${index}`,
  exit: index % 3 === 0 ? 'upper' : 'lower',
  cache: 'miss',
  confidence: '90.0 %',
  prediction: 'e',
  label: 'e',
  correct: true,
  energy: '1.00 nJ',
  source: 'modelled',
});
const rows = (from: number, to: number): CompoundRow[] => Array.from({ length: to - from }, (_, i) => row(from + i));
const message = (view: CompoundView): ToWebview => ({ kind: 'compound', strings: {}, view });

describe('the decisions that a page keeps', () => {
  it('grow in order, are replaced on a reset, and never exceed their limit', () => {
    const first = mergeRows([], { reset: true, added: rows(0, 1500) });
    const more = mergeRows(first, { reset: false, added: rows(1500, 2600) });
    expect([more.length, more[0]?.index, more.at(-1)?.index]).toEqual([maxRows, 600, 2599]);
    expect(mergeRows(more, { reset: true, added: rows(5, 7) }).map(({ index }) => index)).toEqual([5, 6]);
    expect(mergeRows(more, { reset: false, added: [] })).toBe(more);
  });

  it('stand once each and in order, whatever order they come in', () => {
    const mixed = mergeRows(rows(0, 3), { reset: false, added: [row(5), row(2), row(4), row(5)] });
    expect(mixed.map(({ index }) => index)).toEqual([0, 1, 2, 4, 5]);
  });

  it('are in the document only where they can be seen', () => {
    expect(windowOf(2000, 28, 0, 420)).toEqual({ from: 0, to: 21 });
    expect(windowOf(2000, 28, 28_000, 420)).toEqual({ from: 994, to: 1021 });
    expect(windowOf(2000, 28, 10_000_000, 420)).toEqual({ from: 1999, to: 2000 });
    expect(windowOf(0, 28, 0, 420)).toEqual({ from: 0, to: 0 });
  });

  it('are walked over with the keys of a list', () => {
    expect(
      ['ArrowDown', 'ArrowUp', 'PageDown', 'PageUp', 'Home', 'End', 'Tab', 'constructor'].map((key) => movedTo(5, key, 30, 10)),
    ).toEqual([6, 4, 15, 0, 0, 29, null, null]);
    expect(movedTo(-1, 'ArrowDown', 30, 10)).toBe(0);
    expect(movedTo(0, 'End', 0, 10)).toBeNull();
  });

  it('show the end of a growing text, the beginning of others, in one line', () => {
    expect(shownInput('a\nb\tc', true)).toBe('a\u21b5b\u21e5c');
    expect(shownInput('abcdef', true, 3)).toBe('\u2026def');
    expect(shownInput('abcdef', false, 3)).toBe('abc\u2026');
    expect([' ', ' a b ', '\n'].map((token) => shownToken(token))).toEqual(['\u2423', '\u2423a b\u2423', '\u21b5']);
  });
});

describe('plots above each other', () => {
  const scale = makeScale([{ value: 1, low: 1, high: 1 }], 'linear', 5);
  const plot = (values: readonly (number | null)[], label = 'a'): Parameters<typeof drawPlots>[0]['plots'][number] => ({
    label: 'shares',
    heightPx: 100,
    scale,
    tick: String,
    series: [
      { name: 'one', label, values },
      { name: 'two', label: 'b', values },
    ],
  });
  const draw = (values: readonly (number | null)[], patch: Partial<Parameters<typeof drawPlots>[0]> = {}): Shape =>
    drawPlots({
      plots: [plot(values)],
      xs: values.map((_, i) => i),
      widthPx: 600,
      ariaLabel: 'x',
      measure: (text) => text.length * 7,
      ...patch,
    });
  const find = (shape: Shape, name: string): readonly Shape[] =>
    (shape.children ?? []).filter((child) => String(child.attributes['class']).split(' ').includes(name));

  it('leave a gap where a value is not known', () => {
    const path = String(find(draw([0.1, null, 0.3, 0.4]), 'curve-one')[0]?.attributes['d']);
    expect(path.match(/M/g)).toHaveLength(2);
    expect(path.match(/L/g)).toHaveLength(1);
    expect(find(draw([null, null]), 'curve-one')).toEqual([]);
  });

  it('move names apart that would meet', () => {
    const ys = ['one', 'two'].map((name) => Number(find(draw([0, 0], { endLabels: true }), `end-label-${name}`)[0]?.attributes['y']));
    expect(Math.abs((ys[0] ?? 0) - (ys[1] ?? 0))).toBeGreaterThanOrEqual(14);
    expect(Math.max(...ys)).toBeLessThanOrEqual(20 + 100 + 4);
  });

  it('hold no number that is none, for one point or thousands', () => {
    for (const values of [[0.5], [], Array.from({ length: 3000 }, (_, i) => i / 3000)])
      expect(JSON.stringify(draw(values, { endLabels: true, marks: [{ x: 0, kind: 'refit' }], rule: { x: 0, text: 'r' } }))).not.toMatch(
        /NaN|Infinity|null/,
      );
  });
});

describe('the guard of the stream', () => {
  const refused = (patch: object): string => {
    const guarded = guardMessage({ kind: 'compound', strings: {}, view: { ...compound, ...patch } });
    return guarded.ok ? 'passed' : guarded.problem;
  };

  it.each([
    ['more decisions than a page keeps', { rows: { reset: true, added: rows(0, 2001) } }, 'view.rows.added'],
    ['an input without end', { rows: { reset: false, added: [{ ...row(1), input: 'x'.repeat(2001) }] } }, 'view.rows.added.0.input'],
    ['a number that is none', { rows: { reset: false, added: [{ ...row(1), index: 0.5 }] } }, 'view.rows.added.0.index'],
    ['an unknown exit', { rows: { reset: false, added: [{ ...row(1), exit: '<b>' }] } }, 'view.rows.added.0.exit'],
    ['a share beyond 1', { points: [{ ...compound.points[0], escalated: 7 }] }, 'view.points.0.escalated'],
    [
      'joules of another unit',
      { points: [{ ...compound.points[0], compound: { ...compound.points[0]?.compound, unit: 'W' } }] },
      'view.points.0.compound.unit',
    ],
  ])('refuses %s', (_name, patch, where) => {
    expect(refused(patch)).toContain(where);
  });
});

describe.skipIf(!hasChromium)('the page of the stream', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());

  async function withView(view: CompoundView, check: (open: OpenPage) => Promise<void>): Promise<void> {
    const open = await harness.open({ page: 'compound', messages: [message(view)] });
    try {
      await check(open);
      expect(await open.violations()).toEqual([]);
      expect((await open.posted()).filter((one) => one.kind === 'page-error')).toEqual([]);
    } finally {
      await open.close();
    }
  }
  const asked = async (open: OpenPage): Promise<number[]> =>
    (await open.posted()).flatMap((one) => (one.kind === 'inspect-decision' ? [one.index] : []));

  test.each([500, 700, 1200])('heads stand above their columns at %d px', async (widthPx) => {
    const open = await harness.open({ page: 'compound', widthPx, messages: [message(compoundRunning)] });
    const offsets = await open.page.evaluate(() => {
      const cells = (row: Element | null): Element[] => [...(row?.children ?? [])].filter((cell) => cell.getClientRects().length > 0);
      const [heads, values] = [cells(document.querySelector('.decision-heads')), cells(document.querySelector('[role=option]'))];
      return heads.map((head, i) => {
        const [a, b] = [head.getBoundingClientRect(), values[i]?.getBoundingClientRect()];
        return Math.abs(a.left - (b?.left ?? 0)) + Math.abs(a.right - (b?.right ?? 0));
      });
    });
    expect(offsets.length).toBeGreaterThan(3);
    for (const offsetPx of offsets) expect(offsetPx).toBeLessThanOrEqual(1);
    await open.close();
  });

  test('holds two thousand decisions, of which only those in sight are in the document', async () => {
    await withView({ ...compoundRunning, rows: { reset: true, added: rows(0, 2000) }, decisionCount: 9000 }, async (open) => {
      const options = open.page.locator('[role=option]');
      expect(await options.count()).toBeLessThan(60);
      expect(await options.first().getAttribute('aria-posinset')).toBe('1');
      expect(await options.first().getAttribute('aria-setsize')).toBe('2000');
      expect(await options.first().textContent()).toContain('1999');
      expect(await open.page.locator('.stream-columns').textContent()).toMatch(/newest of 9,000 decisions/);
      await open.page.locator('.decision-list').evaluate((list) => (list.scrollTop = list.scrollHeight));
      await open.page.waitForFunction(() => document.querySelector('[data-index="0"]') !== null);
      expect(await options.count()).toBeLessThan(60);
    });
  });

  test('a decision is chosen by mouse and by keyboard, and told beside the list', async () => {
    await withView(compound, async (open) => {
      await open.page.locator('[data-index="1277"]').click();
      expect(await asked(open)).toEqual([1277]);
      for (const key of ['ArrowDown', 'PageDown', 'Home']) await open.page.keyboard.press(key);
      const [, second, third, fourth] = await asked(open);
      expect([second, fourth]).toEqual([1276, 1279]);
      expect(third).toBeLessThan(1270);
      const active = await open.page.locator('.decision-list').getAttribute('aria-activedescendant');
      expect(active).toBe('decision-1279');
      expect(await open.page.locator('#decision-1279').getAttribute('aria-selected')).toBe('true');
      const told = await open.page.locator('.decision-details').innerText();
      for (const part of ['Decision 1,273', 'lower module', 'upper module', 'cache', 'modelled', 'not cached', 'below 62.0 %'])
        expect(told).toContain(part);
    });
  });

  test('exits and verdicts are told by words, not by colour alone', async () => {
    await withView(compound, async (open) => {
      const upper = open.page.locator('[data-index="1273"]');
      expect(await upper.innerText()).toContain('upper');
      expect(await upper.getAttribute('aria-label')).toMatch(/wrong, exit upper, not cached, 41\.0 % sure, 1\.27 µJ modelled/);
      expect(await open.page.locator('.exit-lower .exit-mark').first().getAttribute('d')).not.toBe(
        await open.page.locator('.exit-upper .exit-mark').first().getAttribute('d'),
      );
    });
  });

  test('whoever reads further down stays there while the stream goes on', async () => {
    await withView(compoundRunning, async (open) => {
      const list = open.page.locator('.decision-list');
      await list.evaluate((element) => (element.scrollTop = 2800));
      const top = (): Promise<string | null> =>
        list.evaluate((element) => {
          const edge = element.getBoundingClientRect().top;
          return (
            [...element.querySelectorAll('[data-index]')]
              .find((one) => one.getBoundingClientRect().top >= edge)
              ?.getAttribute('data-index') ?? null
          );
        });
      await open.page.waitForFunction(() => (document.querySelector('[data-index]')?.getAttribute('aria-posinset') ?? '1') !== '1');
      const before = await top();
      await open.send(message({ ...compoundRunning, rows: { reset: false, added: rows(832, 900) }, decisionCount: 900 }));
      expect(await top()).toBe(before);
    });
  });

  test('running: Stop stands there, and none of the record before; done: Resume and Start over', async () => {
    const commands = async (open: OpenPage): Promise<string[]> =>
      open.page.locator('[data-command]:visible').evaluateAll((all) => all.map((one) => one.getAttribute('data-command') ?? ''));
    await withView({ ...compoundRunning, result: compound.result }, async (open) => {
      expect(await commands(open)).toEqual(['stop-compound']);
      expect(await open.page.locator('#result-heading').count()).toBe(0);
      await open.page.locator('[data-command="stop-compound"]').click();
      await open.send(message({ ...compound, rows: { reset: false, added: [] } }));
      expect(await commands(open)).toEqual(['resume-compound', 'restart-compound', 'run-compound', 'open-compound-log']);
      expect((await open.posted()).filter((one) => one.kind === 'command')).toEqual([{ kind: 'command', command: 'stop-compound' }]);
      expect(await open.page.locator('main').innerText()).toMatch(/pays off above 2\.6 %/);
    });
  });

  test('the course stands in a table too, each energy with band and source', async () => {
    await withView(compound, async (open) => {
      await open.page.locator('summary').filter({ hasText: 'The course as a table' }).click();
      const last = open.page.locator('figure').first().locator('tbody tr').last();
      expect(await last.innerText()).toMatch(/1,280[\s\S]*690 µJ[\s\S]*0\.345 to 1\.38 mJ/);
      expect(await last.locator('.source-mark').count()).toBe(4);
    });
  });

  test('before anything was run there is one way on', async () => {
    await withView(compoundNew, async (open) => {
      expect(
        await open.page.locator('[data-command]:visible').evaluateAll((all) => all.map((one) => one.getAttribute('data-command'))),
      ).toEqual(['run-compound']);
      expect(await open.page.locator('[role=listbox]:visible').count()).toBe(0);
    });
  });
});
