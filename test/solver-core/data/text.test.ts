import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { openText } from '../../../solver-core/data/text.ts';
import { openVocabulary, vocabularyOf } from '../../../solver-core/data/vocabulary.ts';

const folder = mkdtempSync(join(tmpdir(), 'tierwise-text-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('a vocabulary', () => {
  test('is a list, or an object from token to id', async () => {
    const list = (await openVocabulary(file('list.json', '["a", "b", "ab"]'))).value;
    const object = (await openVocabulary(file('object.json', '{"b": 1, "ab": 2, "a": 0}'))).value;
    expect(list?.tokens).toEqual(['a', 'b', 'ab']);
    expect(object?.tokens).toEqual(['a', 'b', 'ab']);
  });

  test('takes the longest token that fits', () => {
    const vocabulary = vocabularyOf(['a', 'b', 'ab', 'abba', '😀', '😀a']);
    expect([...vocabulary.encode('ababbaabb😀a😀')]).toEqual([2, 3, 2, 1, 5, 4]);
    expect(vocabulary.decode(Int32Array.of(3, 4))).toBe('abba😀');
    expect([...vocabulary.encode('')]).toEqual([]);
  });

  test('gives a text back from its ids', () => {
    const tokens = ['a', 'b', 'c', 'ab', 'bca', 'ccc', 'é'];
    const vocabulary = vocabularyOf(tokens);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...tokens)), (parts) => {
        const text = parts.join('');
        expect(vocabulary.decode(vocabulary.encode(text))).toBe(text);
      }),
      { seed: 20261121 },
    );
  });

  test.each([
    ['nothing.json', '', 'vocabulary-unreadable', 'cannot be read'],
    ['broken.json', '["a", ', 'vocabulary-unreadable', 'cannot be read'],
    ['number.json', '7', 'vocabulary-not-valid', 'neither a list nor an object'],
    ['empty.json', '[]', 'vocabulary-not-valid', 'is empty'],
    ['twice.json', '["a", "b", "a"]', 'vocabulary-not-valid', 'token "a" twice'],
    ['hole.json', '{"a": 0, "b": 2}', 'vocabulary-not-valid', '2 tokens have the ids 0 to 1'],
    ['same.json', '{"a": 0, "b": 0}', 'vocabulary-not-valid', 'id 0 to "a" and to "b"'],
    ['texts.json', '["a", 3]', 'vocabulary-not-valid', 'no text as token 1'],
    ['long.json', JSON.stringify(['x'.repeat(300)]), 'vocabulary-not-valid', 'token of 300 characters'],
  ])('%s is refused', async (name, content, code, part) => {
    const { value, diagnostics } = await openVocabulary(file(name, content));
    expect(value).toBeUndefined();
    expect(diagnostics[0]).toMatchObject({ severity: 'error', code });
    expect(diagnostics[0]?.message).toContain(part);
  });

  test('that does not exist is refused', async () => {
    expect((await openVocabulary(join(folder, 'none.json'))).diagnostics[0]?.code).toBe('vocabulary-unreadable');
  });
});

describe('a text', () => {
  const vocabulary = vocabularyOf([...'abc é\n']);

  test('becomes tokens, without a byte order mark', async () => {
    const { value } = await openText(file('fit.txt', '\ufeffab\nc é'), vocabulary);
    expect(value?.text).toBe('ab\nc é');
    expect([...(value?.ids ?? [])]).toEqual([0, 1, 5, 2, 3, 4]);
    expect(value?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('with a character outside the vocabulary is refused with line and column', async () => {
    const { value, diagnostics } = await openText(file('unknown.txt', 'ab\nébZ'), vocabulary);
    expect(value).toBeUndefined();
    expect(diagnostics[0]).toMatchObject({ code: 'token-unknown', where: { range: { line: 2, column: 3 } } });
    expect(diagnostics[0]?.message).toContain('"Z" (U+005A)');
  });

  test.each([
    ['lone', [0x61, 0x62, 0xff, 0x61], 2],
    ['cut by another letter', [0x61, 0xc3, 0x61], 1],
    ['cut by the end', [0x61, 0x62, 0xc3], 2],
    ['cut late in a sequence', [0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x61], 2],
    ['a surrogate', [0x61, 0xed, 0xa0, 0x80], 1],
    ['behind a byte order mark', [0xef, 0xbb, 0xbf, 0x61, 0x80], 4],
  ])('that is not UTF-8 is refused with the offset: %s', async (name, bytes, offset) => {
    const { diagnostics } = await openText(file(`${name}.txt`, Uint8Array.from(bytes)), vocabulary);
    expect(diagnostics[0]).toMatchObject({ code: 'text-encoding-broken', where: { byteOffset: offset } });
  });

  test('that is empty, too large, a folder or not there is refused', async () => {
    expect((await openText(file('empty.txt', ''), vocabulary)).diagnostics[0]?.code).toBe('text-empty');
    expect((await openText(file('large.txt', 'abc'), vocabulary, { maxBytes: 2 })).diagnostics[0]?.code).toBe('text-too-large');
    expect((await openText(folder, vocabulary)).diagnostics[0]?.code).toBe('text-unreadable');
    expect((await openText(join(folder, 'none.txt'), vocabulary)).diagnostics[0]?.code).toBe('text-unreadable');
  });
});
