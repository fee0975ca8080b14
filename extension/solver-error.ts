import type { ErrorData } from '../solver-core/protocol/index.ts';

/**
 * Failure of a request to the solver process, or of the process itself.
 * `code` is stable and kebab-case; callers branch on it, never on the message. `advice` says what to do next.
 * Codes of the process: solver-not-started, solver-crashed, solver-crash-loop, solver-timeout, solver-protocol,
 * solver-stopped (ended by us for another request), solver-disposed, cancelled. All other codes come from the solver core.
 */
export class SolverError extends Error {
  override readonly name = 'SolverError';
  readonly code: string;
  readonly advice: string;

  constructor(code: string, message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.advice = advice;
  }
}

/** True when the error says that a person (or a token) cancelled the request. */
export function isCancelled(error: unknown): boolean {
  return error instanceof SolverError && error.code === 'cancelled';
}

/** Any thrown value as code, message and advice, so that one renderer can show it. */
export function toErrorData(error: unknown): ErrorData {
  if (error instanceof SolverError) return { code: error.code, message: error.message, advice: error.advice };
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', message, advice: 'This is a defect in Tierwise. The log may tell more.' };
}

/** Reads `error.data` of a failed JSON-RPC request; undefined when it is not ErrorData. */
export function parseErrorData(data: unknown): ErrorData | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { code, message, advice } = data as Record<string, unknown>;
  if (typeof code !== 'string' || typeof message !== 'string') return undefined;
  return { code, message, advice: typeof advice === 'string' ? advice : '' };
}
