import { describe, expect, it } from 'vitest';
import { pageHtml, type PageParts } from '../../extension/html.ts';
import { parsePageMessage } from '../../extension/panels/page-messages.ts';

const parts: PageParts = {
  title: 'Energy report',
  language: 'en',
  cspSource: 'https://*.vscode-cdn.net',
  nonce: 'abc123',
  script: 'https://x/report.js',
  style: 'https://x/report.css',
  icons: 'https://x/codicon.css',
};
const html = pageHtml(parts);
const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';

describe('page document', () => {
  it('forbids everything but our own files, and scripts without the nonce', () => {
    const directives = Object.fromEntries(
      policy.split(';').map((part) => [part.trim().split(' ')[0], part.trim().split(' ').slice(1).join(' ')]),
    );
    expect(directives).toEqual({
      'default-src': "'none'",
      'img-src': parts.cspSource,
      'font-src': parts.cspSource,
      'style-src': parts.cspSource,
      'script-src': "'nonce-abc123'",
    });
    expect(policy).not.toContain('unsafe');
  });

  it('gives every script the nonce and has no inline style or handler', () => {
    const scripts = html.match(/<script[^>]*>/g) ?? [];
    expect(scripts).toHaveLength(2);
    expect(scripts.every((script) => script.includes('nonce="abc123"'))).toBe(true);
    expect(html).not.toMatch(/\sstyle=|\son\w+=|<style/);
  });

  it('states the policy before anything it governs, and reports violations before the page script runs', () => {
    expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.search(/<script|<link/));
    expect(html.indexOf('securitypolicyviolation')).toBeLessThan(html.indexOf('report.js'));
  });

  it('has what a screen reader needs', () => {
    expect(html).toContain('<html lang="en">');
    expect(html).toContain('<title>Energy report</title>');
    expect(html).toContain('<main id="app"></main>');
  });

  it('escapes what it is given', () => {
    expect(pageHtml({ ...parts, title: '"><script>alert(1)</script>' })).not.toContain('<script>alert');
  });
});

describe('the first script of a page', () => {
  const source = /<script nonce="abc123">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';

  it('posts violations, and lets the page acquire the one handle as often as it likes', () => {
    const posted: unknown[] = [];
    const listeners: ((event: unknown) => void)[] = [];
    let acquired = 0;
    const world: Record<string, unknown> = {
      acquireVsCodeApi: () => {
        acquired += 1;
        return { postMessage: (message: unknown) => posted.push(message) };
      },
    };
    const document = { addEventListener: (_type: string, listener: (event: unknown) => void) => listeners.push(listener) };
    new Function('globalThis', 'document', source)(world, document);
    const acquire = world['acquireVsCodeApi'] as () => unknown;
    expect(acquire()).toBe(acquire());
    listeners[0]?.({ effectiveDirective: 'style-src-attr', blockedURI: 'inline' });
    expect(posted).toEqual([{ kind: 'csp-violation', directive: 'style-src-attr', blocked: 'inline' }]);
    expect(acquired).toBe(1);
  });
});

describe('messages from pages', () => {
  it.each([
    { kind: 'ready', page: 'report' },
    { kind: 'command', command: 'cancel-fit' },
    { kind: 'reveal-layer', id: 'fc1' },
    { kind: 'csp-violation', directive: 'img-src', blocked: 'https://x' },
    { kind: 'page-error', message: 'oops' },
  ])('accepts $kind', (message) => {
    expect(parsePageMessage(message)).toEqual(message);
  });

  it.each([
    [undefined],
    [null],
    ['fit'],
    [{ kind: 'command', command: 'workbench.action.quit' }],
    [{ kind: 'command' }],
    [{ kind: 'reveal-layer', id: 7 }],
    [{ kind: 'page-error', message: 'x'.repeat(5000) }],
    [{ kind: 'unknown' }],
    [{ kind: 'ready', page: 'other' }],
  ])('refuses %j', (message) => {
    expect(parsePageMessage(message)).toBeUndefined();
  });
});
