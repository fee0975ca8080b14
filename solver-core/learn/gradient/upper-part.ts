import type { Checked, Diagnostic } from '../../model/diagnostic.ts';
import { isFloat } from '../../model/dtype-bits.ts';
import type { GraphNode, ModelGraph } from '../../model/graph.ts';
import type { Layer } from '../../model/layer.ts';
import { quoteName } from '../../model/quote.ts';
import { inferShapes, type InferredShapes } from '../../model/shape-inference/infer.ts';
import { indexGraph, type GraphIndex } from '../../model/weight-trace.ts';

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
 * output. Trained are the stored weights and biases of these layers, and scale and bias of normalisations that work on their results
 * alone. Findings: `upper-layer-unknown`, `upper-layer-unused`, `upper-input-not-single`, `upper-shape-unknown`,
 * `upper-weights-not-stored`, `output-not-scores`.
 */
export function findUpperPart(
  graph: ModelGraph,
  layers: readonly Layer[],
  tierLayers: readonly string[],
  output: string = graph.outputs[0]?.name ?? '',
): Checked<UpperPart> {
  const shapes = inferShapes(graph, { fallback: 1 });
  const search: Search = { graph, shapes, index: indexGraph(graph), layers, tier: new Set(tierLayers) };
  const stored = tierParameters(search);
  if (stored.value === undefined) return { value: undefined, diagnostics: stored.diagnostics };
  const parameters = new Set([...stored.value, ...normalisationParameters(search, stored.value)]);
  const reached = partBetween(search, parameters, output);
  const unused = [...parameters].filter((name) => !reached.parameters.includes(name));
  if (unused[0] !== undefined)
    return failed(
      'upper-layer-unused',
      `The scores ${quoteName(output)} do not depend on ${quoteName(unused[0])}. Leave its layer out of the tier.`,
      unused[0],
    );
  const [input, ...others] = reached.entering;
  if (input === undefined || others.length > 0) {
    const names = reached.entering.map(quoteName).join(', ');
    const message =
      `The upper tier reads ${reached.entering.length} values of the layers below (${names}); gradient learning needs exactly one. ` +
      'Take more layers into the tier, up to one value that everything above depends on.';
    return failed('upper-input-not-single', message, input);
  }
  return checkedShapes(search, { input, output, nodes: reached.nodes, parameters: reached.parameters });
}

interface Search {
  readonly graph: ModelGraph;
  readonly shapes: InferredShapes;
  readonly index: GraphIndex;
  readonly layers: readonly Layer[];
  readonly tier: ReadonlySet<string>;
}

/** Stored weights and biases of the tier's layers. */
function tierParameters({ graph, index, layers, tier, shapes }: Search): Checked<readonly string[]> {
  const names: string[] = [];
  const known = new Map(layers.map((layer) => [layer.id, layer]));
  for (const id of tier) {
    const layer = known.get(id);
    if (layer === undefined) return failed('upper-layer-unknown', `The model has no layer ${quoteName(id)}.`, id);
    const isStored = (name: string): boolean => graph.initializers.has(name) || index.producers.get(name)?.op === 'Constant';
    const dtype = layer.weight === null ? 'unknown' : (shapes.values.get(layer.weight)?.dtype ?? 'unknown');
    if (layer.weight === null || !isStored(layer.weight) || !isFloat(dtype) || dtype === 'bfloat16') {
      const why = layer.weight === null || !isStored(layer.weight) ? 'are not stored in the main graph' : `have element type ${dtype}`;
      const message = `The weights of layer ${quoteName(id)} ${why}; gradient steps need float32, float64 or float16 weights in the file. Export the model with them, or leave the layer out of the tier.`;
      return failed('upper-weights-not-stored', message, id);
    }
    names.push(layer.weight);
    if (layer.bias !== null) names.push(layer.bias);
  }
  return { value: names, diagnostics: [] };
}

/** Scale and bias of normalisations that see results of the tier's layers and of no other layer. */
function normalisationParameters({ graph, layers, tier }: Search, trained: readonly string[]): readonly string[] {
  const layerNodes = new Map(layers.map((layer) => [layer.nodeIndex, layer.id]));
  const upper = new Set<string>();
  const parameters: string[] = [];
  const weights = new Set(trained);
  for (const position of graph.order) {
    const node = graph.nodes[position];
    if (node === undefined) continue;
    const layer = layerNodes.get(node.index);
    const data = node.inputs.filter((name) => name !== '' && !graph.initializers.has(name) && !weights.has(name));
    const isUpper = layer === undefined ? data.length > 0 && data.every((name) => upper.has(name)) : tier.has(layer);
    if (!isUpper) continue;
    for (const name of node.outputs) upper.add(name);
    if (node.domain === '' && (node.op === 'BatchNormalization' || node.op === 'LayerNormalization'))
      parameters.push(...[node.inputs[1] ?? '', node.inputs[2] ?? ''].filter((name) => graph.initializers.has(name)));
  }
  return parameters;
}

