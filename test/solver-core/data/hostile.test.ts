import fc from 'fast-check';
import { readFileSync, writeFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { crc32 } from '../../../solver-core/data/crc32.ts';
import { openDataset } from '../../../solver-core/data/dataset.ts';
import { scratch } from './numpy.ts';

const folder = scratch();
afterAll(() => folder.remove());

/** A .npy array of float32 with this shape text, written by hand so that these tests need no numpy. */
function npy(shape: string, data: Buffer, descr = '<f4'): Buffer {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
  const padded = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + '\n';
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 0xff, padded.length >> 8]);
  return Buffer.concat([head, Buffer.from(padded, 'latin1'), data]);
}

/** A zip file of these members, written by hand. */
function zip(members: readonly { readonly name: string; readonly data: Buffer }[], deflate: boolean): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, data } of members) {
    const packed = deflate ? deflateRawSync(data) : data;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(deflate ? 8 : 0, 4);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), Buffer.from([20, 0]), common, tail, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(members.length, 4);
  end.writeUInt16LE(members.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

const x = npy('(6, 2)', Buffer.from(Float32Array.from({ length: 12 }, (_, i) => i / 3).buffer));
const y = npy('(6,)', Buffer.from(Int32Array.from([0, 1, 2, 0, 1, 2]).buffer), '<i4');
const members = [
  { name: 'x.npy', data: x },
  { name: 'y.npy', data: y },
];

/** Opens, reads everything, closes: bad files give error diagnostics, and nothing throws. */
async function survive(name: string, bytes: Uint8Array, labels: string | null): Promise<'read' | 'refused'> {
  writeFileSync(folder.path(name), bytes);
  const { value, diagnostics } = await openDataset(folder.path(name), { labels, maxBytes: 1 << 20 });
  if (value === undefined) {
    expect(diagnostics.some((d) => d.severity === 'error' && d.message.length > 10)).toBe(true);
    return 'refused';
  }
  const out = new Float32Array(value.rows * value.rowElements);
  await value.readRows({ start: 0, count: value.rows }, out);
  await value.close();
  return 'read';
}

describe('whole files read', () => {
  test.each([
    ['stored.npz', zip(members, false), 'y'],
    ['deflated.npz', zip(members, true), 'y'],
    ['plain.npy', x, null],
    ['table.csv', Buffer.from('a,b,label\n1,2.5,0\n-3e2,4,1\n'), 'y'],
  ] as const)('%s', async (name, bytes, labels) => {
    expect(await survive(name, bytes, labels)).toBe('read');
  });
});

describe('cut and garbled files never throw or hang', () => {
  const samples = [
    { name: 'a.npz', bytes: zip(members, false), labels: 'y' },
    { name: 'b.npz', bytes: zip(members, true), labels: 'y' },
    { name: 'c.npy', bytes: x, labels: null },
    { name: 'd.csv', bytes: Buffer.from('a,b,label\n1,2.5,0\n-3e2,4,1\n"7",8,1\n'), labels: 'y' },
  ] as const;

  test.each(samples)('every truncation of $name', async ({ name, bytes, labels }) => {
    for (let length = 0; length < bytes.length; length += 1) {
      const outcome = await survive(name, bytes.subarray(0, length), labels);
      if (!name.endsWith('.csv')) expect(`${length} ${outcome}`).toBe(`${length} refused`);
    }
  });

  test.each(samples)('random changes in $name', async ({ name, bytes, labels }) => {
    expect.hasAssertions();
    const change = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(change, async (changes) => {
        const copy = Buffer.from(bytes);
        for (const [at, value] of changes) copy[at] = value;
        expect(['read', 'refused']).toContain(await survive(name, copy, labels));
      }),
      { seed: 20261121, numRuns: 300 },
    );
  });
});

describe('declared sizes are input', () => {
  test.each([
    ['a shape of 2^62 elements', npy('(2147483648, 2147483648)', Buffer.alloc(16)), 'data-too-large'],
    ['a shape beyond the file', npy('(1000000, 1000)', Buffer.alloc(16)), 'data-truncated'],
    ['a negative dimension', npy('(-1, 4)', Buffer.alloc(16)), 'data-unreadable'],
    ['no rows', npy('(0, 1099511627776)', Buffer.alloc(0)), 'shape-mismatch'],
    ['an object dtype', npy('(2, 2)', Buffer.alloc(16), '|O'), 'dtype-unsupported'],
    ['complex numbers', npy('(2, 2)', Buffer.alloc(64), '<c8'), 'dtype-unsupported'],
  ])('%s', async (_, bytes, expected) => {
    writeFileSync(folder.path('size.npy'), bytes);
    const { value, diagnostics } = await openDataset(folder.path('size.npy'), { labels: null });
    expect([value, diagnostics.map((d) => d.code)]).toEqual([undefined, [expected]]);
  });

  test('a member that expands beyond its shape is stopped', async () => {
    const bomb = Buffer.concat([npy('(2, 2)', Buffer.alloc(16)), Buffer.alloc(50 << 20)]);
    writeFileSync(folder.path('bomb.npz'), zip([{ name: 'x.npy', data: bomb }, members[1] ?? { name: 'y.npy', data: y }], true));
    const { diagnostics } = await openDataset(folder.path('bomb.npz'));
    expect(diagnostics[0]).toMatchObject({ code: 'data-unreadable' });
    expect(diagnostics[0]?.message).toContain('more bytes than its shape declares');
  });

  test('two members of one name are refused', async () => {
    writeFileSync(folder.path('twice.npz'), zip([...members, ...members], false));
    const { diagnostics } = await openDataset(folder.path('twice.npz'));
    expect(diagnostics[0]?.message).toContain('two members');
  });

  test('a file cut after it was opened fails with a code, not with wrong numbers', async () => {
    writeFileSync(folder.path('cut.npy'), x);
    const { value } = await openDataset(folder.path('cut.npy'), { labels: null });
    writeFileSync(folder.path('cut.npy'), readFileSync(folder.path('cut.npy')).subarray(0, 140));
    await expect(value?.readRows({ start: 0, count: 6 }, new Float32Array(12))).rejects.toMatchObject({
      name: 'TierwiseError',
      code: 'data-truncated',
    });
    await value?.close();
  });
});

test('crc32 of the standard check string', () => {
  expect(crc32(Buffer.from('123456789')).toString(16)).toBe('cbf43926');
});
