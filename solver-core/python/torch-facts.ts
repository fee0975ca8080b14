import { whyNotLinearOp } from './not-solvable.ts';
import type { Constructor } from './constructors.ts';
import type { Get, LayerFacts } from './layer-facts.ts';
import { sizesOf } from './keras-shapes.ts';
import { flag, plus, times, when, whole, wholeOr } from './sizes.ts';

const assumedPosition = 'Assumed: one row at a time (batch 1, no sequence), float32.';
const notLiteral = 'Its sizes are not literal in the source; export the model to see joules.';
const noSpatial = 'The size of what it reads is not in the source; export the model to see joules.';
const noSteps = 'The length of its sequences is not in the source; export the model to see joules.';
const severalNodes = 'An export computes it in several operators; export the model to see their joules.';

/** What the arguments of a PyTorch layer say. */
export function torchFacts(type: string, constructor: Constructor, get: Get): LayerFacts {
  switch (constructor.family) {
    case 'dense':
      return dense(constructor, get);
    case 'convolution':
    case 'transposed':
      return convolution(constructor, get);
    case 'recurrent':
      return recurrent(type, get);
    case 'cell':
      return cell(type, get);
    case 'attention':
      return attention(get);
    default:
      return bilinear(get);
  }
}

function dense(constructor: Constructor, get: Get): LayerFacts {
  const inputs = constructor.isLazy === true ? null : whole(get('in_features'));
  const outputs = whole(get('out_features'));
  const bias = flag(get('bias'), true);
  const isKnown = inputs !== null && outputs !== null && bias !== null;
  const lazy =
    constructor.isLazy === true ? 'It learns its number of inputs when it first runs; export the model to see joules.' : notLiteral;
  return {
    ops: 'product',
    inputs,
    outputs,
    parameters: plus(times(inputs, outputs), when(bias, outputs)),
    node: isKnown
      ? { op: 'Gemm', input: [1, inputs], weights: [[outputs, inputs], ...(bias ? [[outputs]] : [])], ints: { transB: 1 } }
      : null,
    note: isKnown ? assumedPosition : lazy,
    notSolvable: null,
  };
}

function convolution(constructor: Constructor, get: Get): LayerFacts {
  const n = constructor.spatial ?? 0;
  const inputs = constructor.isLazy === true ? null : whole(get('in_channels'));
  const outputs = whole(get('out_channels'));
  const groups = wholeOr(get('groups'), 1);
  const kernel = sizesOf(get('kernel_size'), n);
  const bias = flag(get('bias'), true);
  const area = kernel === null ? null : times(...kernel);
  const pairs = times(inputs, outputs);
  const weights = pairs === null || groups === null || pairs % groups !== 0 ? null : times(pairs / groups, area);
  const isTransposed = constructor.family === 'transposed';
  return {
    ops: isTransposed ? 'ConvTranspose' : 'Conv',
    inputs,
    outputs,
    parameters: plus(weights, when(bias, outputs)),
    node: null,
    note: noSpatial,
    notSolvable: isTransposed ? whyNotLinearOp('ConvTranspose') : null,
  };
}

const gates: Readonly<Record<string, number>> = { RNN: 1, RNNCell: 1, GRU: 3, GRUCell: 3, LSTM: 4, LSTMCell: 4 };

function recurrent(type: string, get: Get): LayerFacts {
  const [width, hidden] = [whole(get('input_size')), whole(get('hidden_size'))];
  const layers = wholeOr(get('num_layers'), 1);
  const bias = flag(get('bias'), true);
  const both = flag(get('bidirectional'), false);
  const projected = wholeOr(get('proj_size'), 0, 0);
  const op = type === 'LSTM' || type === 'GRU' ? type : 'RNN';
  const known =
    width !== null && hidden !== null && layers !== null && bias !== null && both !== null && projected !== null && layers <= 1000;
  let parameters: number | null = null;
  if (known) {
    const g = gates[type] ?? 1;
    const directions = both ? 2 : 1;
    const state = projected > 0 ? projected : hidden;
    parameters = 0;
    for (let layer = 0; layer < layers; layer++) {
      const inputs = layer === 0 ? width : state * directions;
      const one = plus(times(g, hidden, plus(inputs, state)), when(bias, 2 * g * hidden), when(projected > 0, times(projected, hidden)));
      parameters = plus(parameters, times(directions, one));
    }
  }
  const isOne = layers === 1;
  return {
    ops: isOne ? op : 'several',
    inputs: width,
    outputs: hidden,
    parameters,
    node: null,
    note: layers !== null && !isOne ? severalNodes : noSteps,
    notSolvable: whyNotLinearOp(op),
  };
}

function cell(type: string, get: Get): LayerFacts {
  const [width, hidden] = [whole(get('input_size')), whole(get('hidden_size'))];
  const bias = flag(get('bias'), true);
  const g = gates[type] ?? 1;
  return {
    ops: 'several',
    inputs: width,
    outputs: hidden,
    parameters: plus(times(g, hidden, plus(width, hidden)), when(bias, times(2 * g, hidden))),
    node: null,
    note: severalNodes,
    notSolvable: whyNotLinearOp(type.replace('Cell', '')),
  };
}

function attention(get: Get): LayerFacts {
  const width = whole(get('embed_dim'));
  const or = (name: string): number | null => {
    const value = get(name);
    return value === undefined || value.kind === 'none' ? width : whole(value);
  };
  const [keys, values] = [or('kdim'), or('vdim')];
  const bias = flag(get('bias'), true);
  const extra = flag(get('add_bias_kv'), false);
  const projections = times(width, plus(width, keys, values));
  return {
    ops: 'several',
    inputs: width,
    outputs: width,
    parameters: plus(projections, times(width, width), when(bias, times(4, width)), when(extra, times(2, width))),
    node: null,
    note: severalNodes,
    notSolvable: whyNotLinearOp('com.microsoft:Attention'),
  };
}

function bilinear(get: Get): LayerFacts {
  const [a, b, outputs] = [whole(get('in1_features')), whole(get('in2_features')), whole(get('out_features'))];
  const bias = flag(get('bias'), true);
  return {
    ops: 'several',
    inputs: null,
    outputs,
    parameters: plus(times(a, b, outputs), when(bias, outputs)),
    node: null,
    note: severalNodes,
    notSolvable: 'it multiplies two inputs with each other',
  };
}
