import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { DataFault, quoted } from './fault.ts';

/**
 * Opens a regular file for reading. What was opened is what is looked at, so nothing can take its place in between; a pipe is opened
 * without waiting for a writer, and refused. Faults: `data-unreadable`; rejects with the system's error when there is no such file.
 */
export async function openRegular(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const info = await file.stat().catch(() => undefined);
  if (info?.isFile() === true) return file;
  await file.close();
  throw new DataFault('data-unreadable', `${quoted(basename(path))} is not a regular file.`);
}
