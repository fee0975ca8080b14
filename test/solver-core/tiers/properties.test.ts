import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkPlan } from '../../../solver-core/tiers/check.ts';
import { diagnosticCodes } from '../../../solver-core/tiers/codes.ts';
import { formatPlan } from '../../../solver-core/tiers/format.ts';
import { quote, unquote } from '../../../solver-core/tiers/text.ts';
import { closest, editDistance } from '../../../solver-core/tiers/suggest.ts';
import { fakeWorld } from './fake-world.ts';
import { compoundPlan, pieces, validPlan } from './plan-text.ts';

const runs = { seed: 20250211, numRuns: 400 } as const;
const world = fakeWorld();
const anyPlan = fc.oneof(validPlan, compoundPlan);

/** Whatever the text is: findings have known codes and lie inside the text, and the second look says the same. */
function expectSane(text: string): void {
  const result = checkPlan(text, world);
  const lineCount = text.split(/\r\n|\r|\n/).length;
  for (const d of result.diagnostics) {
    expect(diagnosticCodes).toContain(d.code);
    expect(d.message.length).toBeLessThan(1000);
    const r = d.where.range;
    expect(
      r !== undefined && r.line >= 1 && r.column >= 1 && r.endLine <= lineCount && (r.endLine > r.line || r.endColumn >= r.column),
    ).toBe(true);
  }
  expect(checkPlan(text, world)).toEqual(result);
  expect(result.outline.hasErrors).toBe(result.diagnostics.some((d) => d.severity === 'error'));
}

/** The plan without the places in the text. */
function meaning(text: string): unknown {
  return JSON.parse(JSON.stringify(checkPlan(text, world).plan, (key, value: unknown) => (key === 'range' ? undefined : value)) ?? 'null');
}

test('any text gives findings, never a throw', () => {
  fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ maxLength: 200 })), expectSane), runs);
});

test('any words in any order give findings, never a throw', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((words) => words.join(' ')),
      expectSane,
    ),
    runs,
  );
});

test('plans in any layout are read without a finding', () => {
  fc.assert(
    fc.property(anyPlan, (text) => {
      expect(checkPlan(text, world).diagnostics).toEqual([]);
    }),
    runs,
  );
});

test('a damaged plan gives findings, never a throw', () => {
  const damaged = fc
    .tuple(anyPlan, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 12 }), fc.constantFrom('', ...pieces)), { minLength: 1, maxLength: 4 }))
    .map(([text, cuts]) =>
      cuts.reduce((t, [at, length, piece]) => {
        const offset = at % (t.length + 1);
        return t.slice(0, offset) + piece + t.slice(offset + length);
      }, text),
    );
  fc.assert(fc.property(damaged, expectSane), runs);
});

test('a formatted plan means the same, and formatting it again changes nothing', () => {
  fc.assert(
    fc.property(anyPlan, (text) => {
      const formatted = formatPlan(text) ?? 'not formatted';
      expect(meaning(formatted)).toEqual(meaning(text));
      expect(meaning(text)).not.toBeNull();
      expect(formatPlan(formatted)).toBe(formatted);
      expect(formatted.replace(/\s+/g, '').length).toBe(text.replace(/\s+/g, '').length);
    }),
    runs,
  );
});

test('a text that is formatted has whole syntax, any other is left alone', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((words) => words.join(' ')),
      (text) => {
        const broken = checkPlan(text, world).diagnostics.some((d) =>
          ['syntax-error', 'unterminated-string', 'unterminated-comment'].includes(d.code),
        );
        expect(formatPlan(text) === undefined).toBe(broken);
      },
    ),
    runs,
  );
});

test('a quoted name reads back as the name', () => {
  const tricky = fc.string({ unit: fc.constantFrom('\\', '"', 'u', '{', '4', '}', '\n', 'a') });
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), tricky), (name) => {
      const quoted = quote(name);
      expect(unquote(quoted)).toBe(name);
      expect(quoted).not.toMatch(/[\u0000-\u001f\u202a-\u202e\u2066-\u2069]/);
    }),
    runs,
  );
});

test('the edit distance is that of the plain recursion', () => {
  // Optimal string alignment, written down directly: the oracle of the banded version.
  const plain = (a: string, b: string): number => {
    if (a === '' || b === '') return a.length + b.length;
    const swap = a.length > 1 && b.length > 1 && a[0] === b[1] && a[1] === b[0] ? 1 + plain(a.slice(2), b.slice(2)) : Infinity;
    return Math.min(plain(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1), plain(a.slice(1), b) + 1, plain(a, b.slice(1)) + 1, swap);
  };
  // Two letters and few of them, so that many pairs are near each other.
  const word = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 5 });
  fc.assert(
    fc.property(word, word, fc.integer({ min: 0, max: 4 }), (a, b, limit) => {
      const exact = plain(a, b);
      expect(editDistance(a, b, limit)).toBe(exact <= limit ? exact : undefined);
    }),
    { ...runs, numRuns: 4000 },
  );
});

test('the nearest name comes first', () => {
  expect(closest('/fc2/Gem', ['/fc1/Gemm', '/fc2/Gemm', '/fc3/Gemm'])[0]).toBe('/fc2/Gemm');
  expect(closest('/FC2/GEMM', ['/fc1/Gemm', '/fc2/Gemm'])[0]).toBe('/fc2/Gemm');
  expect(closest('fc2', ['/fc1/Gemm', '/fc2/Gemm'])).toEqual(['/fc2/Gemm']);
  expect(closest('zzz', ['/fc1/Gemm'])).toEqual([]);
  expect(closest('', ['/fc1/Gemm'])).toEqual([]);
});
