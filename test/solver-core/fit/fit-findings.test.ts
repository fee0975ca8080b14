import { describe, expect, test } from 'vitest';
import { cpuBackend, plainNumerics } from '../../../solver-core/backends/cpu/index.ts';
import { fitFindings } from '../../../solver-core/fit/fit-findings.ts';
import { fitTiers } from '../../../solver-core/fit/fit-tiers.ts';
import type { LayerFit } from '../../../solver-core/fit/fit-tiers.ts';
import { createRandom, normals } from '../../../solver-core/fit/prng.ts';
import type { LabelledRows } from '../../../solver-core/fit/rows.ts';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';
import { floats, modelBytes, node, value } from '../onnx/build-model.ts';
import { lower, openModel, planOf } from './digits.ts';
import { quiet } from './problems.ts';

/** Gemm whose first `dead` units stay below zero for every row, the others in equal pairs and more, ReLU, Gemm. */
function withDeadUnits(units: number, dead: number) {
  const random = normals(createRandom(2, 'w'), 400);
  return openModel(
    modelBytes({
      input: [value('x', ['n', 5])],
      output: [value('y')],
      initializer: [
        floats('w1', [5, units], (i) => 0.1 * random[(i % units) % 4]!),
        floats('b1', [units], (i) => (i < dead ? -100 : 5)),
        floats('w2', [units, 2]),
        floats('b2', [2]),
      ],
      node: [node('Gemm', ['x', 'w1', 'b1'], ['a']), node('Relu', ['a'], ['r']), node('Gemm', ['r', 'w2', 'b2'], ['y'], {}, 'head')],
    }),
  );
}

async function fitHead(units: number, dead: number, lambda: number): Promise<{ fits: readonly LayerFit[]; w: Float32Array }> {
  const model = withDeadUnits(units, dead);
  const rows = 30;
  const data: LabelledRows = {
    rows,
    inputShape: [5],
    x: Float32Array.from(normals(createRandom(9, 'x'), rows * 5)),
    labels: { kind: 'class', values: Int32Array.from({ length: rows }, (_, i) => i % 2), classes: 2 },
  };
  const plan = planOf([lower(['head'], { lambda })]);
  const base = { editor: model.editor, input: model.input, layers: model.layers, plan, data };
  const result = await fitTiers({ ...base, backend: cpuBackend(), numerics: plainNumerics(), runtime: ortRuntime(), context: quiet });
  return { fits: result.layers, w: result.weights.get('w2')!.data };
}

describe('dead ReLU units through a whole fit', () => {
  // 12 units with 4 dead and 4 copies: the Gram is singular twice over, and λ = 0 is asked for.
  test('leave their weights 0, raise λ as far as needed and say so', async () => {
    const { fits, w } = await fitHead(12, 4, 0);
    expect(fits[0]!.solution!.deadInputs).toEqual([0, 1, 2, 3]);
    expect(fits[0]!.solution!.quality).toMatchObject({ liveInputs: 8 });
    expect(fits[0]!.solution!.lambda).toBeGreaterThan(0);
    expect([...w.subarray(0, 8)]).toEqual(new Array(8).fill(0));
    expect(w.every(Number.isFinite)).toBe(true);
    expect(w.subarray(8).some((v) => v !== 0)).toBe(true);
  });

  test('a layer that reads nothing but dead units gets weights of 0 and a warning', async () => {
    const { fits, w } = await fitHead(6, 6, 1);
    expect([...w]).toEqual(new Array(12).fill(0));
    const [finding] = fitFindings(fits);
    expect(finding).toMatchObject({ severity: 'warning', code: 'no-live-inputs', where: { node: 'head' } });
  });

  test('a rank below the live inputs is a warning with both numbers', () => {
    const solution = { lambda: 0.012345, quality: { liveInputs: 8, rank: 5, degreesOfFreedom: null, lambdaFrom: 'given' } };
    const fit = { id: 'head', tierName: 'features', solution } as unknown as LayerFit;
    expect(fitFindings([fit]).map((d) => d.message)).toEqual([
      expect.stringMatching(/The 8 inputs of layer "head".*5 dimensions.*lambda 0\.0123/),
    ]);
    expect(fitFindings([{ ...fit, solution: { ...fit.solution!, quality: { ...fit.solution!.quality!, rank: 8 } } }])).toEqual([]);
    expect(fitFindings([{ ...fit, solution: null }])).toEqual([]);
  });
});
