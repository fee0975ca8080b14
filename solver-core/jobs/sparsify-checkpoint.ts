import { rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { readRegularFile, writeWhole } from './files.ts';
import { nodeHost } from './host.ts';
import { foreign, isThere } from './search-outputs.ts';

/** Largest checkpoint that is written or read. */
const maxBytes = 2 ** 26;

/** Time between two checkpoints: a kill loses no more than that and what one evaluation takes. */
const everyMs = 1000;

const schema = 'tierwise.sparsify-partial/1';

/** The checkpoint beside a sparse model: `rwkv.sparse.onnx` gives `rwkv.sparse.partial.json`. */
export function checkpointPath(output: string): string {
  return join(dirname(output), `${basename(output, extname(output))}.partial.json`);
}

/** What an interrupted search has found, kept in a file that is written whole. */
export interface Checkpoint {
  /** What the last run with an equal key kept; null: there is nothing to go on from. */
  readonly resume: unknown;
  /** Keeps a value; at most one file is written per second. */
  keep(value: unknown): Promise<void>;
  /** Writes what was kept last and not written yet. */
  flush(): Promise<void>;
  /** Takes the file away. */
  remove(): Promise<void>;
}

/** Keeps nothing: for a trial, which writes nothing. */
export const noCheckpoint: Checkpoint = {
  resume: null,
  keep: () => Promise.resolve(),
  flush: () => Promise.resolve(),
  remove: () => Promise.resolve(),
};

/**
 * Opens the checkpoint at a path. `key`: everything that the search depends on; one with another key is begun anew, as is one that is
 * damaged or unwanted (`fresh`). Throws `output-would-overwrite` for a file that is none of ours.
 */
export async function openCheckpoint(path: string, key: string, fresh: boolean): Promise<Checkpoint> {
  const found = await readCheckpoint(path);
  const resume = !fresh && found !== null && found.key === key ? (found.state ?? null) : null;
  let waiting: { readonly value: unknown } | null = null;
  let writtenMs = -Infinity;
  const write = async (): Promise<void> => {
    if (waiting === null) return;
    const content = JSON.stringify({ schema, key, state: waiting.value });
    waiting = null;
    writtenMs = nodeHost.nowMs();
    if (content.length <= maxBytes) await writeWhole(path, content);
  };
  return {
    resume,
    async keep(value) {
      waiting = { value };
      if (nodeHost.nowMs() - writtenMs >= everyMs) await write();
    },
    flush: write,
    remove: () => rm(path, { force: true }),
  };
}

async function readCheckpoint(path: string): Promise<{ readonly key: unknown; readonly state: unknown } | null> {
  if (!(await isThere(path))) return null;
  let parsed: unknown = null;
  try {
    parsed = JSON.parse(new TextDecoder().decode(await readRegularFile(path, maxBytes)));
  } catch {
    // Falls through: what cannot be read is not known to be ours.
  }
  const record = parsed as { readonly schema?: unknown; readonly key?: unknown; readonly state?: unknown } | null;
  if (typeof record !== 'object' || record?.schema !== schema) {
    throw foreign(path, 'what an interrupted `tierwise sparsify` left');
  }
  return { key: record.key, state: record.state };
}
