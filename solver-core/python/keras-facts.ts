import type { Constructor } from './constructors.ts';
import { windowOf } from './keras-shapes.ts';
import type { Get, LayerFacts, LayerNode } from './layer-facts.ts';
import { whyNotLinearOp } from './not-solvable.ts';
import { flag, plus, times, when, whole, wholeOr } from './sizes.ts';

type Dims = readonly (number | null)[] | null;

const assumed = 'Assumed: one sample at a time (batch 1), float32.';
const noInput =
  'What it reads is not literal in the source: state input_shape= or keras.Input(shape=...), or export the model to see joules.';
const severalNodes = 'An export computes it in several operators; export the model to see their joules.';

/** What the arguments of a Keras layer and the shape that reaches it say. */
export function kerasFacts(type: string, constructor: Constructor, get: Get, input: Dims): LayerFacts {
  switch (constructor.family) {
    case 'dense':
      return dense(get, input);
    case 'convolution':
    case 'depthwise':
    case 'transposed':
      return convolution(constructor, get, input);
    case 'separable':
      return separable(constructor, get, input);
    case 'recurrent':
      return recurrent(type, get, input);
    default:
      return attention(get, input);
  }
}

function noted(facts: Omit<LayerFacts, 'note'>): LayerFacts {
  return { ...facts, note: facts.node === null ? noInput : assumed };
}

function dense(get: Get, input: Dims): LayerFacts {
  const outputs = whole(get('units'));
  const inputs = input?.at(-1) ?? null;
  const bias = flag(get('use_bias'), true);
  const dims = literal(input);
  let node: LayerNode | null = null;
  if (dims !== null && dims.length > 0 && inputs !== null && outputs !== null && bias !== null) {
    const weights = [[inputs, outputs], ...(bias && dims.length === 1 ? [[outputs]] : [])];
    node = { op: dims.length === 1 ? 'Gemm' : 'MatMul', input: [1, ...dims], weights };
  }
  return noted({ ops: 'product', inputs, outputs, parameters: plus(times(inputs, outputs), when(bias, outputs)), node, notSolvable: null });
}

function convolution(constructor: Constructor, get: Get, input: Dims): LayerFacts {
  const n = constructor.spatial ?? 0;
  const { family } = constructor;
  const window = windowOf(get, n);
  const inputs = input !== null && input.length === n + 1 ? (input[n] ?? null) : null;
  const groups = family === 'depthwise' ? inputs : wholeOr(get('groups'), 1);
  const outputs = family === 'depthwise' ? times(inputs, wholeOr(get('depth_multiplier'), 1)) : whole(get('filters'));
  const bias = flag(get('use_bias'), true);
  const area = window === null ? null : times(...window.kernel);
  const pairs = times(inputs, outputs);
  const shared = pairs === null || groups === null || groups === 0 || pairs % groups !== 0 ? null : pairs / groups;
  const parameters = plus(times(shared, area), when(bias, outputs));
  const spatial = literal(input?.slice(0, n) ?? null);
  const op = family === 'transposed' ? 'ConvTranspose' : 'Conv';
  let node: LayerNode | null = null;
  if (spatial !== null && window !== null && inputs !== null && outputs !== null && groups !== null && shared !== null && bias !== null) {
    const weight = op === 'Conv' ? [outputs, inputs / groups, ...window.kernel] : [inputs, outputs, ...window.kernel];
    node = {
      op,
      input: [1, inputs, ...spatial],
      weights: [weight, ...(bias ? [[outputs]] : [])],
      ints: { kernel_shape: window.kernel, strides: window.strides, dilations: window.dilations, group: groups },
      padding: window.padding === 'same' ? 'SAME_UPPER' : 'VALID',
    };
  }
  return noted({ ops: op, inputs, outputs, parameters, node, notSolvable: op === 'Conv' ? null : whyNotLinearOp(op) });
}

function separable(constructor: Constructor, get: Get, input: Dims): LayerFacts {
  const n = constructor.spatial ?? 0;
  const window = windowOf(get, n);
  const inputs = input !== null && input.length === n + 1 ? (input[n] ?? null) : null;
  const outputs = whole(get('filters'));
  const between = times(inputs, wholeOr(get('depth_multiplier'), 1));
  const bias = flag(get('use_bias'), true);
  const parameters = plus(times(between, ...(window?.kernel ?? [null])), times(between, outputs), when(bias, outputs));
  return { ops: 'several', inputs, outputs, parameters, node: null, note: severalNodes, notSolvable: null };
}

function recurrent(type: string, get: Get, input: Dims): LayerFacts {
  const op = type === 'LSTM' || type === 'GRU' ? type : 'RNN';
  const g = op === 'LSTM' ? 4 : op === 'GRU' ? 3 : 1;
  const hidden = whole(get('units'));
  const [steps = null, width = null] = input ?? [];
  const bias = flag(get('use_bias'), true);
  const reset = flag(get('reset_after'), true);
  const biases = op === 'GRU' && reset !== null ? (reset ? 2 : 1) : op === 'GRU' ? null : 1;
  const parameters = plus(times(g, hidden, plus(width, hidden)), when(bias, times(biases, g, hidden)));
  let node: LayerNode | null = null;
  if (steps !== null && width !== null && hidden !== null && bias !== null && input?.length === 2) {
    const weights = [[1, g * hidden, width], [1, g * hidden, hidden], ...(bias ? [[1, 2 * g * hidden]] : [])];
    node = { op, input: [steps, 1, width], weights, ints: { hidden_size: hidden } };
  }
  return noted({ ops: op, inputs: width, outputs: hidden, parameters, node, notSolvable: whyNotLinearOp(op) });
}

function attention(get: Get, input: Dims): LayerFacts {
  const width = input?.at(-1) ?? null;
  const [heads, key] = [whole(get('num_heads')), whole(get('key_dim'))];
  const stated = get('value_dim');
  const value = stated === undefined || stated.kind === 'none' ? key : whole(stated);
  const bias = flag(get('use_bias'), true);
  const [keys, values] = [times(heads, key), times(heads, value)];
  const weights = plus(times(2, width, keys), times(2, width, values));
  const isPlain = get('output_shape') === undefined;
  const parameters = isPlain ? plus(weights, when(bias, plus(times(2, keys), values, width))) : null;
  const notSolvable = whyNotLinearOp('com.microsoft:Attention');
  return { ops: 'several', inputs: width, outputs: width, parameters, node: null, note: severalNodes, notSolvable };
}

function literal(dims: Dims): readonly number[] | null {
  return dims === null || dims.includes(null) ? null : (dims as readonly number[]);
}
