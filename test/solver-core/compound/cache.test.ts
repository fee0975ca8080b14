import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCache, entryBytes, requireVersion, resumeCache } from '../../../solver-core/compound/cache.ts';
import type { RepresentationCache } from '../../../solver-core/compound/cache.ts';
import { beginningKeys, contentKey } from '../../../solver-core/compound/content-key.ts';
import { represent } from '../../../solver-core/compound/represent.ts';
import type { Content, LowerModule, LowerRequest, Representation } from '../../../solver-core/compound/types.ts';

const tokens = (...values: number[]): Content => ({ kind: 'tokens', tokens: Int32Array.from(values) });
const row = (...values: number[]): Content => ({ kind: 'row', values: Float32Array.from(values) });
const of = (seed: number, width = 3, states = 1): Representation => ({
  features: Float32Array.from({ length: width }, (_, i) => seed + i),
  states: Array.from({ length: states }, () => Float32Array.of(seed, -seed)),
});

describe('content keys', () => {
  test('a beginning has the key that it has by itself', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 40 }), (values) => {
        const keys = beginningKeys('v1', Int32Array.from(values), (n) => n % 3 > 0);
        values.forEach((_, i) => {
          const key = contentKey('v1', tokens(...values.slice(0, i + 1)));
          expect(keys.get(i + 1)).toBe((i + 1) % 3 > 0 ? key : undefined);
        });
      }),
      { seed: 20261121, numRuns: 100 },
    );
  });

  test('100,000 neighbouring contents have as many keys, of 128 bits, spread over all their parts', () => {
    const keys = Array.from({ length: 100_000 }, (_, i) =>
      contentKey('v1', tokens(i % 10, Math.floor(i / 10) % 100, Math.floor(i / 1000))),
    );
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.every((key) => /^[0-9a-f]{32}$/.test(key))).toBe(true);
    for (let part = 0; part < 32; part++) expect(new Set(keys.map((key) => key[part])).size).toBe(16);
    // By chance 100,000 values of 32 bits repeat about once.
    for (let part = 0; part < 4; part++) expect(new Set(keys.map((key) => key.slice(8 * part, 8 * part + 8))).size).toBeGreaterThan(99_980);
  });

  test('version, kind, order and length count', () => {
    const keys = [
      contentKey('v1', tokens(1, 2)),
      contentKey('v2', tokens(1, 2)),
      contentKey('v1', tokens(2, 1)),
      contentKey('v1', tokens(1, 2, 0)),
      contentKey('v1', { kind: 'row', values: new Float32Array(Int32Array.of(1, 2).buffer) }),
      contentKey('v1', row(0)),
      contentKey('v1', row(-0)),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});

/** A cache as a plain list, least recently used first; every question goes through all of it. */
class NaiveCache {
  list: { content: Content; representation: Representation }[] = [];
  counts = { lookups: 0, hits: 0, prefixHits: 0, evictions: 0 };
  readonly limit: number;
  constructor(limit: number) {
    this.limit = limit;
  }
  bytes(): number {
    return this.list.reduce((sum, e) => sum + entryBytes(e.content, e.representation), 0);
  }
  find(content: Content): string {
    this.counts.lookups++;
    const text = (c: Content): string => JSON.stringify(c.kind === 'tokens' ? [...c.tokens] : [...c.values]);
    const whole = this.list.find((e) => e.content.kind === content.kind && text(e.content) === text(content));
    const isBeginning = (c: Content): boolean =>
      content.kind === 'tokens' &&
      c.kind === 'tokens' &&
      c.tokens.length < content.tokens.length &&
      c.tokens.every((t, i) => t === content.tokens[i]);
    const beginnings = this.list.filter((e) => isBeginning(e.content) && e.representation.states.length > 0);
    const longest = beginnings.sort((a, b) => length(b.content) - length(a.content))[0];
    const found = whole ?? longest;
    if (found === undefined) return 'miss';
    this.counts[whole === undefined ? 'prefixHits' : 'hits']++;
    this.list = [...this.list.filter((e) => e !== found), found];
    return `${whole === undefined ? `prefix ${length(found.content)}` : 'hit'} ${[...found.representation.features].join()}`;
  }
  put(content: Content, representation: Representation): void {
    const text = JSON.stringify(content);
    const known = this.list.find((e) => JSON.stringify(e.content) === text);
    if (known !== undefined) {
      this.list = [...this.list.filter((e) => e !== known), known];
      return;
    }
    if (entryBytes(content, representation) > this.limit) return;
    this.list.push({ content, representation });
    while (this.bytes() > this.limit) {
      this.list.shift();
      this.counts.evictions++;
    }
  }
}

function length(content: Content): number {
  return content.kind === 'tokens' ? content.tokens.length : content.values.length;
}

function answer(cache: RepresentationCache, content: Content): string {
  const found = cache.find(content);
  if (found.kind === 'miss') return 'miss';
  const features = [...found.representation.features].join();
  return found.kind === 'hit' ? `hit ${features}` : `prefix ${found.tokens} ${features}`;
}

const contents = fc.oneof(
  { weight: 5, arbitrary: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 5 }).map((v) => tokens(...v)) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 }).map((v) => row(v, 1)) },
);
const actions = fc.array(
  fc.record({
    isPut: fc.boolean(),
    content: contents,
    seed: fc.integer({ min: 0, max: 99 }),
    width: fc.integer({ min: 1, max: 40 }),
    states: fc.integer({ min: 0, max: 2 }),
  }),
  { maxLength: 80 },
);

