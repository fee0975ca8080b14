import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { TierwiseError } from '../../model/error.ts';
import { loadLibc } from './libc.ts';
import type { Libc } from './libc.ts';
import type { ByteLine, LineListener } from './line.ts';

/** Bytes that wait for the other side to read; what comes beyond is lost. */
const queueLimitBytes = 1 << 18;
/** A reader that takes nothing for this long is gone: what waits for it is lost, as on a cable nobody listens to. */
const patienceMs = 1000;
const retryMs = 5;
/** More than any platform's struct termios. */
const attributesBytes = 512;
const setAttributesNow = 0;

/** Opens a pseudo-terminal in raw mode. Throws `pty-not-available` or `pty-failed`. */
export async function openPty(listener: LineListener): Promise<ByteLine> {
  const libc = await loadLibc();
  const master = libc.posix_openpt(constants.O_RDWR | constants.O_NOCTTY);
  if (master < 0) throw failed('posix_openpt');
  let ours = -1;
  try {
    const path = prepare(libc, master);
    // Held open for as long as the line lives: the master reads an error while nobody has the other side open.
    ours = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
    makeRaw(libc, ours);
    return new PtyLine(path, master, ours, listener);
  } catch (error) {
    if (ours >= 0) closeSync(ours);
    closeSync(master);
    throw error instanceof TierwiseError ? error : failed('open', error);
  }
}

function prepare(libc: Libc, master: number): string {
  if (libc.grantpt(master) !== 0) throw failed('grantpt');
  if (libc.unlockpt(master) !== 0) throw failed('unlockpt');
  const name = new Uint8Array(1024);
  if (libc.ptsname_r(master, name, name.length) !== 0) throw failed('ptsname_r');
  // The master never blocks this process, however slow the other side reads.
  if (libc.setFlags(master, libc.getFlags(master) | constants.O_NONBLOCK) < 0) throw failed('fcntl');
  return new TextDecoder().decode(name.subarray(0, name.indexOf(0)));
}

/** All 256 byte values pass: no echo, no line editing, no signal characters. */
function makeRaw(libc: Libc, fd: number): void {
  const attributes = new Uint8Array(attributesBytes);
  if (libc.tcgetattr(fd, attributes) !== 0) throw failed('tcgetattr');
  libc.cfmakeraw(attributes);
  if (libc.tcsetattr(fd, setAttributesNow, attributes) !== 0) throw failed('tcsetattr');
}

function failed(call: string, cause?: unknown): TierwiseError {
  return new TierwiseError(
    'pty-failed',
    `no pseudo-terminal could be opened (${call}${cause instanceof Error ? `: ${cause.message}` : ' failed'})`,
    'Check that /dev/pts is mounted and that the limit of pseudo-terminals is not reached.',
    cause === undefined ? { category: 'backend' } : { category: 'backend', cause },
  );
}

/**
 * Reads come from the event loop (a tty stream polls the master); writes go straight to the descriptor, because a tty stream would
 * block the process, or spin, while the other side does not read.
 */
class PtyLine implements ByteLine {
  readonly path: string;
  private readonly master: number;
  private readonly ours: number;
  private readonly stream: ReadStream;
  private queue: Uint8Array[] = [];
  private queuedBytes = 0;
  private stuckMs = 0;
  private retry: NodeJS.Timeout | undefined;
  private closing: Promise<void> | undefined;

  constructor(path: string, master: number, ours: number, listener: LineListener) {
    this.path = path;
    this.master = master;
    this.ours = ours;
    this.stream = new ReadStream(master);
    this.stream.on('data', (bytes: Buffer) => listener.onBytes(bytes));
    this.stream.on('error', (error) => {
      if (this.closing === undefined) listener.onError(error);
    });
  }

  write(bytes: Uint8Array): void {
    if (this.closing !== undefined || bytes.length === 0 || this.queuedBytes + bytes.length > queueLimitBytes) return;
    this.queue.push(bytes);
    this.queuedBytes += bytes.length;
    if (this.retry === undefined) this.flush();
  }

  pause(): void {
    this.stream.pause();
  }

  resume(): void {
    this.stream.resume();
  }

  close(): Promise<void> {
    this.closing ??= new Promise((resolve) => {
      clearTimeout(this.retry);
      this.queue = [];
      this.stream.once('close', () => {
        closeSync(this.ours);
        resolve();
      });
      this.stream.destroy();
    });
    return this.closing;
  }

  private flush(): void {
    this.retry = undefined;
    for (let head = this.queue[0]; head !== undefined; head = this.queue[0]) {
      const written = this.tryWrite(head);
      this.queuedBytes -= written;
      if (written > 0) this.stuckMs = 0;
      if (written < head.length) {
        this.queue[0] = head.subarray(written);
        this.waitForReader();
        return;
      }
      this.queue.shift();
    }
  }

  private tryWrite(bytes: Uint8Array): number {
    try {
      return writeSync(this.master, bytes);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN' || code === 'EWOULDBLOCK') return 0;
      throw error;
    }
  }

  /** There is no event for "the other side has read", so look again a little later, and give up on a reader that is gone. */
  private waitForReader(): void {
    this.stuckMs += retryMs;
    if (this.stuckMs > patienceMs) {
      this.queue = [];
      this.queuedBytes = 0;
      this.stuckMs = 0;
      return;
    }
    this.retry = setTimeout(() => this.flush(), retryMs);
  }
}
