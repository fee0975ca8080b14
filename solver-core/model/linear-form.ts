import { convPatches } from './conv-patches.ts';
import { isFloat } from './dtype-bits.ts';
import { shapeElements } from './elements.ts';
import { floatAttribute, intAttribute, type Graph, type GraphNode } from './graph.ts';
import type { LinearForm } from './layer.ts';
import { whyNotLinear } from './not-linear.ts';
import type { FactsLookup } from './shape-inference/facts.ts';
import type { Shape } from './tensor.ts';
import type { GraphIndex, TracedWeight } from './weight-trace.ts';

/** Outcome of looking for y = alpha · x · op(W) + beta · b in a layer. */
export type LinearResult = { readonly linear: LinearForm; readonly reason: null } | { readonly linear: null; readonly reason: string };

/** What the decision needs of a layer that was found. */
export interface LinearCandidate {
  readonly node: GraphNode;
  readonly weight: TracedWeight;
  /** Name of the value that holds the bias; null when there is none. */
  readonly bias: string | null;
}

/** Decides whether a layer can be solved in one step; otherwise says why not, as the end of "cannot be solved: …". */
export function linearForm(candidate: LinearCandidate, graph: Graph, index: GraphIndex, facts: FactsLookup): LinearResult {
  const { node, weight, bias } = candidate;
  const isConv = node.domain === '' && node.op === 'Conv';
  if (!isConv && (node.domain !== '' || (node.op !== 'Gemm' && node.op !== 'MatMul'))) return no(whyNotLinear(node));
  if (weight.stored === null) {
    const maker = weight.via.at(-1);
    return no(
      maker === undefined
        ? 'its weight is an input of the model, not stored in it'
        : `its weight is computed by ${maker}, not stored in the model`,
    );
  }
  if (/^u?int\d/.test(weight.dtype)) {
    return no(
      `its weight is stored as ${weight.dtype} with scales, and a solution has fractions; solve the floating-point model first and quantise the result`,
    );
  }
  if (!isFloat(weight.dtype) || weight.dtype === 'bfloat16')
    return no(`its weight is stored as ${weight.dtype}; float32, float64 or float16 is needed`);
  if (!weight.keepsOrder && (isConv || !weight.isPlainMatrix))
    return no(`its weight passes through ${weight.via.join(', ')} before it is used`);
  if (!weight.isExclusive) return no('its weight is used in more than one place, so solving it would change other layers');
  const stored = facts.get(weight.stored)?.shape ?? null;
  // A weight that is only reshaped is used in the shape that the node reads; its numbers are stored in the same order.
  const dims = weight.keepsOrder ? (facts.get(node.inputs[1] ?? '')?.shape ?? null) : stored;
  const used = isConv ? convolution(node, dims) : dense(node, weight, dims);
  const found = typeof used === 'string' || !weight.keepsOrder ? used : withStoredDims(used, stored);
  if (typeof found === 'string') return no(found);
  if (bias === null) return { linear: { ...found, biasDims: null }, reason: null };
  const biasDims = storedBias(bias, found, graph, index, facts);
  return typeof biasDims === 'string' ? no(biasDims) : { linear: { ...found, biasDims }, reason: null };
}

function withStoredDims(form: WithoutBias, stored: Shape): WithoutBias | string {
  if (shapeElements(stored) !== form.inputs * form.outputs) return 'the size of its stored weight does not fit its use';
  return { ...form, weightDims: stored?.filter((dim) => typeof dim === 'number') ?? [] };
}

type WithoutBias = Omit<LinearForm, 'biasDims'>;

function dense(node: GraphNode, weight: TracedWeight, dims: readonly unknown[] | null): WithoutBias | string {
  const [rows, columns] = dims ?? [];
  if (dims?.length !== 2 || typeof rows !== 'number' || typeof columns !== 'number')
    return `its weight has ${dims?.length ?? 'an unknown number of'} dimensions, not 2`;
  if (rows < 1 || columns < 1) return 'its weight is empty';
  if (intAttribute(node, 'transA', 0) !== 0) return 'it transposes its input (transA)';
  const transposed = (intAttribute(node, 'transB', 0) !== 0) !== (!weight.keepsOrder && weight.via.length === 1);
  const [inputs, outputs] = transposed ? [columns, rows] : [rows, columns];
  const alpha = floatAttribute(node, 'alpha', 1);
  // Beta belongs to the operand C; a bias that an Add brings counts whole.
  const beta = node.op === 'Gemm' && (node.inputs[2] ?? '') !== '' ? floatAttribute(node, 'beta', 1) : 1;
  if (!Number.isFinite(alpha) || alpha === 0) return `its factor alpha is ${alpha}, so its output does not depend on the weight`;
  return { inputs, outputs, groups: 1, transposed, alpha, beta, weightDims: [rows, columns], patches: null };
}

function convolution(node: GraphNode, dims: readonly unknown[] | null): WithoutBias | string {
  if (dims === null || !dims.every((dim) => typeof dim === 'number')) return 'the size of its weight is not known';
  const [outputs = 0, channels = 0, ...kernel] = dims;
  if (dims.some((dim) => dim < 1)) return 'its weight is empty';
  const groups = intAttribute(node, 'group', 1);
  if (groups < 1 || outputs % groups !== 0) return `its ${outputs} outputs do not divide into ${groups} groups`;
  const patches = convPatches(node, kernel);
  if (typeof patches === 'string') return patches;
  const inputs = kernel.reduce((product, size) => product * size, channels);
  return { inputs, outputs, groups, transposed: true, alpha: 1, beta: 1, weightDims: dims, patches };
}

/** Dimensions of a bias that holds one stored value per output, else why it does not. */
function storedBias(bias: string, form: WithoutBias, graph: Graph, index: GraphIndex, facts: FactsLookup): readonly number[] | string {
  const { outputs, beta } = form;
  const producer = index.producers.get(bias);
  const isStored = graph.initializers.has(bias) || (producer?.op === 'Constant' && producer.attributes.get('value')?.kind === 'tensor');
  if (!isStored) return 'its bias is not stored in the model';
  if ((index.consumers.get(bias)?.length ?? 0) !== 1 || index.outputs.has(bias))
    return 'its bias is used in more than one place, so solving it would change other layers';
  const shape = facts.get(bias)?.shape ?? null;
  const dims = shape?.filter((dim) => typeof dim === 'number') ?? [];
  // An Add behind a convolution gives its bias a dimension of size 1 for every spatial one.
  const isVector = shape !== null && shape.length >= 1 && dims.length === shape.length && dims.filter((d) => d !== 1).length <= 1;
  const isPerOutput = isVector && dims.reduce((a, b) => a * b, 1) === outputs && (form.patches !== null || dims.at(-1) === outputs);
  if (!isPerOutput) return `its bias has shape [${shape?.join(', ') ?? 'unknown'}]; one value for each of the ${outputs} outputs is needed`;
  if (!Number.isFinite(beta) || beta === 0) return `its factor beta is ${beta}, so the bias has no effect`;
  return dims;
}

function no(reason: string): LinearResult {
  return { linear: null, reason };
}
