/** One end of a byte line, as a serial cable has two: the other end belongs to whoever opened `path`. */
export interface ByteLine {
  /** What the other side opens. */
  readonly path: string;
  /** Sends bytes. Never blocks: what the other side does not read is lost after a while, as on a cable. */
  write(bytes: Uint8Array): void;
  /** Stops taking bytes, so that a side that sends without end fills its own buffers, not ours. */
  pause(): void;
  /** Takes bytes again. */
  resume(): void;
  /** Ends the line; the other side sees it vanish. May be called twice. */
  close(): Promise<void>;
}

/** Who listens to a line. */
export interface LineListener {
  onBytes(bytes: Uint8Array): void;
  /** The line broke by itself. */
  onError(error: Error): void;
}

/** Opens a line, e.g. `openPty`. */
export type OpenLine = (listener: LineListener) => Promise<ByteLine>;
