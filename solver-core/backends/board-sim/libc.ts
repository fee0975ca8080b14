import { TierwiseError } from '../../model/error.ts';

/** The C library's calls that make a pseudo-terminal; each returns what C returns. */
export interface Libc {
  posix_openpt(flags: number): number;
  grantpt(fd: number): number;
  unlockpt(fd: number): number;
  /** Writes the name of the other side into `buffer`, ended by 0. */
  ptsname_r(fd: number, buffer: Uint8Array, sizeBytes: number): number;
  tcgetattr(fd: number, attributes: Uint8Array): number;
  cfmakeraw(attributes: Uint8Array): void;
  tcsetattr(fd: number, when: number, attributes: Uint8Array): number;
  getFlags(fd: number): number;
  setFlags(fd: number, flags: number): number;
}

const fcntlGetFlags = 3;
const fcntlSetFlags = 4;

/**
 * The C library of this process, through koffi, which is loaded only now. Throws `pty-not-available` where there are no
 * pseudo-terminals of this kind (Windows) or koffi has no binary for this machine.
 */
export async function loadLibc(platform: string = process.platform): Promise<Libc> {
  if (platform !== 'linux' && platform !== 'darwin')
    throw unavailable(`Tierwise makes none on ${platform}: board-sim was tried on Linux only`, undefined);
  try {
    const { default: koffi } = await import('koffi');
    // A null name means the process itself, so the file name of the C library does not matter (glibc, musl, macOS).
    const library = koffi.load(null);
    const fcntlGet = library.func('int fcntl(int fd, int command)') as (fd: number, command: number) => number;
    const fcntlSet = library.func('int fcntl(int fd, int command, ...)') as (
      fd: number,
      command: number,
      type: string,
      value: number,
    ) => number;
    return {
      posix_openpt: library.func('int posix_openpt(int flags)') as Libc['posix_openpt'],
      grantpt: library.func('int grantpt(int fd)') as Libc['grantpt'],
      unlockpt: library.func('int unlockpt(int fd)') as Libc['unlockpt'],
      ptsname_r: library.func('int ptsname_r(int fd, void *buffer, size_t size)') as Libc['ptsname_r'],
      tcgetattr: library.func('int tcgetattr(int fd, void *attributes)') as Libc['tcgetattr'],
      cfmakeraw: library.func('void cfmakeraw(void *attributes)') as Libc['cfmakeraw'],
      tcsetattr: library.func('int tcsetattr(int fd, int when, const void *attributes)') as Libc['tcsetattr'],
      getFlags: (fd) => fcntlGet(fd, fcntlGetFlags),
      setFlags: (fd, flags) => fcntlSet(fd, fcntlSetFlags, 'int', flags),
    };
  } catch (cause) {
    throw unavailable(`the C library cannot be called: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

function unavailable(why: string, cause: unknown): TierwiseError {
  return new TierwiseError(
    'pty-not-available',
    `a simulated board needs a pseudo-terminal, and ${why}`,
    'Use `backend sim`, which runs the same RTL without a port, or run the simulated board on Linux.',
    cause === undefined ? { category: 'backend' } : { category: 'backend', cause },
  );
}
