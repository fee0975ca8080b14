import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDataset } from '../../../solver-core/data/dataset.ts';
import type { LabelledRows, ModelInput } from '../../../solver-core/fit/rows.ts';
import type { ModelEditor } from '../../../solver-core/fit/model-editor.ts';
import { findLayers, inferShapes } from '../../../solver-core/model/index.ts';
import type { Layer } from '../../../solver-core/model/index.ts';
import type { LowerTier, Plan, UpperTier } from '../../../solver-core/model/plan.ts';
import { editorOf } from '../../../solver-core/jobs/fit-context.ts';
import { readModel } from '../../../solver-core/onnx/index.ts';
import { projectRoot } from '../../shared.ts';

/** A model opened for fitting, by the real ONNX part. */
export interface OpenedModel {
  readonly bytes: Uint8Array;
  readonly editor: ModelEditor;
  readonly input: ModelInput;
  readonly output: string;
  readonly layers: readonly Layer[];
}

export function openModel(bytes: Uint8Array): OpenedModel {
  const model = readModel(bytes).value;
  const input = model?.graph.inputs[0];
  const output = model?.graph.outputs[0];
  if (model === undefined || input === undefined || output === undefined) throw new Error('the test model does not open');
  return {
    bytes,
    editor: editorOf(model),
    input: { name: input.name, shape: input.shape },
    output: output.name,
    layers: findLayers(model.graph, inferShapes(model.graph)),
  };
}

export function digitsModel(): OpenedModel {
  return openModel(readFileSync(join(projectRoot, 'examples/digits/digits.onnx')));
}

export async function digitsRows(): Promise<LabelledRows> {
  const opened = await openDataset(join(projectRoot, 'examples/digits/digits.npz'));
  const data = opened.value;
  if (data === undefined || data.labels.kind === 'none') throw new Error('the digits do not open');
  const x = new Float32Array(data.rows * data.rowElements);
  await data.readRows({ start: 0, count: data.rows }, x);
  const { rows, inputShape, labels } = data;
  await data.close();
  return { rows, inputShape, x, labels };
}

/** The rows with these numbers. */
export function takeRows(data: LabelledRows, rows: Uint32Array): LabelledRows {
  const width = data.x.length / data.rows;
  const x = new Float32Array(rows.length * width);
  rows.forEach((row, at) => x.set(data.x.subarray(row * width, (row + 1) * width), at * width));
  const { labels } = data;
  if (labels.kind === 'class')
    return { ...data, rows: rows.length, x, labels: { ...labels, values: Int32Array.from(rows, (row) => labels.values[row]!) } };
  const values = new Float32Array(rows.length * labels.outputs);
  rows.forEach((row, at) => values.set(labels.values.subarray(row * labels.outputs, (row + 1) * labels.outputs), at * labels.outputs));
  return { ...data, rows: rows.length, x, labels: { ...labels, values } };
}

const range = { line: 1, column: 1, endLine: 1, endColumn: 2 };

export function lower(layers: readonly string[], changes: Partial<LowerTier> = {}): LowerTier {
  return {
    kind: 'lower',
    name: 'features',
    layers,
    budgets: [],
    range,
    lambda: undefined,
    targets: 'forward-projection',
    seed: 7,
    ...changes,
  };
}

export function upper(layers: readonly string[], changes: Partial<UpperTier> = {}): UpperTier {
  return {
    kind: 'upper',
    name: 'head',
    layers,
    budgets: [],
    range,
    learner: 'rls',
    lambda: undefined,
    forgetting: 1,
    expand: undefined,
    compensation: undefined,
    seed: 1,
    rate: 1e-3,
    epochs: 1,
    ewc: 0,
    gainPerJoule: undefined,
    ...changes,
  };
}

export function planOf(lowerTiers: readonly LowerTier[], upperTiers: readonly UpperTier[] = []): Plan {
  return {
    modelPath: 'm.onnx',
    data: { path: 'd.npz', inputs: 'x', labels: 'y', split: 0.8, seed: 1 },
    target: 'ecp5-85f',
    backend: { kind: 'cpu' },
    lower: lowerTiers,
    upper: upperTiers,
    budgets: [],
  };
}
