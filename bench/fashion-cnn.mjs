// An untrained small CNN for 28x28 pictures, as ONNX: Conv, rectified with both signs (x and -x: the negation costs no multiply-add),
// averaged over a grid, optionally the square root, and a dense read-out. Used by bench/gradient-free-cnn.mjs.
// The few protobuf messages are written by hand, so that the model does not depend on the product that reads it.

/**
 * @typedef {{ kernel: number, stride: number, filters: number, pool: number, step: number, root: boolean }} Shape
 */

const concat = (parts) => Buffer.concat(parts);
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
const number = (field, value) => concat([varint(field << 3), varint(value)]);
const block = (field, content) => concat([varint((field << 3) | 2), varint(content.length), content]);
const text = (field, value) => block(field, Buffer.from(value, 'utf8'));
const tensor = (name, dims, values) =>
  concat([...dims.map((d) => number(1, d)), number(2, 1), text(8, name), block(9, Buffer.from(Float32Array.from(values).buffer))]);
const dimension = (d) => block(1, typeof d === 'string' ? text(2, d) : number(1, d));
const value = (name, dims) => concat([text(1, name), block(2, block(1, concat([number(1, 1), block(2, concat(dims.map(dimension)))])))]);
const ints = (name, values) => concat([text(1, name), ...values.map((v) => number(8, v)), number(20, 7)]);
const int = (name, v) => concat([text(1, name), number(3, v), number(20, 2)]);
const node = (op, name, inputs, output, attributes = []) =>
  concat([...inputs.map((i) => text(1, i)), text(2, output), text(3, name), text(4, op), ...attributes.map((a) => block(5, a))]);

/** Positions of the convolution per side, of the pooling grid per side, and the features that the read-out sees. */
export function sizes({ kernel, stride, filters, pool, step }) {
  const map = Math.floor((28 + 2 * Math.floor(kernel / 2) - kernel) / stride) + 1;
  const grid = Math.floor((map - pool) / step) + 1;
  return { map, grid, features: 2 * filters * grid * grid };
}

/** Multiply-adds of one picture. */
export function inferenceMacs(shape) {
  const { map, features } = sizes(shape);
  return map * map * shape.kernel ** 2 * shape.filters + features * 10;
}

/** Multiply-adds of the direct fit on `rows` pictures with lambda auto: what the solver really does, the choice of lambda included. */
export function fitMacs(shape, rows) {
  const { map, features: d } = sizes(shape);
  const patch = shape.kernel ** 2;
  const patchRows = rows * map * map;
  const filters = (patchRows * patch * (patch + 1)) / 2 + 9 * patch ** 3;
  const forward = patchRows * patch * shape.filters;
  const gram = (rows * d * (d + 1)) / 2 + rows * d * 10;
  const choice = gram + (4 / 3) * d ** 3 + 2 * d * d * 10;
  const solve = gram + d ** 3 / 6 + d * d * 10;
  // Refinement reads the rows again: two passes of 2·n·d·k.
  return filters + forward + choice + solve + 4 * rows * d * 10;
}

/** The model's bytes. Weights are uniform random numbers: untrained. */
export function fashionCnn(shape) {
  const { kernel, stride, filters, pool, step, root } = shape;
  const { features } = sizes(shape);
  let state = 20240601;
  const draw = (count, bound) =>
    Array.from({ length: count }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state / 2 ** 31 - 1) * bound;
    });
  const pad = Math.floor(kernel / 2);
  const pooled = root ? 'root' : 'pooled';
  const nodes = [
    node('Conv', '/conv/Conv', ['x', 'conv.weight', 'conv.bias'], 'maps', [
      ints('kernel_shape', [kernel, kernel]),
      ints('strides', [stride, stride]),
      ints('pads', [pad, pad, pad, pad]),
    ]),
    node('Relu', '/positive/Relu', ['maps'], 'positive'),
    node('Neg', '/negative/Neg', ['maps'], 'turned'),
    node('Relu', '/negative/Relu', ['turned'], 'negative'),
    node('Concat', '/both/Concat', ['positive', 'negative'], 'both', [int('axis', 1)]),
    node('AveragePool', '/pool/AveragePool', ['both'], 'pooled', [ints('kernel_shape', [pool, pool]), ints('strides', [step, step])]),
    ...(root ? [node('Sqrt', '/compress/Sqrt', ['pooled'], 'root')] : []),
    node('Flatten', '/flatten/Flatten', [pooled], 'features', [int('axis', 1)]),
    node('Gemm', '/readout/Gemm', ['features', 'readout.weight', 'readout.bias'], 'logits', [int('transB', 1)]),
  ];
  const initializers = [
    tensor('conv.weight', [filters, 1, kernel, kernel], draw(filters * kernel * kernel, 1 / kernel)),
    tensor('conv.bias', [filters], draw(filters, 1 / kernel)),
    tensor('readout.weight', [10, features], draw(10 * features, 1 / Math.sqrt(features))),
    tensor('readout.bias', [10], draw(10, 1 / Math.sqrt(features))),
  ];
  const graph = concat([
    ...nodes.map((n) => block(1, n)),
    text(2, 'fashion-cnn'),
    ...initializers.map((t) => block(5, t)),
    block(11, value('x', ['batch', 1, 28, 28])),
    block(12, value('logits', ['batch', 10])),
  ]);
  return concat([number(1, 8), text(2, 'tierwise-bench'), block(7, graph), block(8, concat([text(1, ''), number(2, 17)]))]);
}
