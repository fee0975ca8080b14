/**
 * A seeded stream of uniform integers for sampling: SplitMix32, the 32-bit form of Steele, Lea and Flood's generator (OOPSLA 2014) with
 * the finaliser of MurmurHash3. Returns a function that gives an integer in [0, n) for 1 <= n <= 2^31; same seed, same numbers everywhere.
 * The bias of at most n / 2^53 is far below what a sample can show.
 */
export function seededBelow(seed: number): (n: number) => number {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  return (n) => Math.floor((((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53) * n);
}

/** The numbers 0..n-1 in a seeded random order (Fisher and Yates). */
export function seededOrder(n: number, seed: number): Uint32Array {
  const below = seededBelow(seed);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = below(i + 1);
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}
