import type { LearnerState } from '../learn/learner.ts';
import type { Checked } from '../model/diagnostic.ts';
import { TierwiseError, assert } from '../model/error.ts';
import { decodeCache, encodeCache } from './cache-state.ts';
import type { ContentKey } from './content-key.ts';
import { beginningKeys, contentKey, sameContent, startsWith } from './content-key.ts';
import type { Content, Representation } from './types.ts';

/** Counts since the cache was made, runs that it was saved between included. */
export interface CacheStatistics {
  readonly limitBytes: number;
  readonly bytes: number;
  readonly entries: number;
  readonly lookups: number;
  /** Look-ups that found the whole content, and those that found a beginning. */
  readonly hits: number;
  readonly prefixHits: number;
  readonly evictions: number;
}

/** What a look-up found. */
export type CacheAnswer =
  | { readonly kind: 'hit'; readonly representation: Representation; readonly probes: number; readonly readBytes: number }
  /** The longest beginning that can be gone on from. */
  | {
      readonly kind: 'prefix';
      readonly tokens: number;
      readonly representation: Representation;
      readonly probes: number;
      readonly readBytes: number;
    }
  | { readonly kind: 'miss'; readonly probes: number };

/** One entry, as it is saved. */
export interface CacheEntry {
  readonly content: Content;
  readonly representation: Representation;
}

/**
 * Representations by content, the least recently used given up first. It changes in place: what it holds depends on the contents alone, so a
 * stale copy can never be wrong, only smaller.
 */
export interface RepresentationCache {
  /** The module version that everything in it belongs to. */
  readonly version: string;
  find(content: Content): CacheAnswer;
  /** Keeps copies and gives the bytes written; 0 when the content was there, or is larger than the whole cache. */
  put(content: Content, representation: Representation): number;
  statistics(): CacheStatistics;
  /** Everything, for a file: a resumed cache answers as this one would. */
  save(): LearnerState;
}

/** Counted for each entry beside key, content and numbers: objects and table slots, so that tiny entries cannot exceed the bound. */
export const entryOverheadBytes = 256;
const keyBytes = 16;

/** Bytes that an entry counts. */
export function entryBytes(content: Content, representation: Representation): number {
  return entryOverheadBytes + bytesOf({ content, representation });
}

/** Bytes that are written of an entry, and read when it is found: key and content, which are compared, and representation. */
function bytesOf({ content, representation: { features, states } }: CacheEntry): number {
  const words = content.kind === 'tokens' ? content.tokens.length : content.values.length;
  return states.reduce((sum, state) => sum + state.byteLength, keyBytes + 4 * words + features.byteLength);
}

/** An empty cache for one module version. `limitBytes`: 0 or more; with 0 it keeps nothing. */
export function createCache(version: string, limitBytes: number): RepresentationCache {
  assert(Number.isSafeInteger(limitBytes) && limitBytes >= 0, `a cache of ${limitBytes} bytes`);
  return new LeastRecentlyUsed(version, limitBytes);
}

/**
 * The cache that `save` gave, for a module of this version and with this limit: a smaller limit gives up the oldest entries. Findings:
 * `cache-version-mismatch` when the module has changed since, `cache-damaged`.
 */
export function resumeCache(saved: LearnerState, version: string, limitBytes: number): Checked<RepresentationCache> {
  const { value, diagnostics } = decodeCache(saved);
  if (value === undefined) return { value: undefined, diagnostics };
  if (value.version !== version) {
    const { message, code } = versionMismatch(value.version, version);
    return { value: undefined, diagnostics: [{ severity: 'error', code, message, where: {} }] };
  }
  const cache = new LeastRecentlyUsed(version, limitBytes);
  cache.restore(value.entries, value.counts);
  return { value: cache, diagnostics: [] };
}

/** Throws `cache-version-mismatch` when the cache belongs to another version of the module. */
export function requireVersion(cache: RepresentationCache, version: string): void {
  if (cache.version !== version) throw versionMismatch(cache.version, version);
}

function versionMismatch(has: string, wants: string): TierwiseError {
  return new TierwiseError(
    'cache-version-mismatch',
    `The cache holds representations of module version ${has}, the lower module has version ${wants}; none of them is used.`,
    'Start with an empty cache.',
  );
}

class LeastRecentlyUsed implements RepresentationCache {
  readonly version: string;
  readonly #limitBytes: number;
  /** Least recently used first. */
  readonly #entries = new Map<ContentKey, CacheEntry>();
  /** How many entries that can be gone on from have so many tokens: only these lengths are worth a look. */
  readonly #lengths = new Map<number, number>();
  #bytes = 0;
  #lookups = 0;
  #hits = 0;
  #prefixHits = 0;
  #evictions = 0;

