import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Frame, Page } from 'playwright-core';
import { plain, until } from './wait.ts';

/** All documents that extensions show; VS Code puts each into a frame of this name. */
export function webviews(page: Page): readonly Frame[] {
  return page.frames().filter((frame) => frame.url().includes('fake.html'));
}

/** The visible text of a page. */
export async function textOf(frame: Frame): Promise<string> {
  return plain(await frame.evaluate(() => document.body.innerText));
}

/** The webview whose first heading or title matches. */
export async function findWebview(page: Page, heading: RegExp): Promise<Frame> {
  return await until(
    `a webview headed ${String(heading)}`,
    async () => {
      for (const frame of webviews(page)) if (heading.test(await headingOf(frame))) return frame;
      return undefined;
    },
    { seen: async () => JSON.stringify(await Promise.all(webviews(page).map(headingOf))) },
  );
}

/** Waits until the text of that webview matches; looks the frame up again each time, since VS Code may replace it. */
export async function waitForWebviewText(page: Page, heading: RegExp, pattern: RegExp, timeoutMs?: number): Promise<string> {
  return await until(
    `the webview headed ${String(heading)} to say ${String(pattern)}`,
    async () => {
      for (const frame of webviews(page)) {
        if (!heading.test(await headingOf(frame))) continue;
        const text = await textOf(frame);
        if (pattern.test(text)) return text;
      }
      return undefined;
    },
    {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      seen: async () => JSON.stringify(await Promise.all(webviews(page).map(async (frame) => (await textOf(frame)).slice(0, 600)))),
    },
  );
}

/** Policy violations that the page's own document has had so far; the browser keeps them for late observers. */
export async function cspViolations(frame: Frame): Promise<readonly string[]> {
  return await frame.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        const observer = new ReportingObserver((reports) => resolve(reports.map((report) => JSON.stringify(report.body))), {
          types: ['csp-violation'],
          buffered: true,
        });
        observer.observe();
        // Buffered reports arrive in a task of their own; when there are none, nothing arrives.
        setTimeout(() => resolve(observer.takeRecords().map((report) => JSON.stringify(report.body))), 250);
      }),
  );
}

export interface AxeFinding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly string[];
}

/**
 * Serious and critical findings of axe-core under WCAG 2 A and AA. Evaluation by the debugger is not stopped by the page's policy.
 * Without preloading, because that inserts a style element, which the policy blocks and the other checks would count.
 */
export async function accessibilityFindings(frame: Frame): Promise<readonly AxeFinding[]> {
  const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await frame.evaluate(source);
  const findings: readonly AxeFinding[] = await frame.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa'], preload: false }).then((result) =>
      result.violations.map((v) => ({ id: v.id, impact: v.impact, nodes: v.nodes.map((n) => n.html.slice(0, 200)) })))`,
  );
  return findings.filter((finding) => finding.impact === 'serious' || finding.impact === 'critical');
}

/**
 * Every finding of axe-core, best practice included, whatever its impact. The document of a webview is transparent: VS Code paints
 * behind it, so for contrast the ground is set that the eye sees. One experimental rule is left out: it wants the cells of a row word
 * for word in the name of the row, where ours says them in a sentence.
 */
export async function allAccessibilityFindings(frame: Frame): Promise<readonly AxeFinding[]> {
  const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await frame.evaluate(source);
  await frame.evaluate(() => {
    const { documentElement: root, body } = document;
    if (getComputedStyle(body).backgroundColor === 'rgba(0, 0, 0, 0)')
      root.style.setProperty('background-color', 'var(--vscode-editor-background)');
  });
  return await frame.evaluate(
    `axe.run(document, { rules: { 'label-content-name-mismatch': { enabled: false } }, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], preload: false }).then((result) =>
      result.violations.map((v) => ({ id: v.id, impact: v.impact ?? '', nodes: v.nodes.map((n) => n.html.slice(0, 200) + ' | ' + (n.failureSummary ?? '').slice(0, 300)) })))`,
  );
}

export async function headingOf(frame: Frame): Promise<string> {
  try {
    return plain(await frame.evaluate(() => `${document.title}\n${document.querySelector('h1')?.textContent ?? ''}`));
  } catch {
    return '';
  }
}
