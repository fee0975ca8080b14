import { copyFileSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readModel, readTensor, type OnnxModel } from '../../../solver-core/onnx/index.ts';
import { checkExternal, externalReader, openExternal } from '../../../solver-core/runtime/external-files.ts';
import { hasShared, shared } from '../../shared.ts';
import { bytesOf, fixtureDir } from '../onnx/material.ts';

let dir = '';
let model = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tierwise-external-'));
  model = join(dir, 'model');
  mkdirSync(model);
  writeFileSync(join(dir, 'secret.bin'), new Uint8Array(64).fill(0x41));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

const at = (location: string): { tensor: string; location: string; offset: number; length: undefined } => ({
  tensor: 'w',
  location,
  offset: 0,
  length: undefined,
});
const codes = (location: string): string[] => {
  const opened = openExternal(model, at(location));
  opened.value?.close();
  return opened.diagnostics.map((d) => d.code);
};
const open = (path: string): OnnxModel => {
  const { value } = readModel(bytesOf(path));
  if (value === undefined) throw new Error('no model');
  return value;
};

/** Creates a link, or says that this platform does not. */
function tryLink(make: () => void): boolean {
  try {
    make();
    return true;
  } catch {
    return false;
  }
}

describe('external data files', () => {
  test('a plain file is read, also in a folder below', () => {
    mkdirSync(join(model, 'sub'));
    writeFileSync(join(model, 'sub', 'w.bin'), Uint8Array.of(1, 2, 3, 4, 5));
    const file = openExternal(model, at('sub/w.bin')).value;
    expect(file?.sizeBytes).toBe(5);
    expect(file?.read(1, 3).value).toEqual(Uint8Array.of(2, 3, 4));
    for (const [offset, length] of [
      [3, 3],
      [-1, 2],
      [0, 6],
      [0.5, 1],
      [Number.MAX_SAFE_INTEGER, 1],
    ] as const) {
      expect(file?.read(offset, length).diagnostics.map((d) => d.code)).toEqual(['external-data-truncated']);
    }
    file?.close();
    expect(file?.read(0, 1).value).toBe(undefined);
  });

  test('paths out of the folder are refused before anything is opened', () => {
    expect(['../secret.bin', 'x/../../secret.bin', join(dir, 'secret.bin')].map(codes)).toEqual(
      new Array(3).fill(['external-data-outside']),
    );
  });

  test('missing files and folders in the place of files are told apart', () => {
    mkdirSync(join(model, 'folder'));
    writeFileSync(join(model, 'file'), 'x');
    expect(['nope.bin', 'nope/w.bin', 'file/w.bin', 'folder'].map(codes)).toEqual([
      ['external-data-missing'],
      ['external-data-missing'],
      ['external-data-missing'],
      ['external-data-not-a-file'],
    ]);
  });

  test('symbolic links are refused, as file and as folder, also when they stay inside', (context) => {
    writeFileSync(join(model, 'inside.bin'), 'inside');
    const made = tryLink(() => {
      symlinkSync('../secret.bin', join(model, 'link.bin'));
      symlinkSync('..', join(model, 'up'));
      symlinkSync('inside.bin', join(model, 'near.bin'));
      symlinkSync('nowhere', join(model, 'dangling'));
    });
    if (!made) context.skip('this platform makes no symbolic links here');
    expect(['link.bin', 'up/secret.bin', 'near.bin', 'dangling'].map(codes)).toEqual(new Array(4).fill(['external-data-outside']));
  });

  test('a file with a second hard link is refused', (context) => {
    if (!tryLink(() => linkSync(join(dir, 'secret.bin'), join(model, 'hard.bin')))) context.skip('this platform makes no hard links here');
    expect(codes('hard.bin')).toEqual(['external-data-outside']);
  });

  test('a named pipe is refused without waiting for a writer', (context) => {
    if (spawnSync('mkfifo', [join(model, 'pipe')]).status !== 0) context.skip('this platform makes no named pipes here');
    expect(codes('pipe')).toEqual(['external-data-not-a-file']);
  });

  test('the symlink sample: refused with the name of its tensor, the bait is not read', (context) => {
    copyFileSync(join(fixtureDir, 'hostile/ext/symlink_file.onnx'), join(model, 'm.onnx'));
    if (!tryLink(() => symlinkSync('../secret.bin', join(model, 'link.bin')))) context.skip('this platform makes no symbolic links here');
    const sample = open(join(model, 'm.onnx'));
    expect(checkExternal(sample, model).map((d) => [d.code, d.where.tensor])).toEqual([['external-data-outside', 'w']]);
    const read = readTensor(sample, 'w', externalReader(model));
    expect(read.value).toBe(undefined);
    expect(read.diagnostics.map((d) => [d.code, d.where.tensor])).toEqual([['external-data-outside', 'w']]);
  });

  test('a file shorter than its tensor is reported', () => {
    copyFileSync(join(fixtureDir, 'hostile/ext/symlink_file.onnx'), join(model, 'm.onnx'));
    writeFileSync(join(model, 'link.bin'), new Uint8Array(63));
    const sample = open(join(model, 'm.onnx'));
    expect(checkExternal(sample, model).map((d) => d.code)).toEqual(['external-data-truncated']);
    writeFileSync(join(model, 'link.bin'), new Uint8Array(64));
    expect(checkExternal(sample, model)).toEqual([]);
    expect(readTensor(sample, 'w', externalReader(model)).value?.dims).toEqual([4, 4]);
    expect(readTensor(sample, 'w').diagnostics.map((d) => d.code)).toEqual(['external-data-needed']);
  });

  test.skipIf(!hasShared)('two tensors at offsets of one file are read', () => {
    const folder = shared('material/models/third-party/burn_external_data');
    const sample = open(join(folder, 'external_data.onnx'));
    expect(checkExternal(sample, folder)).toEqual([]);
    const bytes = Buffer.from(bytesOf(join(folder, 'external_data.bin')));
    const names = [...sample.graph.initializers.values()].filter((t) => t.storage === 'external').map((t) => t.name);
    expect(names.length).toBe(2);
    for (const name of names) {
      const tensor = readTensor(sample, name, externalReader(folder)).value;
      const raw = Buffer.from(tensor?.data.buffer ?? new ArrayBuffer(0));
      expect(bytes.includes(raw)).toBe(true);
      expect(tensor?.data.every(Number.isFinite)).toBe(true);
    }
  });
});
