import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { TierwiseError } from '../model/error.ts';
import type { CompoundDecision } from '../protocol/index.ts';
import { temporaryPath } from './temporary-files.ts';

/** The decisions of a stream as lines of JSON, written under a temporary name until the run counts. */
export interface DecisionLog {
  append(decisions: readonly CompoundDecision[]): Promise<void>;
  /** Everything is on the disk after this; the name is still the temporary one. */
  sync(): Promise<void>;
  /** Gives it its name. */
  finish(): Promise<void>;
  /** Removes the temporary file, if it is still there. */
  discard(): Promise<void>;
}

/** A log that begins with the first `kept` lines of the one at `path`: those of the decisions that the state knows. */
export async function openLog(path: string, kept: number): Promise<DecisionLog> {
  const temporary = temporaryPath(path);
  let handle: FileHandle | null = await open(temporary, 'wx', 0o644).catch((cause: unknown) => {
    throw new TierwiseError(
      'file-not-writable',
      `cannot write ${path}: ${reason(cause)}`,
      'Check that the folder exists, is writable and has free space.',
      {
        cause,
      },
    );
  });
  const close = async (): Promise<void> => {
    await handle?.close();
    handle = null;
  };
  const discard = async (): Promise<void> => {
    await close();
    await rm(temporary, { force: true });
  };
  try {
    if (kept > 0) await copyLines(path, kept, handle);
  } catch (error) {
    await discard();
    throw error;
  }
  return {
    append: async (decisions) => {
      await handle?.appendFile(decisions.map((decision) => `${JSON.stringify(decision)}\n`).join(''));
    },
    sync: async () => {
      await handle?.sync();
      await close();
    },
    finish: () => rename(temporary, path),
    discard,
  };
}

/** A log that is gone or shorter loses its lines, never the run. */
async function copyLines(path: string, most: number, to: FileHandle): Promise<void> {
  const stream = createReadStream(path, 'utf8');
  const failed = new Promise<null>((resolve) => stream.once('error', () => resolve(null)));
  const opened = new Promise<true>((resolve) => stream.once('open', () => resolve(true)));
  if ((await Promise.race([failed, opened])) === null) return;
  let count = 0;
  let held: string[] = [];
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
    if (count++ >= most) break;
    held.push(`${line}\n`);
    if (held.length < 1000) continue;
    await to.appendFile(held.join(''));
    held = [];
  }
  stream.destroy();
  await to.appendFile(held.join(''));
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
