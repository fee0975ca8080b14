import { describe, expect, test } from 'vitest';
import { defaultEngineParameters } from '../../../solver-core/backends/engine/parameters.ts';
import { engineFindings, wordBitsLeft } from '../../../solver-core/jobs/engine-preflight.ts';
import { fitWork, predictedCost, samplesOf } from '../../../solver-core/jobs/fit-work.ts';
import { floats, modelBytes, node, value } from '../onnx/build-model.ts';
import { tolerances } from '../../tolerances.ts';
import { lower, openModel, planOf } from '../fit/digits.ts';

/** Two grouped convolution channels and a dense layer of `inputs` inputs behind them. */
function network(inputs: number) {
  return openModel(
    modelBytes({
      input: [value('x', ['n', 2, 8, 8])],
      output: [value('y')],
      initializer: [floats('k', [4, 1, 3, 3]), floats('w', [inputs, 3])],
      node: [
        node('Conv', ['x', 'k'], ['c'], { group: 2 }, 'conv'),
        node('Flatten', ['c'], ['f']),
        node('Gemm', ['f', 'w'], ['y'], {}, 'head'),
      ],
    }),
  );
}

describe('before an engine starts', () => {
  const plan = planOf([lower(['conv', 'head'])]);

  test('a layer beyond its memories is an error that says what to do', () => {
    const { layers } = network(1025);
    const [finding, ...others] = engineFindings(layers, plan, 10);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ severity: 'error', code: 'engine-too-small', where: { node: 'head' } });
    expect(finding!.message).toMatch(/"head" has 1025 inputs.*at most 1024.*backend cpu/);
    expect(engineFindings(network(1024).layers, plan, 10)).toEqual([]);
  });

  test('positions count as rows, groups as problems', () => {
    const { layers } = network(144);
    expect(fitWork(layers, plan, 10)).toEqual([
      { features: 9, outputs: 2, rows: 360 },
      { features: 9, outputs: 2, rows: 360 },
      { features: 144, outputs: 3, rows: 10 },
    ]);
    expect(samplesOf(layers[0]!, 360)).toBe(10);
    const [one, two] = [predictedCost(layers[0]!, 10)!, predictedCost(layers[0]!, 20)!];
    expect(Math.abs(two.gramCycles! / one.gramCycles! / 2 - 1)).toBeLessThan(tolerances.fitByFormula.relative);
    // A group alone costs half of both.
    const alone = predictedCost({ ...layers[0]!, linear: { ...layers[0]!.linear!, outputs: 2, groups: 1 } }, 10)!;
    expect(one.cycles).toBe(2 * alone.cycles);
    expect(one.hostWords).toBe(2 * alone.hostWords);
  });

  test('rows beyond what the sums can tell apart are a warning', () => {
    const { accumulatorBits, wordBits } = defaultEngineParameters;
    // (2^(AW-1))^½ / √n with n = 4: one bit less than with n = 1, sign included.
    expect(wordBitsLeft(2 ** 20, accumulatorBits, wordBits) - wordBitsLeft(2 ** 22, accumulatorBits, wordBits)).toBe(1);
    expect(wordBitsLeft(1, accumulatorBits, wordBits)).toBe(wordBits);
    const { layers } = network(144);
    expect(engineFindings(layers, plan, 2 ** 34).map((d) => [d.code, d.where.node])).toEqual([['engine-words-coarse', 'conv']]);
  });
});
