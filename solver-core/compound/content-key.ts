import type { Content } from './types.ts';

/** A 128-bit key as 32 hexadecimal digits. */
export type ContentKey = string;

/**
 * Keys of the beginnings of the tokens that have a wanted length, by that length; one pass over the tokens. Keys of another module version are
 * unrelated. 128 bits in the manner of MurmurHash3_x86_128 (Appleby, public domain), taken in word by word. No proof against people who look for
 * collisions: whoever looks a key up compares the content as well.
 */
export function beginningKeys(version: string, tokens: Int32Array, isWanted: (length: number) => boolean): ReadonlyMap<number, ContentKey> {
  const state = started(version, 'tokens');
  const keys = new Map<number, ContentKey>();
  for (let i = 0; i < tokens.length; i++) {
    absorb(state, tokens[i]!);
    if (isWanted(i + 1)) keys.set(i + 1, finished(state, i + 1));
  }
  return keys;
}

/** The key of a content under a module version. Rows by the bits of their numbers. */
export function contentKey(version: string, content: Content): ContentKey {
  const state = started(version, content.kind);
  const words = wordsOf(content);
  for (let i = 0; i < words.length; i++) absorb(state, words[i]!);
  return finished(state, words.length);
}

/** Whether two contents are the same, token by token or bit by bit. */
export function sameContent(a: Content, b: Content): boolean {
  if (a.kind !== b.kind) return false;
  const [x, y] = [wordsOf(a), wordsOf(b)];
  return x.length === y.length && startsWith(x, y);
}

/** Whether `beginning` is what `tokens` start with. */
export function startsWith(tokens: Int32Array, beginning: Int32Array): boolean {
  if (beginning.length > tokens.length) return false;
  for (let i = 0; i < beginning.length; i++) if (tokens[i] !== beginning[i]) return false;
  return true;
}

/** The content as 32-bit words; the bits of a row's numbers. */
function wordsOf(content: Content): Int32Array {
  if (content.kind === 'tokens') return content.tokens;
  const { buffer, byteOffset, length } = content.values;
  return new Int32Array(buffer, byteOffset, length);
}

/** Four lanes; the first is the next to take in a word. */
type State = Int32Array;

function started(version: string, kind: Content['kind']): State {
  const state = new Int32Array(4);
  for (let i = 0; i < version.length; i++) absorb(state, version.charCodeAt(i));
  // The length closes the version: none is a beginning of another with the same tokens behind it.
  absorb(state, version.length);
  absorb(state, kind === 'tokens' ? 1 : 2);
  return state;
}

function absorb(state: State, word: number): void {
  const k = Math.imul(rotated(Math.imul(word, 0x239b961b), 15), 0xab0e9789 | 0);
  const lane = (Math.imul((rotated(state[0]! ^ k, 19) + state[1]!) | 0, 5) + 0x561ccd1b) | 0;
  state[0] = state[1]!;
  state[1] = state[2]!;
  state[2] = state[3]!;
  state[3] = lane;
}

function finished(state: State, length: number): ContentKey {
  let [a, b, c, d] = [state[0]! ^ length, state[1]! ^ length, state[2]! ^ length, state[3]! ^ length];
  a = (a + b + c + d) | 0;
  [b, c, d] = [(b + a) | 0, (c + a) | 0, (d + a) | 0];
  [a, b, c, d] = [mixed(a), mixed(b), mixed(c), mixed(d)];
  a = (a + b + c + d) | 0;
  return [a, b + a, c + a, d + a].map((v) => (v >>> 0).toString(16).padStart(8, '0')).join('');
}

function rotated(v: number, bits: number): number {
  return (v << bits) | (v >>> (32 - bits));
}

/** The 32-bit finaliser of MurmurHash3, a bijection. */
function mixed(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
