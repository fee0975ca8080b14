import type { StoredModel } from '../compress/select/types.ts';
import { computedTensors, inputTensors } from '../fit/activations.ts';
import type { TensorSource } from '../fit/activations.ts';
import type { FitRows, ModelInput, ModelRuntime, SolveContext } from '../fit/index.ts';
import { createRandom } from '../fit/prng.ts';
import { TierwiseError, assert } from '../model/error.ts';
import type { Layer } from '../model/layer.ts';
import { steeringSamples, valueBytes } from './select-size.ts';

/** What values of a model are read from. */
export interface ModelValuesRequest {
  readonly input: ModelInput;
  readonly calibration: FitRows;
  readonly runtime: ModelRuntime;
  readonly seed: number;
  /** The model with stored layers, with these outputs alone. */
  encode(stored: StoredModel, outputs: readonly string[]): Uint8Array;
}

/** Values around a layer on its share of the calibration rows. */
export interface ModelValues {
  /** As the original model gives them; kept as far as memory allows. */
  original(value: string, layer: Layer, context: SolveContext): Promise<TensorSource>;
  /** As the model with stored layers gives them; kept until another layer or other stored layers are asked for. */
  now(value: string, layer: Layer, stored: StoredModel, context: SolveContext): Promise<TensorSource>;
}

/** What the original model's outputs may take in memory, all layers together. */
const originalsBytes = 2 ** 29;

export function modelValues(request: ModelValuesRequest): ModelValues {
  const originals = new Map<string, TensorSource>();
  let budget = originalsBytes;
  const compute = async (stored: StoredModel, value: string, layer: Layer, context: SolveContext): Promise<TensorSource> => {
    const data = sampled(request.calibration, layer, request.seed);
    if (value === request.input.name) return inputTensors(data, request.input);
    const runner = await request.runtime.open(request.encode(stored, [value]));
    try {
      const { tensors, needsRunner } = await computedTensors({ data, input: request.input, value, context }, runner, valueBytes);
      if (!needsRunner) return tensors;
    } finally {
      await runner.dispose();
    }
    throw new TierwiseError(
      'layer-values-too-large',
      `the values that layer ${layer.id} reads or gives take more than ${valueBytes / 2 ** 20} MiB on ${data.rows} rows`,
      'Use fewer rows with --rows N, or smaller inputs.',
    );
  };
  // A layer is often looked at several times in a row, on other input levels: what it reads is then computed once.
  let held: {
    readonly stored: StoredModel;
    readonly size: number;
    readonly id: string;
    readonly values: Map<string, TensorSource>;
  } | null = null;
  return {
    async original(value, layer, context) {
      const key = `${layer.id}\0${value}`;
      const known = originals.get(key);
      if (known !== undefined) return known;
      const made = await compute(new Map(), value, layer, context);
      const bytes = 4 * made.samples * made.shape.reduce((a, b) => a * b, 1);
      if (bytes <= budget) {
        budget -= bytes;
        originals.set(key, made);
      }
      return made;
    },
    async now(value, layer, stored, context) {
      if (held?.stored !== stored || held.size !== stored.size || held.id !== layer.id)
        held = { stored, size: stored.size, id: layer.id, values: new Map() };
      const { values } = held;
      const found = values.get(value) ?? (await compute(stored, value, layer, context));
      values.set(value, found);
      return found;
    },
  };
}

/** A seeded draw of the calibration rows, in random order: data files are often sorted by class, which would make neighbours alike. */
function sampled(data: FitRows, layer: Layer, seed: number): FitRows {
  const count = steeringSamples(layer, data.rows);
  assert('x' in data, 'the rows of a selection are held in memory');
  const random = createRandom(seed, 'select-rows');
  const order = Uint32Array.from({ length: data.rows }, (_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const width = data.x.length / data.rows;
  const x = new Float32Array(count * width);
  for (let r = 0; r < count; r++) x.set(data.x.subarray(order[r]! * width, (order[r]! + 1) * width), r * width);
  return { rows: count, inputShape: data.inputShape, x, labels: { kind: 'class', values: new Int32Array(count), classes: 1 } };
}
