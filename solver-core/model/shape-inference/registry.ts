import type { GraphNode } from '../graph.ts';
import type { InferRule, RuleTable } from './facts.ts';
import { elementwiseRules } from './elementwise.ts';
import { matrixRules } from './matrix.ts';

const tables: readonly RuleTable[] = [elementwiseRules, matrixRules];

const rules: ReadonlyMap<string, InferRule> = new Map(tables.flatMap((table) => Object.entries(table)));

/** The inference rule of a node's operator, or undefined when there is none. */
export function ruleFor(node: GraphNode): InferRule | undefined {
  return rules.get(node.domain === '' ? node.op : `${node.domain}:${node.op}`);
}

/** Operators with a rule, for documentation and tests. */
export function knownOperators(): readonly string[] {
  return [...rules.keys()].sort();
}
