import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFitRecord } from '../../extension/fit-record.ts';
import { hintTooltip } from '../../extension/hint-text.ts';
import { layerLookup } from '../../extension/plan-snapshot.ts';
import { reportView } from '../../extension/to-view.ts';
import { check, energy, fit, inspect, plainText } from './fixtures.ts';

/** Every path into a JSON value, as lists of keys. */
function paths(value: unknown, prefix: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [prefix];
  return [...(prefix.length > 0 ? [prefix] : []), ...Object.entries(value).flatMap(([key, child]) => paths(child, [...prefix, key]))];
}

function replaceAt(record: unknown, path: readonly string[], replacement: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(record)) as Record<string, unknown>;
  let place = copy;
  for (const key of path.slice(0, -1)) place = place[key] as Record<string, unknown>;
  const last = path.at(-1) ?? '';
  if (replacement === undefined) delete place[last];
  else place[last] = replacement;
  return copy;
}

describe('fit record', () => {
  it('is taken as it is when it is sound', () => {
    expect(parseFitRecord(JSON.parse(JSON.stringify(fit)))).toEqual(fit);
  });

  it('is refused, or can be shown without a throw, whatever one of its fields holds', () => {
    const bad = fc.oneof(
      fc.constant(undefined),
      fc.constant(null),
      fc.constant(-1),
      fc.constant(1e400),
      fc.constant('x'),
      fc.constant([]),
      fc.constant({}),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths(fit)), bad, (path, replacement) => {
        const record = parseFitRecord(replaceAt(fit, path, replacement)) ?? null;
        const snapshot = { path: '/p.tiers', check, energy, inspect, fit: record, stale: false, error: null };
        const shown = JSON.stringify(reportView(snapshot, plainText)) + hintTooltip(layerLookup(snapshot)('fc1', 'lower'), 'x', plainText);
        expect(shown).not.toMatch(/undefined|NaN/);
      }),
      { seed: 20260103, numRuns: 600 },
    );
  });

  it.each([null, undefined, 7, 'fit', [], {}, { ...fit, schema: 'tierwise.fit/2' }, { ...fit, layers: Array(10_001).fill(fit.layers[0]) }])(
    'refuses %#',
    (record) => {
      expect(parseFitRecord(record)).toBeUndefined();
    },
  );
});
