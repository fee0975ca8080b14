import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { fitRowCount, splitRows } from '../../../solver-core/fit/index.ts';
import { openBackend } from '../../../solver-core/jobs/choose-backend.ts';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { FileCache } from '../../../solver-core/jobs/file-cache.ts';
import {
  checkWritable,
  readJson,
  readRegularFile,
  readText,
  sha256,
  sha256File,
  writeTogether,
  writeWhole,
} from '../../../solver-core/jobs/files.ts';
import { defaultFittedPath, recordPath } from '../../../solver-core/jobs/outputs.ts';
import { TierwiseError } from '../../../solver-core/model/error.ts';
import { defaultImageFolder } from '../../hdl/images.ts';

const root = mkdtempSync(join(tmpdir(), 'tierwise-files-'));
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    return error instanceof TierwiseError ? error.code : String(error);
  }
}

describe('writing', () => {
  test('gives the file its content and leaves nothing else', async () => {
    await writeWhole(at('a'), 'one');
    await writeWhole(at('a'), new Uint8Array([50, 51]));
    expect(readFileSync(at('a'), 'utf8')).toBe('23');
    expect(readdirSync(folder)).toEqual(['a']);
  });

  test('a link is replaced, not written through', async () => {
    writeFileSync(at('target'), 'mine');
    symlinkSync('target', at('link'));
    await writeWhole(at('link'), 'new');
    expect([readFileSync(at('target'), 'utf8'), readFileSync(at('link'), 'utf8')]).toEqual(['mine', 'new']);
  });

  test('a failure keeps the old content and leaves no temporary file', async () => {
    writeFileSync(at('a'), 'old');
    mkdirSync(at('b'));
    writeFileSync(at('b/inside'), '');
    expect(await codeOf(writeWhole(at('b'), 'x'))).toBe('file-not-writable');
    expect(
      await codeOf(
        writeTogether([
          { path: at('a'), content: 'new' },
          { path: at('b'), content: 'x' },
        ]),
      ),
    ).toBe('file-not-writable');
    expect(
      await codeOf(
        writeTogether([
          { path: at('a'), content: 'new' },
          { path: at('none/x'), content: 'x' },
        ]),
      ),
    ).toBe('file-not-writable');
    expect(readFileSync(at('a'), 'utf8')).toBe('old');
    expect(readdirSync(folder).sort()).toEqual(['a', 'b']);
  });

  test('a rename that fails late leaves no temporary file', async () => {
    // The folder appears between the check and the rename: the content is an iterable that makes it while it is written.
    const content = {
      [Symbol.iterator]: function* () {
        yield new Uint8Array([1]);
        mkdirSync(at('late'));
      },
    };
    expect(await codeOf(writeWhole(at('late'), content as unknown as Uint8Array))).toBe('file-not-writable');
    expect(readdirSync(folder)).toEqual(['late']);
  });

  test('a place that cannot be written is known beforehand', async () => {
    mkdirSync(at('taken'));
    writeFileSync(at('file'), '');
    expect(await codeOf(checkWritable(at('new')))).toBe('done');
    for (const name of ['taken', 'none/x', 'file/x'])
      expect([name, await codeOf(checkWritable(at(name)))]).toEqual([name, 'file-not-writable']);
    chmodSync(folder, 0o555);
    // The superuser writes everywhere.
    expect(await codeOf(checkWritable(at('new')))).toBe(process.getuid?.() === 0 ? 'done' : 'file-not-writable');
    chmodSync(folder, 0o755);
  });

  test('long names still find a temporary name', async () => {
    const name = 'n'.repeat(250);
    await writeWhole(at(name), 'x');
    expect(readdirSync(folder)).toEqual([name]);
  });
});

