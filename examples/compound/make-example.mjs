// Writes the two models and the data of this example: small.onnx, large.onnx, start.npz and stream.npz.
// Run: node examples/compound/make-example.mjs [FOLDER]. The same files come out every time.
// Both models are fixed random features with an untrained last layer: what they decide is learned by the heads of the compound model.
// The few protobuf, zip and npy bytes are written by hand, so that this example does not depend on the product that reads it.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 as zlibCrc32, inflateRawSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2] ?? here;

/** mulberry32: a small seeded generator of numbers in [0, 1). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// ---- ONNX ----

function varint(value) {
  const bytes = [];
  let rest = BigInt(value);
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

const number = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);
const block = (field, content) => Buffer.concat([varint((field << 3) | 2), varint(content.length), content]);
const text = (field, value) => block(field, Buffer.from(value, 'utf8'));

/** TensorProto of float32: dims 1, data_type 2 (FLOAT = 1), name 8, raw_data 9. */
const tensor = (name, dims, values) =>
  Buffer.concat([...dims.map((d) => number(1, d)), number(2, 1), text(8, name), block(9, Buffer.from(Float32Array.from(values).buffer))]);

/** ValueInfoProto of a float tensor [batch, ...sizes]. */
function value(name, sizes) {
  const shape = Buffer.concat([block(1, text(2, 'batch')), ...sizes.map((size) => block(1, number(1, size)))]);
  return Buffer.concat([text(1, name), block(2, block(1, Buffer.concat([number(1, 1), block(2, shape)])))]);
}

function node(op, name, inputs, output, attributes = []) {
  return Buffer.concat([
    ...inputs.map((i) => text(1, i)),
    text(2, output),
    text(3, name),
    text(4, op),
    ...attributes.map((a) => block(5, a)),
  ]);
}

const ints = (name, values) => Buffer.concat([text(1, name), ...values.map((v) => number(8, v)), number(20, 7)]);
const transposed = Buffer.concat([text(1, 'transB'), number(3, 1), number(20, 2)]);

/** Normal numbers of a seed. */
function normals(seed) {
  const random = generator(seed);
  return (count, scale) =>
    Array.from({ length: count }, () => scale * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
}

/** Weights of filters without their mean: they see edges and not brightness. */
function centred(weights, size) {
  for (let at = 0; at < weights.length; at += size) {
    const mean = weights.slice(at, at + size).reduce((sum, w) => sum + w, 0) / size;
    for (let i = at; i < at + size; i++) weights[i] -= 0.95 * mean;
  }
  return weights;
}

function model(nodes, tensors, width) {
  const graph = Buffer.concat([
    ...nodes.map((n) => block(1, n)),
    block(1, node('Gemm', '/head/Gemm', ['features', 'head.weight', 'head.bias'], 'logits', [transposed])),
    text(2, 'digits'),
    ...tensors.map((t) => block(5, t)),
    block(5, tensor('head.weight', [10, width], new Array(10 * width).fill(0))),
    block(5, tensor('head.bias', [10], new Array(10).fill(0))),
    block(11, value('x', [1, 8, 8])),
    block(12, value('logits', [10])),
  ]);
  return Buffer.concat([number(1, 8), text(2, 'tierwise-example'), block(7, graph), block(8, Buffer.concat([text(1, ''), number(2, 17)]))]);
}

/** 48 random ReLU features of all pixels. Counts are 0..16, so each feature is centred on a typical image. */
function small() {
  const normal = normals(11);
  const weights = normal(48 * 64, 1 / 64);
  const bias = normal(48, 0.3).map((b, i) => b - 5 * weights.slice(i * 64, (i + 1) * 64).reduce((sum, w) => sum + w, 0));
  return model(
    [
      node('Flatten', '/Flatten', ['x'], 'pixels'),
      node('Gemm', '/features/Gemm', ['pixels', 'features.weight', 'features.bias'], 'sums', [transposed]),
      node('Relu', '/features/Relu', ['sums'], 'features'),
    ],
    [tensor('features.weight', [48, 64], weights), tensor('features.bias', [48], bias)],
    48,
  );
}

/** Two layers of random 3x3 filters, 16 and 32, and the mean of each map over the four quarters of the image: 128 features. */
function large() {
  const normal = normals(12);
  const conv = (layer, from) => [
    node('Conv', `/conv${layer}/Conv`, [from, `conv${layer}.weight`, `conv${layer}.bias`], `maps${layer}`, [
      ints('kernel_shape', [3, 3]),
      ints('pads', [1, 1, 1, 1]),
    ]),
    node('Relu', `/conv${layer}/Relu`, [`maps${layer}`], `active${layer}`),
  ];
  return model(
    [
      ...conv(1, 'x'),
      ...conv(2, 'active1'),
      node('AveragePool', '/AveragePool', ['active2'], 'quarters', [ints('kernel_shape', [4, 4]), ints('strides', [4, 4])]),
      node('Flatten', '/Flatten', ['quarters'], 'features'),
    ],
    [
      tensor('conv1.weight', [16, 1, 3, 3], centred(normal(16 * 9, 1 / 16), 9)),
      tensor('conv1.bias', [16], normal(16, 0.1)),
      tensor('conv2.weight', [32, 16, 3, 3], centred(normal(32 * 144, 1 / 6), 144)),
      tensor('conv2.bias', [32], normal(32, 0.1)),
    ],
    128,
  );
}

// ---- data ----

/** The arrays of an .npz: name -> bytes behind the npy header. */
function readNpz(path) {
  const zip = readFileSync(path);
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let at = zip.readUInt32LE(end + 16);
  const arrays = new Map();
  for (let entry = 0; entry < zip.readUInt16LE(end + 10); entry++) {
    const [method, packed, nameLength, extra, comment] = [10, 20, 28, 30, 32].map((o) =>
      o === 20 ? zip.readUInt32LE(at + o) : zip.readUInt16LE(at + o),
    );
    const name = zip.toString('latin1', at + 46, at + 46 + nameLength);
    const local = zip.readUInt32LE(at + 42);
    const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const raw = zip.subarray(from, from + packed);
    const npy = method === 8 ? inflateRawSync(raw) : raw;
    arrays.set(name.replace(/\.npy$/, ''), npy.subarray(10 + npy.readUInt16LE(8)));
    at += 46 + nameLength + extra + comment;
  }
  return arrays;
}

function npy(descr, shape, data) {
  const head = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const padded = `${head.padEnd(Math.ceil((head.length + 11) / 64) * 64 - 11)}\n`;
  const prefix = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0, 0]);
  prefix.writeUInt16LE(padded.length, 8);
  return Buffer.concat([prefix, Buffer.from(padded, 'latin1'), data]);
}