  constructor(version: string, limitBytes: number) {
    this.version = version;
    this.#limitBytes = limitBytes;
  }

  find(content: Content): CacheAnswer {
    this.#lookups++;
    if (content.kind === 'tokens') return this.#findTokens(content.tokens);
    const key = contentKey(this.version, content);
    const entry = this.#entries.get(key);
    if (entry === undefined || !sameContent(entry.content, content)) return { kind: 'miss', probes: 1 };
    return this.#hit(key, entry, 1);
  }

  #findTokens(tokens: Int32Array): CacheAnswer {
    const whole = tokens.length;
    const keys = beginningKeys(this.version, tokens, (n) => n === whole || this.#lengths.has(n));
    let probes = 0;
    for (const [n, key] of [...keys].reverse()) {
      probes++;
      const entry = this.#entries.get(key);
      if (entry === undefined || entry.content.kind !== 'tokens') continue;
      if (entry.content.tokens.length !== n || !startsWith(tokens, entry.content.tokens)) continue;
      if (n === whole) return this.#hit(key, entry, probes);
      if (entry.representation.states.length === 0) continue;
      this.#prefixHits++;
      this.#touch(key, entry);
      const { representation } = entry;
      return { kind: 'prefix', tokens: n, representation, probes, readBytes: bytesOf(entry) };
    }
    return { kind: 'miss', probes: Math.max(1, probes) };
  }

  put(content: Content, representation: Representation): number {
    const key = contentKey(this.version, content);
    const bytes = entryBytes(content, representation);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      // The same content has the same representation; another one with this key makes room.
      if (sameContent(known.content, content)) {
        this.#touch(key, known);
        return 0;
      }
      this.#evict(key, known);
    }
    if (bytes > this.#limitBytes) return 0;
    this.#add(key, copied(content, representation), bytes);
    return bytesOf({ content, representation });
  }

  statistics(): CacheStatistics {
    return {
      limitBytes: this.#limitBytes,
      bytes: this.#bytes,
      entries: this.#entries.size,
      lookups: this.#lookups,
      hits: this.#hits,
      prefixHits: this.#prefixHits,
      evictions: this.#evictions,
    };
  }

  save(): LearnerState {
    return encodeCache({ version: this.version, entries: [...this.#entries.values()], counts: this.statistics() });
  }

  restore(entries: readonly CacheEntry[], counts: Pick<CacheStatistics, 'lookups' | 'hits' | 'prefixHits' | 'evictions'>): void {
    for (const entry of entries) {
      const bytes = entryBytes(entry.content, entry.representation);
      const key = contentKey(this.version, entry.content);
      // A file may name a content twice; it must not count twice.
      if (bytes <= this.#limitBytes && !this.#entries.has(key)) this.#add(key, entry, bytes);
    }
    this.#lookups = counts.lookups;
    this.#hits = counts.hits;
    this.#prefixHits = counts.prefixHits;
    this.#evictions += counts.evictions;
  }

  #hit(key: ContentKey, entry: CacheEntry, probes: number): CacheAnswer {
    this.#hits++;
    this.#touch(key, entry);
    const { representation } = entry;
    return { kind: 'hit', representation, probes, readBytes: bytesOf(entry) };
  }

  #touch(key: ContentKey, entry: CacheEntry): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
  }

  #add(key: ContentKey, entry: CacheEntry, bytes: number): void {
    for (const [oldKey, old] of this.#entries) {
      if (this.#bytes + bytes <= this.#limitBytes) break;
      this.#evict(oldKey, old);
    }
    this.#entries.set(key, entry);
    this.#bytes += bytes;
    this.#countLength(entry, 1);
  }

  #evict(key: ContentKey, entry: CacheEntry): void {
    this.#entries.delete(key);
    this.#bytes -= entryBytes(entry.content, entry.representation);
    this.#evictions++;
    this.#countLength(entry, -1);
  }

  #countLength({ content, representation }: CacheEntry, by: 1 | -1): void {
    if (content.kind !== 'tokens' || representation.states.length === 0) return;
    const n = content.tokens.length;
    const count = (this.#lengths.get(n) ?? 0) + by;
    if (count === 0) this.#lengths.delete(n);
    else this.#lengths.set(n, count);
  }
}

function copied(content: Content, { features, states }: Representation): CacheEntry {
  return {
    content:
      content.kind === 'tokens' ? { kind: 'tokens', tokens: content.tokens.slice() } : { kind: 'row', values: content.values.slice() },
    representation: { features: features.slice(), states: states.map((state) => state.slice()) },
  };
}
