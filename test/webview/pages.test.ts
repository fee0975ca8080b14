import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ToWebview } from '../../webview/messages/index.ts';
import { hostileMessages, manyLayers, messages, model, report, tiers } from './canned.ts';
import type { Harness, OpenOptions, OpenPage, PageName, ThemeName } from './harness.ts';
import { hasChromium, startHarness, themes } from './harness.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pageNames = ['report', 'tiers', 'model', 'learning', 'optimise', 'sparsity', 'compound'] as const;
const themeNames = Object.keys(themes) as ThemeName[];

const notices: readonly ToWebview[] = [
  { kind: 'busy', message: 'Reading the model' },
  {
    kind: 'empty',
    message: 'No plan is open',
    hint: 'Open a .tiers file.',
    action: { label: 'Open the sample', command: 'open-sample' },
    more: [{ label: 'Create a plan', command: 'create-plan' }],
  },
  {
    kind: 'error',
    code: 'solver-stopped',
    message: 'The solver process ended with signal SIGKILL.',
    advice: 'It was started again. Run the fit once more.',
  },
];
const fitting: ToWebview = {
  kind: 'tiers',
  strings: {},
  view: { ...tiers, fitting: { message: 'Solving /fc1/Gemm, pass 1', fraction: 0.4 } },
};
const broken: ToWebview = {
  kind: 'tiers',
  strings: {},
  view: { ...tiers, errors: 2, lastFit: null, tiers: tiers.tiers.map((tier) => ({ ...tier, canFit: false })) },
};

async function axe(open: OpenPage): Promise<string[]> {
  await open.page.evaluate(axeSource);
  return open.page.evaluate(async () => {
    const seen = window as unknown as { __violations: string[]; __posted: { kind: string }[] };
    const [violations0, posted0] = [seen.__violations.length, seen.__posted.length];
    const run = (
      window as unknown as {
        axe: {
          run: (
            root: Document,
            options: unknown,
          ) => Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
        };
      }
    ).axe;
    const { violations } = await run.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'best-practice'] });
    // axe puts a style element of its own into the page; the page reports that, rightly, but it is no defect of the page.
    seen.__violations.length = violations0;
    seen.__posted.length = posted0;
    return violations.flatMap((v) => v.nodes.map((node) => `${v.id}: ${node.html.slice(0, 160)} | ${node.failureSummary ?? ''}`));
  });
}

/** Opens every disclosure of the page, so that what is hidden at first is looked at too. */
async function openAll(open: OpenPage): Promise<void> {
  await open.page.evaluate(async () => {
    for (const details of document.querySelectorAll('details')) details.open = true;
    for (const toggle of document.querySelectorAll<HTMLElement>('.row-toggle[aria-expanded="false"]')) toggle.click();
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });
}