describe('the cache', () => {
  test('answers and gives up as a plain list does, within its bytes', () => {
    fc.assert(
      fc.property(actions, fc.integer({ min: 200, max: 2500 }), (list, limit) => {
        const cache = createCache('v1', limit);
        const naive = new NaiveCache(limit);
        for (const { isPut, content, seed, width, states } of list) {
          if (isPut) {
            cache.put(content, of(seed, width, states));
            naive.put(content, of(seed, width, states));
          } else expect(answer(cache, content)).toBe(naive.find(content));
          const { bytes, entries, limitBytes, ...counts } = cache.statistics();
          expect(bytes).toBeLessThanOrEqual(limitBytes);
          expect({ bytes, entries, ...counts }).toEqual({ bytes: naive.bytes(), entries: naive.list.length, ...naive.counts });
        }
        const resumed = resumeCache(cache.save(), 'v1', limit).value!;
        expect(resumed.statistics()).toEqual(cache.statistics());
        for (const { content, seed, width, states } of list) {
          expect(answer(resumed, content)).toBe(answer(cache, content));
          resumed.put(content, of(seed, width, states));
          cache.put(content, of(seed, width, states));
        }
        expect(resumed.save()).toEqual(cache.save());
      }),
      { seed: 20261121, numRuns: 300 },
    );
  });

  test('a kept entry is a copy', () => {
    const cache = createCache('v1', 10_000);
    const [content, representation] = [Int32Array.of(1, 2), of(1)];
    cache.put({ kind: 'tokens', tokens: content }, representation);
    content[0] = 9;
    representation.features[0] = 9;
    expect(answer(cache, tokens(1, 2))).toBe('hit 1,2,3');
    expect(answer(cache, tokens(9, 2))).toBe('miss');
  });

  test('a limit of nothing keeps nothing; one entry larger than the limit gives up no other', () => {
    const empty = createCache('v1', 0);
    expect(empty.put(tokens(1), of(1))).toBe(0);
    expect(answer(empty, tokens(1))).toBe('miss');
    const cache = createCache('v1', 1000);
    cache.put(tokens(1), of(1));
    expect(cache.put(tokens(2), of(2, 1000))).toBe(0);
    expect(cache.statistics()).toMatchObject({ entries: 1, evictions: 0 });
  });

  test('another module version is refused, saved or in use', () => {
    const cache = createCache('v1', 10_000);
    cache.put(tokens(1), of(1));
    const { value, diagnostics } = resumeCache(cache.save(), 'v2', 10_000);
    expect(value).toBeUndefined();
    expect(diagnostics).toMatchObject([{ code: 'cache-version-mismatch', severity: 'error' }]);
    expect(() => requireVersion(cache, 'v2')).toThrow(expect.objectContaining({ code: 'cache-version-mismatch' }));
    requireVersion(cache, 'v1');
  });

  test('a file that names a content twice does not fill the cache twice', () => {
    const cache = createCache('v1', 10_000);
    cache.put(tokens(1, 2), of(1));
    const { header, arrays } = cache.save();
    const doubled = new Map([...arrays].map(([name, values]) => [name, Float64Array.from([...values, ...values])]));
    const { value } = resumeCache({ header, arrays: doubled }, 'v1', 10_000);
    expect(value!.statistics()).toMatchObject({ entries: 1, bytes: cache.statistics().bytes });
  });

  test('damaged files are findings', () => {
    const cache = createCache('v1', 10_000);
    cache.put(tokens(1, 2), of(1));
    cache.put(row(1), of(2));
    const { header, arrays } = cache.save();
    const [layout, values] = [arrays.get('layout')!, arrays.get('values')!];
    const broken = [
      { header: { ...header, kind: 'else' }, arrays },
      { header: { ...header, hits: -1 }, arrays },
      { header, arrays: new Map([['values', values]]) },
      {
        header,
        arrays: new Map([
          ['layout', layout],
          ['values', values.slice(1)],
        ]),
      },
      {
        header,
        arrays: new Map([
          ['layout', layout.slice(0, -1)],
          ['values', values],
        ]),
      },
      {
        header,
        arrays: new Map([
          ['layout', layout.map((v, i) => (i === 1 ? 1e15 : v))],
          ['values', values],
        ]),
      },
      {
        header,
        arrays: new Map([
          ['layout', layout.map((v, i) => (i === 3 ? NaN : v))],
          ['values', values],
        ]),
      },
    ];
    for (const state of broken) expect(resumeCache(state, 'v1', 10_000).diagnostics).toMatchObject([{ code: 'cache-damaged' }]);
  });
});