interface Reached {
  readonly nodes: readonly GraphNode[];
  readonly parameters: readonly string[];
  readonly entering: readonly string[];
}

/** Nodes on the way from parameters to the output, with constant sub-expressions they read; and the values that enter from below. */
function partBetween({ graph, index, shapes }: Search, parameters: ReadonlySet<string>, output: string): Reached {
  const depends = new Set(parameters);
  for (const position of graph.order) {
    const node = graph.nodes[position];
    if (node !== undefined && [...node.inputs, ...node.captured].some((name) => depends.has(name)))
      for (const name of node.outputs) depends.add(name);
  }
  const taken = new Set<GraphNode>();
  const entering = new Set<string>();
  const seen = new Set<string>([output]);
  const queue = [output];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const producer = index.producers.get(name);
    if (parameters.has(name) || graph.initializers.has(name)) continue;
    const facts = shapes.values.get(name);
    // Shape arithmetic is followed by inference for every batch size; it needs no nodes.
    if (!depends.has(name) && facts?.values != null) continue;
    if (producer === undefined || (!depends.has(name) && facts?.constant !== true)) {
      entering.add(name);
      continue;
    }
    if (producer.op === 'Constant' && producer.domain === '') continue;
    taken.add(producer);
    for (const input of [...producer.inputs, ...producer.captured]) {
      if (input === '' || seen.has(input)) continue;
      seen.add(input);
      queue.push(input);
    }
  }
  const nodes = graph.order.flatMap((position) => {
    const node = graph.nodes[position];
    return node !== undefined && taken.has(node) ? [node] : [];
  });
  const used = new Set(nodes.flatMap((node) => node.inputs).filter((name) => parameters.has(name)));
  return { nodes, parameters: [...used], entering: [...entering] };
}

/** Fills in shapes; refuses dimensions other than the batch that are not known. */
function checkedShapes({ graph, shapes }: Search, part: Pick<UpperPart, 'input' | 'output' | 'nodes' | 'parameters'>): Checked<UpperPart> {
  // Symbolic dimensions take one size in this inference and another in the next: what stays equal is really known.
  const other = inferShapes(graph, { fallback: 2 });
  const rowShape = (name: string): readonly number[] | undefined => {
    const here = shapes.values.get(name)?.shape?.slice(1);
    const there = other.values.get(name)?.shape?.slice(1);
    const isKnown =
      here !== undefined &&
      there !== undefined &&
      here.length === there.length &&
      here.every((dim, i) => typeof dim === 'number' && dim > 0 && dim === there[i]);
    return isKnown ? here.filter((dim) => typeof dim === 'number') : undefined;
  };
  const inputShape = rowShape(part.input);
  if (inputShape === undefined || shapes.values.get(part.input)?.dtype !== 'float32') {
    const facts = shapes.values.get(part.input);
    const message =
      `The value ${quoteName(part.input)} that enters the upper tier is ${facts?.dtype ?? 'unknown'} with shape [${facts?.shape?.join(', ') ?? 'unknown'}]; ` +
      'gradient learning needs float32 rows whose sizes beyond the batch are fixed. Export the model with fixed sizes.';
    return failed('upper-shape-unknown', message, part.input);
  }
  const [outputs, ...rest] = rowShape(part.output) ?? [];
  if (outputs === undefined || rest.length > 0) {
    const shape = shapes.values.get(part.output)?.shape;
    const message = `The output ${quoteName(part.output)} has shape [${shape?.join(', ') ?? 'unknown'}]; gradient learning needs [batch, scores].`;
    return failed('output-not-scores', message, part.output);
  }
  return { value: { ...part, inputShape, outputs }, diagnostics: [] };
}

function failed<T>(code: string, message: string, name: string | undefined): Checked<T> {
  const diagnostic: Diagnostic = { severity: 'error', code, message, where: name === undefined ? {} : { node: name } };
  return { value: undefined, diagnostics: [diagnostic] };
}
