import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { openDataset } from '../../../solver-core/data/dataset.ts';
import type { Dataset } from '../../../solver-core/data/dataset.ts';
import { scratch } from './numpy.ts';

const folder = scratch();
afterAll(() => folder.remove());

function npy(shape: string, descr: string, data: NodeJS.ArrayBufferView): Buffer {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
  const padded = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + '\n';
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 0xff, padded.length >> 8]);
  return Buffer.concat([head, Buffer.from(padded, 'latin1'), Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}

async function open(name: string, bytes: Buffer | string): Promise<Dataset> {
  writeFileSync(folder.path(name), bytes);
  const { value, diagnostics } = await openDataset(folder.path(name), { labels: name.endsWith('.csv') ? 'y' : null, tableBytes: 0 });
  if (value === undefined) throw new Error(diagnostics[0]?.message);
  return value;
}

const rows = 2600;
const width = 7;
const floats = Float32Array.from({ length: rows * width }, (_, i) => Math.fround(Math.sin(i) * 100));
const bytes = Uint8Array.from({ length: rows * width }, (_, i) => (i * 31) % 251);
const lines = Array.from({ length: rows }, (_, r) => [...floats.subarray(r * width, (r + 1) * width), r % 3].join(','));
const table = lines.map((line, r) => (r % 500 === 3 ? `\n${line}\r` : line)).join('\n');

const sources: readonly (readonly [string, Buffer | string, ArrayLike<number>])[] = [
  ['f.npy', npy(`(${rows}, ${width})`, '<f4', floats), floats],
  ['b.npy', npy(`(${rows}, ${width})`, '|u1', bytes), bytes],
  ['t.csv', table, floats],
  ['h.csv', `a,b,c,d,e,f,g,y\n${table}\n`, floats],
];

describe.each(sources)('batches of %s', (name, content, expected) => {
  test('are the chosen rows, whatever the choice and the size', async () => {
    const dataset = await open(name, content);
    const choice = fc.tuple(fc.uniqueArray(fc.nat(rows - 1), { minLength: 1, maxLength: rows }), fc.integer({ min: 1, max: 600 }));
    await fc.assert(
      fc.asyncProperty(choice, async ([chosen, size]) => {
        const numbers = Uint32Array.from(chosen).sort();
        let seen = 0;
        for await (const batch of dataset.batches(size, numbers)) {
          expect([batch.first, batch.rows, batch.x.length]).toEqual([seen, Math.min(size, numbers.length - seen), batch.rows * width]);
          const wanted = [...numbers.subarray(seen, seen + batch.rows)].flatMap((row) =>
            Array.from({ length: width }, (_, j) => expected[row * width + j]!),
          );
          expect([...batch.x]).toEqual(wanted);
          if (batch.bytes !== undefined) expect([...batch.bytes]).toEqual(wanted);
          expect(batch.bytes !== undefined).toBe(name === 'b.npy');
          seen += batch.rows;
        }
        expect(seen).toBe(numbers.length);
      }),
      { seed: 20261121, numRuns: 40 },
    );
    await dataset.close();
  });

  test('are all rows without a choice, again on every pass', async () => {
    const dataset = await open(name, content);
    for (const size of [64, 2600, 3000]) {
      const all: number[] = [];
      for await (const batch of dataset.batches(size)) all.push(...batch.x);
      expect(all).toEqual(Array.from(expected));
    }
    await dataset.close();
  });
});

test('a value that is not finite is named by its row in the file and its column', async () => {
  const bad = floats.slice();
  bad[321 * width + 4] = NaN;
  const dataset = await open('nan.npy', npy(`(${rows}, ${width})`, '<f4', bad));
  const read = async (numbers?: Uint32Array): Promise<void> => {
    for await (const batch of dataset.batches(50, numbers)) expect(batch.rows).toBeGreaterThan(0);
  };
  await expect(read()).rejects.toMatchObject({
    code: 'data-not-finite',
    message: expect.stringMatching(/Row 321, column 4 of "x" holds NaN/),
  });
  await expect(read(Uint32Array.of(3, 320, 321))).rejects.toMatchObject({ message: expect.stringMatching(/Row 321, column 4/) });
  await expect(read(Uint32Array.of(3, 320, 322))).resolves.toBe(undefined);
  await dataset.close();
});

test('a table that changes while its rows are read again is refused', async () => {
  const dataset = await open('changes.csv', table);
  writeFileSync(folder.path('changes.csv'), lines.slice(0, 100).join('\n'));
  const read = async (): Promise<void> => {
    for await (const batch of dataset.batches(50)) expect(batch.rows).toBeGreaterThan(0);
  };
  await expect(read()).rejects.toMatchObject({ name: 'TierwiseError', code: 'data-truncated' });
  await dataset.close();
});
