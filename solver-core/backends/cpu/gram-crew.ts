import { Worker } from 'node:worker_threads';
import { TierwiseError } from '../../model/error.ts';
import type { ChunkSums } from './gram-chunk.ts';
import type { GramChunk } from './gram-chunks.ts';
import { stopAt, type ChunkOrder, type WorkerNews, type WorkerSetting } from './gram-messages.ts';

/** What the crew has finished, in the order of the chunks. */
export type CrewResult = { readonly sums: ChunkSums } | { readonly badRow: number };

/** Worker threads that share one Gram. A chunk is given to whoever is free. */
export interface Crew {
  /** Waits for a free worker and hands it the chunk, whose arrays are copied. Rejects when a worker died. */
  give(index: number, chunk: GramChunk): Promise<void>;
  /** Results of chunks that have come in order since the last call. */
  results(): readonly CrewResult[];
  /** Waits until every chunk is added or a row was found bad. */
  finish(): Promise<void>;
  /** Ends all workers, whatever they are doing. */
  end(): Promise<void>;
}

/** Starts the threads; they load their library while the first chunks are read. */
export function startCrew(workerFile: string, count: number, setting: WorkerSetting): Crew {
  const control = new Int32Array(setting.control);
  const workers = Array.from({ length: count }, () => new Worker(workerFile, { workerData: setting }));
  const free = [...workers];
  const waiting = new Map<number, CrewResult>();
  let failure: TierwiseError | undefined;
  let isEnding = false;
  let nextResult = 0;
  let unfinished = 0;
  let wake = (): void => undefined;

  const fail = (reason: string): void => {
    if (isEnding) return;
    failure ??= workerDied(reason);
    wake();
  };
  for (const worker of workers) {
    worker.on('message', (news: WorkerNews) => {
      if (news.kind === 'sums') waiting.set(news.index, { sums: news.sums });
      else {
        if (news.kind === 'bad-row') waiting.set(news.index, { badRow: news.badRow });
        unfinished--;
        free.push(worker);
      }
      wake();
    });
    worker.on('error', (error) => fail(error.message));
    worker.on('exit', (code) => fail(`it ended with code ${code}`));
  }
  /** Until `done` holds; a crew that can no longer finish fails instead. */
  const until = async (done: () => boolean): Promise<void> => {
    while (failure === undefined && !done()) await new Promise<void>((resolve) => (wake = resolve));
    if (failure !== undefined) throw failure;
  };
  /** A bad row is the first one once every chunk before it has told its sums. */
  const firstBad = (): boolean => {
    let at = nextResult;
    for (let next = waiting.get(at); next !== undefined; next = waiting.get(++at)) if ('badRow' in next) return true;
    return false;
  };
  const isSpoilt = (): boolean => [...waiting.values()].some((result) => 'badRow' in result);
  return {
    async give(index, chunk) {
      await until(() => free.length > 0 || isSpoilt());
      const worker = free.pop();
      if (worker === undefined || isSpoilt()) return;
      const own = { ...chunk, x: chunk.x.slice(), y: chunk.y.slice() };
      unfinished++;
      worker.postMessage({ index, chunk: own } satisfies ChunkOrder, [own.x.buffer as ArrayBuffer, own.y.buffer as ArrayBuffer]);
    },
    results() {
      const inOrder: CrewResult[] = [];
      for (let next = waiting.get(nextResult); next !== undefined; next = waiting.get(nextResult)) {
        waiting.delete(nextResult);
        inOrder.push(next);
        nextResult++;
      }
      return inOrder;
    },
    finish: () => until(() => unfinished === 0 || firstBad()),
    async end() {
      isEnding = true;
      Atomics.store(control, stopAt, 1);
      for (let at = 0; at < control.length; at++) Atomics.notify(control, at);
      await Promise.all(workers.map(endWorker));
    },
  };
}

/** How long a worker may take to finish the product it is at and to leave. */
const leaveWithinMs = 10_000;

/**
 * Asks a worker to leave and waits for it. A thread is not ended from outside while it is inside the native library: that can take the
 * whole process down. Only one that does not answer for long is.
 */
function endWorker(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    if (worker.threadId === -1) return resolve();
    const timer = setTimeout(() => void worker.terminate(), leaveWithinMs);
    worker.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    worker.postMessage('leave');
  });
}

function workerDied(reason: string): TierwiseError {
  return new TierwiseError(
    'gram-worker-died',
    `a thread that sums the rows ended before its work was done: ${reason}`,
    'Try again; if memory is short, close other programs or fit fewer inputs at a time.',
    { category: 'backend' },
  );
}
