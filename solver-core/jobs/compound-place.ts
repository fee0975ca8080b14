import type { CompoundDocument } from '../protocol/index.ts';
import type { OpenedSource } from './compound-source.ts';
import { isRecord } from './state-checks.ts';

/** Where in a stream a state is: what a later run needs to go on behind it. */
export interface StreamPlace {
  /** Of the whole file. */
  readonly sha256: string;
  /** What was read of it: characters of a text, rows, labelled texts. */
  readonly extent: number;
  /** Decisions that were made of it. */
  readonly decisions: number;
  /** Hash of what was read: a file that begins otherwise is another stream. */
  readonly beginning: string;
  readonly isFinished: boolean;
}

/** Where a run begins in its stream. */
export interface StreamStart {
  readonly extent: number;
  /** Decisions that earlier runs have made of this stream. */
  readonly decisions: number;
  readonly how: CompoundDocument['from']['how'];
}

/**
 * Where a run begins: behind what was read of the same stream when it was not read to its end, or has grown since; else at the beginning.
 * `known`: null when there is no state, undefined when it does not know its stream.
 */
export async function startIn(stream: OpenedSource, known: StreamPlace | null | undefined): Promise<StreamStart> {
  const beginning = { extent: 0, decisions: 0 };
  if (known === null) return { ...beginning, how: 'start' };
  if (known === undefined || (await stream.beginning(known.extent)) !== known.beginning) return { ...beginning, how: 'another' };
  if (stream.behind(known.extent).decisions === 0) return { ...beginning, how: 'again' };
  return { extent: known.extent, decisions: known.decisions, how: known.isFinished ? 'grown' : 'continued' };
}

/** The place behind what a run read. `extent` and `decisions` count from the beginning of the stream. */
export async function placeBehind(
  stream: OpenedSource,
  read: { readonly extent: number; readonly decisions: number },
): Promise<StreamPlace> {
  return {
    sha256: stream.sha256,
    extent: read.extent,
    decisions: read.decisions,
    beginning: (await stream.beginning(read.extent)) ?? '',
    isFinished: stream.behind(read.extent).decisions === 0,
  };
}

/** Anybody can make a state with a right checksum. */
export function isPlace(value: unknown): value is StreamPlace {
  if (!isRecord(value)) return false;
  const isCount = (count: unknown): boolean => Number.isSafeInteger(count) && Number(count) >= 0;
  return (
    [value['extent'], value['decisions']].every(isCount) &&
    [value['sha256'], value['beginning']].every((hash) => typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash)) &&
    typeof value['isFinished'] === 'boolean'
  );
}
