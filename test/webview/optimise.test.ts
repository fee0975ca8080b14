import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { OptimiseView, ToWebview } from '../../webview/messages/index.ts';
import { choosePoint, dropFor, dropPoints, parseDrop } from '../../webview/app/choose.ts';
import type { ParetoOptions } from '../../webview/app/draw/pareto.ts';
import { drawPareto } from '../../webview/app/draw/pareto.ts';
import type { Shape } from '../../webview/app/draw/shape.ts';
import { optimise, optimiseLive, optimiseNew, point } from './canned-optimise.ts';
import type { Harness, OpenPage } from './harness.ts';
import { hasChromium, startHarness } from './harness.ts';

const message = (view: OptimiseView): ToWebview => ({ kind: 'optimise', strings: {}, view });

describe('choosing a point', () => {
  it('takes the largest saving within the limit, of candidates alone', () => {
    const chosen = (maxDrop: number): string | undefined => choosePoint(optimise.points, maxDrop)?.id;
    expect([0, 0.001, 0.0029, 0.003, 0.01, 0.016, 0.05].map(chosen)).toEqual([
      'energy-2',
      'energy-3',
      'energy-3',
      'energy-4',
      'energy-5',
      'energy-6',
      'energy-6',
    ]);
    expect(
      choosePoint(
        optimise.points.filter(({ kind }) => kind === 'baseline'),
        0.05,
      ),
    ).toBeNull();
    expect(choosePoint([{ ...point('x', 'x', 0.9, 0), drop: null, needed: null }], 0.05)).toBeNull();
  });

  it('prefers the smaller loss of equal savings', () => {
    expect(choosePoint([point('a', 'a', 0.5, 0.004), point('b', 'b', 0.5, 0.001)], 0.01)?.id).toBe('b');
  });

  it('finds the limit that just allows a point', () => {
    for (const candidate of optimise.points.filter(({ drop }) => drop !== null && drop <= 0.05)) {
      const limit = dropFor(candidate);
      expect(choosePoint([{ ...candidate, kind: 'candidate' }], limit)?.id).toBe(candidate.id);
      expect(parseDrop(dropPoints(limit))).toBe(limit);
    }
    expect(dropFor(point('far', 'far', 0.9, 0.3))).toBe(0.05);
  });

  it.each([
    ['1', 0.01],
    [' 0,5 ', 0.005],
    ['9', 0.05],
    ['-1', 0],
    ['0.149', 0.001],
    ['', null],
    ['much', null],
  ])('reads "%s" as %s', (text, share) => {
    expect(parseDrop(text)).toBe(share);
  });
});

describe('the picture', () => {
  const options: ParetoOptions = {
    points: optimise.points.map((entry) => ({ ...entry, description: `${entry.label} told`, chosen: entry.id === 'energy-5' })),
    maxDrop: 0.01,
    widthPx: 700,
    lossLabel: 'points lost',
    savingLabel: 'saved',
    allowedLabel: 'allowed',
    ariaLabel: 'all',
    focusable: 'energy-5',
    measure: (text) => text.length * 6,
  };
  const all = (shape: Shape): Shape[] => [shape, ...(shape.children ?? []).flatMap(all)];
  const marks = (given: Partial<ParetoOptions> = {}): Shape[] =>
    all(drawPareto({ ...options, ...given })).filter(({ attributes }) => attributes['data-point'] !== undefined);
  const placeOf = (mark: Shape | undefined): number[] => {
    const area = mark?.children?.find(({ attributes }) => attributes['class'] === 'point-area');
    return [Number(area?.attributes['cx']), Number(area?.attributes['cy'])];
  };

  it('puts more saving higher and more loss further right', () => {
    const [low, high] = ['energy-1', 'energy-6'].map((id) => placeOf(marks().find(({ attributes }) => attributes['data-point'] === id)));
    expect(high?.[0]).toBeGreaterThan(low?.[0] ?? NaN);
    expect(high?.[1]).toBeLessThan(low?.[1] ?? NaN);
  });

  it('keeps every mark inside, however far off a point is', () => {
    const far = { ...options.points[0], id: 'far', drop: 0.9, saving: -3 } as ParetoOptions['points'][number];
    for (const mark of marks({ points: [...options.points, far] })) {
      const [x = NaN, y = NaN] = placeOf(mark);
      expect(x >= 0 && x <= 700 && y >= 0 && y <= 300).toBe(true);
    }
  });

  it('tells kinds and states by form: role, hollow beyond the limit, ring when chosen', () => {
    const byId = new Map(marks().map((mark) => [mark.attributes['data-point'], mark.attributes]));
    expect(byId.get('int8')).toMatchObject({ role: 'img', class: 'point baseline' });
    expect(byId.get('energy-5')).toMatchObject({ role: 'button', class: 'point candidate chosen', 'aria-pressed': 'true', tabindex: 0 });
    expect(byId.get('energy-6')).toMatchObject({ class: 'point candidate beyond', 'aria-pressed': 'false', tabindex: -1 });
  });

  it('leaves out points whose loss is not known, and stands without any', () => {
    expect(marks({ points: options.points.map((entry) => ({ ...entry, drop: null })) })).toEqual([]);
    expect(JSON.stringify(drawPareto({ ...options, points: [] }))).not.toMatch(/NaN|Infinity/);
  });
});

