import type { FitDocument } from '../../solver-core/protocol/index.ts';
import type { CancelToken } from '../server-client.ts';
import { SolverError } from '../solver-error.ts';
import type { FitHistory, OpenFit } from './fit-history.ts';

/** What a fit needs to be kept: where, what to show meanwhile, and when to stop waiting. Plan and output are URIs as text. */
export interface Keeping {
  readonly history: FitHistory;
  readonly plan: string;
  /** Where the fit will write. */
  readonly output: string;
  readonly token: CancelToken;
  /** Told before files are copied, which takes a while for large models. */
  readonly copying: (which: 'before' | 'after') => void;
  /** Told why files could not be kept; the fit goes on. */
  readonly failed: (error: unknown) => void;
  /** Address of the model that a fit wrote. */
  readonly outputOf: (fit: FitDocument) => string;
}

/**
 * Runs a fit and keeps its files before and after. Cancelling while they are copied ends the waiting at once: before the fit it rejects
 * with `cancelled`, and what was copied goes; after it the copy is completed behind the user's back.
 */
export async function fitKept(keeping: Keeping, fit: () => Promise<FitDocument>): Promise<FitDocument> {
  const { history, plan, output, token, copying, failed } = keeping;
  copying('before');
  const drop = (open: OpenFit | void): Promise<void> | undefined => open?.dropped().catch(failed);
  const opening = history.begin(plan, output).catch(failed);
  const open = await orCancelled(opening, token).catch((error: unknown) => {
    // A copy cannot be stopped midway, so it is dropped when it is done.
    void opening.then(drop);
    throw error;
  });
  let done: FitDocument;
  try {
    done = await fit();
  } catch (error) {
    await drop(open);
    throw error;
  }
  if (!open) return done;
  copying('after');
  const kept = open.done(done, keeping.outputOf(done)).catch(failed);
  await orCancelled(kept, token).catch(() => undefined);
  return done;
}

/** What `work` gives, or a rejection with `cancelled` as soon as the token says so. */
async function orCancelled<T>(work: Promise<T>, token: CancelToken): Promise<T> {
  let link: { dispose(): void } | undefined;
  const cancelled = new Promise<never>((_resolve, reject) => {
    const stop = (): void => reject(new SolverError('cancelled', 'The fit was cancelled.', ''));
    if (token.isCancellationRequested) stop();
    else link = token.onCancellationRequested(stop);
  });
  try {
    return await Promise.race([work, cancelled]);
  } finally {
    link?.dispose();
  }
}
