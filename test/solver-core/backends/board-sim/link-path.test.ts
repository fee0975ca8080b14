import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LinkPath } from '../../../../solver-core/backends/board-sim/link-path.ts';

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tierwise-link-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('places and removes a link and leaves nothing else behind', async () => {
  const link = new LinkPath(join(folder, 'board'));
  await link.place('/dev/pts/7');
  expect(readlinkSync(link.path)).toBe('/dev/pts/7');
  expect(readdirSync(folder)).toEqual(['board']);
  await link.remove();
  expect(readdirSync(folder)).toEqual([]);
});

test('replaces a stale link', async () => {
  symlinkSync('/dev/pts/gone', join(folder, 'board'));
  const link = new LinkPath(join(folder, 'board'));
  await link.place('/dev/pts/7');
  expect(readlinkSync(link.path)).toBe('/dev/pts/7');
});

test('does not remove a link that meanwhile belongs to somebody else', async () => {
  const [first, second] = [new LinkPath(join(folder, 'board')), new LinkPath(join(folder, 'board'))];
  await first.place('/dev/pts/7');
  await second.place('/dev/pts/8');
  await first.remove();
  expect(readlinkSync(second.path)).toBe('/dev/pts/8');
});

test('never touches a file or a folder', async () => {
  writeFileSync(join(folder, 'file'), 'mine');
  mkdirSync(join(folder, 'folder'));
  for (const name of ['file', 'folder']) {
    const link = new LinkPath(join(folder, name));
    await expect(link.place('/dev/pts/7')).rejects.toMatchObject({ code: 'board-sim-path-taken', category: 'usage' });
    await link.remove();
  }
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('mine');
  expect(lstatSync(join(folder, 'folder')).isDirectory()).toBe(true);
});

test('says when the folder is not there', async () => {
  await expect(new LinkPath(join(folder, 'no/board')).place('/dev/pts/7')).rejects.toMatchObject({ code: 'board-sim-path' });
});

test('at the end of the process a link goes at once, if it still is ours', async () => {
  const [first, second] = [new LinkPath(join(folder, 'board')), new LinkPath(join(folder, 'board'))];
  first.removeNow();
  await first.place('/dev/pts/7');
  await second.place('/dev/pts/8');
  first.removeNow();
  expect(readlinkSync(second.path)).toBe('/dev/pts/8');
  second.removeNow();
  second.removeNow();
  expect(readdirSync(folder)).toEqual([]);
});
