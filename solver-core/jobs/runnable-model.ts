import type { ModelInput } from '../fit/index.ts';
import { TierwiseError } from '../model/error.ts';
import type { Layer } from '../model/layer.ts';
import { externalTensors } from '../onnx/index.ts';
import type { OnnxModel } from '../onnx/index.ts';
import type { OpenedModel } from './open-model.ts';

/** A model that can be run on labelled rows: one input, at least one output, all tensors inside the file. */
export interface RunnableModel {
  readonly model: OnnxModel;
  readonly layers: readonly Layer[];
  readonly input: ModelInput;
  readonly output: string;
}

/** The model as the jobs that run it need it. Throws TierwiseError saying what is missing. */
export function runnableModel(opened: OpenedModel): RunnableModel {
  const { content } = opened;
  const first = opened.diagnostics.find((d) => d.severity === 'error');
  if (content === undefined || first !== undefined) {
    throw new TierwiseError(
      first?.code ?? 'model-unreadable',
      `${opened.path}: ${first?.message ?? 'the model cannot be read'}`,
      '`tierwise inspect` lists every finding.',
    );
  }
  const { graph } = content.model;
  const [input, ...others] = graph.inputs;
  const output = graph.outputs[0];
  if (input === undefined || others.length > 0) {
    throw new TierwiseError(
      'one-input-needed',
      `${opened.path} has ${graph.inputs.length} inputs; rows of a data file go into exactly one`,
      'Export the model with one input.',
    );
  }
  if (output === undefined)
    throw new TierwiseError('no-output', `${opened.path} has no output`, 'Export the model with its result as an output.');
  const external = externalTensors(content.model).value ?? [];
  if (external.length > 0) {
    throw new TierwiseError(
      'external-data-not-run',
      `${opened.path} keeps ${external.length} tensors in other files; this version runs only models in one file`,
      'Save the model with its tensors inside.',
    );
  }
  return { model: content.model, layers: content.layers, input: { name: input.name, shape: input.shape }, output: output.name };
}
