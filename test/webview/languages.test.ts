import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { extractTexts } from '../../.ci/l10n.mjs';
import type { Strings, ToWebview } from '../../webview/messages/index.ts';
import { projectRoot } from '../shared.ts';
import { messages } from './canned.ts';
import type { Harness } from './harness.ts';
import { hasChromium, startHarness } from './harness.ts';

const pageNames = ['report', 'tiers', 'model', 'learning', 'optimise', 'sparsity', 'compound'] as const;

/** Every text in brackets: what is on a page without them did not go through the translator. */
const pseudo: Strings = Object.fromEntries(extractTexts().texts.map((text) => [text, `⟦${text}⟧`]));
const german = JSON.parse(readFileSync(path.join(projectRoot, 'l10n', 'bundle.l10n.de.json'), 'utf8')) as Strings;

/** Pictures of the pages in German, for people to look at. */
const folder = process.env['TIERWISE_SCREENSHOTS'];

function inLanguage(message: ToWebview, strings: Strings): ToWebview {
  return { ...message, strings };
}

/** Every string that a message holds, at any depth, the longest first. */
function stringsIn(value: unknown): readonly string[] {
  const all: string[] = [];
  const visit = (inner: unknown): void => {
    // Pages name a file without its folders.
    if (typeof inner === 'string') all.push(inner.trim(), inner.split(/[\\/]/).at(-1) ?? '');
    else if (typeof inner === 'object' && inner !== null) Object.values(inner).forEach(visit);
  };
  visit(value);
  return [...new Set(all)].filter((text) => text !== '').sort((a, b) => b.length - a.length);
}

/** Pieces of text that a reader, by eye or by ear, gets from a page. Code is what it is in any language. */
async function pieces(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const all = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode())
      if (node.parentElement !== null && node.parentElement.closest('script, style, code, main [lang=en]') === null)
        all.push(node.textContent ?? '');
    for (const name of ['aria-label', 'title', 'placeholder', 'aria-description', 'aria-valuetext', 'alt'])
      for (const element of document.querySelectorAll(`[${name}]`)) all.push(element.getAttribute(name) ?? '');
    return [...new Set(all.map((text) => text.trim()))];
  });
}

/** The piece without what was translated and what the message said: words of the page itself that nobody can translate. */
function untranslated(piece: string, said: readonly string[]): string {
  let rest = piece;
  // Innermost brackets first: a text may be an argument of another.
  for (let before = ''; before !== rest;) [before, rest] = [rest, rest.replace(/⟦[^⟦⟧]*⟧/g, ' ')];
  // A stretch of the stream shows its line ends as marks; a label that was cut has lost a bracket.
  if (/⟨U\+|↵|[⟦⟧]/.test(rest)) return '';
  // A single word such as "layer" is a value of the message as likely as a word of the page.
  for (const text of said) if (!/^[a-z]*$/.test(text) && text.length > 2) rest = rest.replaceAll(text, ' ');
  const left = rest.replace(/^[^A-Za-z]+|[^A-Za-z]+$/g, '');
  if (said.some((text) => text.includes(left))) return '';
  return /[A-Za-z]{3,}/.test(rest) ? piece : '';
}

/** What does not fit: the page sideways, and the words of buttons, headings, labels and of the choice that a list shows. */
async function overflows(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth + 1) {
      const widest = [...document.querySelectorAll('main *')].find((element) => element.getBoundingClientRect().right > clientWidth + 1);
      found.push(`the page is ${scrollWidth} wide in ${clientWidth}: ${widest?.outerHTML.slice(0, 160) ?? ''}`);
    }
    const say = (element: HTMLElement, neededPx: number): void => {
      found.push(
        `${element.tagName} ${element.className}: ${(element.textContent ?? '').slice(0, 60)} (${neededPx} in ${element.clientWidth})`,
      );
    };
    const pen = document.createElement('canvas').getContext('2d');
    for (const element of document.querySelectorAll('button, h1, h2, h3, label, dt, select')) {
      if (!(element instanceof HTMLElement) || element.offsetParent === null || element.clientWidth <= 1) continue;
      const style = getComputedStyle(element);
      if (style.display === 'inline' || style.textOverflow === 'ellipsis') continue;
      if (element instanceof HTMLSelectElement && pen !== null) {
        pen.font = style.font;
        const padding = Number.parseFloat(style.paddingLeft) + Number.parseFloat(style.paddingRight);
        for (const option of element.options) {
          const neededPx = Math.ceil(pen.measureText(option.text).width + padding);
          if (neededPx > element.clientWidth) found.push(`choice ${option.text} (${neededPx} in ${element.clientWidth})`);
        }
      } else if (element.scrollWidth > element.clientWidth + 1) say(element, element.scrollWidth);
    }
    return found;
  });
}

describe.skipIf(!hasChromium)('pages in other languages', () => {
  let harness: Harness;
  beforeAll(async () => {
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
    harness = await startHarness();
  });
  afterAll(() => harness.close());

  test.each(pageNames)('every word of %s can be translated', async (page) => {
    const open = await harness.open({ page, messages: [inLanguage(messages[page], pseudo)] });
    const said = stringsIn(messages[page]);
    const found = (await pieces(open.page)).map((piece) => untranslated(piece, said)).filter((piece) => piece !== '');
    expect(found).toEqual([]);
    await open.close();
  });

  test.each(pageNames.flatMap((page) => [300, 480, 1200].map((widthPx) => [page, widthPx] as const)))(
    'German fits into %s of %d px',
    async (page, widthPx) => {
      const open = await harness.open({ page, theme: 'light', widthPx, messages: [inLanguage(messages[page], german)] });
      if (folder !== undefined) await open.page.screenshot({ path: path.join(folder, `german-${page}-${widthPx}.png`), fullPage: true });
      expect(await overflows(open.page)).toEqual([]);
      await open.close();
    },
  );
});
