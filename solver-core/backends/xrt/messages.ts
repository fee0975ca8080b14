/*
 * What the solver asks of the XRT worker. The worker knows XRT and nothing of the engine: arguments are numbered, buffers are bytes.
 */

/** A pointer argument of the kernel and how many bytes go through it in this call. */
export interface BufferArgument {
  readonly argument: number;
  readonly sizeBytes: number;
}

export type WorkerRequest =
  /** Opens card `index`, loads the xclbin and opens the kernel. */
  | { readonly kind: 'open'; readonly library: string; readonly index: number; readonly xclbin: string; readonly kernel: string }
  /** Opens and closes cards 0..count-1, one after the other, without loading anything. */
  | { readonly kind: 'probe'; readonly library: string; readonly count: number }
  /** One kernel call. The payload fills `input`; the answer's payload is `status`, then `output`. */
  | {
      readonly kind: 'run';
      /** [argument, 32-bit value]. */
      readonly scalars: readonly (readonly [number, number])[];
      readonly input: BufferArgument;
      readonly output: BufferArgument;
      readonly status: BufferArgument;
      /** How long XRT waits for the kernel. */
      readonly timeoutMs: number;
    }
  /** Gives the card back and ends the process. */
  | { readonly kind: 'close' };

/** Where in the sequence of XRT calls something was refused. */
export type FailedStep = 'library' | 'open' | 'xclbin' | 'kernel' | 'buffer' | 'transfer' | 'start' | 'request';

export type WorkerReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'opened'; readonly uuid: string }
  | { readonly kind: 'probed'; readonly opened: readonly boolean[] }
  /** `state`: ert_cmd_state of ert.h; 4 completed, 5 error, 6 abort, 8 timeout. */
  | { readonly kind: 'ran'; readonly state: number }
  | { readonly kind: 'closed' }
  | { readonly kind: 'failed'; readonly step: FailedStep; readonly message: string };

const replyKinds: readonly string[] = ['ready', 'opened', 'probed', 'ran', 'closed', 'failed'];

/** A reply from the header of a frame; null when it is none. */
export function parseReply(header: unknown): WorkerReply | null {
  if (typeof header !== 'object' || header === null) return null;
  const { kind, state, opened, step, message, uuid } = header as Readonly<Record<string, unknown>>;
  if (typeof kind !== 'string' || !replyKinds.includes(kind)) return null;
  if (kind === 'ran' && typeof state !== 'number') return null;
  if (kind === 'opened' && typeof uuid !== 'string') return null;
  if (kind === 'probed' && !Array.isArray(opened)) return null;
  if (kind === 'failed' && (typeof step !== 'string' || typeof message !== 'string')) return null;
  return header as WorkerReply;
}
