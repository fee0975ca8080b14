import file from './boards.json' with { type: 'json' };

/** What is known of a board before it answers. */
export interface KnownBoard {
  readonly name: string;
  /** `board` of INFO; 0: none. */
  readonly number: number;
  /** "vid:pid" of the adapters it carries, four lower-case hexadecimal digits each. */
  readonly usb: readonly string[];
  /** USB interface of its UART; on a chip with two the other is JTAG. */
  readonly interface: number;
  readonly baud: number;
  /** What was seen to work, in words: 'not run on hardware', 'no bitstream', 'simulated'. */
  readonly status: string;
}

/** Rate of a board that is not known, bits per second. */
export const defaultBaud = 1_000_000;

/** All boards of boards.json. */
export function knownBoards(): readonly KnownBoard[] {
  return file.boards;
}

/** Name of the board that says this number in INFO, or what can be said of one that is not known. `isTerminal`: it is behind a pseudo-terminal. */
export function boardName(number: number, isTerminal = false): string {
  const known = knownBoards().find((board) => board.number !== 0 && board.number === number)?.name;
  return known ?? (isTerminal ? 'Board behind a pseudo-terminal' : 'Board');
}

/** Boards that are known to carry an adapter with these ids. */
export function candidateBoards(vendorId: string | null, productId: string | null): readonly KnownBoard[] {
  if (vendorId === null || productId === null) return [];
  const id = `${vendorId}:${productId}`.toLowerCase();
  return knownBoards().filter((board) => board.usb.includes(id));
}

/** The rule that lets everybody at the machine use a port with these ids; for /etc/udev/rules.d/70-tierwise.rules. */
export function udevRule(vendorId: string, productId: string): string {
  return `SUBSYSTEM=="tty", ATTRS{idVendor}=="${vendorId}", ATTRS{idProduct}=="${productId}", MODE="0660", TAG+="uaccess"`;
}
