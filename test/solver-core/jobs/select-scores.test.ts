import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { macCell } from '../../../solver-core/energy/switching/gate-simulation.ts';
import { splitRows } from '../../../solver-core/fit/index.ts';
import type { LabelledRows } from '../../../solver-core/fit/index.ts';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { openModel } from '../../../solver-core/jobs/open-model.ts';
import { openRows } from '../../../solver-core/jobs/open-rows.ts';
import { runnableModel } from '../../../solver-core/jobs/runnable-model.ts';
import { assessed } from '../../../solver-core/jobs/select-assess.ts';
import type { SelectModelRequest } from '../../../solver-core/jobs/select-model.ts';
import { searchPrice } from '../../../solver-core/jobs/select-savings.ts';
import { scoresOf } from '../../../solver-core/jobs/select-scores.ts';
import { searchSelectModel } from '../../../solver-core/jobs/select-search.ts';
import { findLayers, inferShapes } from '../../../solver-core/model/index.ts';
import { buildModel, readModel } from '../../../solver-core/onnx/index.ts';
import type { BuiltGraph, OnnxModel } from '../../../solver-core/onnx/index.ts';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';
import { projectRoot } from '../../shared.ts';
import { tolerances } from '../../tolerances.ts';
import { quiet } from '../fit/problems.ts';

/** The trained digits network, its scores going through `tail` before they come out. */
function withTail(base: OnnxModel, tail: readonly string[]): OnnxModel {
  const { graph } = base;
  const scores = graph.outputs[0]!.name;
  const nodes: BuiltGraph['nodes'][number][] = graph.nodes.map((node) => ({
    op: node.op,
    name: node.name,
    inputs: [...node.inputs],
    outputs: [...node.outputs],
    attributes: Object.fromEntries([...node.attributes].flatMap(([key, a]) => (a.kind === 'int' ? [[key, a.value]] : []))),
  }));
  let last = scores;
  for (const op of tail) {
    nodes.push({ op, inputs: [last], outputs: [`${last}_${op}`], attributes: op.endsWith('oftmax') ? { axis: 1 } : {} });
    last = `${last}_${op}`;
  }
  const bytes = buildModel({
    name: 'tail',
    inputs: [{ name: graph.inputs[0]!.name, type: 'float32', dims: ['n', 64] }],
    outputs: [{ name: last, type: 'float32', dims: ['n', 10] }],
    nodes,
    tensors: [...graph.initializers].map(([name, tensor]) => ({ name, dims: [...tensor.dims], data: Float32Array.from(tensor.values!) })),
  });
  return readModel(bytes).value!;
}

describe('a classifier that ends in a Softmax', () => {
  let base: Omit<SelectModelRequest, 'model' | 'layers' | 'output'>;
  let given: OnnxModel;
  beforeAll(async () => {
    const opened = await openModel(createEnvironment('test', 'dist/cli.cjs'), join(projectRoot, 'test/fixtures/onnx/mlp_digits.onnx'));
    const data = await openRows(join(projectRoot, 'examples/digits/digits.npz'), {});
    const { fit, heldOut } = splitRows(data.rows.rows, 2 / 3, 1);
    const runnable = runnableModel(opened);
    given = runnable.model;
    base = {
      input: runnable.input,
      calibration: data.take(fit),
      validation: data.take(heldOut),
      cell: macCell('array'),
      price: searchPrice('array'),
      runtime: ortRuntime(),
      seed: 1,
    };
  }, 60_000);

  test('gives the same integers as its scores do', async () => {
    const chosen = async (tail: readonly string[]): Promise<readonly number[][]> => {
      const model = withTail(given, tail);
      const request = { ...base, model, layers: findLayers(model.graph, inferShapes(model.graph)), output: model.graph.outputs[0]!.name };
      const options = { bits: 8, values: { kind: 'all' }, maxDrop: 0.01, seed: 1, maxPoints: 1, inputLevels: [256] } as const;
      const { outcome } = await searchSelectModel(request, options, quiet);
      expect(outcome.chosen.saving).toBeGreaterThan(0.1);
      return outcome.chosen.layers.map(({ stored }) => [...stored.integers]);
    };
    expect(await chosen(['Softmax'])).toEqual(await chosen([]));
  }, 60_000);

  test('its scores are what the last Softmax over the classes reads', () => {
    const named = (tail: readonly string[]): string => {
      const { graph } = withTail(given, tail);
      return scoresOf(graph, graph.outputs[0]!.name);
    };
    const scores = given.graph.outputs[0]!.name;
    expect(named(['Softmax'])).toBe(scores);
    expect(named(['LogSoftmax', 'Identity'])).toBe(scores);
    expect(named(['Relu'])).toBe(`${scores}_Relu`);
    expect(named([])).toBe(scores);
  });
});

test('probabilities are judged as they are, not by their softmax', () => {
  const labels = { kind: 'class', classes: 3, values: Int32Array.of(0, 2) } as const;
  const data: LabelledRows = { rows: 2, inputShape: [1], x: new Float32Array(2), labels };
  const scores = [Float32Array.of(4, 0, -3, 1, -2, 2), Float32Array.of(3, 0.5, -3, 0, -2, 2)] as const;
  const softmax = (values: Float32Array): Float32Array => {
    const out = values.map((v) => Math.exp(v));
    for (const at of [0, 3]) {
      const total = out[at]! + out[at + 1]! + out[at + 2]!;
      for (let o = at; o < at + 3; o++) out[o] = out[o]! / total;
    }
    return out;
  };
  const [plain, chances] = [assessed(data, ...scores), assessed(data, softmax(scores[0]), softmax(scores[1]))];
  expect(chances.quality).toBe(plain.quality);
  expect(Math.abs(chances.divergence / plain.divergence - 1)).toBeLessThan(tolerances.sumsFp32.relative);
  expect(Math.abs(chances.confidence! - plain.confidence!)).toBeLessThan(tolerances.sumsFp32.relative);
});
