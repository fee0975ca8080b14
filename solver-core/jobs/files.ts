import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TierwiseError } from '../model/error.ts';

/** Largest model file that is read: ONNX files above 2 GiB must keep their tensors outside (protobuf's own limit). */
export const maxModelBytes = 2 ** 31;

/** Largest plan that is read. */
export const maxPlanBytes = 1 << 20;

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
    return await handle.readFile();
  } catch (cause) {
    throw cause instanceof TierwiseError ? cause : fileError(path, cause);
  } finally {
    await handle.close();
  }
}

/** Reads a small UTF-8 text file. Same errors as readRegularFile. */
export async function readText(path: string, limitBytes: number): Promise<string> {
  return new TextDecoder('utf-8').decode(await readRegularFile(path, limitBytes));
}

/**
 * Writes a file whole or not at all: a temporary file in the same folder, fsync, rename.
 * The temporary file never stays behind. Throws TierwiseError file-not-writable.
 */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const handle = await open(temporary, 'wx', 0o644);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new TierwiseError(
      'file-not-writable',
      `cannot write ${path}: ${reason(cause)}`,
      'Check that the folder exists, is writable and has free space.',
      { cause },
    );
  }
}

/** Hex SHA-256 of bytes or of UTF-8 text. */
export function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Hex SHA-256 of a file, read once through. Null when the file is not there. */
export async function sha256File(path: string): Promise<string | null> {
  const info = await stat(path).catch(() => null);
  if (info === null || !info.isFile()) return null;
  const hash = createHash('sha256');
  const handle = await open(path);
  try {
    for await (const chunk of handle.createReadStream({ autoClose: false })) hash.update(chunk as Uint8Array);
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

/** True when two paths name the same existing file (after links). */
export async function sameFile(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([stat(a).catch(() => null), stat(b).catch(() => null)]);
  return left !== null && right !== null && left.ino === right.ino && left.dev === right.dev;
}

/** JSON file of a trusted shape of our own, or null when absent or broken. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
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
