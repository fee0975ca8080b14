import { readFile, readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { candidateBoards } from './board-data.ts';

/** A serial port of this machine, as far as the system tells without opening it. */
export interface PortListing {
  /** e.g. "/dev/ttyUSB1" or "COM4". */
  readonly path: string;
  /** Four lower-case hexadecimal digits each; null where the system does not say. */
  readonly vendorId: string | null;
  readonly productId: string | null;
  /** USB serial number: stays the same when the port gets another name. */
  readonly serialNumber: string | null;
  readonly manufacturer: string | null;
  /** USB interface; two ports of one chip differ here. */
  readonly usbInterface: number | null;
}

/** Most ports that are looked at. */
const mostPorts = 256;

export interface ListOptions {
  /** What the package lists; default SerialPort.list of the package serialport. */
  readonly list?: () => Promise<readonly RawListing[]>;
  /** Folder in which to look for terminals when that fails; default "/sys/class/tty". */
  readonly ttyFolder?: string;
  /** Default process.platform. */
  readonly platform?: string;
}

/** An entry of SerialPort.list(). */
export interface RawListing {
  readonly path: string;
  readonly vendorId?: string | undefined;
  readonly productId?: string | undefined;
  readonly serialNumber?: string | undefined;
  readonly manufacturer?: string | undefined;
  readonly pnpId?: string | undefined;
}

async function listByPackage(): Promise<readonly RawListing[]> {
  const { SerialPort } = await import('serialport');
  return SerialPort.list();
}

/**
 * The serial ports of this machine; opens none. Where the package cannot list them (Linux without udev) the kernel's own tree is
 * read. Never rejects: a machine that tells nothing has no ports.
 */
export async function listPorts(options: ListOptions = {}): Promise<readonly PortListing[]> {
  const linux = (options.platform ?? process.platform) === 'linux';
  const fromTree = (): Promise<readonly PortListing[]> =>
    linux ? scanTerminals(options.ttyFolder ?? '/sys/class/tty') : Promise.resolve([]);
  try {
    const raw = await (options.list ?? listByPackage)();
    return raw.slice(0, mostPorts).map(fromRaw);
  } catch {
    return fromTree();
  }
}

function fromRaw(raw: RawListing): PortListing {
  const usbInterface = /-if([0-9a-f]{2})/i.exec(raw.pnpId ?? '')?.[1];
  return {
    path: raw.path,
    vendorId: raw.vendorId?.toLowerCase() ?? null,
    productId: raw.productId?.toLowerCase() ?? null,
    serialNumber: raw.serialNumber ?? null,
    manufacturer: raw.manufacturer ?? null,
    usbInterface: usbInterface === undefined ? null : parseInt(usbInterface, 16),
  };
}

/** Ports by the kernel's tree of terminals: those with a device behind them, legacy ports without hardware left out. */
async function scanTerminals(folder: string): Promise<readonly PortListing[]> {
  const names = await readdir(folder).catch(() => []);
  const found: PortListing[] = [];
  for (const name of names.sort().slice(0, 4 * mostPorts)) {
    const device = await realpath(join(folder, name, 'device')).catch(() => null);
    if (device === null || !/^tty(USB|ACM|AMA|XRUSB|S)\d+$/.test(name)) continue;
    // Type 0 of an 8250 port: the driver reserved a name, there is no chip.
    if (/^ttyS/.test(name) && (await text(join(folder, name, 'type'))) === '0') continue;
    found.push({ path: `/dev/${name}`, ...(await usbFacts(device)) });
    if (found.length >= mostPorts) break;
  }
  return found;
}

async function usbFacts(device: string): Promise<Omit<PortListing, 'path'>> {
  let usbInterface: number | null = null;
  let at = device;
  for (let level = 0; level < 6; level++) {
    const number = await text(join(at, 'bInterfaceNumber'));
    if (number !== null && usbInterface === null) usbInterface = parseInt(number, 16);
    const vendorId = await text(join(at, 'idVendor'));
    if (vendorId !== null) {
      const productId = await text(join(at, 'idProduct'));
      const serialNumber = await text(join(at, 'serial'));
      return { vendorId, productId, serialNumber, manufacturer: await text(join(at, 'manufacturer')), usbInterface };
    }
    at = dirname(at);
  }
  return { vendorId: null, productId: null, serialNumber: null, manufacturer: null, usbInterface };
}

async function text(path: string): Promise<string | null> {
  try {
    const value = (await readFile(path, 'utf8')).slice(0, 256).trim();
    return value === '' ? null : value;
  } catch {
    return null;
  }
}

/** Names of the boards that this port may be; empty when none is known. A port of a two-port chip that is not the UART is none. */
export function candidateNames(port: PortListing): readonly string[] {
  return candidatesOf(port).map((board) => board.name);
}

/** Rate at which the likeliest board of this port speaks; null when it may be none. */
export function candidateBaud(port: PortListing): number | null {
  return candidatesOf(port)[0]?.baud ?? null;
}

function candidatesOf(port: PortListing): ReturnType<typeof candidateBoards> {
  return candidateBoards(port.vendorId, port.productId).filter(
    (board) => port.usbInterface === null || port.usbInterface === board.interface,
  );
}

/** True for a pseudo-terminal: a program is behind it, such as a simulated board or a bridge to a port of another machine. */
export async function isPseudoTerminal(path: string): Promise<boolean> {
  const real = await realpath(path).catch(() => path);
  return real.startsWith('/dev/pts/');
}
