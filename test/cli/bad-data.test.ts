import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as v from 'valibot';
import { commands as cliCommands } from '../../solver-core/cli/commands.ts';
import { crc32 } from '../../solver-core/data/crc32.ts';
import { buildModel } from '../../solver-core/onnx/build-model.ts';
import { buildProduct, documentOf } from './product.ts';
import type { Product } from './product.ts';
import { errorSchema } from './schemas.ts';

/** 12 rows of 4 numbers with labels 0 to 2: what the model takes. */
const rows = 12;
const columns = 4;
const good = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i));
const labels = Int32Array.from({ length: rows }, (_, i) => i % 3);

/** A .npy array, written by hand so that these tests need no numpy. */
function npy(shape: string, data: NodeJS.ArrayBufferView, descr: string): Buffer {
  const text = `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`;
  const padded = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + '\n';
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 0xff, padded.length >> 8]);
  return Buffer.concat([head, Buffer.from(padded, 'latin1'), Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}
const floats = (values: Float32Array, shape: string): Buffer => npy(shape, values, "'<f4'");
const ints = (values: Int32Array, shape: string): Buffer => npy(shape, values, "'<i4'");

interface Member {
  readonly name: string;
  readonly data: Buffer;
  /** What the directory says of the size; default the truth. */
  readonly stated?: number;
}

function zip(members: readonly Member[], deflate = false): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, data, stated = data.length } of members) {
    const packed = deflate ? deflateRawSync(data) : data;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(deflate ? 8 : 0, 4);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(stated, 18);
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

const x = { name: 'x.npy', data: floats(good, `(${rows}, ${columns})`) };
const y = { name: 'y.npy', data: ints(labels, `(${rows},)`) };
const pair = (inputs: Buffer, targets = y.data): Member[] => [
  { name: 'x.npy', data: inputs },
  { name: 'y.npy', data: targets },
];
const changed = <T extends Float32Array | Int32Array>(values: T, at: number, value: number): T => {
  const copy = values.slice() as T;
  copy[at] = value;
  return copy;
};
/** The good rows as text, one line each, label last. */
const lines = (change: (line: string, row: number) => string = (line) => line): string =>
  Array.from({ length: rows }, (_, r) => change([...good.subarray(r * columns, (r + 1) * columns), labels[r]].join(','), r)).join('\n') +
  '\n';
/** An IDX file of bytes; dims as stated. */
const idx = (dims: readonly number[], data: Buffer): Buffer => {
  const head = Buffer.alloc(4 + 4 * dims.length);
  head.writeUInt16BE(0x08, 1);
  head[2] = 0x08;
  head[3] = dims.length;
  dims.forEach((dim, i) => head.writeUInt32BE(dim, 4 + 4 * i));
  return Buffer.concat([head, data]);
};
const idxLabels = idx([rows], Buffer.from(labels));
const bomb = Buffer.concat([floats(good, `(${rows}, ${columns})`), Buffer.alloc(64 << 20)]);

interface Bad {
  readonly what: string;
  readonly file: string;
  readonly content: Buffer | string;
  readonly code: string;
  /** What the message must name beside the file: row, column, array. */
  readonly names: RegExp;
  /** Further files. */
  readonly beside?: Readonly<Record<string, Buffer>>;
}

const cases: readonly Bad[] = [
  {
    what: 'rows of another width',
    file: 'a.npz',
    content: zip(pair(floats(good, `(${rows * 2}, 2)`), ints(new Int32Array(rows * 2), `(${rows * 2},)`))),
    code: 'data-shape-mismatch',
    names: /\[2\].*\[\?, 4\]|\[2\].*\[n, 4\]/,
  },
  {
    what: 'NaN',
    file: 'a.npz',
    content: zip(pair(floats(changed(good, 5 * columns + 2, NaN), `(${rows}, ${columns})`))),
    code: 'data-not-finite',
    names: /[Rr]ow 5, column 2 .*NaN/,
  },
  {
    what: 'infinity in a .csv that float32 cannot hold',
    file: 'a.csv',
    content: lines((line, r) => (r === 7 ? line.replace(/^[^,]*/, '1e39') : line)),
    code: 'data-not-finite',
    names: /[Rr]ow 7, column 0 .*Infinity/,
  },
  {
    what: 'a number too large for float32',
    file: 'a.npz',
    content: zip(pair(npy(`(${rows}, ${columns})`, changed64(3, 1e300), "'<f8'"))),
    code: 'data-not-finite',
    names: /[Rr]ow 0, column 3 .*Infinity/,
  },
  {
    what: 'NaN as a label',
    file: 'a.npz',
    content: zip(pair(x.data, floats(changed(Float32Array.from(labels), 4, NaN), `(${rows},)`))),
    code: 'data-not-finite',
    names: /row 4, column 0 of the labels "y".*NaN/,
  },
  {
    what: 'a label beyond the outputs',
    file: 'a.npz',
    content: zip(pair(x.data, ints(changed(labels, 6, 3), `(${rows},)`))),
    code: 'label-out-of-range',
    names: /[Rr]ow 6.* 3\b.*0 to 2/,
  },
  {
    what: 'fewer labels than rows',
    file: 'a.npz',
    content: zip(pair(x.data, ints(labels.slice(1), `(${rows - 1},)`))),
    code: 'shape-mismatch',
    names: /"x" has 12 rows, but "y" has 11/,
  },
  { what: 'no array of that name', file: 'a.npz', content: zip([x]), code: 'array-missing', names: /"y"/ },
  {
    what: 'a shape beyond the file',
    file: 'a.npz',
    content: zip(pair(floats(good, '(1000000, 4)'))),
    code: 'data-truncated',
    names: /x declares .*1000000, 4/,
  },
  { what: 'a cut .npz', file: 'a.npz', content: zip([x, y]).subarray(0, 200), code: 'data-truncated', names: /zip directory|cut short/ },
  { what: 'a cut compressed member', file: 'a.npz', content: cutInside(zip([x, y], true)), code: 'data-', names: /./ },
  { what: 'a bit that flipped', file: 'a.npz', content: flipped(zip([x, y]), 200), code: 'data-unreadable', names: /"x".*CRC/ },
  {
    what: 'a zip bomb',
    file: 'a.npz',
    content: zip([{ name: 'x.npy', data: bomb }, y], true),
    code: 'data-unreadable',
    names: /x holds more bytes than its shape declares/,
  },
  {
    what: 'a bomb with an honest shape of 8 TiB',
    file: 'a.npz',
    content: zip([{ name: 'x.npy', data: floats(good, '(1099511627776, 2)') }, y], true),
    code: 'data-too-large',
    names: /x needs 8796093022208 bytes/,
  },
  { what: 'two members of one name', file: 'a.npz', content: zip([x, x, y]), code: 'data-unreadable', names: /two members named "x.npy"/ },
  {
    what: 'Python objects',
    file: 'a.npz',
    content: zip(pair(npy(`(${rows}, ${columns})`, good, "'|O'"))),
    code: 'dtype-unsupported',
    names: /x holds Python objects/,
  },
  {
    what: 'a pickle in place of an array',
    file: 'a.npz',
    content: zip(pair(Buffer.from('\x80\x04\x95pickle and more of it', 'latin1'))),
    code: 'data-unreadable',
    names: /x is not a .npy array/,
  },
  {
    what: 'mixed types in one array',
    file: 'a.npz',
    content: zip(pair(npy(`(${rows},)`, good, "[('a', '<f4'), ('b', '<i4')]"))),
    code: 'dtype-unsupported',
    names: /x holds records/,
  },
  {
    what: 'texts as labels of an array',
    file: 'a.npz',
    content: zip(pair(x.data, npy(`(${rows},)`, good, "'<U3'"))),
    code: 'dtype-unsupported',
    names: /y holds elements of dtype/,
  },
  {
    what: 'no rows',
    file: 'a.npz',
    content: zip(pair(floats(new Float32Array(0), '(0, 4)'), ints(new Int32Array(0), '(0,)'))),
    code: 'shape-mismatch',
    names: /"x" has the shape \[0, 4\]/,
  },
  { what: 'an empty file', file: 'a.npz', content: '', code: 'data-truncated', names: /cut short/ },
  { what: 'text that calls itself .npz', file: 'a.npz', content: 'hello, world', code: 'data-truncated', names: /not an .npz file/ },
  { what: 'an array without labels', file: 'a.npy', content: x.data, code: 'array-missing', names: /no labels "y"/ },
  { what: 'an unknown kind of file', file: 'a.bin', content: x.data, code: 'data-unreadable', names: /no known data format/ },
  {
    what: 'a short line',
    file: 'a.csv',
    content: lines((line, r) => (r === 4 ? line.replace(/^[^,]*,/, '') : line)),
    code: 'shape-mismatch',
    names: /Line 5 has 4 fields; the first line has 5/,
  },
  {
    what: 'a word among numbers',
    file: 'a.csv',
    content: lines((line, r) => (r === 8 ? line.replace(/^([^,]*),[^,]*/, '$1,many') : line)),
    code: 'csv-not-numeric',
    names: /Line 9, field 2 .*"many"/,
  },
  {
    what: 'a NaN in a table',
    file: 'a.csv',
    content: lines((line, r) => (r === 2 ? line.replace(/^[^,]*/, 'nan') : line)),
    code: 'csv-not-numeric',
    names: /Line 3, field 1 .*"nan"/,
  },
  {
    what: 'an empty field',
    file: 'a.csv',
    content: lines((line, r) => (r === 3 ? line.replace(/^[^,]*/, '') : line)),
    code: 'csv-not-numeric',
    names: /Line 4, field 1 .*empty/,
  },
  { what: 'an empty table', file: 'a.csv', content: '\n\n', code: 'data-unreadable', names: /no lines/ },
  { what: 'a header alone', file: 'a.csv', content: 'a,b,c,d,y\n', code: 'shape-mismatch', names: /header but no rows/ },
  {
    what: 'an .idx that ends early',
    file: 'a-images.idx3',
    content: idx([rows, columns], Buffer.alloc(20)),
    code: 'data-truncated',
    names: /a-images.idx3 declares \[12, 4\]/,
    beside: { 'a-labels.idx1': idxLabels },
  },
  {
    what: 'an .idx without its labels',
    file: 'b-images.idx3',
    content: idx([rows, columns], Buffer.alloc(48)),
    code: 'array-missing',
    names: /"b-labels.idx1"/,
  },
  {
    what: 'a cut .gz',
    file: 'a-images.idx3.gz',
    content: gzipSync(idx([rows, columns], randomBytes(48))).subarray(0, 40),
    code: 'data-truncated',
    names: /a-images.idx3.gz ends too early/,
    beside: { 'a-labels.idx1.gz': gzipSync(idxLabels) },
  },
  {
    what: 'a .gz bomb',
    file: 'a-images.idx3.gz',
    content: gzipSync(idx([rows, columns], Buffer.alloc(64 << 20))),
    code: 'data-unreadable',
    names: /a-images.idx3.gz holds more bytes/,
    beside: { 'a-labels.idx1.gz': gzipSync(idxLabels) },
  },
];

function changed64(at: number, value: number): Float64Array {
  const copy = Float64Array.from(good);
  copy[at] = value;
  return copy;
}
function cutInside(file: Buffer): Buffer {
  // The directory stays, the bytes before it lose a piece: every position in it is then wrong.
  return Buffer.concat([file.subarray(0, 80), file.subarray(110)]);
}
function flipped(file: Buffer, at: number): Buffer {
  const copy = Buffer.from(file);
  copy[at] = copy[at]! ^ 0x10;
  return copy;
}
function randomBytes(count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, i) => (i * 167 + 13) & 255));
}

