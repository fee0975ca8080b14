import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ToWebview } from '../../webview/messages/index.ts';
import { messages } from './canned.ts';
import type { Harness, OpenPage, PageName } from './harness.ts';
import { hasChromium, startHarness } from './harness.ts';

const pageNames = ['report', 'tiers', 'model', 'learning', 'optimise', 'sparsity', 'compound'] as const;
const busy: ToWebview = { kind: 'busy', message: 'Reading the model' };

/** Moving things of a page, in the shadow of its components too; those that merely wait for a change do not move. */
async function moving(open: OpenPage): Promise<string[]> {
  return open.page.evaluate(() => {
    const roots: (Document | ShadowRoot)[] = [document];
    for (let i = 0; i < roots.length; i++)
      for (const element of roots[i]?.querySelectorAll('*') ?? []) if (element.shadowRoot) roots.push(element.shadowRoot);
    return roots.flatMap((root) =>
      [...root.querySelectorAll('*')].flatMap((element) => {
        const { animationName, animationPlayState, transitionDuration } = getComputedStyle(element);
        const isVisible = element.getClientRects().length > 0;
        const moves = isVisible && animationName !== 'none' && animationPlayState === 'running';
        const slides = isVisible && transitionDuration.split(', ').some((duration) => Number.parseFloat(duration) > 0);
        return moves || slides ? [`${element.tagName}.${element.getAttribute('class') ?? ''} ${animationName} ${transitionDuration}`] : [];
      }),
    );
  });
}

describe.skipIf(!hasChromium)('motion and zoom', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());

  const cases: readonly [PageName, string][] = [
    ['report', 'by the system'],
    ...pageNames.map((page): [PageName, string] => [page, 'by the editor']),
  ];
  test.each(cases)('%s: nothing moves where motion is reduced %s', async (page, how) => {
    const open = await harness.open({ page, messages: [messages[page], busy] });
    if (how === 'by the editor') {
      await open.page.emulateMedia({ reducedMotion: 'no-preference' });
      await open.page.evaluate(() => document.body.classList.add('vscode-reduce-motion'));
    }
    expect(await moving(open)).toEqual([]);
    await open.close();
  });

  test.each(pageNames)('%s zoomed twofold: nothing lies outside, nothing that can be pressed is cut off', async (page) => {
    // A window of 1280 x 800 at 200 % has this many CSS pixels.
    const open = await harness.open({ page, widthPx: 640, heightPx: 400, messages: [messages[page]] });
    const found = await open.page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      const outside = [...document.querySelectorAll('button, vscode-button, select, input, summary, [role=button]')].filter((control) => {
        const box = control.getBoundingClientRect();
        const scrolls = control.closest('.table-scroll, .data-table, [class*=scroll], [role=listbox], [role=grid]') !== null;
        return box.width > 0 && !scrolls && (box.left < -0.5 || box.right > window.innerWidth + 0.5);
      });
      return { sideways: scrollWidth - clientWidth, outside: outside.map((control) => control.outerHTML.slice(0, 120)) };
    });
    expect(found).toEqual({ sideways: 0, outside: [] });
    await open.close();
  });
});
