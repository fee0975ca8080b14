import type { AbortFlag } from '../../model/abort.ts';
import { checkAbort } from '../../model/abort.ts';
import { TierwiseError } from '../../model/error.ts';
import type { LinkClock } from './clock.ts';
import { processClock } from './clock.ts';
import { unplugged } from './errors.ts';
import type { PortIds } from './port-errors.ts';
import { packageMissing, portError } from './port-errors.ts';
import type { Connector, Transport, TransportListener } from './transport.ts';

/** Opening and closing answer within this time or count as failed; milliseconds. */
const openMs = 10_000;
const closeMs = 2000;

/** What is used of a SerialPort of the package serialport (13). */
export interface RawPort {
  readonly isOpen: boolean;
  open(callback: (error: Error | null) => void): void;
  write(bytes: Uint8Array, callback?: (error: Error | null | undefined) => void): boolean;
  close(callback?: (error: Error | null) => void): void;
  on(event: 'data', listener: (bytes: Uint8Array) => void): unknown;
  on(event: 'error' | 'close', listener: (error?: Error | null) => void): unknown;
}

/** Makes a port that is not open yet. */
export type PortFactory = (path: string, baud: number) => Promise<RawPort>;

/** Ports of the package, loaded when the first is needed. Rejects with `serial-not-available`. */
export const nativePort: PortFactory = async (path, baud) => {
  let SerialPort;
  try {
    ({ SerialPort } = await import('serialport'));
  } catch (error) {
    throw packageMissing(error);
  }
  return new SerialPort({ path, baudRate: baud, autoOpen: false });
};

export interface PortOptions {
  readonly ids?: PortIds;
  readonly clock?: LinkClock;
  readonly factory?: PortFactory;
}

/** A serial port that can be opened again and again. */
export class PortConnector implements Connector {
  readonly name: string;
  private readonly baud: number;
  private readonly options: PortOptions;

  constructor(path: string, baud: number, options: PortOptions = {}) {
    this.name = path;
    this.baud = baud;
    this.options = options;
  }

  async open(listener: TransportListener, abort?: AbortFlag): Promise<Transport> {
    checkAbort(abort);
    const clock = this.options.clock ?? processClock;
    let port: RawPort;
    try {
      port = await (this.options.factory ?? nativePort)(this.name, this.baud);
    } catch (error) {
      throw error instanceof TierwiseError ? error : portError(this.name, error, this.options.ids);
    }
    const transport = new PortTransport(this.name, port, listener, clock);
    await transport.open(this.options.ids);
    return transport;
  }
}

/**
 * An open port. There is always a listener for data, because without one an unplug goes unnoticed; nothing waits for the callback of a
 * write, because after an unplug it never comes; `close` may be emitted more than once and counts once.
 */
class PortTransport implements Transport {
  readonly name: string;
  private readonly port: RawPort;
  private readonly listener: TransportListener;
  private readonly clock: LinkClock;
  private ended = false;

  constructor(name: string, port: RawPort, listener: TransportListener, clock: LinkClock) {
    this.name = name;
    this.port = port;
    this.listener = listener;
    this.clock = clock;
    port.on('data', (bytes) => {
      if (!this.ended) this.listener.onBytes(bytes);
    });
    port.on('error', () => this.gone());
    port.on('close', () => this.gone());
  }

  async open(ids: PortIds | undefined): Promise<void> {
    const error = await withDeadline<Error | null>(this.clock, openMs, new Error('the port did not open in time'), (done) =>
      this.port.open((answer) => {
        done(answer);
        // After the deadline nobody has this port any more: open, it would stay locked for everybody.
        if (this.ended && this.port.isOpen) this.port.close(() => undefined);
      }),
    );
    if (error === null || error === undefined) return;
    this.ended = true;
    // A port that opens after all must not stay open.
    if (this.port.isOpen) this.port.close(() => undefined);
    throw portError(this.name, error, ids);
  }

  write(bytes: Uint8Array): void {
    if (this.ended || !this.port.isOpen) return this.gone();
    try {
      this.port.write(bytes, (error) => {
        if (error !== null && error !== undefined) this.gone();
      });
    } catch {
      this.gone();
    }
  }

  async close(): Promise<void> {
    this.ended = true;
    if (!this.port.isOpen) return;
    await withDeadline<unknown>(this.clock, closeMs, null, (done) => {
      try {
        this.port.close(done);
      } catch {
        done(null);
      }
    });
  }

  private gone(): void {
    if (this.ended) return;
    this.ended = true;
    if (this.port.isOpen) this.port.close(() => undefined);
    this.listener.onGone(unplugged(this.name));
  }
}

/** What a callback gets, or `late` when it does not come in time. */
function withDeadline<T>(clock: LinkClock, ms: number, late: T, call: (done: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve) => {
    const calledOff = clock.after(ms, () => resolve(late));
    call((value) => {
      calledOff();
      resolve(value);
    });
  });
}
