import type { Framework, PyValue } from './values.ts';

/** A constructor of a layer with weights that are multiplied. */
export interface Constructor {
  /** Parameters in their order; those behind `*` have no place. */
  readonly parameters: readonly string[];
  readonly named?: readonly string[];
  /** What kind of operator it becomes. */
  readonly family: 'dense' | 'convolution' | 'transposed' | 'recurrent' | 'attention' | 'bilinear' | 'cell' | 'depthwise' | 'separable';
  /** Spatial dimensions of a convolution. */
  readonly spatial?: number;
  /** The number of inputs is found when it first runs. */
  readonly isLazy?: boolean;
}

const torchConv = ['in_channels', 'out_channels', 'kernel_size', 'stride', 'padding', 'dilation', 'groups', 'bias', 'padding_mode'];
const torchTransposed = [
  'in_channels',
  'out_channels',
  'kernel_size',
  'stride',
  'padding',
  'output_padding',
  'groups',
  'bias',
  'dilation',
  'padding_mode',
];
const torchRecurrent = ['input_size', 'hidden_size', 'num_layers', 'bias', 'batch_first', 'dropout', 'bidirectional', 'proj_size'];

const torch: Readonly<Record<string, Constructor>> = {
  Linear: { parameters: ['in_features', 'out_features', 'bias'], family: 'dense' },
  LazyLinear: { parameters: ['out_features', 'bias'], family: 'dense', isLazy: true },
  Bilinear: { parameters: ['in1_features', 'in2_features', 'out_features', 'bias'], family: 'bilinear' },
  ...spatial('Conv', 'd', (n) => ({ parameters: torchConv, family: 'convolution', spatial: n })),
  ...spatial('LazyConv', 'd', (n) => ({ parameters: torchConv.slice(1), family: 'convolution', spatial: n, isLazy: true })),
  ...spatial('ConvTranspose', 'd', (n) => ({ parameters: torchTransposed, family: 'transposed', spatial: n })),
  ...spatial('LazyConvTranspose', 'd', (n) => ({ parameters: torchTransposed.slice(1), family: 'transposed', spatial: n, isLazy: true })),
  RNN: { parameters: torchRecurrent, named: ['nonlinearity'], family: 'recurrent' },
  LSTM: { parameters: torchRecurrent, family: 'recurrent' },
  GRU: { parameters: torchRecurrent, family: 'recurrent' },
  RNNCell: { parameters: ['input_size', 'hidden_size', 'bias', 'nonlinearity'], family: 'cell' },
  LSTMCell: { parameters: ['input_size', 'hidden_size', 'bias'], family: 'cell' },
  GRUCell: { parameters: ['input_size', 'hidden_size', 'bias'], family: 'cell' },
  MultiheadAttention: {
    parameters: ['embed_dim', 'num_heads', 'dropout', 'bias', 'add_bias_kv', 'add_zero_attn', 'kdim', 'vdim', 'batch_first'],
    family: 'attention',
  },
};

const kerasConv = ['filters', 'kernel_size', 'strides', 'padding', 'data_format', 'dilation_rate', 'groups', 'activation', 'use_bias'];
const kerasTransposed = [
  'filters',
  'kernel_size',
  'strides',
  'padding',
  'output_padding',
  'data_format',
  'dilation_rate',
  'activation',
  'use_bias',
];
const kerasDepthwise = ['kernel_size', 'strides', 'padding', 'depth_multiplier', 'data_format', 'dilation_rate', 'activation', 'use_bias'];
const kerasSeparable = [
  'filters',
  'kernel_size',
  'strides',
  'padding',
  'data_format',
  'dilation_rate',
  'depth_multiplier',
  'activation',
  'use_bias',
];
const kerasRecurrent = { parameters: ['units'], named: ['use_bias', 'return_sequences', 'reset_after'], family: 'recurrent' } as const;

const keras: Readonly<Record<string, Constructor>> = {
  Dense: { parameters: ['units', 'activation', 'use_bias'], family: 'dense' },
  ...spatial('Conv', 'D', (n) => ({ parameters: kerasConv, family: 'convolution', spatial: n })),
  ...spatial('Convolution', 'D', (n) => ({ parameters: kerasConv, family: 'convolution', spatial: n })),
  ...spatial('Conv', 'DTranspose', (n) => ({ parameters: kerasTransposed, family: 'transposed', spatial: n })),
  ...spatial('DepthwiseConv', 'D', (n) => ({ parameters: kerasDepthwise, family: 'depthwise', spatial: n })),
  ...spatial('SeparableConv', 'D', (n) => ({ parameters: kerasSeparable, family: 'separable', spatial: n })),
  SimpleRNN: kerasRecurrent,
  LSTM: kerasRecurrent,
  GRU: kerasRecurrent,
  MultiHeadAttention: { parameters: ['num_heads', 'key_dim', 'value_dim', 'dropout', 'use_bias', 'output_shape'], family: 'attention' },
};

/** The constructor of a layer with weights, or undefined when the class has none that count (activations, norms, embeddings, pooling). */
export function constructorOf(framework: Framework, name: string): Constructor | undefined {
  const table = framework === 'torch' ? torch : keras;
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** The names of all constructors of a framework. */
export function constructorNames(framework: Framework): readonly string[] {
  return Object.keys(framework === 'torch' ? torch : keras);
}

/** The argument of a parameter, by name or place; undefined when it is not given. */
export function argumentOf(
  constructor: Constructor,
  args: { readonly positional: readonly PyValue[]; readonly named: ReadonlyMap<string, PyValue> },
  parameter: string,
): PyValue | undefined {
  const named = args.named.get(parameter);
  if (named !== undefined) return named;
  const place = constructor.parameters.indexOf(parameter);
  return place < 0 ? undefined : args.positional[place];
}

function spatial(prefix: string, suffix: string, make: (dimensions: number) => Constructor): Record<string, Constructor> {
  return Object.fromEntries([1, 2, 3].map((n) => [`${prefix}${n}${suffix}`, make(n)]));
}
