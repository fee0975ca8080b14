import { argumentOf, constructorOf } from './constructors.ts';
import type { Instance, PyValue } from './values.ts';
import { asNumber } from './values.ts';

type Dims = readonly (number | null)[] | null;

/** Layers that keep the shape of what they read. */
const keeps: ReadonlySet<string> = new Set([
  'Activation',
  'Dropout',
  'SpatialDropout1D',
  'SpatialDropout2D',
  'AlphaDropout',
  'GaussianDropout',
  'GaussianNoise',
  'BatchNormalization',
  'LayerNormalization',
  'GroupNormalization',
  'UnitNormalization',
  'Normalization',
  'Rescaling',
  'ReLU',
  'LeakyReLU',
  'PReLU',
  'ELU',
  'Softmax',
  'Masking',
  'RandomFlip',
  'RandomRotation',
  'RandomZoom',
]);

/** Layers, and functions in lower case, that join tensors element by element. */
const merges: ReadonlySet<string> = new Set(['Add', 'Multiply', 'Average', 'Maximum', 'Minimum', 'Subtract']);

/** Shape of what a joining layer, or its function in lower case, makes of tensors; undefined for any other name. */
export function joinedShape(name: string, inputs: readonly Dims[], axis?: PyValue): Dims | undefined {
  const type = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
  if (merges.has(type)) return inputs.reduce<Dims>(broadcast, inputs[0] ?? null);
  return type === 'Concatenate' ? concatenated(inputs, axis) : undefined;
}

/** Sizes of 1 stretch to those of the other side, as everywhere in Keras; null where both do not fit. */
function broadcast(a: Dims, b: Dims): Dims {
  if (a === null || b === null || a.length !== b.length) return null;
  const dims = a.map((size, at) => (size === 1 ? b[at] : b[at] === 1 || b[at] === size ? size : undefined));
  return dims.includes(undefined) ? null : dims.map((size) => size ?? null);
}

/** Joined along the last axis, which is -1 or, with the batch counted, the number of the others. */
function concatenated(inputs: readonly Dims[], axis: PyValue | undefined): Dims {
  const first = inputs[0] ?? null;
  if (first === null || inputs.some((each) => each?.length !== first.length)) return null;
  const place = axis === undefined ? -1 : asNumber(axis);
  if (place !== -1 && place !== first.length) return null;
  const last = inputs.map((each) => each?.at(-1) ?? null);
  const sum = last.includes(null) ? null : last.reduce<number>((a, b) => a + (b ?? 0), 0);
  return [...first.slice(0, -1), sum];
}

/** Shape of what a Keras layer gives, batch left out; null where it does not follow from literals. */
export function outputShape(instance: Instance, inputs: readonly Dims[]): Dims {
  const input = inputs[0] ?? null;
  if (input === null) return null;
  if (keeps.has(instance.type)) return input;
  if (instance.role === 'container') {
    const children = [...instance.attributes.values()].flatMap((value) => (value.kind === 'instance' ? [value.instance] : []));
    return instance.type === 'Sequential' ? children.reduce<Dims>((shape, child) => outputShape(child, [shape]), input) : null;
  }
  return instance.role === 'layer' ? ofLayer(instance, input) : ofOther(instance, input, inputs);
}

function ofLayer(instance: Instance, input: readonly (number | null)[]): Dims {
  const constructor = constructorOf('keras', instance.type);
  if (constructor === undefined) return null;
  const get = (name: string): PyValue | undefined => argumentOf(constructor, instance.args, name);
  const units = asNumber(get('units') ?? get('filters')) ?? null;
  switch (constructor.family) {
    case 'dense':
      return [...input.slice(0, -1), units];
    case 'recurrent': {
      const all = get('return_sequences');
      if (all !== undefined && all.kind !== 'bool') return null;
      return all?.kind === 'bool' && all.value ? [input[0] ?? null, units] : [units];
    }
    case 'convolution':
    case 'separable':
    case 'depthwise': {
      const n = constructor.spatial ?? 0;
      if (input.length !== n + 1) return null;
      const window = windowOf(get, n);
      if (window === null) return null;
      const spatial = input
        .slice(0, n)
        .map((size, at) => slid(size, window.kernel[at] ?? null, window.strides[at] ?? null, window.dilations[at] ?? null, window.padding));
      const multiplier = asNumber(get('depth_multiplier') ?? { kind: 'number', value: 1 });
      const channels = input[n] ?? null;
      const out =
        constructor.family === 'depthwise' ? (channels === null || multiplier === undefined ? null : channels * multiplier) : units;
      return [...spatial, out];
    }
    default:
      return null;
  }
}

