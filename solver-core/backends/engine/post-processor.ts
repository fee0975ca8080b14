/*
 * What the engine does with a sum S: the scaling of its row, two roundings, two clips (hdl/README.md, "Arithmetic contract"). In
 * doubles, exact as long as the word has at most 17 fraction bits per limb where there are two (a product of t and half of rm stays
 * below 2^52), and at most 24 where there is one.
 */

/** Scaling of one row: multiply by 2^e, then by rm / 2^F. */
export interface PivotScaling {
  readonly e: number;
  readonly rm: number;
  readonly low: boolean;
  readonly high: boolean;
}

/** (e, rm) of a pivot S, an integer; `fractionBits` F. low: S <= 0, high: S >= 2^(2F). */
export function pivotScaling(s: number, fractionBits: number): PivotScaling {
  const limit = 2 ** (2 * fractionBits);
  let x = Math.min(Math.max(s, 1), limit - 1);
  let e = 0;
  while (x < limit / 4) {
    x *= 4;
    e++;
  }
  let r = Math.floor(Math.sqrt(x));
  while (r * r > x) r--;
  while ((r + 1) * (r + 1) <= x) r++;
  const rm = Math.min(Math.floor(2 ** (2 * fractionBits - 1) / r), 2 ** fractionBits - 1);
  return { e, rm, low: s <= 0, high: s >= limit };
}

/** The same for two limbs, from T = high·2^F + low (3F fraction bits, 0 <= low < 2^F): the pivot is S' = T·2^F with words of 2F fraction bits. */
export function pivotScaling2(high: number, low: number, fractionBits: number): PivotScaling {
  const f = BigInt(fractionBits);
  const s = (BigInt(high) * 2n ** f + BigInt(low)) * 2n ** f;
  const limit = 2n ** (4n * f);
  let x = s < 1n ? 1n : s >= limit ? limit - 1n : s;
  let e = 0;
  while (x < limit / 4n) {
    x *= 4n;
    e++;
  }
  const exact = 2n ** (4n * f - 1n) / squareRoot(x);
  const top = 2n ** (2n * f) - 1n;
  return { e, rm: Number(exact < top ? exact : top), low: s <= 0n, high: s >= limit };
}

/** floor(√x) for 0 < x < 2^106. */
function squareRoot(x: bigint): bigint {
  // The root of the rounded double is off by a few units at most.
  let r = BigInt(Math.floor(Math.sqrt(Number(x))));
  while (r * r > x) r--;
  while ((r + 1n) * (r + 1n) <= x) r++;
  return r;
}

/** Result words of the post-processor; `clipped` is sticky. */
export class PostProcessor {
  clipped = false;
  private readonly top: number;
  private readonly fractionBits: number;

  constructor(fractionBits: number) {
    this.fractionBits = fractionBits;
    this.top = 2 ** fractionBits - 1;
  }

  /** Word of an integer S with 2F fraction bits under the scaling (e, rm) of its row. */
  scale(s: number, e: number, rm: number): number {
    const f = this.fractionBits;
    const t = this.clip(Math.floor(s * 2 ** (e - f)));
    return this.clip(Math.floor((t * rm + 2 ** (f - 2)) * 2 ** (1 - f)));
  }

  private clip(value: number): number {
    if (value > this.top) {
      this.clipped = true;
      return this.top;
    }
    if (value < -this.top - 1) {
      this.clipped = true;
      return -this.top - 1;
    }
    return value;
  }
}

/** Result words of two limbs, 2F fraction bits; `clipped` is sticky. */
export class PostProcessor2 {
  clipped = false;
  private readonly fractionBits: number;
  private readonly one: number;
  /** 2^(2F), and the largest word whose high limb is below 2^F. */
  private readonly limit: number;
  private readonly top: number;

  /** `fractionBits`: F, 17 at most. */
  constructor(fractionBits: number) {
    this.fractionBits = fractionBits;
    this.one = 2 ** fractionBits;
    this.limit = 2 ** (2 * fractionBits);
    this.top = this.limit - this.one / 2 - 1;
  }

  /** Word of T = high·2^F + low, 0 <= low < 2^F, 3F fraction bits. */
  scale(high: number, low: number, e: number, rm: number): number {
    const { one, limit } = this;
    // T·2^F·2^e / 2^(2F). Sums beyond 2^53 are inexact, but then they are clipped in any case.
    let t = high * 2 ** e + Math.floor(low * 2 ** (e - this.fractionBits));
    if (t >= limit) {
      this.clipped = true;
      t = limit - 1;
    } else if (t < -limit) {
      this.clipped = true;
      t = -limit;
    }
    // (t·rm + 2^(2F-2)) / 2^(2F-1) with rm in two halves, so that no product exceeds 2^(3F).
    const rmHigh = Math.floor(rm / one);
    const lower = t * (rm - rmHigh * one) + limit / 4;
    const word = Math.floor((t * rmHigh + Math.floor(lower / one)) / (one / 2));
    if (word > this.top) {
      this.clipped = true;
      return this.top;
    }
    if (word < -limit) {
      this.clipped = true;
      return -limit;
    }
    return word;
  }
}

/** High limb of a word of two limbs: v = hi·2^F + lo with lo in [-2^(F-1), 2^(F-1) - 1]. */
export function highLimb(word: number, fractionBits: number): number {
  const one = 2 ** fractionBits;
  return Math.floor((word + one / 2) / one);
}
