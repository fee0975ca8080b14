import type { AbortFlag } from '../../model/abort.ts';
import { isAbort } from '../../model/abort.ts';
import { TierwiseError } from '../../model/error.ts';
import type { EngineCommand } from '../engine/link.ts';
import { boardReset, refused, stuck } from './errors.ts';
import { linkMessages } from './generated/link.ts';
import type { LinkSession } from './link-session.ts';
import type { JobResult } from './messages.ts';
import { cancelPayload, parseAcknowledgement, parseResult, runPayload } from './messages.ts';

/** A job may take this many times what its cycles say (a simulated board is slower than its clock), and at least this long. */
const mostTimes = 1000;
const leastLimitMs = 60_000;
/** Between two questions after a result that is late, milliseconds. */
const askAgainMs = 1000;
/** Questions whether a job was ended: whoever cancels must not wait long for a board that is dead. */
const cancelAttempts = 4;

export interface Job {
  readonly job: number;
  readonly command: EngineCommand;
  /** Cycles by the formula over the board's clock, milliseconds. */
  readonly predictedMs: number;
}

/**
 * Runs a job to its end, however often RUN or RESULT get lost: the same id again starts nothing twice. When `abort` is set the job is
 * cancelled on the board before AbortError is thrown, and so is one that never ends. Rejects with `board-reset`, `board-refused`, `board-stuck` and the session's errors.
 */
export async function runJob(session: LinkSession, job: Job, abort?: AbortFlag): Promise<JobResult> {
  try {
    return await runToEnd(session, job, abort);
  } catch (error) {
    const isLeftRunning = isAbort(error) || (error instanceof TierwiseError && error.code === 'board-stuck');
    if (isLeftRunning && !session.isGone) await cancelJob(session, job.job);
    throw error;
  }
}

async function runToEnd(session: LinkSession, job: Job, abort: AbortFlag | undefined): Promise<JobResult> {
  const what = job.command.operation.toUpperCase();
  const payload = runPayload(job.job, job.command);
  const startedMs = session.clock.nowMs();
  const limitMs = Math.max(leastLimitMs, mostTimes * job.predictedMs);
  for (let waitMs = job.predictedMs + session.replyTime.slackMs; ; waitMs = askAgainMs) {
    const answer = await session.request(
      { what: `RUN ${what}`, type: linkMessages.run.type, payload },
      (frame) => {
        if (frame.type !== linkMessages.result.type) return parseAcknowledgement(frame.type, frame.payload) ?? undefined;
        const result = parseResult(frame.payload);
        return result?.job === job.job ? result : undefined;
      },
      abort,
    );
    if ('job' in answer) return answer;
    if (answer.refused === 'not-committed') throw boardReset(session.name);
    if (answer.refused !== null) throw refused(session.name, `the command ${what}`, answer.refused);
    const result = await session.waitForResult(job.job, waitMs, abort);
    if (result !== null) return result;
    const takenMs = session.clock.nowMs() - startedMs;
    if (takenMs > limitMs) throw stuck(session.name, what, takenMs / 1000);
  }
}

/** Ends a job on the board, so that it takes other work; silent when the board has no such job or does not answer. */
export async function cancelJob(session: LinkSession, job: number): Promise<void> {
  const { cancel, result, nak } = linkMessages;
  try {
    await session.request({ what: 'CANCEL', type: cancel.type, payload: cancelPayload(job), attempts: cancelAttempts }, (frame) =>
      frame.type === result.type || frame.type === nak.type ? true : undefined,
    );
  } catch {
    // The next request to this board will tell.
  }
}