describe.skipIf(!hasChromium)('pages in a browser', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());

  async function withPage(options: OpenOptions, check: (open: OpenPage) => Promise<void>): Promise<void> {
    const open = await harness.open(options);
    try {
      await check(open);
      expect(await open.violations()).toEqual([]);
      expect((await open.posted()).filter((message) => message.kind === 'page-error' || message.kind === 'csp-violation')).toEqual([]);
    } finally {
      await open.close();
    }
  }

  test.each(pageNames.flatMap((page) => themeNames.map((theme): [PageName, ThemeName] => [page, theme])))(
    '%s has no axe violation in %s',
    async (page, theme) => {
      await withPage({ page, theme, messages: [messages[page]] }, async (open) => {
        expect(await axe(open)).toEqual([]);
        await openAll(open);
        expect(await axe(open)).toEqual([]);
      });
    },
  );

  test.each(themeNames)('a figure that is explained and charts as tables have no axe violation in %s', async (theme) => {
    await withPage({ page: 'report', theme, messages: [messages.report] }, async (open) => {
      for (const box of await open.page.getByLabel('As a table').all()) await box.press('Space');
      await open.page.locator('[data-focus="tile:total/inference"]').press('Enter');
      expect(await open.page.locator('.drawer, .chart-frame table').count()).toBe(4);
      expect(await axe(open)).toEqual([]);
    });
  });

  test.each([
    ...notices.map((message) => [message.kind, message] as const),
    ['fitting', fitting] as const,
    ['errors in the plan', broken] as const,
  ])('the state %s has no axe violation', async (_name, message) => {
    await withPage({ page: 'tiers', theme: 'light', widthPx: 300, messages: [message] }, async (open) => {
      expect(await axe(open)).toEqual([]);
    });
  });

  test.each(pageNames)('%s says ready, has a language, a title and one h1', async (page) => {
    await withPage({ page, messages: [messages[page]] }, async (open) => {
      expect((await open.posted())[0]).toEqual({ kind: 'ready', page });
      const facts = await open.page.evaluate(() => [
        document.documentElement.lang,
        document.querySelectorAll('h1').length,
        document.querySelectorAll('main').length,
        document.title,
      ]);
      expect(facts.slice(0, 3)).toEqual(['en', 1, 1]);
      expect(facts[3]).toMatch(/^digits\.\w+ – /);
    });
  });

  test.each(pageNames.flatMap((page) => [300, 800, 1400].map((widthPx): [PageName, number] => [page, widthPx])))(
    '%s fits %d px',
    async (page, widthPx) => {
      const long = hostileMessages().find((message) => message.kind === page);
      await withPage({ page, widthPx, messages: [messages[page], ...(long === undefined ? [] : [long])] }, async (open) => {
        for (const message of [long, messages[page]]) {
          await open.send(message);
          await openAll(open);
          const overflow = await open.page.evaluate(() => {
            const wide = [...document.querySelectorAll('main *')].filter(
              (element) =>
                element.getBoundingClientRect().right > window.innerWidth + 0.5 &&
                element.closest('.visually-hidden, .data-table, .table-scroll, .tier-listbox') === null,
            );
            return [
              document.documentElement.scrollWidth - document.documentElement.clientWidth,
              ...wide.map((element) => element.className),
            ];
          });
          expect(overflow).toEqual([0]);
          // Tables fit too, except that numbers of absurd length may scroll inside a narrow one.
          if (message === messages[page])
            expect(
              await open.page.evaluate(() =>
                [...document.querySelectorAll('.table-block')]
                  .map((block) => block.scrollWidth - block.clientWidth)
                  .filter((extra) => extra > 0),
              ),
            ).toEqual([]);
        }
      });
    },
  );

  test.each(pageNames)('%s shows hostile names as text', async (page) => {
    await withPage({ page }, async (open) => {
      for (const message of hostileMessages()) {
        if (message.kind !== page && message.kind !== 'error' && message.kind !== 'empty') continue;
        await open.send(message);
        await openAll(open);
        const found = await open.page.evaluate(() => ({
          elements: document.querySelectorAll(
            'main script, main img, main iframe, main svg[onload], main style, main a, main object, main embed, main [style]',
          ).length,
          raw: /[\u0000-\u0009\u000b-\u001f\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(
            `${document.documentElement.outerHTML.replace(/\n/g, '')}${document.title}`,
          ),
          shown: document.body.innerText,
        }));
        expect(found.elements).toBe(0);
        expect(found.raw).toBe(false);
        expect(found.shown).toMatch(message.kind === 'error' ? /<script>alert/ : /U\+202E/);
      }
    });
  });

  test('a message that breaks the contract changes nothing and is reported', async () => {
    const open = await harness.open({ page: 'report', messages: [messages.report] });
    const before = await open.page.evaluate(() => document.body.innerText);
    await open.send({ kind: 'report', strings: {}, view: { ...report, layers: '<b>x</b>' } });
    expect(await open.page.evaluate(() => document.body.innerText)).toBe(before);
    expect((await open.posted()).at(-1)).toMatchObject({ kind: 'page-error', message: expect.stringContaining('view.layers') as string });
    await open.close();
  });

  test('Tab reaches Fit, Enter starts it, the focus moves to Cancel and back', async () => {
    await withPage({ page: 'tiers', widthPx: 300, messages: [messages.tiers] }, async (open) => {
      const focused = (): Promise<string | null> => open.page.evaluate(() => document.activeElement?.getAttribute('data-command') ?? null);
      for (let presses = 0; presses < 20 && (await focused()) !== 'fit'; presses++) await open.page.keyboard.press('Tab');
      expect(await focused()).toBe('fit');
      await open.page.keyboard.press('Enter');
      expect((await open.posted()).filter((message) => message.kind === 'command')).toEqual([{ kind: 'command', command: 'fit' }]);
      await open.send(fitting);
      expect(await focused()).toBe('cancel-fit');
      expect(await open.page.locator('#app > [role=status]').textContent()).toBe('Solving /fc1/Gemm, pass 1 25 %');
      expect(await open.page.locator('vscode-progress-bar.fit-bar [role=progressbar]').getAttribute('aria-valuenow')).toBe('40');
      await open.page.keyboard.press('Enter');
      expect((await open.posted()).at(-1)).toEqual({ kind: 'command', command: 'cancel-fit' });
      await open.send(messages.tiers);
      expect(await focused()).toBe('fit');
      expect(await open.page.locator('#app > [role=status]').textContent()).toBe('The fit ended: 9.7 % before, 97.2 % after');
    });
  });

  test('a plan with errors cannot be fitted and says why', async () => {
    await withPage({ page: 'tiers', widthPx: 300, messages: [broken] }, async (open) => {
      await open.page.locator('[data-command=fit]').click({ force: true });
      expect((await open.posted()).map((message) => message.kind)).toEqual(['ready']);
      expect(await open.page.locator('#fit-obstacle').textContent()).toContain('The plan has 2 errors');
    });
  });

  test('links of an empty page and names of layers ask the host', async () => {
    await withPage({ page: 'tiers', messages: [notices[1] as ToWebview] }, async (open) => {
      await open.page.getByRole('button', { name: 'Open the sample' }).click();
      await open.page.getByRole('button', { name: 'Create a plan' }).click();
      await open.send(messages.tiers);
      await open.page.locator('[data-index="3"]').dblclick();
      expect((await open.posted()).slice(1)).toEqual([
        { kind: 'command', command: 'open-sample' },
        { kind: 'command', command: 'create-plan' },
        { kind: 'reveal-layer', id: '/fc2/Gemm' },
      ]);
    });
  });

  test('columns sort by keyboard, rows open, and both survive a reload', async () => {
    const names = (open: OpenPage): Promise<string[]> =>
      open.page.evaluate(() => [...document.querySelectorAll('tbody .layer-name')].map((name) => name.textContent ?? ''));
    let saved: unknown = null;
    await withPage({ page: 'model', messages: [messages.model] }, async (open) => {
      await open.page.locator('[data-focus="sort:macs"]').focus();
      await open.page.keyboard.press('Enter');
      expect(await names(open)).toEqual(['/fc2/Gemm', '/fc1/Gemm', '/fc3/Gemm']);
      expect(await open.page.locator('th.col-macs[scope=col]').getAttribute('aria-sort')).toBe('descending');
      expect(await open.page.locator('[role=status]').textContent()).toBe('Sorted by MACs, descending');
      await open.page.keyboard.press('Enter');
      expect(await names(open)).toEqual(['/fc3/Gemm', '/fc1/Gemm', '/fc2/Gemm']);
      await open.page.locator('.row-toggle').first().focus();
      await open.page.keyboard.press('Space');
      expect(await open.page.locator('.detail-row').innerText()).toContain('weight traffic');
      saved = await open.state();
    });
    await withPage({ page: 'model', state: saved, messages: [messages.model] }, async (open) => {
      expect(await names(open)).toEqual(['/fc3/Gemm', '/fc1/Gemm', '/fc2/Gemm']);
      expect(await open.page.locator('.detail-row').count()).toBe(1);
    });
  });

  test('five thousand layers: the rows in view, filter and sort over all', async () => {
    const big: ToWebview = { kind: 'model', strings: {}, view: { ...model, layers: manyLayers(5000) } };
    await withPage({ page: 'model', messages: [big] }, async (open) => {
      const rows = (): Promise<number> => open.page.locator('tbody tr:not(.row-room)').count();
      expect(await rows()).toBeLessThan(80);
      await open.page.evaluate(() => window.scrollTo(0, 4000));
      await open.page.waitForFunction(() => document.querySelector('th.col-macs[scope=col]')?.getBoundingClientRect().top === 0);
      await open.page.locator('[data-focus="sort:macs"]').press('Enter');
      await open.page.evaluate(() => window.scrollTo(0, 0));
      const largest = Math.max(...manyLayers(5000).map((layer) => layer.macsCount ?? 0));
      await open.page.waitForFunction(
        (text) => document.querySelector('tbody tr:not(.row-room) .col-macs')?.textContent === text,
        largest.toLocaleString('en'),
      );
      await open.page.locator('.filter').click();
      await open.page.keyboard.type('layers.4999/ matmul');
      await open.page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
      expect(await open.page.locator('.filter-count').textContent()).toBe('1 of 5000');
    });
  });

  test('the chart follows metric, scale and width, and keeps its choice', async () => {
    await withPage({ page: 'report', messages: [messages.report] }, async (open) => {
      const chart = open.page.locator('.layer-chart');
      const label = (): Promise<string | null> => chart.locator('svg.bars').first().getAttribute('aria-label');
      expect(await label()).toBe(
        'Bar chart of 3 layers: One inference, by part, linear scale. Largest: /fc2/Gemm with 240 nJ. The table below has the same figures.',
      );
      expect(await chart.locator('.part').count()).toBeGreaterThan(6);
      await chart.locator('select').selectOption('solve');
      expect(await label()).toContain('Bar chart of 2 layers: Retrain: direct solve');
      expect(await chart.locator('.chart-caption').textContent()).toContain('1 layer has no figure');
      await open.page.locator('#chart-log').press('Space');
      expect(await open.state()).toMatchObject({ metric: 'solve' });
      await open.page.setViewportSize({ width: 300, height: 900 });
      await open.page.waitForFunction(() => Number(document.querySelector('.layer-chart svg.bars')?.getAttribute('width')) < 300);
    });
  });

  test('progress does not rebuild the page: focus and rows stay', async () => {
    await withPage({ page: 'tiers', widthPx: 300, messages: [fitting] }, async (open) => {
      await open.page.locator('[data-focus="zone:frozen"]').focus();
      const kept = await open.page.evaluateHandle(() => document.querySelector('[data-index="2"]'));
      for (const fraction of [0.5, 0.6, null])
        await open.send({ kind: 'tiers', strings: {}, view: { ...tiers, rows: null, fitting: { message: 'Solving', fraction } } });
      expect(await kept.evaluate((row) => row?.isConnected)).toBe(true);
      expect(await open.page.evaluate(() => document.activeElement?.getAttribute('data-focus'))).toBe('zone:frozen');
    });
  });

  test('bars, whiskers and signs stay visible with forced colours', async () => {
    await withPage({ page: 'report', theme: 'light', forcedColors: true, messages: [messages.report] }, async (open) => {
      const colours = await open.page.evaluate(() => [
        getComputedStyle(document.querySelector('.bar:not(.part)') as Element).fill,
        getComputedStyle(document.querySelector('.whisker') as Element).stroke,
        getComputedStyle(document.body).backgroundColor,
      ]);
      expect(new Set(colours).size).toBe(3);
    });
  });

  test('strings of the host replace English', async () => {
    await withPage(
      {
        page: 'tiers',
        messages: [{ kind: 'tiers', strings: { 'Fit lower tier': 'Untere Stufe lösen', '{0} layers': '{0} Schichten' }, view: tiers }],
      },
      async (open) => {
        expect(await open.page.locator('[data-command=fit]').textContent()).toBe('Untere Stufe lösen');
        expect(await open.page.locator('.tier-count').first().textContent()).toContain('5 Schichten');
      },
    );
  });
});