describe.skipIf(!hasChromium)('the page', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());

  async function withView(view: OptimiseView, check: (open: OpenPage) => Promise<void>): Promise<void> {
    const open = await harness.open({ page: 'optimise', messages: [message(view)] });
    try {
      await check(open);
      expect(await open.violations()).toEqual([]);
    } finally {
      await open.close();
    }
  }
  const last = async (open: OpenPage): Promise<unknown> => (await open.posted()).at(-1);

  test('moving the slider shows what would be chosen without a run, and is remembered', async () => {
    await withView(optimise, async (open) => {
      const pressed = (): Promise<string | null> => open.page.locator('[aria-pressed=true]').getAttribute('data-point');
      expect(await pressed()).toBe('energy-5');
      await open.page.locator('#drop-slider').focus();
      for (let i = 0; i < 5; i++) await open.page.keyboard.press('ArrowLeft');
      expect(await pressed()).toBe('energy-4');
      expect(await last(open)).toEqual({ kind: 'optimise-options', options: { ...optimise.options, maxDrop: 0.005 } });
      expect(await open.page.locator('#drop-number').inputValue()).toBe('0.5');
      expect(await open.page.locator('#write-hint').textContent()).toContain('energy term, step 4 would be chosen');
      expect(await open.page.locator('[role=status]').textContent()).toContain('energy term, step 4: 61.0 % saved');
      expect((await open.posted()).filter(({ kind }) => kind === 'optimise-run')).toEqual([]);
      // What the host says next does not take the slider back.
      await open.send(message(optimise));
      expect(await open.page.locator('#drop-number').inputValue()).toBe('0.5');
    });
  });

  test('a typed limit is kept within its ends; letters are refused', async () => {
    await withView(optimise, async (open) => {
      const field = open.page.locator('#drop-number');
      await field.fill('12');
      await field.press('Tab');
      expect(await field.inputValue()).toBe('5.0');
      expect(await last(open)).toMatchObject({ options: { maxDrop: 0.05 } });
    });
  });

  test('search and write ask the host with the options of the form', async () => {
    await withView(optimise, async (open) => {
      await open.page.locator('#option-values').selectOption('set');
      expect(await open.page.locator('[data-command=write]').getAttribute('aria-disabled')).toBe('true');
      await open.page.locator('[data-command=search]').click();
      expect(await last(open)).toEqual({ kind: 'optimise-run', options: { ...optimise.options, values: 'set' }, write: false });
      await open.page.locator('#option-values').selectOption('all');
      await open.page.locator('[data-command=write]').click();
      expect(await last(open)).toEqual({ kind: 'optimise-run', options: optimise.options, write: true });
    });
  });

  test('the shifter goes with powers of two, and only with them', async () => {
    await withView(optimise, async (open) => {
      await open.page.locator('#option-values').selectOption('powers-of-two');
      expect(await last(open)).toMatchObject({ options: { values: 'powers-of-two', cell: 'shift' } });
      await open.page.locator('#option-cell').selectOption('booth');
      expect(await last(open)).toMatchObject({ options: { values: 'powers-of-two', cell: 'booth' } });
      await open.page.locator('#option-values').selectOption('set');
      expect(await last(open)).toMatchObject({ options: { values: 'set', cell: 'array' } });
      expect(await open.page.locator('#option-cell option[value=shift]').isDisabled()).toBe(true);
    });
  });

  test('before a search there is nothing to write, and the page says so', async () => {
    await withView(optimiseNew, async (open) => {
      await open.page.locator('[data-command=write]').click({ force: true });
      expect((await open.posted()).map(({ kind }) => kind)).toEqual(['ready']);
      expect(await open.page.locator('#write-hint').textContent()).toContain('A search writes nothing');
      expect(await open.page.locator('.chart-none').textContent()).toContain('begins with a search');
      expect(await open.page.locator('.chart .legend').isVisible()).toBe(false);
    });
  });

  test('while it runs points come in, stop takes the focus, and the end gives it back', async () => {
    await withView(optimiseNew, async (open) => {
      const focused = (): Promise<string | null> => open.page.evaluate(() => document.activeElement?.getAttribute('data-command') ?? null);
      await open.page.locator('[data-command=search]').focus();
      await open.send(message(optimiseLive));
      expect(await focused()).toBe('stop-optimise');
      expect(await open.page.locator('[data-point]').count()).toBe(8);
      await open.page.keyboard.press('Enter');
      expect(await last(open)).toEqual({ kind: 'command', command: 'stop-optimise' });
      await open.send(message(optimise));
      expect(await focused()).toBe('search');
      expect(await open.page.locator('.headline').textContent()).toBe('64 – 70 %');
    });
  });

  test('arrow keys walk over the points, each speaks, and Enter allows its loss', async () => {
    await withView(optimise, async (open) => {
      await open.page.locator('[data-point=energy-5]').focus();
      await open.page.keyboard.press('ArrowRight');
      const at = (): Promise<string | null> => open.page.evaluate(() => document.activeElement?.getAttribute('data-point') ?? null);
      expect(await at()).toBe('energy-6');
      expect(await open.page.locator('.curve-readout').textContent()).toBe(
        'energy term, step 6: 74.0 % saved, quality 96.6 %, 1.6 points lost, 5.2 nJ per inference',
      );
      await open.page.keyboard.press('Enter');
      expect(await open.page.locator('#drop-number').inputValue()).toBe('1.6');
      expect(await at()).toBe('energy-6');
      expect(await open.page.locator('[aria-pressed=true]').getAttribute('data-point')).toBe('energy-6');
      await open.page.keyboard.press('Home');
      expect(await at()).toBe('int8');
    });
  });

  test('the result never tells a percentage without baseline, tables and accuracy, and says what it does not cover', async () => {
    await withView(optimise, async (open) => {
      const text = (await open.page.locator('.search-result').innerText()).replaceAll('\n', ' ');
      for (const part of [
        '64 – 70 %',
        'int8 weights by rounding',
        'horowitz45, aladdin40',
        '98.2 %',
        '97.4 %',
        '360 held-out rows',
        'multiply-adds alone',
      ])
        expect(text).toContain(part);
      const { result } = optimise;
      await open.send(message({ ...optimise, result: result && { ...result, saving: null, savingMissing: 'one table only' } }));
      expect(await open.page.locator('.search-result').innerText()).toContain('one table only');
      expect(await open.page.locator('.headline').count()).toBe(0);
    });
  });

  test('the points stand in a table too', async () => {
    await withView(optimise, async (open) => {
      await open.page.getByText('All points as a table (12)').click();
      expect(await open.page.locator('.points-table tbody tr').count()).toBe(12);
      expect(await open.page.locator('.points-table .chosen-row th').textContent()).toBe('energy term, step 5');
    });
  });

  test('an error stands beside the earlier result, with its code and advice', async () => {
    const error = { code: 'solver-crashed', message: 'The solver process ended unexpectedly by signal SIGKILL.', advice: 'Search again.' };
    await withView({ ...optimise, error }, async (open) => {
      const alert = await open.page.locator('[role=alert]').innerText();
      for (const part of [error.code, error.message, error.advice]) expect(alert).toContain(part);
      expect(await open.page.locator('.headline').count()).toBe(1);
    });
  });
});