describe('reading', () => {
  test('a file up to its limit', async () => {
    writeFileSync(at('a'), '12345');
    expect(Buffer.from(await readRegularFile(at('a'), 5)).toString()).toBe('12345');
    expect(await codeOf(readRegularFile(at('a'), 4))).toBe('file-too-large');
    truncateSync(at('a'), 1 << 30);
    expect(await codeOf(readText(at('a'), 1 << 20))).toBe('file-too-large');
    truncateSync(at('a'), 0);
    expect((await readRegularFile(at('a'), 5)).length).toBe(0);
  });

  test('only regular files', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    expect(await codeOf(readRegularFile(at('pipe'), 5))).toBe('not-a-file');
    expect(await codeOf(readRegularFile(folder, 5))).toBe('not-a-file');
    expect(await codeOf(readRegularFile('/dev/zero', 5))).toBe('not-a-file');
    expect(await codeOf(readRegularFile(at('none'), 5))).toBe('file-not-found');
    expect(await codeOf(readRegularFile(at('a\0b'), 5))).toBe('file-not-readable');
    expect([await sha256File(at('pipe')), await sha256File(folder), await sha256File(at('none')), await readJson(at('pipe'))]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  test('hashes as published (FIPS 180-2, "abc")', async () => {
    const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    writeFileSync(at('a'), 'abc');
    expect([sha256('abc'), await sha256File(at('a'))]).toEqual([expected, expected]);
  });
});

describe('what is derived from files', () => {
  test('is computed once while the file stays the same', async () => {
    const cache = new FileCache<number>(2);
    let count = 0;
    const get = (name: string, variant = ''): Promise<number> => cache.get(at(name), () => Promise.resolve(++count), variant);
    for (const name of ['a', 'b', 'c']) writeFileSync(at(name), name);
    expect(await Promise.all([get('a'), get('a')])).toEqual([1, 1]);
    expect(await get('a', 'other')).toBe(2);
    expect(await get('a')).toBe(1);
    writeFileSync(at('a'), 'longer');
    expect(await get('a')).toBe(3);
    utimesSync(at('a'), 5, 5);
    expect(await get('a')).toBe(4);
    // Two entries fit: asking for b and c pushes a out.
    expect([await get('b'), await get('c'), await get('b'), await get('a')]).toEqual([5, 6, 5, 7]);
    expect(await get('c')).toBe(8);
  });

  test('is not remembered when it failed or there is no file', async () => {
    const cache = new FileCache<number>(2);
    writeFileSync(at('a'), 'a');
    let count = 0;
    const failing = (): Promise<number> => (++count < 2 ? Promise.reject(new Error('no')) : Promise.resolve(count));
    await expect(cache.get(at('a'), failing)).rejects.toThrow('no');
    expect(await cache.get(at('a'), failing)).toBe(2);
    expect([await cache.get(at('none'), failing), await cache.get(at('none'), failing)]).toEqual([3, 4]);
  });
});

test('output names', () => {
  expect([defaultFittedPath('/a/m.onnx'), defaultFittedPath('/a.b/m')]).toEqual(['/a/m.fitted.onnx', '/a.b/m.fitted.onnx']);
  expect([recordPath('/a/m.fitted.onnx'), recordPath('/a/m.json'), recordPath('/a.b/m')]).toEqual([
    '/a/m.fitted.json',
    '/a/m.json.json',
    '/a.b/m.json',
  ]);
});

test('the number of rows of a fit is that of the split', () => {
  for (const n of [0, 1, 2, 3, 10, 1797])
    for (const split of [0.01, 0.5, 0.8, 0.99]) expect(fitRowCount(n, split)).toBe(splitRows(n, split, 1).fit.length);
});

test('RTL and functional model name the same image, so that the speed of the machine does not show in a fitted file', async () => {
  const environment = createEnvironment('', join(await defaultImageFolder(), '..', 'cli.cjs'));
  const little = await openBackend(environment, { kind: 'sim' }, []);
  const much = await openBackend(environment, { kind: 'sim' }, [{ features: 200, outputs: 10, rows: 100_000_000 }]);
  expect([little.info.note, much.info.note]).toEqual([expect.stringMatching(/^RTL/), expect.stringMatching(/^functional/)]);
  expect(much.info.image).toBe(little.info.image);
  await Promise.all([little.dispose(), much.dispose()]);
  expect(existsSync(environment.engineFolder)).toBe(true);
});
