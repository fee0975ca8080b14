import { expect, test, vi } from 'vitest';
import { createCache } from '../../../solver-core/compound/cache.ts';
import type * as contentKeys from '../../../solver-core/compound/content-key.ts';
import type { Content } from '../../../solver-core/compound/types.ts';
import { createRandom } from '../../../solver-core/fit/prng.ts';

// Every content has one of two keys, whatever it is: nearly every look-up meets the key of another content.
vi.mock('../../../solver-core/compound/content-key.ts', async (original) => {
  const real = await original<typeof contentKeys>();
  const key = (length: number): string => String(length % 2);
  return {
    ...real,
    contentKey: (_version: string, content: Content) => key(content.kind === 'tokens' ? content.tokens.length : content.values.length),
    beginningKeys: (_version: string, tokens: Int32Array, isWanted: (length: number) => boolean) =>
      new Map(Array.from(tokens.keys(), (i) => i + 1).flatMap((n) => (isWanted(n) ? [[n, key(n)] as const] : []))),
  };
});

test('no collision of keys is ever served', () => {
  const cache = createCache('v1', 100_000);
  const random = createRandom(1, 'collisions');
  let hits = 0;
  for (let i = 0; i < 2000; i++) {
    const values = Array.from({ length: 1 + random.below(3) }, () => random.below(2));
    const content: Content =
      i % 5 === 0 ? { kind: 'row', values: Float32Array.from(values) } : { kind: 'tokens', tokens: Int32Array.from(values) };
    const found = cache.find(content);
    if (found.kind === 'hit') expect([...found.representation.features]).toEqual([i % 5 === 0 ? -1 : 1, ...values]);
    if (found.kind === 'prefix') expect([...found.representation.features]).toEqual([1, ...values.slice(0, found.tokens)]);
    hits += found.kind === 'miss' ? 0 : 1;
    cache.put(content, { features: Float32Array.of(i % 5 === 0 ? -1 : 1, ...values), states: [Float32Array.of(1)] });
    expect(cache.statistics().entries).toBeLessThanOrEqual(2);
  }
  expect(hits).toBeGreaterThan(50);
});
