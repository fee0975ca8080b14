import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainName, quote } from '../../../solver-core/tiers/text.ts';

describe('a name without quotes', () => {
  test('is whole as long as it is short', () => {
    expect(plainName('/fc1/Gemm')).toBe('/fc1/Gemm');
    expect(plainName('a\u202eb\nc"d')).toBe('a\\u{202e}b\\u{a}c\\"d');
  });

  test('keeps both ends of a long one, and no sign of its own', () => {
    const name = plainName(`/first${'/x'.repeat(100)}/last`, 20);
    expect(name).toMatch(/^\/first.*….*\/last$/);
    expect(name).not.toMatch(/["()]/);
  });

  test('never shows what hides or turns text round', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (name) => {
        expect(plainName(name)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        expect(name.length > 80 || plainName(name) === quote(name).slice(1, -1)).toBe(true);
      }),
      { seed: 20261121, numRuns: 300 },
    );
  });
});
