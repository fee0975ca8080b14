/** A descriptor of the mover (hdl/sys/mover.sv), without the word length of the wire. */
export interface MoverDescriptor {
  readonly space: 0 | 1;
  readonly tri: boolean;
  readonly packed: boolean;
  readonly diagonal: boolean;
  readonly first: number;
  readonly columns: number;
  readonly blocks: number;
  readonly rows: number;
  readonly row0: number;
  readonly base: number;
}

/** Where each word of a descriptor lies, in the order of the stream; addresses modulo 2^24. The definition, word by word. */
export function moverAddresses(d: MoverDescriptor, lanes: number): { readonly address: number; readonly lane: number }[] {
  const places: { address: number; lane: number }[] = [];
  let a = d.base;
  for (let r = 0; r < d.rows; r++) {
    const i = (d.row0 + r) % 65536;
    const skipped = d.packed ? Math.floor(i / lanes) : 0;
    const from = d.tri ? i : d.first;
    const to = d.diagonal ? from + 1 : d.columns;
    for (let c = from; c < to; c++) {
      const address = a + Math.floor(c / lanes) - skipped;
      places.push({ address: ((address % 2 ** 24) + 2 ** 24) % 2 ** 24, lane: c % lanes });
    }
    a += d.blocks - skipped;
  }
  return places;
}
