import { CancellationTokenSource, ProgressType, ResponseError } from 'vscode-jsonrpc/node.js';
import type { ProgressEvent, SolverRequests } from '../solver-core/protocol/index.ts';
import { parseErrorData, SolverError } from './solver-error.ts';
import {
  startSolverProcess,
  withResolvers,
  type LogSink,
  type SolverCommand,
  type SolverEnd,
  type SolverProcess,
} from './solver-process.ts';

export type SolverMethod = keyof SolverRequests;

/** The part of a cancellation token that the client needs; VS Code's fits. */
export interface CancelToken {
  readonly isCancellationRequested: boolean;
  onCancellationRequested(listener: () => void): { dispose(): void };
}

export interface RequestOptions {
  readonly token?: CancelToken;
  readonly onProgress?: (event: ProgressEvent) => void;
  /** Longest silence before the solver counts as hung; progress starts it anew. Default by method. */
  readonly silenceLimitMs?: number;
  /** Time between a polite cancel and the end of the process, for work that is written down when it is stopped. Default that of the client. */
  readonly graceMs?: number;
}

export interface SolverClientOptions {
  /** Read at every start, so a changed setting takes effect with the next process. */
  readonly command: () => SolverCommand;
  readonly log: LogSink;
  /** Time between a polite cancel and the end of the process. Default 3000. */
  readonly graceMs?: number;
  /** More crashes than this within `crashWindowMs` stop the automatic restart. Default 5. */
  readonly crashLimit?: number;
  /** Default 180000. */
  readonly crashWindowMs?: number;
  /** Clock for the crash window; default Date.now. */
  readonly nowMs?: () => number;
  /** Told whenever the process starts or ends. */
  readonly onState?: (state: SolverState) => void;
}

export type SolverState = 'stopped' | 'running' | 'crashed';

/** Longest silence per method, in milliseconds. A model of gigabytes takes a while to hash; a solve reports progress. */
const silenceLimitsMs: Readonly<Record<SolverMethod, number>> = {
  'tierwise/hello': 30_000,
  'tierwise/inspect': 120_000,
  'tierwise/check': 120_000,
  'tierwise/energy': 120_000,
  'tierwise/lastFit': 120_000,
  'tierwise/boards': 120_000,
  'tierwise/report': 120_000,
  'tierwise/python': 60_000,
  'tierwise/annotationCompletion': 30_000,
  'tierwise/annotationPlan': 120_000,
  'tierwise/weights': 120_000,
  'tierwise/weightChanges': 300_000,
  'tierwise/eval': 600_000,
  'tierwise/fit': 900_000,
  'tierwise/learn': 900_000,
  'tierwise/unlearn': 900_000,
  'tierwise/select': 900_000,
  'tierwise/sparsify': 900_000,
  'tierwise/compound': 600_000,
  'tierwise/diff': 120_000,
  'tierwise/sensors': 120_000,
  'tierwise/measure': 600_000,
  'tierwise/calibrate': 600_000,
};

/** Requests that change nothing and may therefore be asked again when the process was ended for another one. */
const repeatable: ReadonlySet<SolverMethod> = new Set([
  'tierwise/hello',
  'tierwise/inspect',
  'tierwise/check',
  'tierwise/energy',
  'tierwise/lastFit',
  'tierwise/report',
  'tierwise/python',
  'tierwise/annotationCompletion',
  'tierwise/annotationPlan',
  'tierwise/weights',
  'tierwise/weightChanges',
  'tierwise/diff',
  'tierwise/sensors',
] as const);

interface Pending {
  readonly method: SolverMethod;
  readonly silenceLimitMs: number;
  readonly graceMs: number;
  readonly fail: (error: SolverError) => void;
}

interface Session {
  readonly process: SolverProcess;
  readonly pending: Set<Pending>;
  /** Set when we end the process ourselves: what its other requests are told. */
  stopReason: SolverError | undefined;
}

/**
 * Speaks with the solver process. The process starts with the first request and again after a crash.
 * Every request settles: with its result, with the solver's error, or with a SolverError of this client
 * when the process ends, stays silent for too long, or does not stop within the grace period after a cancel.
 */
export class SolverClient {
  readonly #options: SolverClientOptions;
  #session: Session | undefined;
  #crashTimesMs: number[] = [];
  #disposed = false;
  #nextToken = 0;

