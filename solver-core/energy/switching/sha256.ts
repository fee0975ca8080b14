/**
 * SHA-256 (FIPS 180-4) of a text's UTF-8 form, as 64 lower-case hexadecimal digits. For data files that are checked where no
 * platform's own hash is to be had; ASCII only, which data files are: any other character gives another hash than its UTF-8 form.
 */
export function sha256Ascii(text: string): string {
  const words = padded(text);
  const state = Int32Array.from(fractionsOfRoots(8, 2));
  const constants = Int32Array.from(fractionsOfRoots(64, 3));
  const schedule = new Int32Array(64);
  for (let block = 0; block < words.length; block += 16) {
    schedule.set(words.subarray(block, block + 16));
    expand(schedule);
    compress(state, schedule, constants);
  }
  return [...state].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

/** The text as big-endian words: a 1 bit, zeros and the length in bits fill the last block of 16 words. */
function padded(text: string): Int32Array {
  const words = new Int32Array((((text.length + 8) >>> 6) + 1) * 16);
  for (let i = 0; i < text.length; i++) words[i >>> 2]! |= (text.charCodeAt(i) & 255) << (24 - 8 * (i & 3));
  words[text.length >>> 2]! |= 0x80 << (24 - 8 * (text.length & 3));
  words[words.length - 2] = Math.floor(text.length / 2 ** 29);
  words[words.length - 1] = text.length << 3;
  return words;
}

/** First 32 bits of the fractions of the square or cube roots of the first primes, exactly: in integers, as doubles have too few bits. */
function fractionsOfRoots(count: number, degree: 2 | 3): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((p) => n % p !== 0)) primes.push(n);
  return primes.map((prime) => {
    const target = BigInt(prime) << BigInt(32 * degree);
    let root = 0n;
    for (let bit = 35n; bit >= 0n; bit--) {
      const next = root | (1n << bit);
      if (next ** BigInt(degree) <= target) root = next;
    }
    return Number(BigInt.asIntN(32, root));
  });
}

const rotate = (x: number, n: number): number => (x >>> n) | (x << (32 - n));

function expand(w: Int32Array): void {
  for (let t = 16; t < 64; t++) {
    const a = w[t - 15]!;
    const b = w[t - 2]!;
    const small = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
    const large = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
    w[t] = (w[t - 16]! + small + w[t - 7]! + large) | 0;
  }
}

function compress(state: Int32Array, w: Int32Array, constants: Int32Array): void {
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let t = 0; t < 64; t++) {
    const choice = (e & f) ^ (~e & g);
    const first = (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + constants[t]! + w[t]!) | 0;
    const second = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = (state[i]! + word) | 0));
}
