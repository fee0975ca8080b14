import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { TierwiseError } from '../../model/error.ts';
import { ErrorText } from './error-text.ts';
import { endedWorker, hungWorker, xrtError } from './failures.ts';
import type { WorkerEnd } from './failures.ts';
import type { Frame } from './frames.ts';
import { FrameReader, encodeFrame } from './frames.ts';
import type { WorkerReply, WorkerRequest } from './messages.ts';
import { parseReply } from './messages.ts';

/** How to start the worker. */
export interface WorkerCommand {
  /** The bundle dist/xrt-worker.cjs. */
  readonly file: string;
  /** The whole environment of the process (find-xrt.ts). */
  readonly env: Readonly<Record<string, string>>;
  /** Default: the program that runs now. */
  readonly executable?: string;
}

/** A reply and the bytes that came with it. */
export interface Answer {
  readonly reply: WorkerReply;
  readonly payload: Uint8Array;
}

const startTimeoutMs = 20_000;
/** After a failure: how long the worker may take to leave, so that everything it wrote is read. */
const lastWordsMs = 2000;
/** How long the system gets to end a killed process before it counts as ended. */
const unkillableMs = 2000;

/**
 * The process that loads XRT, in a process group of its own. Every wait has a deadline here; past it the whole group is killed. Nothing it
 * does, dying included, disturbs this process.
 */
export class WorkerProcess {
  private readonly child: ChildProcess;
  private readonly text = new ErrorText();
  private readonly reader = new FrameReader();
  private readonly ended: Promise<WorkerEnd>;
  private finish: (end: WorkerEnd) => void = () => undefined;
  private end: WorkerEnd | undefined;
  private startFailure: Error | undefined;
  private waiting: ((frame: Frame | null) => void) | undefined;

  private constructor(child: ChildProcess) {
    this.child = child;
    this.ended = new Promise((resolve) => {
      this.finish = (end) => {
        if (this.end !== undefined) return;
        this.end = end;
        resolve(end);
        this.waiting?.(null);
      };
      child.on('error', (error) => {
        this.startFailure = error;
        if (child.pid === undefined) this.finish({ code: null, signal: null });
      });
      // 'close', not 'exit': by then all it wrote has been read.
      child.on('close', (code, signal) => this.finish({ code, signal }));
      child.on('exit', (code, signal) => {
        // A process it left behind would hold the pipes open.
        this.killGroup();
        setTimeout(() => this.finish({ code, signal }), lastWordsMs).unref();
      });
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8');
      stream?.on('data', (text: string) => this.text.add(text));
    }
    // Writing to a worker that died is no error of its own: its end is.
    child.stdin?.on('error', () => undefined);
    (child.stdio[3] as Readable | null)?.on('data', (chunk: Buffer) => this.receive(chunk));
  }

  /** Starts the worker and waits for its first word. Rejects with `xrt-worker-missing`, `xrt-worker-failed` or how it ended. */
  static async start(command: WorkerCommand, timeoutMs = startTimeoutMs): Promise<WorkerProcess> {
    if (!existsSync(command.file)) {
      throw xrtError('xrt-worker-missing', `The XRT worker ${command.file} is missing.`, 'Install Tierwise again.');
    }
    const child = spawn(command.executable ?? process.execPath, [command.file], {
      detached: true,
      env: { ...command.env },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const worker = new WorkerProcess(child);
    const { reply } = await worker.next('starting the XRT worker', timeoutMs);
    if (reply.kind !== 'ready') throw worker.nonsense();
    return worker;
  }

  /** Process id, for tests and logs. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  get isAlive(): boolean {
    return this.end === undefined;
  }

  /**
   * One request, one reply; one at a time. Rejects with `xrt-hung` after `timeoutMs` (the group is killed), or with how the worker ended.
   * `doing` completes "while ...".
   */
  async request(request: WorkerRequest, payload: Uint8Array, timeoutMs: number, doing: string): Promise<Answer> {
    if (this.end !== undefined) throw endedWorker(this.end, doing, this.text.summary());
    this.text.clear();
    for (const piece of encodeFrame(request, payload)) this.child.stdin?.write(piece);
    return this.next(doing, timeoutMs);
  }

  /** What XRT wrote about the last failure; waits shortly for the worker to leave, because only then all of it is here. */
  async lastWords(): Promise<string> {
    await this.close(lastWordsMs);
    return this.text.summary();
  }

  /** Asks the worker to give the card back and leave; kills it when it has not left after `graceMs`. Idempotent. */
  async close(graceMs = lastWordsMs): Promise<void> {
    if (this.end !== undefined) return;
    for (const piece of encodeFrame({ kind: 'close' })) this.child.stdin?.write(piece);
    this.child.stdin?.end();
    const timer = setTimeout(() => this.kill(), graceMs);
    await this.ended;
    clearTimeout(timer);
  }

  /**
   * Ends the whole process group now. A process asleep in the driver of its card does not go even so: after a moment it counts as
   * ended, because whoever waits must not wait with it.
   */
  kill(): void {
    if (this.end !== undefined) return;
    this.killGroup();
    const timer = setTimeout(() => {
      this.child.unref();
      for (const stream of this.child.stdio) stream?.destroy();
      this.finish({ code: null, signal: 'SIGKILL' });
    }, unkillableMs);
    void this.ended.then(() => clearTimeout(timer));
  }

  private killGroup(): void {
    if (this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // The group is gone already.
    }
  }

  private receive(chunk: Buffer): void {
    try {
      for (const frame of this.reader.push(chunk)) {
        const waiting = this.waiting;
        this.waiting = undefined;
        waiting?.(frame);
      }
    } catch (error) {
      this.text.add(`\nunreadable answer: ${String(error)}\n`);
      this.kill();
    }
  }

  private async next(doing: string, timeoutMs: number): Promise<Answer> {
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      this.kill();
    }, timeoutMs);
    const frame = await new Promise<Frame | null>((resolve) => {
      if (this.end !== undefined) resolve(null);
      else this.waiting = resolve;
    });
    clearTimeout(timer);
    if (frame === null) throw this.failure(doing, timedOut ? timeoutMs : null);
    const reply = parseReply(frame.header);
    if (reply === null) throw this.nonsense();
    return { reply, payload: frame.payload };
  }

  private failure(doing: string, timeoutMs: number | null): TierwiseError {
    if (timeoutMs !== null) return hungWorker(doing, timeoutMs, this.text.summary());
    if (this.startFailure !== undefined) {
      const message = `The XRT worker could not be started: ${this.startFailure.message}.`;
      return xrtError('xrt-worker-failed', message, 'Check that the editor may start processes.', '', this.startFailure);
    }
    return endedWorker(this.end ?? { code: null, signal: null }, doing, this.text.summary());
  }

  private nonsense(): TierwiseError {
    this.kill();
    return xrtError(
      'xrt-worker-failed',
      'The XRT worker gave an answer that makes no sense.',
      'Install Tierwise again.',
      this.text.summary(),
    );
  }
}
