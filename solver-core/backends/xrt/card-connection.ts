import type { AbortFlag } from '../../model/abort.ts';
import { AbortError, checkAbort } from '../../model/abort.ts';
import type { TierwiseError } from '../../model/error.ts';
import { badRunState, refusedStep, xrtError } from './failures.ts';
import { kernelStatusBytes } from './generated/kernel.ts';
import type { KernelStatus } from './kernel-call.ts';
import { argumentIndex, parseStatus, stepsOf } from './kernel-call.ts';
import type { Answer, WorkerProcess } from './worker-process.ts';

/** Waits of the XRT backend. */
export interface XrtTimeouts {
  /** Opening a card and loading its xclbin, which takes seconds on a real one. */
  readonly openMs: number;
  /** One kernel call, as XRT waits for it, besides the time its cycles take. */
  readonly runMs: number;
  /** How much longer this process waits than XRT should. */
  readonly graceMs: number;
  /** How long a cancelled call may go on before its process is ended. */
  readonly cancelMs: number;
}

export const defaultXrtTimeouts: XrtTimeouts = { openMs: 60_000, runMs: 120_000, graceMs: 5_000, cancelMs: 2_000 };

/** Which card, which image, which kernel. */
export interface AskedCard {
  readonly index: number;
  readonly xclbin: string;
  readonly kernel: string;
}

/** One invocation of the kernel. */
export interface KernelCall {
  /** [argument, value] of all scalars. */
  readonly scalars: readonly (readonly [number, number])[];
  /** Bytes at in_ptr. */
  readonly input: Uint8Array;
  /** Bytes expected at out_ptr. */
  readonly outputBytes: number;
  /** Clock cycles the engine will be busy; default 0. They lengthen the deadline. */
  readonly cycles?: number;
}

export type KernelAnswer = KernelStatus & { readonly output: Uint8Array };

const abortPollMs = 50;
/** Deadlines count on at least this clock: a simulated card has about 1 MHz, a real one hundreds. */
const slowestClockHz = 2e5;
/** ert_cmd_state of a run that ended well. */
const completed = 4;

/** A worker with one card. After a failure of any call the worker is gone, or leaves. */
export class CardConnection {
  readonly worker: WorkerProcess;
  private readonly asked: AskedCard;
  private readonly timeouts: XrtTimeouts;

  constructor(worker: WorkerProcess, asked: AskedCard, timeouts: XrtTimeouts) {
    this.worker = worker;
    this.asked = asked;
    this.timeouts = timeouts;
  }

  /** Opens the card, loads the xclbin, opens the kernel. Rejects with the codes of `refusedStep`, or with how the worker ended. */
  async openCard(library: string, abort: AbortFlag | undefined): Promise<void> {
    const { index, xclbin } = this.asked;
    const doing = `opening card ${index} and loading ${xclbin}`;
    const work = this.worker.request({ kind: 'open', library, ...this.asked }, new Uint8Array(0), this.timeouts.openMs, doing);
    const { reply } = await this.abortable(work, 0, abort);
    if (reply.kind === 'failed') throw refusedStep(reply.step, reply.message, await this.worker.lastWords(), this.asked);
  }

  /**
   * One call: arguments and input go to the card, the kernel runs, status and output come back. Rejects with AbortError, or when XRT,
   * the kernel or the process fails.
   */
  async call(call: KernelCall, abort: AbortFlag | undefined): Promise<KernelAnswer> {
    checkAbort(abort);
    const { index } = this.asked;
    const { graceMs, cancelMs } = this.timeouts;
    const runMs = Math.ceil(this.timeouts.runMs + ((call.cycles ?? 0) / slowestClockHz) * 1000);
    const request = {
      kind: 'run',
      scalars: call.scalars,
      input: { argument: argumentIndex('in_ptr'), sizeBytes: call.input.length },
      output: { argument: argumentIndex('out_ptr'), sizeBytes: call.outputBytes },
      status: { argument: argumentIndex('status_ptr'), sizeBytes: kernelStatusBytes },
      timeoutMs: runMs,
    } as const;
    const work = this.worker.request(request, call.input, runMs + graceMs, `running the kernel on card ${index}`);
    const answer = await this.abortable(work, cancelMs, abort);
    return this.check(call, answer, runMs);
  }

  private async check(call: KernelCall, { reply, payload }: Answer, runMs: number): Promise<KernelAnswer> {
    if (reply.kind === 'failed') throw refusedStep(reply.step, reply.message, await this.worker.lastWords(), this.asked);
    const state = reply.kind === 'ran' ? reply.state : -1;
    if (state !== completed) throw badRunState(state, this.asked.index, runMs, await this.worker.lastWords());
    if (payload.length !== kernelStatusBytes + call.outputBytes) throw this.wrongImage(`it answered ${payload.length} bytes`);
    const status = parseStatus(payload);
    if (typeof status === 'string') throw this.wrongImage(status);
    if (status.state !== 'done') throw refusedCall(status, this.asked.index);
    const steps = stepsOf(call.scalars);
    if ((status.stepsDone & steps) !== steps) throw this.wrongImage('it left out a step');
    return { ...status, output: payload.subarray(kernelStatusBytes) };
  }

  private wrongImage(why: string): TierwiseError {
    return xrtError(
      'xrt-wrong-image',
      `The kernel in ${this.asked.xclbin} is not the one this version talks to: ${why}.`,
      'Build the xclbin from hdl/xrt of this version.',
    );
  }

  /**
   * The result of `work`, or AbortError soon after `abort` is set. A kernel cannot be interrupted, so it gets `graceMs` to end; then its
   * process is killed, and the driver cleans up.
   */
  private async abortable<T>(work: Promise<T>, graceMs: number, abort: AbortFlag | undefined): Promise<T> {
    if (abort === undefined) return work;
    let killer: NodeJS.Timeout | undefined;
    const poll = setInterval(() => {
      if (abort.aborted) killer ??= setTimeout(() => this.worker.kill(), graceMs);
    }, abortPollMs);
    try {
      const result = await work;
      checkAbort(abort);
      return result;
    } catch (error) {
      if (abort.aborted) throw new AbortError();
      throw error;
    } finally {
      clearInterval(poll);
      clearTimeout(killer);
    }
  }
}

function refusedCall(status: KernelStatus, index: number): TierwiseError {
  const name = status.state ?? `state ${status.stateNumber}`;
  if (status.state === 'read-error' || status.state === 'write-error') {
    return xrtError(
      'xrt-memory-error',
      `The memory of card ${index} answered with an error (${name}).`,
      'Reset the card and run `xrt-smi validate`.',
    );
  }
  return xrtError(
    'xrt-kernel-refused',
    `The kernel on card ${index} refused a call: ${name}.`,
    'This is a defect in Tierwise; please report it.',
  );
}
