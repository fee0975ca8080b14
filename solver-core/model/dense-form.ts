import { isFloat } from './dtype-bits.ts';
import { floatAttribute, intAttribute, type Graph, type GraphNode } from './graph.ts';
import type { DenseForm } from './layer.ts';
import type { FactsLookup } from './shape-inference/facts.ts';
import type { GraphIndex, TracedWeight } from './weight-trace.ts';

/** Outcome of looking for y = alpha · x · op(W) + beta · b in a layer. */
export type DenseResult = { readonly dense: DenseForm; readonly reason: null } | { readonly dense: null; readonly reason: string };

/** What the decision needs of a layer that was found. */
export interface DenseCandidate {
  readonly node: GraphNode;
  readonly weight: TracedWeight;
  /** Name of the value that holds the bias; null when there is none. */
  readonly bias: string | null;
}

/** Decides whether a layer can be solved in one step; otherwise says why not, as the end of "cannot be solved: …". */
export function denseForm(candidate: DenseCandidate, graph: Graph, index: GraphIndex, facts: FactsLookup): DenseResult {
  const { node, weight, bias } = candidate;
  if (node.domain !== '' || (node.op !== 'Gemm' && node.op !== 'MatMul'))
    return no(`${node.op} is not a dense layer; only Gemm and MatMul are solved in one step`);
  if (weight.stored === null) {
    const maker = weight.via.at(-1);
    return no(
      maker === undefined
        ? 'its weight is an input of the model, not stored in it'
        : `its weight is computed by ${maker}, not stored in the model`,
    );
  }
  if (!isFloat(weight.dtype) || weight.dtype === 'bfloat16')
    return no(`its weight is stored as ${weight.dtype}; float32, float64 or float16 is needed`);
  if (!weight.isPlainMatrix) return no(`its weight passes through ${weight.via.join(', ')} before it is used`);
  if (!weight.isExclusive) return no('its weight is used in more than one place, so solving it would change other layers');
  const shape = facts.get(weight.stored)?.shape;
  const [rows, columns] = shape ?? [];
  if (shape?.length !== 2 || typeof rows !== 'number' || typeof columns !== 'number')
    return no(`its weight has ${shape?.length ?? 'an unknown number of'} dimensions, not 2`);
  if (rows < 1 || columns < 1) return no('its weight is empty');
  if (intAttribute(node, 'transA', 0) !== 0) return no('it transposes its input (transA)');
  const transposed = (intAttribute(node, 'transB', 0) !== 0) !== (weight.via.length === 1);
  const [inputs, outputs] = transposed ? [columns, rows] : [rows, columns];
  const alpha = floatAttribute(node, 'alpha', 1);
  const beta = node.op === 'Gemm' ? floatAttribute(node, 'beta', 1) : 1;
  if (!Number.isFinite(alpha) || alpha === 0) return no(`its factor alpha is ${alpha}, so its output does not depend on the weight`);
  const badBias = bias === null ? undefined : refuseBias(bias, beta, outputs, graph, index, facts);
  if (badBias !== undefined) return no(badBias);
  return { dense: { inputs, outputs, transposed, alpha, beta }, reason: null };
}

function refuseBias(bias: string, beta: number, outputs: number, graph: Graph, index: GraphIndex, facts: FactsLookup): string | undefined {
  const producer = index.producers.get(bias);
  const isStored = graph.initializers.has(bias) || (producer?.op === 'Constant' && producer.attributes.get('value')?.kind === 'tensor');
  if (!isStored) return 'its bias is not stored in the model';
  if ((index.consumers.get(bias)?.length ?? 0) !== 1 || index.outputs.has(bias))
    return 'its bias is used in more than one place, so solving it would change other layers';
  const shape = facts.get(bias)?.shape ?? null;
  const isVector = shape !== null && shape.length >= 1 && shape.at(-1) === outputs && shape.slice(0, -1).every((d) => d === 1);
  if (!isVector) return `its bias has shape [${shape?.join(', ') ?? 'unknown'}]; one value for each of the ${outputs} outputs is needed`;
  if (!Number.isFinite(beta) || beta === 0) return `its factor beta is ${beta}, so the bias has no effect`;
  return undefined;
}

function no(reason: string): DenseResult {
  return { dense: null, reason };
}
