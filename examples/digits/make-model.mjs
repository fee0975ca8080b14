// Writes digits.onnx: an untrained network 64 -> 192 -> 128 -> 10 with ReLU, as a framework would export it before any training.
// Run: node examples/digits/make-model.mjs [OUTPUT]. The same file comes out every time.
// The few protobuf messages are written by hand, so that this example does not depend on the product that reads it.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const widths = [64, 192, 128, 10];

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
const float = (field, value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([varint((field << 3) | 5), bytes]);
};

/** TensorProto of float32: dims 1, data_type 2 (FLOAT = 1), name 8, raw_data 9. */
function tensor(name, dims, values) {
  const raw = Buffer.alloc(values.length * 4);
  values.forEach((v, i) => raw.writeFloatLE(v, i * 4));
  return Buffer.concat([...dims.map((d) => number(1, d)), number(2, 1), text(8, name), block(9, raw)]);
}

/** ValueInfoProto of a float tensor whose first dimension is symbolic. */
function value(name, symbol, size) {
  const shape = Buffer.concat([block(1, text(2, symbol)), block(1, number(1, size))]);
  return Buffer.concat([text(1, name), block(2, block(1, Buffer.concat([number(1, 1), block(2, shape)])))]);
}

function node(op, name, inputs, outputs, attributes = []) {
  return Buffer.concat([
    ...inputs.map((i) => text(1, i)),
    ...outputs.map((o) => text(2, o)),
    text(3, name),
    text(4, op),
    ...attributes.map((a) => block(5, a)),
  ]);
}

const intAttribute = (name, v) => Buffer.concat([text(1, name), number(3, v), number(20, 2)]);
const floatAttribute = (name, v) => Buffer.concat([text(1, name), float(2, v), number(20, 1)]);

const random = generator(20240601);
const graph = [];
const initializers = [];
let previous = 'x';
for (let l = 1; l < widths.length; l++) {
  const [inputs, outputs] = [widths[l - 1], widths[l]];
  const bound = 1 / Math.sqrt(inputs);
  const draw = (count) => Array.from({ length: count }, () => (2 * random() - 1) * bound);
  initializers.push(tensor(`fc${l}.weight`, [outputs, inputs], draw(outputs * inputs)), tensor(`fc${l}.bias`, [outputs], draw(outputs)));
  const last = l === widths.length - 1;
  const result = last ? 'logits' : `/fc${l}/Gemm_output_0`;
  const attributes = [floatAttribute('alpha', 1), floatAttribute('beta', 1), intAttribute('transB', 1)];
  graph.push(node('Gemm', `/fc${l}/Gemm`, [previous, `fc${l}.weight`, `fc${l}.bias`], [result], attributes));
  if (!last) {
    previous = `/relu${l}/Relu_output_0`;
    graph.push(node('Relu', `/relu${l}/Relu`, [result], [previous]));
  }
}

const model = Buffer.concat([
  number(1, 8),
  text(2, 'tierwise-example'),
  text(6, 'Untrained network for 8x8 digits: input 64 pixels in 0..1, output 10 scores.'),
  block(
    7,
    Buffer.concat([
      ...graph.map((n) => block(1, n)),
      text(2, 'digits'),
      ...initializers.map((t) => block(5, t)),
      block(11, value('x', 'batch', widths[0])),
      block(12, value('logits', 'batch', widths[widths.length - 1])),
    ]),
  ),
  block(8, Buffer.concat([text(1, ''), number(2, 17)])),
]);

const output = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), 'digits.onnx');
writeFileSync(output, model);