/** CRC-32 of zip. */
function crc32(bytes) {
  if (zlibCrc32 !== undefined) return zlibCrc32(bytes);
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}

/** A zip whose entries are stored. */
function npz(entries) {
  const locals = [];
  const central = [];
  let offset = 0;
  for (const [name, data] of entries) {
    const file = Buffer.from(`${name}.npy`, 'latin1');
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(33, 8);
    fields.writeUInt32LE(crc32(data), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(data.length, 18);
    fields.writeUInt16LE(file.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, file, data]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, rest, file]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

const digits = readNpz(join(here, '..', 'digits', 'digits.npz'));
const pixels = (row) => digits.get('x').subarray(row * 256, (row + 1) * 256);
const label = (row) => Number(digits.get('y').readBigInt64LE(row * 8));
const rows = Array.from({ length: digits.get('y').length / 8 }, (_, row) => row);

/** Pixels as counts 0..16, which are bytes, and labels. */
function part(chosen) {
  const x = Buffer.concat(
    chosen.map((row) => Buffer.from(Array.from({ length: 64 }, (_, i) => Math.round(pixels(row).readFloatLE(4 * i) * 16)))),
  );
  const y = Buffer.alloc(8 * chosen.length);
  chosen.forEach((row, at) => y.writeBigInt64LE(BigInt(label(row)), 8 * at));
  return npz([
    ['x', npy('|u1', [chosen.length, 1, 8, 8], x)],
    ['y', npy('<i8', [chosen.length], y)],
  ]);
}

// What the compound model begins with: zeros and ones. The stream brings two more digits in each of five phases; the ones so far stay.
const known = rows.filter((row) => label(row) < 2);
const start = known.filter((_, at) => at % 2 === 0);
const taken = new Set(start);
const stream = [0, 2, 4, 6, 8].flatMap((first) =>
  rows.filter((row) => !taken.has(row) && Math.floor(row / 360) * 2 === first && label(row) < first + 2),
);

writeFileSync(join(folder, 'small.onnx'), small());
writeFileSync(join(folder, 'large.onnx'), large());
writeFileSync(join(folder, 'start.npz'), part(start));
writeFileSync(join(folder, 'stream.npz'), part(stream));