function ofOther(instance: Instance, input: readonly (number | null)[], inputs: readonly Dims[]): Dims {
  const { type, args } = instance;
  const pooled = /^(Max|Average|Avg)Pool(?:ing)?([123])D$/.exec(type);
  if (pooled !== null) {
    const n = Number(pooled[2]);
    if (input.length !== n + 1 || isChannelsFirst(args.named.get('data_format'))) return null;
    const size = args.named.get('pool_size') ?? args.positional[0] ?? { kind: 'number', value: 2 };
    const kernel = sizesOf(size, n);
    const strides = sizesOf(present(args.named.get('strides') ?? args.positional[1]) ?? size, n);
    const padding = paddingOf(args.named.get('padding') ?? args.positional[2]);
    if (kernel === null || strides === null || padding === null) return null;
    return [...input.slice(0, n).map((each, at) => slid(each, kernel[at] ?? null, strides[at] ?? null, 1, padding)), input[n] ?? null];
  }
  if (/^Global(Max|Average|Avg)Pool(ing)?[123]D$/.test(type)) {
    const keepdims = args.named.get('keepdims');
    return keepdims === undefined && !isChannelsFirst(args.named.get('data_format')) ? input.slice(-1) : null;
  }
  switch (type) {
    case 'Flatten':
      return [product(input)];
    case 'Reshape': {
      const target = args.named.get('target_shape') ?? args.positional[0];
      if (target?.kind !== 'list' || !target.isComplete) return null;
      const dims = target.items.map((item) => asNumber(item) ?? null);
      const open = dims.indexOf(-1);
      if (open < 0) return dims;
      const [all, known] = [product(input), product(dims.filter((each) => each !== -1))];
      return dims.map((each, at) => (at === open ? (all === null || known === null || known === 0 ? null : all / known) : each));
    }
    case 'Embedding': {
      const size = asNumber(args.named.get('output_dim') ?? args.positional[1]) ?? null;
      return [...input, size];
    }
    default:
      return joinedShape(type, inputs, args.named.get('axis') ?? args.positional[0]) ?? null;
  }
}

/** Kernel, strides, dilations and padding of a Keras convolution; null where one of them is not literal. */
export function windowOf(
  get: (name: string) => PyValue | undefined,
  n: number,
): {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: 'valid' | 'same';
} | null {
  const one: PyValue = { kind: 'number', value: 1 };
  const kernel = sizesOf(get('kernel_size'), n);
  const strides = sizesOf(get('strides') ?? one, n);
  const dilations = sizesOf(get('dilation_rate') ?? one, n);
  const padding = paddingOf(get('padding'));
  if (kernel === null || strides === null || dilations === null || padding === null || isChannelsFirst(get('data_format'))) return null;
  return { kernel, strides, dilations, padding };
}

/** One size for each dimension, from a number or a tuple; null where one is not literal. */
export function sizesOf(value: PyValue | undefined, n: number): readonly number[] | null {
  const single = asNumber(value);
  if (single !== undefined) return Array.from({ length: n }, () => single);
  if (value?.kind !== 'list' || !value.isComplete || value.items.length !== n) return null;
  const sizes = value.items.map(asNumber);
  return sizes.some((each) => each === undefined) ? null : (sizes as readonly number[]);
}

function present(value: PyValue | undefined): PyValue | undefined {
  return value?.kind === 'none' ? undefined : value;
}

function paddingOf(value: PyValue | undefined): 'valid' | 'same' | null {
  if (value === undefined) return 'valid';
  if (value.kind !== 'string') return null;
  const word = value.value.toLowerCase();
  return word === 'valid' || word === 'same' ? word : null;
}

/** Anything but the usual order of dimensions is left to the exported model. */
function isChannelsFirst(value: PyValue | undefined): boolean {
  return value !== undefined && value.kind !== 'none' && !(value.kind === 'string' && value.value === 'channels_last');
}

function slid(
  size: number | null,
  kernel: number | null,
  stride: number | null,
  dilation: number | null,
  padding: 'valid' | 'same',
): number | null {
  if (size === null || kernel === null || stride === null || dilation === null || stride < 1) return null;
  if (padding === 'same') return Math.ceil(size / stride);
  const out = Math.floor((size - dilation * (kernel - 1) - 1) / stride) + 1;
  return out > 0 ? out : null;
}

function product(dims: readonly (number | null)[]): number | null {
  let all = 1;
  for (const each of dims) {
    if (each === null) return null;
    all *= each;
  }
  return Number.isSafeInteger(all) ? all : null;
}