/** Sums tokens: the feature of a position is the running sum, which is the state, too. */
function summing(version = 'v1'): LowerModule & { readonly asked: LowerRequest[] } {
  const asked: LowerRequest[] = [];
  return {
    ...{ version, width: 1, asked },
    represent(requests) {
      asked.push(...requests);
      return Promise.resolve(
        requests.map(({ content, known }) => {
          const all = content.kind === 'tokens' ? content.tokens : Int32Array.from(content.values);
          const from = known?.tokens ?? 0;
          let sum = known?.representation.states[0]?.[0] ?? 0;
          const features = new Float32Array(all.length);
          features.set(known?.representation.features ?? []);
          const beginnings: { tokens: number; representation: Representation }[] = [];
          for (let i = from; i < all.length; i++) {
            sum += all[i]!;
            features[i] = sum;
            if ((i + 1) % 4 === 0 && i + 1 < all.length)
              beginnings.push({ tokens: i + 1, representation: { features: features.slice(0, i + 1), states: [Float32Array.of(sum)] } });
          }
          return { features, states: [Float32Array.of(sum)], computed: all.length - from, beginnings };
        }),
      );
    },
  };
}

describe('representations through the cache', () => {
  test('cached and recomputed ones are equal, whatever was kept and given up', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 14 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 400, max: 6000 }),
        async (texts, limit) => {
          const cache = createCache('v1', limit);
          const module = summing();
          for (let i = 0; i < texts.length; i += 5) {
            const batch = texts.slice(i, i + 5).map((text) => tokens(...text));
            const cached = await represent(module, cache, batch);
            const fresh = await represent(summing(), null, batch);
            cached.forEach((answer, at) => {
              expect(answer.representation.features).toEqual(fresh[at]!.representation.features);
              expect(answer.representation.states).toEqual(fresh[at]!.representation.states);
              expect(answer.computed).toBeLessThanOrEqual(fresh[at]!.computed);
              expect(answer.computed === 0).toBe(answer.cache === 'hit');
              expect(answer.lookups).toBeGreaterThan(0);
            });
          }
        },
      ),
      { seed: 20261121, numRuns: 100 },
    );
  });

  test('tells what was computed, read and written', async () => {
    const cache = createCache('v1', 100_000);
    const module = summing();
    const text = [1, 0, 2, 1, 1, 2];
    const [first, again, longer] = await represent(module, cache, [tokens(...text), tokens(...text), tokens(1, 0, 2, 1, 9)]);
    expect(first).toMatchObject({ cache: 'miss', computed: 6, readBytes: 0 });
    // Key, tokens, features and state of the whole and of its first four tokens.
    expect(first!.writtenBytes).toBe(16 + 24 + 24 + 4 + (16 + 16 + 16 + 4));
    expect(again).toMatchObject({ cache: 'hit', computed: 0, lookups: 1, readBytes: 16 + 24 + 28, writtenBytes: 0 });
    expect(longer).toMatchObject({ cache: 'prefix', computed: 1, readBytes: 16 + 16 + 20 });
    expect(longer!.representation.features).toEqual(Float32Array.of(1, 1, 3, 4, 13));
    expect(cache.statistics()).toMatchObject({ lookups: 3, hits: 1, prefixHits: 1 });
    expect(module.asked).toHaveLength(2);
  });

  test('a cache of another version is refused before anything is computed', async () => {
    const module = summing('v2');
    await expect(represent(module, createCache('v1', 1000), [tokens(1)])).rejects.toMatchObject({ code: 'cache-version-mismatch' });
    expect(module.asked).toHaveLength(0);
  });
});
