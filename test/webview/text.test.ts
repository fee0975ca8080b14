import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAmount } from '../../webview/app/amount.ts';
import { createTranslator } from '../../webview/app/strings.ts';
import { baseName, breakable, shortName, visible } from '../../webview/app/text.ts';

describe('visible', () => {
  test.each([
    ['plain /fc1/Gemm', 'plain /fc1/Gemm'],
    ['\u001b[31m', '⟨U+001B⟩[31m'],
    ['a\u0000b\tc\nd\u007f', 'a⟨U+0000⟩b⟨U+0009⟩c⟨U+000A⟩d⟨U+007F⟩'],
    ['abc\u202etxt.exe', 'abc⟨U+202E⟩txt.exe'],
    ['\u2066x\u2069\u200b\u200d\ufeff', '⟨U+2066⟩x⟨U+2069⟩⟨U+200B⟩⟨U+200D⟩⟨U+FEFF⟩'],
    ['\u0085\u00ad\u2028', '⟨U+0085⟩⟨U+00AD⟩⟨U+2028⟩'],
    ['\ud800x', '⟨U+D800⟩x'],
    ['\u{e0041}', '⟨U+E0041⟩'],
    ['größe 层 𝛼 µJ → ×', 'größe 层 𝛼 µJ → ×'],
  ])('%j becomes %j', (input, expected) => {
    expect(visible(input)).toBe(expected);
  });

  test('leaves no control, format or surrogate character, and is its own fixed point', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (input) => {
        const output = visible(input);
        expect(output).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|\p{Bidi_Control}|\p{Default_Ignorable_Code_Point}/u);
        expect(visible(output)).toBe(output);
      }),
      { seed: 20260101, numRuns: 500 },
    );
  });

  test('cuts texts without end and says how much is missing', () => {
    const output = visible('y'.repeat(1_000_000));
    expect(output.length).toBeLessThan(8100);
    expect(output).toContain('(+992000)');
  });
});

test('short names keep both ends', () => {
  expect(shortName('short')).toBe('short');
  const short = shortName(`begin/${'x'.repeat(5000)}/end`, 20);
  expect(Array.from(short)).toHaveLength(20);
  expect(short).toMatch(/^begin\/x+…x+\/end$/);
});

test('names break after separators and lose nothing', () => {
  expect(breakable('/encoder/layers.0/MatMul')).toEqual(['/', 'encoder/', 'layers.', '0/', 'MatMul']);
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (name) => {
      expect(breakable(name).join('')).toBe(name);
    }),
    { seed: 3, numRuns: 300 },
  );
});

test('base names of both kinds of paths', () => {
  expect(['a/b.onnx', 'C:\\m\\b.onnx', 'b.onnx', '/', ''].map(baseName)).toEqual(['b.onnx', 'b.onnx', 'b.onnx', '/', '']);
});

test('amounts are read back from the texts of the host', () => {
  const texts = ['1,234,567', '25.7 KiB', '1.2 M', '3', '199.1 KiB', '0', '?', 'at once', '', '4 MiB', 'after 12 retrainings', '3 kilo'];
  expect(texts.map(parseAmount)).toEqual([1234567, 25.7 * 1024, 1.2e6, 3, 199.1 * 1024, 0, null, null, null, 4 * 1024 ** 2, 12, 3]);
});

test('translations fall back to English and insert arguments as they are', () => {
  const t = createTranslator({ 'Show {0}': 'Zeige {0}', constructor: 'x' });
  expect(t('Show {0}', '{1}<b>')).toBe('Zeige {1}<b>');
  expect(t('{0} of {1}', 2, 3)).toBe('2 of 3');
  expect(t('toString')).toBe('toString');
  expect(t('{0} and {1}', 'a')).toBe('a and {1}');
});
