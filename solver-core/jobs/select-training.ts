import { trainSelection } from '../compress/training/train-selection.ts';
import type { TrainedLayer } from '../compress/training/trained-layer.ts';
import { tensorLayout } from '../compress/training/tensor-layout.ts';
import type { SelectControl, SelectOptions, SelectOutcome } from '../compress/select/types.ts';
import { computedTensors } from '../fit/activations.ts';
import type { SolveContext } from '../fit/index.ts';
import { createGradientLearner } from '../learn/gradient/index.ts';
import type { LearnRows } from '../learn/learner.ts';
import { TierwiseError, assert } from '../model/error.ts';
import type { Layer } from '../model/layer.ts';
import type { UpperTier } from '../model/plan.ts';
import type { OnnxModel } from '../onnx/index.ts';
import { readTensor } from '../onnx/index.ts';
import { editorOf } from './fit-context.ts';
import { scoresName, selectModel } from './select-model.ts';
import type { SelectModel, SelectModelRequest } from './select-model.ts';

/** Adam's rate: a trained model is moved gently. */
const rate = 1e-4;
/** Passes over the calibration rows between two removals of values. */
const passesPerRound = 2;

/**
 * Selection by training (compress/training) of a model in a file. Every layer that can be chosen must be differentiable with all that
 * stands above it. Throws TierwiseError `selection-not-trainable` with what stands against it; rejects with AbortError.
 */
export async function trainSelectModel(
  request: SelectModelRequest,
  options: SelectOptions,
  control: SelectControl,
): Promise<{ readonly model: SelectModel; readonly outcome: SelectOutcome }> {
  const model = await selectModel(request, control);
  const { layers } = model.problem;
  const labels = request.calibration.labels;
  const created = await createGradientLearner({
    model: request.model,
    layers: request.layers,
    tier: tierOf(
      layers.map(({ id }) => id),
      options.seed,
    ),
    task: labels.kind === 'class' ? 'class' : 'regression',
    runtime: request.runtime,
    output: scoresName(request),
  });
  const learner = created.value;
  if (learner === undefined) {
    throw new TierwiseError(
      'selection-not-trainable',
      created.diagnostics[0]?.message ?? 'the model cannot be trained',
      'Use --method closed-form, which needs no gradients.',
    );
  }
  try {
    const rows = await enteringRows(request, learner.input.value, control);
    const tensors = new Map(layers.map(({ id }) => [id, whereIs(request.model, layerOf(request.layers, id))]));
    return { model, outcome: await trainSelection({ problem: model.problem, learner, rows, tensors, options }, control) };
  } finally {
    await learner.dispose();
  }
}

function layerOf(layers: readonly Layer[], id: string): Layer {
  const layer = layers.find((l) => l.id === id);
  assert(layer !== undefined, `no layer ${id}`);
  return layer;
}

function whereIs(model: OnnxModel, { linear, weight, bias }: Layer): Pick<TrainedLayer, 'layout' | 'bias'> {
  assert(linear !== null && weight !== null, 'only linear layers are chosen');
  const stored = bias === null ? undefined : readTensor(model, bias).value;
  return {
    layout: tensorLayout(weight, linear),
    bias: bias === null || stored === undefined ? null : { name: bias, beta: linear.beta, before: Float32Array.from(stored.data) },
  };
}

/** The calibration rows as the value that enters the trained part: the model's input, or what frozen nodes make of it. */
async function enteringRows(request: SelectModelRequest, value: string, context: SolveContext): Promise<LearnRows> {
  const { calibration: data, input, model, runtime } = request;
  assert('x' in data, 'the rows of a selection are held in memory');
  if (value === input.name) return { rows: data.rows, x: data.x, labels: data.labels };
  const runner = await runtime.open(editorOf(model).encode(new Map(), [value]));
  try {
    const { tensors, needsRunner } = await computedTensors({ data, input, value, context }, runner, 2 ** 31);
    assert(!needsRunner, 'the values that enter the trained part are too many for memory');
    const width = tensors.shape.reduce((a, b) => a * b, 1);
    const x = new Float32Array(data.rows * width);
    for await (const { first, count, tensor } of tensors.batches()) x.set(tensor.data.subarray(0, count * width), first * width);
    return { rows: data.rows, x, labels: data.labels };
  } finally {
    await runner.dispose();
  }
}

function tierOf(layers: readonly string[], seed: number): UpperTier {
  const range = { line: 1, column: 1, endLine: 1, endColumn: 1 };
  return {
    kind: 'upper',
    name: 'selection',
    layers,
    budgets: [],
    range,
    learner: 'adam',
    lambda: undefined,
    forgetting: 1,
    expand: undefined,
    compensation: undefined,
    seed,
    rate,
    epochs: passesPerRound,
    ewc: 0,
    gainPerJoule: undefined,
  };
}
