import type { AbortFlag } from '../model/abort.ts';

/** Files as meters see them. Every member rejects with an error whose `code` says why: ENOENT, EACCES, EPERM or another. */
export interface SensorFiles {
  /** Names in a folder, a bounded number. */
  list(path: string): Promise<readonly string[]>;
  /** Text of a small file, cut at 64 KiB. */
  read(path: string): Promise<string>;
  /** Where a symbolic link points. */
  link(path: string): Promise<string>;
}

/** How a command ended. `missing`: there is no such program. */
export type CommandResult =
  | { readonly kind: 'ended'; readonly status: number | null; readonly stdout: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'timeout'; readonly afterMs: number }
  | { readonly kind: 'failed'; readonly why: string };

/** Time as a measurement sees it; tests turn their own. */
export interface MeterClock {
  /** Monotonic, milliseconds. */
  nowMs(): number;
  /** Resolves after `ms` milliseconds, or soon after `abort` is set. */
  sleep(ms: number, abort?: AbortFlag): Promise<void>;
  /** Calls `tick` about every `ms` milliseconds, as far as nothing holds this process up, until the function that it returns is called. */
  every(ms: number, tick: () => void): () => void;
}

/** The machine that meters are looked for on. */
export interface SensorHost {
  /** process.platform. */
  readonly platform: string;
  readonly files: SensorFiles;
  readonly clock: MeterClock;
  /** Runs a program with these arguments in a process group of its own; at most 1 MiB of its output is kept. Never rejects. */
  run(program: string, values: readonly string[], timeoutMs: number): Promise<CommandResult>;
}

/** What a failed look at a file means for a meter. */
export type Obstacle = 'absent' | 'not-permitted' | 'malformed';

/** The obstacle behind an error of `SensorFiles`. */
export function obstacleOf(error: unknown): Obstacle {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'EACCES' || code === 'EPERM') return 'not-permitted';
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENODEV' ? 'absent' : 'malformed';
}
