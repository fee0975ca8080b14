import type { FitRows, ModelRuntime, SolveContext } from '../fit/index.ts';
import { createRandom } from '../fit/prng.ts';
import { createEngine } from '../learn/gradient/engine.ts';
import { estimateFisher } from '../learn/gradient/fisher.ts';
import { findUpperPart } from '../learn/gradient/upper-part.ts';
import { checkAbort } from '../model/abort.ts';
import type { Layer } from '../model/layer.ts';
import { readTensor } from '../onnx/index.ts';
import type { OnnxModel } from '../onnx/index.ts';

/** What the sensitivities are estimated from. */
export interface FisherRequest {
  readonly model: OnnxModel;
  readonly layers: readonly Layer[];
  readonly output: string;
  readonly calibration: FitRows;
  readonly runtime: ModelRuntime;
  readonly seed: number;
}

/** Backward passes, one row each. */
const fisherRows = 256;
/** An output is never taken to matter less than this share of the mean. */
const leastShare = 0.05;

/**
 * [outputs] for each layer with a bias: how much the loss feels a change of each output, relative to the mean over the layer's outputs:
 * the diagonal Fisher information of the bias, labels drawn from the model. Layers without a bias, and models that cannot be
 * differentiated or do not start at the model's input, have none: then every output counts alike.
 */
export async function outputSensitivities(request: FisherRequest, context: SolveContext): Promise<ReadonlyMap<string, Float64Array>> {
  const { model, layers, output, calibration, runtime, seed } = request;
  const sensitivities = new Map<string, Float64Array>();
  const withBias = layers.filter((layer) => layer.bias !== null && layer.linear !== null);
  const { value: part } = findUpperPart(
    model.graph,
    layers,
    withBias.map(({ id }) => id),
    output,
  );
  if (part === undefined || !('x' in calibration) || calibration.labels.kind !== 'class') return sensitivities;
  const width = calibration.x.length / calibration.rows;
  if (part.inputShape.reduce((a, b) => a * b, 1) !== width || part.input !== model.graph.inputs[0]?.name) return sensitivities;
  const stored = new Map<string, { dims: readonly number[]; data: Float32Array }>();
  for (const name of new Set(part.nodes.flatMap((node) => node.inputs))) {
    const { value } = readTensor(model, name);
    if (value !== undefined) stored.set(name, { dims: value.dims, data: Float32Array.from(value.data) });
  }
  const parameters = part.parameters.map((name) => stored.get(name));
  if (parameters.some((parameter) => parameter === undefined)) return sensitivities;
  const known = parameters.flatMap((parameter) => (parameter === undefined ? [] : [parameter]));
  const frozen = new Map([...stored].filter(([name]) => !part.parameters.includes(name)));
  const shapes = known.map(({ dims }) => dims);
  const { value: engine } = createEngine({ graph: model.graph, part, frozen, parameterShapes: shapes, loss: 'cross-entropy', runtime });
  if (engine === undefined) return sensitivities;
  try {
    checkAbort(context.abort);
    context.onProgress?.(0, 'which outputs matter');
    const rows = { x: calibration.x, rows: calibration.rows, width, outputs: part.outputs, task: 'class' as const, maxRows: fisherRows };
    const values = known.map(({ data }) => data);
    const { values: fisher } = await estimateFisher({ engine, parameters: values, ...rows }, createRandom(seed, 'select-fisher'));
    for (const layer of withBias) {
      const found = fisher[part.parameters.indexOf(layer.bias ?? '')];
      if (found !== undefined && found.length === layer.linear?.outputs) sensitivities.set(layer.id, relative(found));
    }
    return sensitivities;
  } finally {
    await engine.dispose();
  }
}

function relative(values: Float32Array): Float64Array {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return Float64Array.from(values, (v) => (mean > 0 ? Math.sqrt(Math.max(leastShare, v / mean)) : 1));
}