  constructor(options: SolverClientOptions) {
    this.#options = options;
  }

  /** Process id of the running solver, or undefined. */
  get pid(): number | undefined {
    return this.#session?.process.pid;
  }

  /** Resolves when the solver has answered its first greeting; starts it when needed. */
  async ready(): Promise<void> {
    await this.request('tierwise/hello', {});
  }

  /** Sends one request. Rejects with SolverError only. */
  async request<M extends SolverMethod>(
    method: M,
    params: SolverRequests[M]['params'],
    options: RequestOptions = {},
  ): Promise<SolverRequests[M]['result']> {
    try {
      return await this.#requestOnce(method, params, options);
    } catch (error) {
      const again = error instanceof SolverError && error.code === 'solver-stopped' && repeatable.has(method) && !this.#disposed;
      if (!again) throw error;
      return this.#requestOnce(method, params, options);
    }
  }

  /** Ends the process, forgets its crashes, and starts it anew with the next request. Pending requests fail or are asked again. */
  async restart(): Promise<void> {
    this.#crashTimesMs = [];
    const session = this.#session;
    if (!session) return;
    this.#stop(session, new SolverError('solver-stopped', 'The solver was restarted.', 'Run the command again.'));
    await session.process.ended;
  }

  /** Closes the process; pending requests fail with solver-disposed. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    const session = this.#session;
    if (!session) return;
    session.stopReason = new SolverError('solver-disposed', 'The solver was shut down.', 'Reload the window to start it again.');
    this.#detach(session);
    await session.process.close(this.#graceMs);
  }

  get #graceMs(): number {
    return this.#options.graceMs ?? 3000;
  }

  async #requestOnce<M extends SolverMethod>(
    method: M,
    params: SolverRequests[M]['params'],
    options: RequestOptions,
  ): Promise<SolverRequests[M]['result']> {
    if (options.token?.isCancellationRequested) throw cancelledError(method);
    const session = this.#ensureSession();
    const outcome = withResolvers<SolverRequests[M]['result']>();
    const pending: Pending = {
      method,
      silenceLimitMs: options.silenceLimitMs ?? silenceLimitsMs[method],
      graceMs: options.graceMs ?? this.#graceMs,
      fail: outcome.reject,
    };
    session.pending.add(pending);
    const watch = this.#watch(session, pending);
    const cancelSource = new CancellationTokenSource();
    const cancelled = options.token?.onCancellationRequested(() => {
      cancelSource.cancel();
      watch.startGrace(cancelledError(method));
    });
    const progressToken = `tierwise-${process.pid}-${this.#nextToken++}`;
    let progress: { dispose(): void } | undefined;
    try {
      const { connection } = session.process;
      progress = connection.onProgress(new ProgressType<ProgressEvent>(), progressToken, (event) => {
        watch.heard();
        options.onProgress?.(event);
      });
      connection
        .sendRequest<SolverRequests[M]['result']>(method, { ...params, progressToken }, cancelSource.token)
        .then(outcome.resolve, (error: unknown) => outcome.reject(toSolverError(error, method)));
      return await outcome.promise;
    } catch (error) {
      throw toSolverError(error, method);
    } finally {
      session.pending.delete(pending);
      watch.dispose();
      cancelled?.dispose();
      progress?.dispose();
      cancelSource.dispose();
    }
  }

  /** Timers of one request: silence, and the grace period after a cancel. */
  #watch(session: Session, pending: Pending): { heard(): void; startGrace(reason: SolverError): void; dispose(): void } {
    let timer: NodeJS.Timeout | undefined;
    let inGrace = false;
    const arm = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        // Behind a long solve a short request waits its turn: then the solve's own limit decides.
        if ([...session.pending].some((other) => other.silenceLimitMs > pending.silenceLimitMs)) return arm();
        const seconds = pending.silenceLimitMs / 1000;
        const text = `The solver gave no sign of life for ${seconds} s during ${pending.method}.`;
        pending.fail(
          new SolverError('solver-timeout', text, 'It was stopped and starts again with the next command. The log may tell more.'),
        );
        this.#stop(session, stoppedFor(pending.method));
      }, pending.silenceLimitMs);
    };
    arm();
    return {
      heard: () => {
        if (!inGrace) arm();
      },
      startGrace: (reason) => {
        if (inGrace) return;
        inGrace = true;
        clearTimeout(timer);
        timer = setTimeout(() => {
          this.#options.log.warn(`solver did not stop ${pending.method} within ${pending.graceMs} ms: ending the process`);
          pending.fail(reason);
          this.#stop(session, stoppedFor(pending.method));
        }, pending.graceMs);
      },
      dispose: () => clearTimeout(timer),
    };
  }

  #ensureSession(): Session {
    if (this.#disposed) throw new SolverError('solver-disposed', 'The solver was shut down.', 'Reload the window to start it again.');
    if (this.#session) return this.#session;
    this.#refuseCrashLoop();
    const command = this.#options.command();
    this.#options.log.info(`starting solver: ${command.executable} ${command.script}`);
    const session: Session = { process: startSolverProcess(command, this.#options.log), pending: new Set(), stopReason: undefined };
    this.#session = session;
    this.#options.onState?.('running');
    void session.process.ended.then((end) => this.#onEnded(session, end));
    return session;
  }

  #refuseCrashLoop(): void {
    const limit = this.#options.crashLimit ?? 5;
    const windowMs = this.#options.crashWindowMs ?? 180_000;
    const oldest = (this.#options.nowMs ?? Date.now)() - windowMs;
    this.#crashTimesMs = this.#crashTimesMs.filter((time) => time > oldest);
    if (this.#crashTimesMs.length < limit) return;
    const text = `The solver crashed ${this.#crashTimesMs.length} times within ${windowMs / 60_000} minutes and is no longer restarted by itself.`;
    throw new SolverError('solver-crash-loop', text, 'Look at the log, then run "Tierwise: Restart Solver".');
  }

  #onEnded(session: Session, end: SolverEnd): void {
    if (session.stopReason === undefined) {
      this.#crashTimesMs.push((this.#options.nowMs ?? Date.now)());
      session.stopReason = endedError(end);
      this.#options.log.error(session.stopReason.message);
      this.#detach(session);
      this.#options.onState?.('crashed');
      return;
    }
    this.#detach(session);
  }

  /** Ends a process on purpose: its other requests are told `reason`. */
  #stop(session: Session, reason: SolverError): void {
    session.stopReason ??= reason;
    session.process.kill();
    this.#detach(session);
  }

  #detach(session: Session): void {
    if (this.#session === session) {
      this.#session = undefined;
      this.#options.onState?.('stopped');
    }
    const reason = session.stopReason ?? stoppedFor('another request');
    for (const pending of [...session.pending]) pending.fail(reason);
    session.pending.clear();
    session.process.connection.dispose();
  }
}

function cancelledError(method: string): SolverError {
  return new SolverError('cancelled', `${method} was cancelled.`, '');
}

function stoppedFor(method: string): SolverError {
  return new SolverError('solver-stopped', `The solver was stopped for ${method}.`, 'Run the command again.');
}

function endedError(end: SolverEnd): SolverError {
  const advice = 'Your files are unchanged. The solver starts again with the next command; the log may tell why it ended.';
  if (end.kind === 'not-started') {
    return new SolverError(
      'solver-not-started',
      `The solver process could not be started: ${end.message}`,
      'Check the setting "tierwise.solver.nodePath".',
    );
  }
  if (end.kind === 'protocol') {
    return new SolverError('solver-protocol', `The solver wrote something that is not a message: ${end.message.slice(0, 200)}`, advice);
  }
  const how = end.signal === null ? `with exit code ${end.code}` : `by signal ${end.signal}`;
  return new SolverError('solver-crashed', `The solver process ended unexpectedly ${how}.`, advice);
}

function toSolverError(error: unknown, method: string): SolverError {
  if (error instanceof SolverError) return error;
  if (error instanceof ResponseError) {
    if (error.code === -32800) return cancelledError(method);
    const data = parseErrorData(error.data);
    if (data) return new SolverError(data.code, data.message, data.advice, { cause: error });
    return new SolverError('solver-request-failed', `${method} failed: ${error.message}`, 'The log may tell more.', { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new SolverError('solver-crashed', `${method} failed: ${message}`, 'The solver starts again with the next command.', {
    cause: error,
  });
}
