/** The part of an AbortSignal that computations look at; a real AbortSignal fits. */
export interface AbortFlag {
  readonly aborted: boolean;
}

/** What a long computation needs from the process that runs it. */
export interface Host {
  /** Monotonic clock in milliseconds, for time budgets and reported durations only. */
  nowMs(): number;
  /** Lets the event loop turn, so that progress and cancel get through. */
  pause(): Promise<void>;
}

/** Thrown (as a rejected promise) when work stops because its AbortFlag was set. */
export class AbortError extends Error {
  override readonly name = 'AbortError';
  constructor() {
    super('the operation was cancelled');
  }
}

/** Throws AbortError when the flag is set. */
export function checkAbort(flag: AbortFlag | undefined): void {
  if (flag?.aborted === true) throw new AbortError();
}

/** True for our AbortError and for the platform's. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
