import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cpuBackend, plainNumerics } from '../../../solver-core/backends/cpu/index.ts';
import { fitTiers } from '../../../solver-core/fit/fit-tiers.ts';
import { createRandom, normals } from '../../../solver-core/fit/prng.ts';
import type { LabelledRows } from '../../../solver-core/fit/rows.ts';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';
import { hasShared, shared } from '../../shared.ts';
import { tolerances } from '../../tolerances.ts';
import { floats, int64s, modelBytes, node, value } from '../onnx/build-model.ts';
import { lower, openModel, planOf } from './digits.ts';
import type { OpenedModel } from './digits.ts';
import { oracleRidge } from './oracle.ts';
import { quiet, relativeError } from './problems.ts';

const [samples, classes, lambda] = [40, 3, 0.5];

function sequences(steps: number, inputs: number, classCount: number): LabelledRows {
  return {
    rows: samples,
    inputShape: [steps, inputs],
    x: Float32Array.from(normals(createRandom(7, 'sequences'), samples * steps * inputs)),
    labels: { kind: 'class', values: Int32Array.from({ length: samples }, (_, i) => i % classCount), classes: classCount },
  };
}

/** A GRU of `hidden` units on [n, steps, 4], read at its last state or at every step. */
function recurrent(steps: number, hidden: number, readAt: 'last state' | 'every step'): OpenedModel {
  const random = normals(createRandom(3, 'gru'), 3 * hidden * (4 + hidden) + hidden * classes);
  const tail =
    readAt === 'last state'
      ? [node('Squeeze', ['last', 'axis0'], ['h']), node('Gemm', ['h', 'w', 'b'], ['y'], {}, 'readout')]
      : [
          node('Squeeze', ['all', 'axis1'], ['h0']),
          node('Transpose', ['h0'], ['h'], { perm: [1, 0, 2] }),
          node('MatMul', ['h', 'w'], ['m'], {}, 'readout'),
          node('Add', ['m', 'b'], ['y']),
        ];
  return openModel(
    modelBytes({
      input: [value('x', ['n', steps, 4])],
      output: [value('y')],
      initializer: [
        floats('gates', [1, 3 * hidden, 4], (i) => 0.5 * random[i]!),
        floats('loop', [1, 3 * hidden, hidden], (i) => 0.5 * random[i + 12 * hidden]!),
        floats('w', [hidden, classes]),
        floats('b', [classes]),
        int64s('axis0', [0]),
        int64s('axis1', [1]),
      ],
      node: [
        node('Transpose', ['x'], ['t'], { perm: [1, 0, 2] }),
        node('GRU', ['t', 'gates', 'loop'], ['all', 'last'], { hidden_size: hidden }, 'gru'),
        ...tail,
      ],
    }),
  );
}

async function checkReadout(model: OpenedModel, data: LabelledRows, id: string, positions: number): Promise<void> {
  const layer = model.layers.find((l) => l.id === id)!;
  const { inputs: d, outputs: k } = layer.linear!;
  const result = await fitTiers({
    editor: model.editor,
    input: model.input,
    layers: model.layers,
    plan: planOf([lower([id], { lambda })]),
    data,
    backend: cpuBackend(),
    numerics: plainNumerics(),
    runtime: ortRuntime(),
    context: quiet,
  });
  const n = samples * positions;
  expect(result.layers).toMatchObject([{ id, rows: n, columns: d + 1, outputs: k, targets: 'one-hot' }]);
  const runner = await ortRuntime().open(model.editor.encode(new Map(), [layer.input]));
  const states = (
    await runner.run(new Map([[model.input.name, { dims: [samples, ...data.inputShape], data: data.x }]]), [layer.input])
  ).get(layer.input)!;
  await runner.dispose();
  const labels = data.labels.values;
  const y = Float64Array.from({ length: n * k }, (_, i) => (labels[Math.floor(i / k / positions)] === i % k ? 1 : 0));
  const oracle = oracleRidge({ n, d, k, x: Float64Array.from(states.data), y }, lambda, true);
  const stored = result.weights.get(layer.weight!)!.data;
  const w = layer.linear!.transposed ? Float64Array.from(stored, (_, i) => stored[(i % k) * d + Math.floor(i / k)]!) : stored;
  expect(relativeError(w, oracle.w)).toBeLessThan(tolerances.outputsFp32.absolute);
  expect(relativeError(result.weights.get(layer.bias!)!.data, oracle.b)).toBeLessThan(tolerances.outputsFp32.absolute);
}

describe('the readout of a recurrent network', () => {
  test('is solved on the last state', async () => {
    await checkReadout(recurrent(6, 5, 'last state'), sequences(6, 4, classes), 'readout', 1);
  });

  test('is solved on the states of every step', async () => {
    await checkReadout(recurrent(6, 5, 'every step'), sequences(6, 4, classes), 'readout', 6);
  });

  test.skipIf(!hasShared)('of a trained GRU for spoken digits is solved', async () => {
    const model = openModel(readFileSync(shared('material/models/own/gru_fsdd.onnx')));
    expect(model.layers.map((l) => [l.id, l.linear === null])).toEqual([
      ['/gru/GRU', true],
      ['/fc/Gemm', false],
    ]);
    await checkReadout(model, sequences(40, 20, 10), '/fc/Gemm', 1);
  });
});
