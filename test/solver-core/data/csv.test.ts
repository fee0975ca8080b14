import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { parseNumber } from '../../../solver-core/data/csv-number.ts';
import type { DatasetOptions } from '../../../solver-core/data/dataset.ts';
import { openDataset } from '../../../solver-core/data/dataset.ts';
import { scratch } from './numpy.ts';

const folder = scratch();
afterAll(() => folder.remove());

function number(text: string): number {
  const bytes = Buffer.from(text);
  return parseNumber(bytes, 0, bytes.length);
}

async function read(text: string, options: DatasetOptions = {}): Promise<unknown> {
  writeFileSync(folder.path('t.csv'), text);
  const { value, diagnostics } = await openDataset(folder.path('t.csv'), options);
  if (value === undefined)
    return diagnostics.map((d) => ({
      code: d.code,
      message: d.message,
      at: d.where.range && [d.where.range.line, d.where.range.column],
    }))[0];
  const out = new Float32Array(value.rows * value.rowElements);
  await value.readRows({ start: 0, count: value.rows }, out);
  await value.close();
  const { labels } = value;
  return {
    rows: value.rows,
    x: [...out],
    labels: labels.kind === 'none' ? null : [...labels.values],
    kind: labels.kind,
    names: labels.kind === 'class' ? labels.names : undefined,
  };
}

describe('numbers', () => {
  test('every double that JavaScript prints comes back bit for bit', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (any) => {
        // JavaScript prints -0 as 0.
        const value = any === 0 ? 0 : any;
        expect(number(String(value))).toBe(value);
      }),
      { seed: 7, numRuns: 5000 },
    );
  });

  test('any decimal text equals Number()', () => {
    const decimal = fc
      .tuple(
        fc.constantFrom('', '-', '+'),
        fc.stringMatching(/^[0-9]{1,20}$/),
        fc.stringMatching(/^[0-9]{0,20}$/),
        fc.option(fc.integer({ min: -300, max: 280 })),
      )
      .map(
        ([sign, whole, fraction, exponent]) =>
          `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent}`}`,
      );
    fc.assert(
      fc.property(decimal, (text) => {
        expect(number(text)).toBe(Number(text));
      }),
      { seed: 8, numRuns: 5000 },
    );
  });

  test.each(['', '-', '.', '+.', 'e5', '1e', '0x10', 'nan', 'inf', 'Infinity', '1,5', '1 2', '1_000', '1e999', '--1', '1.2.3', '１'])(
    '%j is not a number',
    (text) => {
      expect(number(text)).toBeNaN();
    },
  );
});

describe('tables', () => {
  test('header, label last by default', async () => {
    expect(await read('a,b,target\n1,2,0\n3,4,1\n')).toEqual({ rows: 2, x: [1, 2, 3, 4], labels: [0, 1], kind: 'class', names: null });
  });

  test('a column named y is the label wherever it stands; so is one asked for', async () => {
    expect(await read('y,a,b\n0,1,2\n1,3,4\n')).toMatchObject({ x: [1, 2, 3, 4], labels: [0, 1] });
    expect(await read('a,cls,b\n1,0,2\n3,1,4\n', { labels: 'cls' })).toMatchObject({ x: [1, 2, 3, 4], labels: [0, 1] });
  });

  test('columns chosen by name', async () => {
    expect(await read('a,b,c,y\n1,2,3,0\n4,5,6,1\n', { inputs: 'c, a' })).toMatchObject({ x: [3, 1, 6, 4] });
    expect(await read('a,b,y\n1,2,0\n', { inputs: 'z' })).toMatchObject({ code: 'array-missing' });
  });

  test('no header, text labels in sorted order with the mapping reported', async () => {
    expect(await read('5.1,3.5,setosa\n7.0,3.2,versicolor\n4.9,3.0,setosa\n')).toMatchObject({
      rows: 3,
      labels: [0, 1, 0],
      names: ['setosa', 'versicolor'],
    });
    writeFileSync(folder.path('m.csv'), 'a,b\n1,zebra\n2,ant\n');
    const { value, diagnostics } = await openDataset(folder.path('m.csv'));
    await value?.close();
    expect(diagnostics).toMatchObject([
      { code: 'labels-mapped', severity: 'info', message: 'Labels were numbered in sorted order: "ant" = 0, "zebra" = 1.' },
    ]);
  });

  test('names that are numbers do not hide a header', async () => {
    expect(await read('0,1,label\n5,6,1\n7,8,0\n')).toMatchObject({ rows: 2, x: [5, 6, 7, 8] });
  });

  test('semicolons, tabs, spaces, quotes, CRLF, byte order mark, blank lines, no final newline', async () => {
    expect(await read('a;b;y\r\n1;2;0\r\n\r\n3;4;1')).toMatchObject({ x: [1, 2, 3, 4], labels: [0, 1] });
    expect(await read('1\t2\t0\n3\t4\t1\n')).toMatchObject({ x: [1, 2, 3, 4] });
    expect(await read('  1   2 0\n 3 4   1 \n')).toMatchObject({ x: [1, 2, 3, 4] });
    expect(await read('\uFEFF"a, b",c,y\n"1", 2 ,0\n3,4,1\n')).toMatchObject({ x: [1, 2, 3, 4] });
  });

  test('a bad field is named by line, column and header', async () => {
    expect(await read('a,b,y\n1,2,0\n3,oops,1\n')).toEqual({
      code: 'csv-not-numeric',
      message: 'Line 3, field 2 ("b") holds "oops"; a decimal number is needed.',
      at: [3, 3],
    });
    expect(await read('1,2,0\n3,,1\n')).toEqual({
      code: 'csv-not-numeric',
      message: 'Line 2, field 2 is empty; a decimal number is needed.',
      at: [2, 3],
    });
    expect(await read('1,2,0\n3,4,1\n5,6,x\n')).toMatchObject({ code: 'csv-not-numeric', at: [3, 5] });
  });

  test('a line with another number of fields is named', async () => {
    expect(await read('1,2,0\n3,4\n')).toMatchObject({ code: 'shape-mismatch', message: 'Line 2 has 2 fields; the first line has 3.' });
  });

  test('a table beyond the memory limit is refused', async () => {
    const text = `a,b,y\n${'1,2,0\n'.repeat(50_000)}`;
    expect(await read(text, { maxBytes: 100_000 })).toMatchObject({ code: 'data-too-large' });
  });

  test('rows that span read buffers and blocks come out in order', async () => {
    const rows = Array.from({ length: 120_000 }, (_, i) => `${i},${i * 0.5},${i % 3}`);
    const result = (await read(`a,b,y\n${rows.join('\n')}\n`)) as { rows: number; x: number[] };
    expect(result.rows).toBe(120_000);
    expect(result.x.every((value, i) => value === (i % 2 === 0 ? i / 2 : Math.floor(i / 2) * 0.5))).toBe(true);
  });
});
