import { TierwiseError } from '../../model/error.ts';
import { quoteName } from '../../model/quote.ts';
import { udevRule } from './board-data.ts';

/** USB ids of a port, to name them in advice; null where the system does not say. */
export interface PortIds {
  readonly vendorId: string | null;
  readonly productId: string | null;
}

interface Situation {
  readonly code: string;
  readonly text: RegExp;
  message(port: string): string;
  advice(ids: PortIds): string;
}

/** Most errors of the serial port package have only a text; this is the one place that reads it. The first that fits wins. */
const situations: readonly Situation[] = [
  {
    code: 'serial-port-permission',
    text: /permission denied|operation not permitted|EACCES|EPERM/i,
    message: (port) => `The port ${port} may not be opened by this user.`,
    advice: (ids) => {
      const group = 'Add the user to the group of the port (sudo usermod -a -G dialout $USER, then log in again)';
      // A rule for ids that were only guessed would open another adapter, and not help with this one.
      if (ids.vendorId === null || ids.productId === null) return `${group}.`;
      const rule = udevRule(ids.vendorId, ids.productId);
      return `${group}, or put this line into /etc/udev/rules.d/70-tierwise.rules and plug the board in again: ${rule}`;
    },
  },
  {
    code: 'serial-port-busy',
    // Windows says "Access denied" of a port that is open elsewhere.
    text: /cannot lock port|access denied|resource temporarily unavailable|resource busy|EBUSY|EAGAIN|already open/i,
    message: (port) => `The port ${port} is in use by another program.`,
    advice: () => 'Close the terminal program, the other editor window or the fit that has it open, then try again.',
  },
  {
    code: 'serial-port-missing',
    text: /no such file|file not found|ENOENT|ENXIO|ENODEV|no such device/i,
    message: (port) => `There is no port ${port}.`,
    advice: () => 'Plug the board in and list the ports with `tierwise boards`; a port may get another name when it is plugged in again.',
  },
  {
    code: 'serial-port-not-serial',
    text: /inappropriate ioctl|is a directory|not a tty|ENOTTY|EISDIR|not a serial port/i,
    message: (port) => `${port} is not a serial port.`,
    advice: () => 'Choose a port that `tierwise boards` lists.',
  },
  {
    code: 'serial-port-settings',
    text: /baud|invalid (value|argument)|EINVAL/i,
    message: (port) => `The port ${port} does not take this baud rate.`,
    advice: () => 'Use a baud rate that both the adapter and the bitstream have.',
  },
  {
    code: 'serial-unplugged',
    text: /bad file descriptor|EBADF|i\/o error|EIO|disconnected|port is not open/i,
    message: (port) => `The board at ${port} was unplugged.`,
    advice: () => 'Plug it in and run the fit again.',
  },
];

/** What the serial port package said, as one of our errors. `ids`: of this port, for the advice. */
export function portError(port: string, cause: unknown, ids: PortIds = { vendorId: null, productId: null }): TierwiseError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const name = quoteName(port);
  const found = situations.find((situation) => situation.text.test(text));
  const options = { category: 'backend', cause } as const;
  if (found !== undefined) return new TierwiseError(found.code, found.message(name), found.advice(ids), options);
  const message = `The port ${name} could not be used: ${text.slice(0, 300)}`;
  return new TierwiseError('serial-port-failed', message, 'Unplug the board, plug it in again and retry.', options);
}

/** The package itself cannot be loaded. */
export function packageMissing(cause: unknown): TierwiseError {
  const message = `Serial ports cannot be used: ${cause instanceof Error ? cause.message.split('\n')[0] : String(cause)}`;
  return new TierwiseError('serial-not-available', message, 'Install the package serialport 13, or use `backend sim`.', {
    category: 'backend',
    cause,
  });
}
