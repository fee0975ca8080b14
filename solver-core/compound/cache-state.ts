import type { LearnerState } from '../learn/learner.ts';
import type { Checked } from '../model/diagnostic.ts';
import type { CacheEntry, CacheStatistics } from './cache.ts';
import type { Content } from './types.ts';

const stateKind = 'representation-cache';
const stateVersion = 1;

type Counts = Pick<CacheStatistics, 'lookups' | 'hits' | 'prefixHits' | 'evictions'>;

/** A cache as it is saved. */
export interface SavedCache {
  /** Of the module. */
  readonly version: string;
  /** Least recently used first. */
  readonly entries: readonly CacheEntry[];
  readonly counts: Counts;
}

/** As a header and doubles: tokens and float32 numbers are doubles, and come back bit for bit. */
export function encodeCache({ version, entries, counts }: SavedCache): LearnerState {
  const layout: number[] = [];
  for (const { content, representation } of entries) {
    const { features, states } = representation;
    layout.push(content.kind === 'tokens' ? 1 : 2, wordsOf(content).length, features.length, states.length);
    for (const state of states) layout.push(state.length);
  }
  const pieces = entries.flatMap(({ content, representation: { features, states } }) => [wordsOf(content), features, ...states]);
  const values = new Float64Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    values.set(piece, at);
    at += piece.length;
  }
  const { lookups, hits, prefixHits, evictions } = counts;
  return {
    header: { kind: stateKind, version: stateVersion, module: version, lookups, hits, prefixHits, evictions },
    arrays: new Map([
      ['layout', Float64Array.from(layout)],
      ['values', values],
    ]),
  };
}

/** Reads it back; finding `cache-damaged`. Allocates no more than what the arrays hold. */
export function decodeCache({ header, arrays }: LearnerState): Checked<SavedCache> {
  const [layout, values] = [arrays.get('layout'), arrays.get('values')];
  const { module } = header;
  const counts = countsOf(header);
  const isOurs = header['kind'] === stateKind && header['version'] === stateVersion && typeof module === 'string';
  if (!isOurs || counts === null || layout === undefined || values === undefined) return damaged('its header is not that of a cache');
  const entries: CacheEntry[] = [];
  let [at, place] = [0, 0];
  const take = (count: number): Float64Array | null => {
    if (!(Number.isSafeInteger(count) && count >= 0 && at + count <= values.length)) return null;
    return values.subarray(at, (at += count));
  };
  while (place < layout.length) {
    const [kind, length, features, nStates] = layout.subarray(place, place + 4);
    place += 4;
    if (kind === undefined || length === undefined || features === undefined || nStates === undefined)
      return damaged('its layout is cut off');
    if (!(nStates >= 0 && place + nStates <= layout.length)) return damaged('its layout is cut off');
    const pieces = [length, features, ...layout.subarray(place, place + nStates)].map(take);
    place += nStates;
    if (pieces.some((piece) => piece === null) || (kind !== 1 && kind !== 2)) return damaged('its values are cut off');
    const [content, ...rest] = pieces as Float64Array[];
    const [first, ...states] = rest.map((piece) => Float32Array.from(piece));
    entries.push({ content: contentOf(kind, content!), representation: { features: first!, states } });
  }
  if (at !== values.length) return damaged('it holds more values than its layout names');
  return { value: { version: module, entries, counts }, diagnostics: [] };
}

function contentOf(kind: 1 | 2, values: Float64Array): Content {
  return kind === 1 ? { kind: 'tokens', tokens: Int32Array.from(values) } : { kind: 'row', values: Float32Array.from(values) };
}

function wordsOf(content: Content): Int32Array | Float32Array {
  return content.kind === 'tokens' ? content.tokens : content.values;
}

function countsOf({ lookups, hits, prefixHits, evictions }: LearnerState['header']): Counts | null {
  const isCount = (v: unknown): v is number => Number.isSafeInteger(v) && (v as number) >= 0;
  if (!isCount(lookups) || !isCount(hits) || !isCount(prefixHits) || !isCount(evictions)) return null;
  return { lookups, hits, prefixHits, evictions };
}

function damaged(what: string): Checked<SavedCache> {
  const message = `The saved cache cannot be used: ${what}. Start with an empty cache.`;
  return { value: undefined, diagnostics: [{ severity: 'error', code: 'cache-damaged', message, where: {} }] };
}
