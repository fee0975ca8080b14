import { assert } from '../model/error.ts';
import type { CacheAnswer, RepresentationCache } from './cache.ts';
import { requireVersion } from './cache.ts';
import { contentKey } from './content-key.ts';
import type { Content, LowerModule, LowerRequest, Representation, StreamItem } from './types.ts';

/** A content with its representation, and what that took. */
export interface Represented {
  readonly representation: Representation;
  readonly cache: StreamItem['cache'];
  /** Tokens (or 1 row) that the lower module computed. */
  readonly computed: number;
  /** Table look-ups, and bytes read from and written to the cache. */
  readonly lookups: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
}

/**
 * Representations of contents, from the cache where it has them (null: there is none). Contents are looked up in their order; one that is
 * equal to another of the same call waits for it and is then a hit. Throws `cache-version-mismatch` before anything is computed.
 */
export async function represent(
  lower: LowerModule,
  cache: RepresentationCache | null,
  contents: readonly Content[],
): Promise<readonly Represented[]> {
  if (cache === null) {
    const results = await lower.represent(contents.map((content) => ({ content, known: null })));
    assert(results.length === contents.length, `${results.length} representations for ${contents.length} contents`);
    return results.map((representation) => ({
      ...{ representation, cache: 'off', computed: representation.computed, lookups: 0, readBytes: 0, writtenBytes: 0 },
    }));
  }
  requireVersion(cache, lower.version);
  const answers: Represented[] = [];
  let from = 0;
  while (from < contents.length) {
    const to = firstRepeat(contents, from, lower.version);
    answers.push(...(await representNew(lower, cache, contents.slice(from, to))));
    from = to;
  }
  return answers;
}

/** Where a content comes a second time, from `from` on; the end when none does. Two contents with one key only make the calls shorter. */
function firstRepeat(contents: readonly Content[], from: number, version: string): number {
  const seen = new Set<string>();
  for (let i = from; i < contents.length; i++) {
    const key = contentKey(version, contents[i]!);
    if (seen.has(key)) return i;
    seen.add(key);
  }
  return contents.length;
}

async function representNew(lower: LowerModule, cache: RepresentationCache, contents: readonly Content[]): Promise<readonly Represented[]> {
  const found = contents.map((content) => cache.find(content));
  const requests = contents.flatMap((content, i) => requestOf(content, found[i]!));
  const results = requests.length === 0 ? [] : await lower.represent(requests);
  assert(results.length === requests.length, `${results.length} representations for ${requests.length} contents`);
  let next = 0;
  return contents.map((content, i) => {
    const answer = found[i]!;
    const lookups = answer.probes;
    if (answer.kind === 'hit')
      return { representation: answer.representation, cache: 'hit', computed: 0, lookups, readBytes: answer.readBytes, writtenBytes: 0 };
    const { features, states, computed, beginnings } = results[next++]!;
    const representation = { features, states };
    let writtenBytes = cache.put(content, representation);
    for (const { tokens, representation: part } of beginnings) {
      assert(content.kind === 'tokens' && tokens < content.tokens.length, `a beginning of ${tokens} tokens`);
      writtenBytes += cache.put({ kind: 'tokens', tokens: content.tokens.subarray(0, tokens) }, part);
    }
    const readBytes = answer.kind === 'prefix' ? answer.readBytes : 0;
    return { representation, cache: answer.kind, computed, lookups, readBytes, writtenBytes };
  });
}

function requestOf(content: Content, answer: CacheAnswer): readonly LowerRequest[] {
  if (answer.kind === 'hit') return [];
  const known = answer.kind === 'prefix' ? { tokens: answer.tokens, representation: answer.representation } : null;
  return [{ content, known }];
}
