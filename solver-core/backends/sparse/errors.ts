import { TierwiseError } from '../../model/error.ts';
import type { GraphNode } from '../../model/graph.ts';
import { quoteName } from '../../model/quote.ts';

/** How a node is named to the user, and how layers are counted: its name, else its first output. */
export function nodeId(node: Pick<GraphNode, 'name' | 'outputs'>): string {
  return node.name || (node.outputs.find((o) => o !== '') ?? '');
}

/** `sparse-op-unsupported`: an operator, or a form of it, that the engine does not run. `detail` completes the sentence. */
export function unsupported(node: Pick<GraphNode, 'name' | 'outputs' | 'op' | 'domain'>, detail = ''): TierwiseError {
  const op = node.domain === '' ? node.op : `${node.domain}.${node.op}`;
  return new TierwiseError(
    'sparse-op-unsupported',
    `The sparse engine does not run ${quoteName(op)} at node ${quoteName(nodeId(node))}${detail === '' ? '' : `: ${detail}`}.`,
    'Use the default engine, which runs every operator that ONNX Runtime knows.',
  );
}

/** `model-run-failed`: the shapes of a model, or of what it is given, do not fit together. */
export function runFailed(what: string): TierwiseError {
  return new TierwiseError(
    'model-run-failed',
    `The sparse engine could not run the model: ${what}.`,
    'Check the model with `tierwise inspect`, and that the shape of the data fits the input of the model.',
  );
}
