import type { Checked } from '../../model/diagnostic.ts';
import type { GraphNode, ModelGraph } from '../../model/graph.ts';
import type { Layer } from '../../model/layer.ts';

/** The part of a model that an upper tier trains: everything between one value and the scores. */
export interface UpperPart {
  /** Name of the value that enters: the input of the first layers of the tier. */
  readonly input: string;
  /** Its shape without the batch. */
  readonly inputShape: readonly number[];
  /** Name of the value that holds the scores, [batch, outputs]. */
  readonly output: string;
  readonly outputs: number;
  /** Nodes from the input to the output, producers first. */
  readonly nodes: readonly GraphNode[];
  /** Names of the stored tensors that are trained, in order of first use. */
  readonly parameters: readonly string[];
}

/**
 * Finds the upper part for the layers `tierLayers` (ids) of `layers`. `output`: the value with the scores, default the model's first
 * output. Findings: `upper-layer-unknown`, `upper-input-not-single`, `upper-shape-unknown`, `upper-weights-shared`,
 * `upper-weights-not-stored`, `output-not-scores`.
 */
export function findUpperPart(
  _graph: ModelGraph,
  _layers: readonly Layer[],
  _tierLayers: readonly string[],
  _output?: string,
): Checked<UpperPart> {
  return { value: undefined, diagnostics: [] };
}
