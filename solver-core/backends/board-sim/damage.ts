/** How a line harms what passes it; rates are probabilities per byte, 0..1. */
export interface DamageRates {
  /** A byte is lost. */
  readonly drop: number;
  /** One bit of a byte is inverted. */
  readonly flip: number;
  /** A random byte appears before a byte. */
  readonly garbage: number;
}

/** What was done to the bytes so far. */
export interface DamageCounts {
  passed: number;
  dropped: number;
  flipped: number;
  inserted: number;
}

/** Harms bytes by chance, reproducibly: the n-th byte of a direction meets the same fate for the same seed. */
export class Damage {
  readonly counts: DamageCounts = { passed: 0, dropped: 0, flipped: 0, inserted: 0 };
  private readonly rates: DamageRates;
  private state: number;

  /** @param seed any integer; two directions of a line want two seeds. */
  constructor(rates: DamageRates, seed: number) {
    this.rates = rates;
    // Spread small seeds over the state (the finaliser of MurmurHash3), which must not be 0.
    let mixed = seed ^ (seed >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    this.state = mixed ^ (mixed >>> 16) || 1;
  }

  /** What arrives of `bytes`. Returns `bytes` itself when the line is sound. */
  apply(bytes: Uint8Array): Uint8Array {
    const { drop, flip, garbage } = this.rates;
    this.counts.passed += bytes.length;
    if (drop === 0 && flip === 0 && garbage === 0) return bytes;
    const out: number[] = [];
    for (const byte of bytes) {
      if (this.chance(garbage)) {
        out.push(this.next() & 255);
        this.counts.inserted += 1;
      }
      if (this.chance(drop)) {
        this.counts.dropped += 1;
        continue;
      }
      const inverted = this.chance(flip);
      if (inverted) this.counts.flipped += 1;
      out.push(inverted ? byte ^ (1 << (this.next() & 7)) : byte);
    }
    return Uint8Array.from(out);
  }

  private chance(rate: number): boolean {
    return this.next() / 2 ** 32 < rate;
  }

  /** xorshift32 (Marsaglia 2003), 32 bits. */
  private next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return x >>> 0;
  }
}
