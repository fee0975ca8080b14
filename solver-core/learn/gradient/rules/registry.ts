import type { GraphNode } from '../../../model/graph.ts';
import { convolutionRules } from './convolution.ts';
import { elementwiseRules } from './elementwise.ts';
import { matrixRules } from './matrix.ts';
import { normalisationRules } from './normalisation.ts';
import { poolingRules } from './pooling.ts';
import { reshapeRules } from './reshape.ts';
import type { Rule, RuleTable } from './rule.ts';

/** Operators of the ONNX domain that can be differentiated. Everything else is refused by name: a gradient is right or not given. */
export const gradientRules: RuleTable = {
  ...elementwiseRules,
  ...matrixRules,
  ...reshapeRules,
  ...convolutionRules,
  ...poolingRules,
  ...normalisationRules,
};

/** The rule of a node's operator, or undefined. */
export function gradientRule(node: GraphNode): Rule | undefined {
  return node.domain === '' && Object.hasOwn(gradientRules, node.op) ? gradientRules[node.op] : undefined;
}
