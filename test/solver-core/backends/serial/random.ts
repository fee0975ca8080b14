/** Repeatable random numbers: xorshift32 (13, 17, 5), 0 <= r < 2^32. */
export function xorshift(seed: number): () => number {
  let r = seed | 0 || 1;
  return () => {
    r ^= r << 13;
    r ^= r >>> 17;
    r ^= r << 5;
    return r >>> 0;
  };
}