let product: Product;
let folder = '';
let number = 0;

/** A folder with the model, a plan and the bad file. */
function prepare({ file, content, beside = {} }: Bad): string {
  const own = join(folder, `case${(number += 1)}`);
  mkdirSync(own);
  const model = buildModel({
    name: 'g',
    inputs: [{ name: 'x', type: 'float32', dims: ['n', columns] }],
    outputs: [{ name: 'out', type: 'float32', dims: ['n', 3] }],
    nodes: [{ op: 'Gemm', inputs: ['x', 'w', 'b'], outputs: ['out'] }],
    tensors: [
      { name: 'w', dims: [columns, 3], data: new Float32Array(columns * 3).fill(0.1) },
      { name: 'b', dims: [3], data: new Float32Array(3) },
    ],
  });
  writeFileSync(join(own, 'm.onnx'), model);
  writeFileSync(join(own, file), content);
  for (const [name, bytes] of Object.entries(beside)) writeFileSync(join(own, name), bytes);
  const plan = (tier: string): string => `model "m.onnx"\ndata "${file}" split 0.8 seed 1\nbackend cpu\n${tier}\n`;
  writeFileSync(join(own, 'p.tiers'), plan('lower tier a {\n  layers "Gemm_0"\n  solve ridge lambda 1\n}'));
  writeFileSync(join(own, 'u.tiers'), plan('upper tier a {\n  layers "Gemm_0"\n  learn rls forgetting 1.0\n}'));
  return own;
}

