import type { ModelGraph } from '../model/graph.ts';
import { intAttribute } from '../model/graph.ts';

/** Nodes that change nothing that a class is read from. */
const passing: ReadonlySet<string> = new Set(['Identity', 'Dropout']);

/**
 * Name of the value that holds the scores of an output: what a Softmax or LogSoftmax at the end reads, else the output itself. Divergence,
 * confidence and gradients are taken of the softmax of the scores; of probabilities it would be the softmax of a softmax.
 */
export function scoresOf(graph: ModelGraph, output: string): string {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  let name = output;
  for (let steps = 0; steps < graph.nodes.length; steps++) {
    const node = producers.get(name);
    if (node === undefined || node.domain !== '' || node.outputs[0] !== name) return output;
    const [input] = node.inputs;
    if (input === undefined) return output;
    if (node.op === 'Softmax' || node.op === 'LogSoftmax')
      return overClasses(intAttribute(node, 'axis', defaultAxis(graph))) ? input : output;
    if (!passing.has(node.op)) return output;
    name = input;
  }
  return output;
}

/** Before operator set 13 all dimensions from 1 on were one; then the last is the default. */
const defaultAxis = (graph: ModelGraph): number => ((graph.opsets.get('') ?? 0) < 13 ? 1 : -1);

/** Scores are [rows, classes]. */
const overClasses = (axis: number): boolean => axis === 1 || axis === -1;

/** How far from 1 the sum of a row of float32 probabilities may be. */
const sumTolerance = 1e-3;
/** Below the smallest normal float32: a probability of 0 is a very small one. */
const leastChance = 1e-38;

/** Whether every row holds probabilities: none below 0 or above 1, summing to 1. Needs a row and two columns. */
export function areProbabilities(values: Float32Array, width: number): boolean {
  if (width < 2 || values.length === 0) return false;
  for (let at = 0; at < values.length; at += width) {
    let sum = 0;
    for (let o = at; o < at + width; o++) {
      if (!(values[o]! >= 0 && values[o]! <= 1 + sumTolerance)) return false;
      sum += values[o]!;
    }
    if (Math.abs(sum - 1) > sumTolerance) return false;
  }
  return true;
}

/** Scores whose softmax are these probabilities; what is no number stays none. */
export function logarithms(probabilities: Float32Array): Float32Array {
  return probabilities.map((p) => (Number.isNaN(p) ? p : Math.log(Math.max(leastChance, p))));
}
