import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openForPictures, shoot } from './driver/pictures.ts';
import { JOULES } from './driver/plan-text.ts';
import { openFile, runCommand } from './driver/quick-input.ts';
import { openSession } from './driver/session.ts';
import type { Session } from './driver/session.ts';
import { waitForHints } from './driver/text-editor.ts';
import { copyExample } from './driver/workspace.ts';
import { mouse } from './first-time/hands.ts';
import { firstTimePath } from './first-time/path.ts';

const outDir = process.env['TIERWISE_SCREENSHOTS'] ?? '';

test('Python source with joules behind its layers', async () => {
  const example = copyExample('digits');
  const session = await openForPictures(example.folder);
  try {
    const { page } = session;
    await openFile(page, 'model.py');
    const hints = await waitForHints(
      page,
      'joules behind three layers',
      (all) => all.filter((hint) => JOULES.test(hint) && /SGD/.test(hint)).length >= 3,
    );
    await runCommand(page, 'View: Close Primary Side Bar');
    await shoot(session, outDir, 'python-dark');
    expect(hints.join(' ')).toMatch(/solve .*J/);
  } finally {
    await session.close();
    example.remove();
  }
});

describe('the first time, stop by stop', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tierwise-first-'));
  const took: string[] = [];
  let session: Session;

  beforeAll(async () => {
    const settings = { 'workbench.colorTheme': 'Light 2026', 'breadcrumbs.enabled': false, 'editor.minimap.enabled': false };
    session = await openSession({ folder, installed: false, settings });
  });

  afterAll(async () => {
    await session?.close();
    rmSync(folder, { recursive: true, force: true });
    writeFileSync(path.join(outDir, 'first-time', 'times.txt'), `${took.join('\n')}\n`);
  });

  test.each(firstTimePath)('$title', async (stop) => {
    const startedMs = Date.now();
    await stop.run(session, mouse);
    took.push(`${stop.name} ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
    await shoot(session, path.join(outDir, 'first-time'), stop.name, 'as it is');
    expect(took).toHaveLength(firstTimePath.indexOf(stop) + 1);
  });
});
