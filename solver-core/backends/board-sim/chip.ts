/** What one stretch of simulated time gave. */
export interface ChipSlice {
  /** Bytes of the input that went over the receive pin. */
  readonly consumed: number;
  /** Bytes that came over the transmit pin; valid until the next call. */
  readonly output: Uint8Array;
  /** Clock cycles simulated. */
  readonly clocks: number;
  /** Nothing is in flight: time may stand still until the next byte. */
  readonly idle: boolean;
}

/** A simulated board seen from its two UART pins. */
export interface Chip {
  /** Simulates at most about `maxClocks`; stops early when nothing is in flight any more. */
  exchange(input: Uint8Array, maxClocks: number): ChipSlice;
  /** Power off and on: the board has lost everything. */
  powerCycle(): void;
}
