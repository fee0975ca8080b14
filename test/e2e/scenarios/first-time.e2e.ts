import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OUT_DIR, openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import type { Hands } from '../first-time/hands.ts';
import { keyboard, mouse } from '../first-time/hands.ts';
import { firstTimePath } from '../first-time/path.ts';

/** What somebody does who has never seen Tierwise; with the mouse, without it, and in high contrast. */
const ways: readonly { readonly name: string; readonly theme: string; readonly hands: Hands }[] = [
  { name: 'mouse', theme: 'Light 2026', hands: mouse },
  { name: 'keyboard', theme: 'Dark 2026', hands: keyboard },
  { name: 'high-contrast', theme: 'Default High Contrast', hands: mouse },
];

describe.each(ways)('the first time, $name', ({ name, theme, hands }) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tierwise-first-'));
  const stops: { readonly stop: string; readonly title: string; readonly tookMs: number }[] = [];
  let session: Session;
  let isLost = false;

  beforeAll(async () => {
    session = await openSession({ folder, installed: false, settings: { 'workbench.colorTheme': theme, 'breadcrumbs.enabled': false } });
  });

  afterAll(async () => {
    await session?.close();
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(OUT_DIR, { recursive: true });
    const tookMs = stops.reduce((sum, stop) => sum + stop.tookMs, 0);
    writeFileSync(path.join(OUT_DIR, `first-time-${name}.json`), `${JSON.stringify({ way: name, theme, tookMs, stops }, null, 2)}\n`);
  });

  test.each(firstTimePath)('$title', async (stop) => {
    // Each stop begins where the one before ended.
    expect(isLost, 'an earlier stop was not reached').toBe(false);
    isLost = true;
    const startedMs = Date.now();
    try {
      await stop.run(session, hands);
      stops.push({ stop: stop.name, title: stop.title, tookMs: Date.now() - startedMs });
      isLost = false;
    } finally {
      await session.screenshot(`first-time-${name}-${stop.name}`).catch(() => undefined);
    }
  });

  test('no page broke its Content Security Policy', () => {
    expect(session.console.cspReports).toEqual([]);
  });
});
