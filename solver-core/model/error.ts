/** Which exit code and which kind of help an error calls for. */
export type ErrorCategory = 'input' | 'usage' | 'backend' | 'internal' | 'cancelled';

/**
 * Failure of the world around us (files, processes, devices) or of a whole request.
 * `code` is stable and kebab-case; callers branch on it, never on the message.
 * `advice` says what to do next. Findings about the user's input are `Diagnostic` values instead.
 */
export class TierwiseError extends Error {
  override readonly name = 'TierwiseError';
  readonly code: string;
  readonly advice: string;
  readonly category: ErrorCategory;

  constructor(
    code: string,
    message: string,
    advice: string,
    options: { readonly cause?: unknown; readonly category?: ErrorCategory } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.advice = advice;
    this.category = options.category ?? 'input';
  }
}

/** Fails loudly for a mistake of our own; never for bad input. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition)
    throw new TierwiseError('internal-assertion', message, 'This is a defect in Tierwise; please report it.', { category: 'internal' });
}