beforeAll(async () => {
  product = await buildProduct();
  folder = product.scratch();
});
afterAll(() => product.remove());

/** Commands that read data. A learning run reads the plan's data and the new rows; both are the bad file here. */
const commands: Readonly<Record<string, (file: string) => readonly string[]>> = {
  fit: () => ['fit', 'p.tiers'],
  stats: () => ['stats', 'p.tiers'],
  eval: (file) => ['eval', 'm.onnx', '--data', file],
  learn: (file) => ['learn', 'u.tiers', '--data', file],
};

/** Learning comes with a later build of the command line in a tree that has none yet. */
const built = Object.keys(commands).filter((name) => name in cliCommands);

describe.each(built)('tierwise %s', (command) => {
  // A label that is new to an upper tier is a new class, which learning adds.
  const refused = command === 'learn' ? cases.filter((bad) => bad.code !== 'label-out-of-range') : cases;
  test.each(refused)('refuses $what', async (bad) => {
    const own = prepare(bad);
    const before = readdirSync(own).sort();
    const ran = await product.run([...commands[command]!(bad.file), '--json', '--quiet'], { cwd: own });
    const { error } = v.parse(errorSchema, documentOf(ran));
    expect(ran.code).toBe(1);
    const text = `${error.code}: ${error.message}`;
    expect(text).toContain(bad.code);
    expect(error.message).toContain(bad.file);
    expect(error.message).toMatch(bad.names);
    expect(error.advice.length).toBeGreaterThan(5);
    expect(readdirSync(own).sort()).toEqual(before);
    expect(ran.maxRssBytes).toBeLessThan(300e6);
  });

  test('takes the same rows when nothing is wrong with them', async () => {
    const own = prepare({ what: '', file: 'a.npz', content: zip([x, y]), code: '', names: /./ });
    const ran = await product.run([...commands[command]!('a.npz'), '--json', '--quiet'], { cwd: own });
    expect(`${ran.code} ${ran.code === 0 ? '' : ran.stdout}`).toBe('0 ');
  });
});
