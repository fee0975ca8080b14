import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TiersView, ToHost, ToWebview } from '../../webview/messages/index.ts';
import { hostileNames, messages, tierRow, tiers } from './canned.ts';
import { figure } from './canned-figure.ts';
import type { Harness, OpenOptions, OpenPage } from './harness.ts';
import { hasChromium, startHarness } from './harness.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const message = (patch: Partial<TiersView>): ToWebview => ({ kind: 'tiers', strings: {}, view: { ...tiers, ...patch } });

/** A model of `n` layers: lower tier below, upper tier at the end, frozen ones between. */
function many(n: number): ToWebview {
  const rows = Array.from({ length: n }, (_, i) =>
    tierRow(`/layers.${i}/${i % 3 === 0 ? 'Conv' : 'MatMul'}`, {
      op: i % 3 === 0 ? 'Conv' : 'MatMul',
      parameters: (i * 7919) % 10_007,
      energy: i % 10 === 9 ? null : figure(((i * 7919) % 10_007) * 1e-10 + 1e-10, 'modelled'),
    }),
  );
  return message({ rows, placement: rows.map((_, i) => (i < n / 2 ? 1 : i > n - 3 ? 0 : -1)) });
}

type Assign = Extract<ToHost, { readonly kind: 'assign-tier' }>;

async function assigned(open: OpenPage): Promise<readonly Assign[]> {
  return (await open.posted()).filter((one): one is Assign => one.kind === 'assign-tier');
}

/** What each row in the document says: letter, name. */
function listed(open: OpenPage): Promise<string[]> {
  return open.page.evaluate(() =>
    [...document.querySelectorAll('.tier-row')].map(
      (row) => `${row.querySelector('.tier-letter')?.textContent ?? ''} ${row.querySelector('.cell-name')?.textContent ?? ''}`,
    ),
  );
}

function selected(open: OpenPage): Promise<string[]> {
  return open.page.evaluate(() =>
    [...document.querySelectorAll('.tier-row[aria-selected="true"] .cell-name')].map((name) => name.textContent ?? ''),
  );
}

function news(open: OpenPage): Promise<string | null> {
  return open.page.locator('.tier-news').textContent();
}

