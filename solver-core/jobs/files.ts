import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TierwiseError } from '../model/error.ts';
import { temporaryPath } from './temporary-files.ts';

/** Largest model file that is read: ONNX files above 2 GiB must keep their tensors outside (protobuf's own limit). */
export const maxModelBytes = 2 ** 31;

/** Largest plan that is read. */
export const maxPlanBytes = 1 << 20;

/** Largest fit record that is read: 10 000 layers at some 1.5 kB each. */
const maxJsonBytes = 1 << 24;

/** Most bytes one read call may ask for. */
export const maxReadBytes = 1 << 30;

/**
 * Reads a regular file of at most `limitBytes`.
 * Throws TierwiseError: file-not-found, file-not-readable, not-a-file, file-too-large.
 */
export async function readRegularFile(path: string, limitBytes: number): Promise<Uint8Array> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw new TierwiseError('not-a-file', `${path} is not a regular file`, 'Give the path of a file.');
    if (info.size > limitBytes) {
      throw new TierwiseError(
        'file-too-large',
        `${path} has ${info.size} bytes; the limit is ${limitBytes}`,
        'Use a smaller file, or keep large tensors as external data.',
      );
    }
    return await readStated(handle, info.size);
  } catch (cause) {
    throw cause instanceof TierwiseError ? cause : fileError(path, cause);
  } finally {
    await handle.close();
  }
}

/**
 * The first `sizeBytes` bytes, fewer when the file ends before. A file that grows while it is read, or one of /proc that states no
 * size and never ends, gives no more than it stated.
 */
async function readStated(handle: FileHandle, sizeBytes: number): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(sizeBytes);
  let length = 0;
  while (length < sizeBytes) {
    const { bytesRead } = await handle.read(buffer, length, Math.min(sizeBytes - length, maxReadBytes), length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

/** Reads a small UTF-8 text file. Same errors as readRegularFile. */
export async function readText(path: string, limitBytes: number): Promise<string> {
  return new TextDecoder('utf-8').decode(await readRegularFile(path, limitBytes));
}

/** A file to be written. */
export interface NewFile {
  readonly path: string;
  readonly content: Uint8Array | string;
}

/**
 * Writes a file whole or not at all: a temporary file in the same folder, fsync, rename.
 * The temporary file never stays behind. Throws TierwiseError file-not-writable.
 */
export function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  return writeTogether([{ path, content }]);
}

/**
 * Writes several files, each whole or not at all. All of them are on the disk under temporary names before the first one gets its
 * name, so a full disk leaves every old file as it was. Throws TierwiseError file-not-writable; no temporary file stays behind.
 */
export async function writeTogether(files: readonly NewFile[]): Promise<void> {
  const written: { readonly temporary: string; readonly path: string }[] = [];
  let current = '';
  try {
    for (const { path, content } of files) {
      current = path;
      if (await isDirectory(path)) throw new Error('there is a folder of that name');
      const temporary = temporaryPath(path);
      written.push({ temporary, path });
      await writeDurably(temporary, content);
    }
    for (const { temporary, path } of written) {
      current = path;
      await rename(temporary, path);
    }
  } catch (cause) {
    for (const { temporary } of written) await rm(temporary, { force: true }).catch(() => undefined);
    throw notWritable(current, reason(cause), cause);
  }
}

/** Throws TierwiseError file-not-writable when a file can clearly not be written there: better before hours of work than after. */
export async function checkWritable(path: string): Promise<void> {
  const folder = dirname(path);
  if (await isDirectory(path)) throw notWritable(path, 'there is a folder of that name');
  if (!(await isDirectory(folder))) throw notWritable(path, `there is no folder ${folder}`);
  await access(folder, constants.W_OK).catch((cause: unknown) => {
    throw notWritable(path, `the folder ${folder} is write-protected`, cause);
  });
}

async function writeDurably(path: string, content: Uint8Array | string): Promise<void> {
  const handle = await open(path, 'wx', 0o644);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function isDirectory(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => null);
  return info?.isDirectory() === true;
}

function notWritable(path: string, why: string, cause?: unknown): TierwiseError {
  return new TierwiseError(
    'file-not-writable',
    `cannot write ${path}: ${why}`,
    'Check that the folder exists, is writable and has free space.',
    cause === undefined ? {} : { cause },
  );
}

/** Hex SHA-256 of bytes or of UTF-8 text. */
export function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Hex SHA-256 of a regular file, read once through. Null when there is none or it cannot be opened. */
export async function sha256File(path: string): Promise<string | null> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => null);
  if (handle === null) return null;
  try {
    if (!(await handle.stat()).isFile()) return null;
    const hash = createHash('sha256');
    for await (const chunk of handle.createReadStream({ autoClose: false })) hash.update(chunk as Uint8Array);
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}

/** True when two paths name the same existing file (after links). */
export async function sameFile(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([stat(a).catch(() => null), stat(b).catch(() => null)]);
  return left !== null && right !== null && left.ino === right.ino && left.dev === right.dev;
}

/** What a JSON file of at most 16 MiB holds, or null when absent or broken. Its shape is the caller's to check. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readText(path, maxJsonBytes)) as unknown;
  } catch {
    return null;
  }
}

function fileError(path: string, cause: unknown): TierwiseError {
  const code = (cause as { code?: string }).code;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new TierwiseError('file-not-found', `${path} does not exist`, 'Check the path.', { cause });
  return new TierwiseError('file-not-readable', `cannot read ${path}: ${reason(cause)}`, 'Check the permissions of the file.', { cause });
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
