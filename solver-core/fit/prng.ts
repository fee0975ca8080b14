/** A seeded source of numbers. The same seed and stream give the same numbers on every machine. */
export interface Random {
  /** Uniform integer in [0, 2^32). */
  uint32(): number;
  /** Uniform double in [0, 1), 53 random bits. */
  uniform(): number;
  /** Uniform integer in [0, n), without bias; 1 <= n <= 2^32. */
  below(n: number): number;
  /** Standard normal variate. */
  normal(): number;
}

/**
 * xoshiro128** 1.1 (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", ACM TOMS 47(4), 2021).
 * The 128-bit state comes from the seed and the stream name through the 32-bit finaliser of MurmurHash3 (Appleby), so neighbouring
 * seeds and different streams of one seed are unrelated. Normal variates: Marsaglia's polar method (1964), which needs only a
 * logarithm and a square root.
 *
 * seed: any finite number; integers up to 2^53 give distinct states. stream: what the numbers are for, e.g. "split".
 */
export function createRandom(seed: number, stream: string): Random {
  const state = seedState(seed, stream);
  let spare: number | undefined;

  const uint32 = (): number => {
    const s1 = state[1]!;
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const shifted = s1 << 9;
    state[2]! ^= state[0]!;
    state[3]! ^= s1;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= shifted;
    state[3] = rotateLeft(state[3]!, 11);
    return result;
  };
  const uniform = (): number => ((uint32() >>> 5) * 2 ** 26 + (uint32() >>> 6)) * 2 ** -53;
  const below = (n: number): number => {
    // Values from the last, incomplete run of n are drawn again.
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const v = uint32();
      if (v < limit) return v % n;
    }
  };
  const normal = (): number => {
    if (spare !== undefined) {
      const v = spare;
      spare = undefined;
      return v;
    }
    for (;;) {
      const a = 2 * uniform() - 1;
      const b = 2 * uniform() - 1;
      const square = a * a + b * b;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      spare = b * factor;
      return a * factor;
    }
  };
  return { uint32, uniform, below, normal };
}

/** [n] standard normal variates. */
export function normals(random: Random, n: number): Float64Array {
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) values[i] = random.normal();
  return values;
}

function rotateLeft(v: number, bits: number): number {
  return (v << bits) | (v >>> (32 - bits));
}

function seedState(seed: number, stream: string): Uint32Array {
  const high = Math.floor(seed / 2 ** 32) >>> 0;
  let hash = mix(seed >>> 0) ^ mix(high + 0x9e3779b9);
  for (let i = 0; i < stream.length; i++) hash = mix(hash ^ (stream.charCodeAt(i) + i));
  const state = new Uint32Array(4);
  for (let i = 0; i < 4; i++) state[i] = mix(hash + Math.imul(i + 1, 0x9e3779b9));
  // All zeros is the one state the generator cannot leave.
  if (state.every((v) => v === 0)) state[0] = 1;
  return state;
}

/** The 32-bit finaliser of MurmurHash3, a bijection. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
