/** What an engine at the other end answered, in its own words (hdl/README.md, docs/link.md). */
export interface BoardEngine {
  /** For people, e.g. "iCEBreaker (8 lanes, 18-bit words)". */
  readonly device: string;
  readonly lanes: number;
  readonly wordBits: number;
  readonly accumulatorBits: number;
  readonly limbs: 1 | 2;
  readonly maxFeatures: number;
  readonly clockHz: number;
  /** Bits per second of the link; null where there is no serial line. */
  readonly baud: number | null;
  /** Identity of the bitstream or kernel, hexadecimal. */
  readonly image: string;
}

/** What asking a port or card gave. `not-asked`: nothing was opened. */
export type BoardAnswer =
  | { readonly kind: 'not-asked' }
  | { readonly kind: 'engine'; readonly engine: BoardEngine }
  | { readonly kind: 'error'; readonly code: string; readonly message: string; readonly advice: string };

/** A serial port of this machine. */
export interface SerialPortDocument {
  /** As the backend takes it, e.g. "/dev/ttyUSB1" or "COM4". */
  readonly path: string;
  /** Four hexadecimal digits each; null where the system does not say. */
  readonly vendorId: string | null;
  readonly productId: string | null;
  /** USB serial number of the adapter: stays the same when the port gets another name. */
  readonly serialNumber: string | null;
  readonly manufacturer: string | null;
  /** Boards that are known to use this adapter; empty: none is. A guess, never an identification. */
  readonly candidates: readonly string[];
  /** True for the pseudo-terminal of a simulated board. */
  readonly simulated: boolean;
  readonly answer: BoardAnswer;
}

/** Power of one rail of a card; null where the card does not say. */
export interface PowerRailDocument {
  readonly name: string;
  readonly volts: number | null;
  readonly amps: number | null;
}

/** An accelerator card that XRT sees. */
export interface XrtDeviceDocument {
  readonly index: number;
  /** PCI address, e.g. "0000:03:00.1"; null where it cannot be told. */
  readonly bdf: string | null;
  readonly name: string | null;
  readonly answer: BoardAnswer;
  readonly powerW: number | null;
  readonly rails: readonly PowerRailDocument[];
  /** Why power is not there, e.g. "the card reports N/A"; null when it is. */
  readonly powerNote: string | null;
}

/** `tierwise boards --json` and the request 'tierwise/boards'. */
export interface BoardsDocument {
  readonly schema: 'tierwise.boards/1';
  readonly serial: readonly SerialPortDocument[];
  readonly xrt: readonly XrtDeviceDocument[];
  /** Why a kind of device could not be listed at all, e.g. XRT not installed; one sentence each. */
  readonly notes: readonly string[];
}
