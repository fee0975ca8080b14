import type { GraphNode } from '../graph.ts';
import type { InferRule, RuleTable } from './facts.ts';
import { attentionRules } from './attention.ts';
import { castingRules } from './casting.ts';
import { controlFlowRules } from './control-flow.ts';
import { convolutionRules } from './convolution.ts';
import { einsumRules } from './einsum.ts';
import { elementwiseRules } from './elementwise.ts';
import { generatingRules } from './generating.ts';
import { matrixRules } from './matrix.ts';
import { normalizationRules } from './normalization.ts';
import { poolingRules } from './pooling.ts';
import { quantizationRules } from './quantization.ts';
import { recurrentRules } from './recurrent.ts';
import { reductionRules } from './reduction.ts';
import { reshapingRules } from './reshaping.ts';
import { resizingRules } from './resizing.ts';
import { selectingRules } from './selecting.ts';
import { sequenceRules } from './sequences.ts';

/** One table per operator family; an operator is known when one of them lists it. */
const tables: readonly RuleTable[] = [
  attentionRules,
  castingRules,
  controlFlowRules,
  convolutionRules,
  einsumRules,
  elementwiseRules,
  generatingRules,
  matrixRules,
  normalizationRules,
  poolingRules,
  quantizationRules,
  recurrentRules,
  reductionRules,
  reshapingRules,
  resizingRules,
  selectingRules,
  sequenceRules,
];

const rules: ReadonlyMap<string, InferRule> = new Map(tables.flatMap((table) => Object.entries(table)));

/** The inference rule of a node's operator, or undefined when there is none. */
export function ruleFor(node: GraphNode): InferRule | undefined {
  return rules.get(node.domain === '' ? node.op : `${node.domain}:${node.op}`);
}
