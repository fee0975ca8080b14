import type { AbortFlag } from '../../model/abort.ts';
import type { TierwiseError } from '../../model/error.ts';

/** What a transport tells its user. */
export interface TransportListener {
  onBytes(bytes: Uint8Array): void;
  /** Once, when the line is gone and `close` was not called. Nothing comes afterwards. */
  onGone(error: TierwiseError): void;
}

/** An open line that carries bytes both ways, and loses or damages some. */
export interface Transport {
  /** For people: the port's path. */
  readonly name: string;
  /** Hands bytes to the line. Tells nothing of their fate and never waits; nothing happens when the line is gone. */
  write(bytes: Uint8Array): void;
  /** Idempotent; never rejects. */
  close(): Promise<void>;
}

/** Opens the same line again and again: a port that may be unplugged in between. */
export interface Connector {
  /** For people: the port's path. */
  readonly name: string;
  /** Rejects with the errors of port-errors.ts. */
  open(listener: TransportListener, abort?: AbortFlag): Promise<Transport>;
}