describe.skipIf(!hasChromium)('the Tiers panel in a browser', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());

  async function withPage(options: Omit<OpenOptions, 'page'>, check: (open: OpenPage) => Promise<void>): Promise<void> {
    const open = await harness.open({ page: 'tiers', widthPx: 1200, heightPx: 320, messages: [messages.tiers], ...options });
    try {
      await check(open);
      expect(await open.violations()).toEqual([]);
      expect((await open.posted()).filter((one) => one.kind === 'page-error' || one.kind === 'csp-violation')).toEqual([]);
    } finally {
      await open.close();
    }
  }

  test('keys move, extend and toggle the selection; the list is one stop for Tab', async () => {
    await withPage({}, async (open) => {
      const { keyboard } = open.page;
      const list = open.page.locator('[role=listbox]');
      await list.focus();
      expect(await selected(open)).toEqual(['/conv1/Conv']);
      expect(await list.getAttribute('aria-activedescendant')).toBe('layer-0');
      await keyboard.press('ArrowDown');
      await keyboard.press('Shift+End');
      expect(await selected(open)).toEqual(['/conv2/Conv', '/fc1/Gemm', '/fc2/Gemm', '/fc3/Gemm']);
      await keyboard.press('Shift+PageUp');
      expect(await selected(open)).toEqual(['/conv1/Conv', '/conv2/Conv']);
      await keyboard.press('Control+ArrowDown');
      await keyboard.press('Control+ArrowDown');
      await keyboard.press('Control+Space');
      expect(await selected(open)).toEqual(['/conv1/Conv', '/conv2/Conv', '/fc1/Gemm']);
      await keyboard.press('Control+A');
      expect(await selected(open)).toHaveLength(5);
      await keyboard.press('Escape');
      expect(await selected(open)).toEqual([]);
      await keyboard.press('Enter');
      expect((await open.posted()).at(-1)).toEqual({ kind: 'reveal-layer', id: '/fc1/Gemm' });
      await keyboard.press('Tab');
      expect(await open.page.evaluate(() => document.activeElement?.closest('.tier-list') === null)).toBe(true);
    });
  });

  test('letters ask the host, show the answer at once, and take it back when it is refused', async () => {
    await withPage({}, async (open) => {
      const { keyboard } = open.page;
      await open.page.locator('[role=listbox]').focus();
      await keyboard.press('Shift+ArrowDown');
      await keyboard.press('l');
      const ids = ['/conv1/Conv', '/conv2/Conv'];
      expect(await assigned(open)).toEqual([
        { kind: 'assign-tier', request: 1, plan: 'examples/digits/digits.tiers', ids, goal: { kind: 'lower', name: 'features' } },
      ]);
      expect((await listed(open)).slice(0, 2)).toEqual(['L /conv1/Conv', 'L /conv2/Conv']);
      // What the host says of something else meanwhile takes nothing back.
      await open.send(message({ rows: null, fitting: { message: 'Solving', fraction: 0.1 } }));
      expect((await listed(open))[0]).toBe('L /conv1/Conv');
      const refusal = { code: 'layer-not-solvable', message: 'it cannot be solved', advice: 'Leave it frozen.' };
      await open.send(message({ rows: null, answer: { request: 1, refusal } }));
      expect((await listed(open)).slice(0, 2)).toEqual(['F /conv1/Conv', 'F /conv2/Conv']);
      expect(await news(open)).toBe('/conv1/Conv and 1 more cannot go to lower tier features: it cannot be solved. Leave it frozen.');
      await keyboard.press('u');
      await open.send(message({ rows: null, placement: [0, 0, 1, 1, 0], answer: { request: 2, refusal: null } }));
      expect(await news(open)).toBe('/conv1/Conv and 1 more moved to upper tier head');
      expect((await listed(open)).slice(0, 2)).toEqual(['U /conv1/Conv', 'U /conv2/Conv']);
      await keyboard.press('f');
      expect((await assigned(open)).at(-1)).toMatchObject({ request: 3, goal: { kind: 'frozen' } });
      await keyboard.press('Control+Z');
      expect((await open.posted()).at(-1)).toEqual({ kind: 'plan-step', request: 4, plan: 'examples/digits/digits.tiers', step: 'undo' });
    });
  });

  test('the status line tells an undo, and no longer what an edit in the plan has taken back', async () => {
    await withPage({}, async (open) => {
      const { keyboard } = open.page;
      await open.page.locator('[data-index="2"]').click();
      await keyboard.press('f');
      await open.send(message({ rows: null, placement: [-1, -1, -1, 1, 0], answer: { request: 1, refusal: null } }));
      expect(await news(open)).toBe('/fc1/Gemm frozen');
      await keyboard.press('Control+Z');
      await open.send(message({ rows: null, answer: { request: 2, refusal: null } }));
      expect(await news(open)).toBe('Undone in the plan');
      await keyboard.press('Control+Z');
      const refusal = { code: 'nothing-to-undo', message: 'the plan has no edit to undo', advice: '' };
      await open.send(message({ rows: null, answer: { request: 3, refusal } }));
      expect(await news(open)).toBe('Not undone: the plan has no edit to undo');
      await keyboard.press('f');
      await open.send(message({ rows: null, placement: [-1, -1, -1, 1, 0], answer: { request: 4, refusal: null } }));
      await open.send(message({ rows: null, placement: [-1, -1, -1, -1, 0] }));
      expect(await news(open)).toBe('/fc1/Gemm frozen');
      await open.send(message({ rows: null }));
      expect(await news(open)).toBe('');
    });
  });

  test('an answer that takes long is announced', async () => {
    await withPage({}, async (open) => {
      await open.page.locator('[data-index="2"]').click();
      await open.page.keyboard.press('f');
      await open.page.waitForFunction(() => document.querySelector('.tier-news')?.textContent === 'Moving /fc1/Gemm…');
      await open.send(message({ rows: null, placement: [-1, -1, -1, 1, 0], answer: { request: 1, refusal: null } }));
      expect(await news(open)).toBe('/fc1/Gemm frozen');
    });
  });

  test('of keys in quick succession the newest decides, whatever is refused', async () => {
    await withPage({}, async (open) => {
      await open.page.locator('[data-index="2"]').click();
      await open.page.keyboard.press('Space');
      await open.page.keyboard.press('l');
      expect(await assigned(open)).toMatchObject([{ goal: { kind: 'upper' } }, { goal: { kind: 'lower' } }]);
      const refusal = { code: 'tier-order', message: 'fc2 comes after it', advice: 'Move both.' };
      await open.send(message({ rows: null, answer: { request: 1, refusal } }));
      await open.send(message({ rows: null, answer: { request: 2, refusal: null } }));
      expect(await assigned(open)).toHaveLength(2);
      expect(await news(open)).toBe('/fc1/Gemm moved to lower tier features');
      expect((await listed(open))[2]).toBe('L /fc1/Gemm');
    });
  });

  test('what was asked of one plan neither shows nor is told in another of the same model', async () => {
    await withPage({}, async (open) => {
      await open.page.locator('[data-index="2"]').click();
      await open.page.keyboard.press('f');
      expect((await listed(open))[2]).toBe('F /fc1/Gemm');
      await open.send(message({ plan: 'other.tiers' }));
      expect((await listed(open))[2]).toBe('L /fc1/Gemm');
      await open.send(message({ plan: 'other.tiers', answer: { request: 1, refusal: null } }));
      expect(await news(open)).toBe('');
      await open.page.keyboard.press('Space');
      await open.send(message({}));
      const refusal = { code: 'other-plan', message: 'another plan is shown by now', advice: 'Look again.' };
      await open.send(message({ answer: { request: 2, refusal } }));
      expect(await assigned(open)).toHaveLength(2);
      expect(await news(open)).toBe('/fc1/Gemm cannot go to upper tier head: another plan is shown by now. Look again.');
    });
  });

  test.each([
    [1200, 250],
    [925, 250],
    [640, 250],
    [320, 250],
  ])('the button to fit is in view and no word is cut at %d × %d', async (widthPx, heightPx) => {
    const layers = many(40);
    await withPage({ widthPx, heightPx, messages: [layers] }, async (open) => {
      const button = await open.page.getByRole('button', { name: 'Fit lower tier' }).boundingBox();
      expect(button?.y ?? -1).toBeGreaterThanOrEqual(0);
      expect((button?.y ?? heightPx) + (button?.height ?? 0)).toBeLessThanOrEqual(heightPx);
      const cut = await open.page.evaluate(() =>
        [...document.querySelectorAll('.tier-hint, .hint-key, .tier-head > *')]
          .filter((element) => element.scrollWidth > element.clientWidth && element.clientWidth > 0)
          .map((element) => element.textContent),
      );
      expect(cut).toEqual([]);
    });
  });

  test('Space goes round the tiers and passes over one that is refused', async () => {
    await withPage({}, async (open) => {
      await open.page.locator('[data-index="2"]').click();
      await open.page.keyboard.press('Space');
      expect(await assigned(open)).toMatchObject([{ ids: ['/fc1/Gemm'], goal: { kind: 'upper', name: 'head' } }]);
      const refusal = { code: 'tier-order', message: 'fc2 comes after it', advice: 'Move both.' };
      await open.send(message({ rows: null, answer: { request: 1, refusal } }));
      expect((await assigned(open)).at(-1)).toMatchObject({ request: 2, ids: ['/fc1/Gemm'], goal: { kind: 'frozen' } });
      await open.send(message({ rows: null, placement: [-1, -1, -1, 1, 0], answer: { request: 2, refusal: null } }));
      expect(await news(open)).toContain('/fc1/Gemm frozen; the tier between was not possible: fc2 comes after it. Move both.');
      await open.page.keyboard.press('Space');
      expect((await assigned(open)).at(-1)).toMatchObject({ goal: { kind: 'lower', name: 'features' } });
    });
  });

  test('with several tiers of a kind a letter asks which, and a new one can be named', async () => {
    const two = message({ tiers: [...tiers.tiers, { kind: 'lower', name: 'filters', canFit: true }] });
    await withPage({ messages: [two] }, async (open) => {
      await open.page.locator('[data-index="0"]').click();
      await open.page.keyboard.press('l');
      await open.page.getByRole('group', { name: 'Which tier' }).getByRole('button', { name: 'filters' }).click();
      expect(await assigned(open)).toMatchObject([{ ids: ['/conv1/Conv'], goal: { kind: 'lower', name: 'filters' } }]);
      expect(await open.page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('listbox');
      await open.page.locator('[data-focus="tool:new"]').click();
      await open.page.getByLabel('Kind of the new tier').selectOption('upper');
      expect(await open.page.getByLabel('Name of the new tier').inputValue()).toBe('head-2');
      await open.page.getByLabel('Name of the new tier').press('Enter');
      expect((await assigned(open)).at(-1)).toMatchObject({ goal: { kind: 'upper', name: 'head-2' } });
      expect(await open.page.locator('.zone-list').innerText()).toContain('head-2');
    });
  });

  test('presses select as in every list, and what is selected is dragged onto a tier', async () => {
    await withPage({}, async (open) => {
      const row = (index: number) => open.page.locator(`[data-index="${index}"]`);
      await row(0).click();
      await row(2).click({ modifiers: ['Shift'] });
      await row(1).click({ modifiers: ['Control'] });
      await row(4).click({ modifiers: ['Control'] });
      expect(await selected(open)).toEqual(['/conv1/Conv', '/fc1/Gemm', '/fc3/Gemm']);
      const [from, to] = [await row(2).boundingBox(), await open.page.locator('[data-focus="zone:frozen"]').boundingBox()];
      if (from === null || to === null) throw new Error('row or zone is not there');
      await open.page.mouse.move(from.x + 80, from.y + 8);
      await open.page.mouse.down();
      await open.page.mouse.move(to.x + 20, to.y + 10, { steps: 6 });
      expect(await open.page.locator('.drag-ghost').textContent()).toBe('/conv1/Conv and 2 more');
      expect(await open.page.locator('.zone.is-target').count()).toBe(1);
      await open.page.mouse.up();
      expect(await assigned(open)).toMatchObject([{ ids: ['/conv1/Conv', '/fc1/Gemm', '/fc3/Gemm'], goal: { kind: 'frozen' } }]);
      expect(await open.page.locator('.drag-ghost').isHidden()).toBe(true);
      // A press that ends elsewhere, or is ended by Escape, moves nothing.
      await open.page.mouse.move(from.x + 80, from.y + 8);
      await open.page.mouse.down();
      await open.page.mouse.move(to.x + 20, to.y + 10, { steps: 6 });
      await open.page.keyboard.press('Escape');
      await open.page.mouse.up();
      expect(await assigned(open)).toHaveLength(1);
      await row(3).click();
      expect(await selected(open)).toEqual(['/fc2/Gemm']);
    });
  });

  test('filter and order choose what is listed, and are remembered', async () => {
    let saved: unknown = null;
    await withPage({}, async (open) => {
      await open.page.locator('[role=listbox]').focus();
      await open.page.keyboard.press('/');
      await open.page.keyboard.type('op:gemm tier:lower');
      expect(await listed(open)).toEqual(['L /fc1/Gemm', 'L /fc2/Gemm']);
      expect(await open.page.locator('.tier-count').textContent()).toBe('2 of 5');
      await open.page.locator('.tier-sort').first().selectOption('energy');
      expect(await listed(open)).toEqual(['L /fc2/Gemm', 'L /fc1/Gemm']);
      saved = await open.state();
    });
    await withPage({ state: saved }, async (open) => {
      expect(await listed(open)).toEqual(['L /fc2/Gemm', 'L /fc1/Gemm']);
      await open.page.locator('.tier-filter').fill('nothing like it');
      expect(await open.page.locator('.tier-none').textContent()).toBe('No layer fits the filter nothing like it.');
      await open.page.locator('.tier-filter').press('Escape');
      expect(await listed(open)).toHaveLength(5);
      expect(await open.page.locator('.tier-filter').inputValue()).toBe('');
      expect(await open.page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('listbox');
      await open.page.locator('.tier-head .cell-name').click();
      expect(await open.page.locator('.tier-sort').first().inputValue()).toBe('order');
    });
  });

  test('ten thousand layers: few elements, every one within reach', async () => {
    await withPage({ messages: [many(10_000)] }, async (open) => {
      const rows = (): Promise<number> => open.page.locator('.tier-row').count();
      expect(await rows()).toBeLessThan(60);
      await open.page.locator('[role=listbox]').focus();
      await open.page.keyboard.press('End');
      expect((await listed(open)).at(-1)).toBe('U /layers.9999/Conv');
      expect(await open.page.locator('#layer-9999').getAttribute('aria-posinset')).toBe('10000');
      await open.page.locator('[role=listbox]').evaluate((box) => (box.scrollTop = 110_000));
      await open.page.waitForFunction(() => document.querySelector('#layer-5003') !== null);
      expect(await rows()).toBeLessThan(60);
      await open.page.keyboard.press('Control+A');
      await open.page.keyboard.press('f');
      expect((await assigned(open))[0]?.ids).toHaveLength(10_000);
      expect(await open.page.locator('.strip rect').count()).toBeLessThan(2000);
      await open.page.locator('.tier-strip').click({ position: { x: 10, y: 10 } });
      expect(Number(await open.page.locator('.tier-row.is-active').getAttribute('data-index'))).toBeLessThan(400);
    });
  });

  test('drawing over the strip selects what lies below the pointer', async () => {
    await withPage({ messages: [many(100)] }, async (open) => {
      const strip = await open.page.locator('.tier-strip').boundingBox();
      if (strip === null) throw new Error('no strip');
      const at = (share: number): [number, number] => [strip.x + strip.width * share, strip.y + 10];
      await open.page.mouse.move(...at(0.105));
      await open.page.mouse.down();
      await open.page.mouse.move(...at(0.145), { steps: 3 });
      await open.page.mouse.up();
      await open.page.locator('[role=listbox]').focus();
      await open.page.keyboard.press('f');
      expect((await assigned(open))[0]?.ids.map((id) => id.split('/')[1])).toEqual([10, 11, 12, 13, 14].map((i) => `layers.${i}`));
    });
  });

  test('each row says in words what its cells show', async () => {
    await withPage({}, async (open) => {
      const label = await open.page.locator('#layer-3').getAttribute('aria-label');
      expect(label).toMatch(/^\/fc2\/Gemm, lower tier features, Gemm, output 1 × 128, 16,640 parameters, 240 nJ per inference/);
      expect(label).toContain('modelled');
      expect(label).toContain('exceeds its budget of 200 nJ');
      expect(await open.page.locator('#layer-1').getAttribute('aria-label')).toContain('frozen');
      expect(await open.page.locator('#layer-1').getAttribute('aria-label')).toContain('energy unknown');
    });
  });

  test('the cursor of the plan selects its layer while the user is in the plan', async () => {
    await withPage({}, async (open) => {
      await open.page.evaluate(() => (document.hasFocus = () => false));
      await open.send(message({ rows: null, cursor: '/fc3/Gemm' }));
      expect(await selected(open)).toEqual(['/fc3/Gemm']);
      await open.page.evaluate(() => (document.hasFocus = () => true));
      await open.send(message({ rows: null, cursor: '/fc1/Gemm' }));
      expect(await selected(open)).toEqual(['/fc3/Gemm']);
    });
  });

  test('says why no layer is listed', async () => {
    await withPage({ messages: [message({ rows: [], placement: [], unreadable: 'digits.onnx does not exist' })] }, async (open) => {
      expect(await open.page.locator('.tier-none').textContent()).toBe('digits.onnx does not exist');
      await open.send(message({ rows: [], placement: [] }));
      expect(await open.page.locator('.tier-none').textContent()).toBe('The model has no layers with weights.');
    });
  });

  test('hostile names are moved and told as they are', async () => {
    const rows = hostileNames.map((name) => tierRow(name));
    await withPage({ messages: [message({ rows, placement: rows.map(() => -1) })] }, async (open) => {
      await open.page.locator('[role=listbox]').focus();
      await open.page.keyboard.press('Control+A');
      await open.page.keyboard.press('l');
      expect((await assigned(open))[0]?.ids).toEqual(hostileNames);
      await open.send(message({ rows: null, placement: rows.map(() => 1), answer: { request: 1, refusal: null } }));
      expect(await news(open)).toBe('<img src=x onerror=alert(1)> and 5 more moved to lower tier features');
    });
  });

  test.each([
    [1200, 260],
    [300, 700],
  ] as const)('no axe violation with a selection, a refusal and the picker open, %d × %d', async (widthPx, heightPx) => {
    await withPage({ widthPx, heightPx }, async (open) => {
      await open.page.locator('[data-index="0"]').click();
      await open.page.keyboard.press('l');
      const refusal = { code: 'layer-not-solvable', message: 'it cannot be solved', advice: 'Leave it frozen.' };
      await open.send(message({ rows: null, answer: { request: 1, refusal } }));
      await open.page.locator('[data-focus="tool:new"]').click();
      await open.page.evaluate(axeSource);
      const found = await open.page.evaluate(async () => {
        const seen = window as unknown as {
          __violations: string[];
          __posted: unknown[];
          axe: { run: (root: Document, options: unknown) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        };
        const [violations0, posted0] = [seen.__violations.length, seen.__posted.length];
        const { violations } = await seen.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'best-practice'] });
        seen.__violations.length = violations0;
        seen.__posted.length = posted0;
        return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`);
      });
      expect(found).toEqual([]);
    });
  });

  test('tiers stay apart with forced colours', async () => {
    await withPage({ theme: 'light', forcedColors: true }, async (open) => {
      await open.page.locator('[data-index="2"]').click();
      const facts = await open.page.evaluate(() => ({
        letters: [...document.querySelectorAll('.tier-row .tier-letter')].map((letter) => letter.textContent).join(''),
        chosen: getComputedStyle(document.querySelector('[aria-selected="true"]') as Element).backgroundColor,
        other: getComputedStyle(document.querySelector('[aria-selected="false"]') as Element).backgroundColor,
        bar: getComputedStyle(document.querySelector('.energy-bar-fill') as Element).fill,
        ground: getComputedStyle(document.body).backgroundColor,
      }));
      expect(facts.letters).toBe('FFLLU');
      expect(facts.chosen).not.toBe(facts.other);
      expect(facts.bar).not.toBe(facts.ground);
    });
  });
});
