import { describe, expect, test } from 'vitest';
import { cpuNumerics } from '../../../solver-core/backends/cpu/index.ts';
import { createPasses, roundingOf } from '../../../solver-core/compress/select/search.ts';
import type { LayerSetting } from '../../../solver-core/compress/select/select-layer.ts';
import { selectWeights } from '../../../solver-core/compress/select/select-weights.ts';
import { lossPerError } from '../../../solver-core/compress/select/sensitivity.ts';
import type { SelectCandidate, SelectOptions, SelectOutcome } from '../../../solver-core/compress/select/types.ts';
import { AbortError } from '../../../solver-core/model/abort.ts';
import { quiet } from '../fit/problems.ts';
import { madeProblem } from './select-problem.ts';

const numerics = cpuNumerics();
const options: SelectOptions = { bits: 8, values: { kind: 'all' }, maxDrop: 0.02, seed: 1, inputLevels: [256] };
const select = (calibrationRows: number, how: Partial<SelectOptions> = {}): Promise<SelectOutcome> =>
  selectWeights(numerics, madeProblem(calibrationRows), { ...options, ...how }, quiet);

const integersOf = (candidate: SelectCandidate): number[][] => candidate.layers.map(({ stored }) => [...stored.integers]);

describe('a search', () => {
  test('saves energy within the allowed drop, and never ends outside it', async () => {
    const told: string[] = [];
    for (const maxDrop of [0, 0.01, 0.05]) {
      const { baseline, original, chosen, points } = await selectWeights(
        numerics,
        madeProblem(1500),
        { ...options, maxDrop },
        { ...quiet, onPoint: ({ id }) => told.push(id) },
      );
      expect(points).toContain(chosen);
      expect(told.splice(0)).toEqual(points.map(({ id }) => id));
      expect(new Set(points.map(({ id }) => id)).size).toBe(points.length);
      expect(baseline.saving).toBe(0);
      for (const point of points) {
        if (point.allowed) expect(point.assessment.quality).toBeGreaterThanOrEqual(original.quality - maxDrop - Number.EPSILON);
        if (point.allowed) expect(chosen.energy).toBeLessThanOrEqual(point.energy);
      }
      if (maxDrop === 0.05) expect(chosen.saving).toBeGreaterThan(0.35);
      if (chosen.allowed) expect(chosen.assessment.quality).toBeGreaterThanOrEqual(original.quality - maxDrop - Number.EPSILON);
    }
  });

  test('gives the same integers again', async () => {
    const [a, b] = await Promise.all([select(600), select(600)]);
    expect(integersOf(a.chosen)).toEqual(integersOf(b.chosen));
    expect(a.points.map((p) => p.energy)).toEqual(b.points.map((p) => p.energy));
  });

  test.each([
    [{ values: { kind: 'powers-of-two' } }, (v: number) => v === 0 || Number.isInteger(Math.log2(Math.abs(v)))],
    [{ bits: 4 }, (v: number) => Math.abs(v) <= 7],
    [{ values: { kind: 'set', size: 12 } }, () => true],
  ] as const)('%o: every weight is among the allowed values', async (how, isAllowed) => {
    const { points, baseline } = await select(600, { ...how, maxPoints: 5 });
    for (const point of points) {
      for (const layer of point.layers) {
        if (point !== baseline && point.kind === 'candidate') expect([...layer.stored.integers].every((v) => isAllowed(v))).toBe(true);
        if ('values' in how && how.values.kind === 'set' && point.kind === 'candidate') expect(layer.values).toBeLessThanOrEqual(12);
        expect(layer.stored.scales.every((s) => s > 0 && Number.isFinite(s))).toBe(true);
      }
    }
  });

  test('stops when it is cancelled', async () => {
    const abort = { aborted: false };
    const seen: string[] = [];
    const stopped = selectWeights(numerics, madeProblem(600), options, {
      ...quiet,
      abort,
      onPoint: ({ id }) => {
        seen.push(id);
        abort.aborted = true;
      },
    });
    await expect(stopped).rejects.toThrow(AbortError);
    expect(seen).toEqual(['int8']);
  });

  test('takes no more points than it may', async () => {
    const { points } = await select(600, { maxPoints: 3 });
    expect(points.filter(({ kind }) => kind === 'candidate').length).toBeLessThanOrEqual(3);
  });
});

/** One pass with these settings, all layers alike. */
async function pass(calibrationRows: number, setting: Partial<LayerSetting>): Promise<SelectCandidate> {
  const problem = madeProblem(calibrationRows);
  const passes = await createPasses(numerics, problem, options, quiet);
  const base = await passes.run('int8', 'int8', 'baseline', roundingOf(problem, 8));
  const kappas = await lossPerError(numerics, problem, quiet);
  const settings = kappas.map((kappa): LayerSetting => ({
    bits: 8,
    values: { kind: 'all' },
    mu: 0,
    lossPerError: kappa,
    energyUnit: base.energy,
    compensate: true,
    polish: true,
    ...setting,
  }));
  return passes.run('one', 'one', 'candidate', settings);
}

describe('the order of the method table (5.5)', () => {
  test('a learned set keeps what the cheapest values lose; compensation keeps more than rounding; the energy term saves most', async () => {
    const set = { kind: 'set', size: 8 } as const;
    const [cheapest, cheapestGptq, learned, learnedGptq, energy] = await Promise.all([
      pass(1500, { mu: 1e-6, values: set, cheapest: true, compensate: false, polish: false }),
      pass(1500, { mu: 1e-6, values: set, cheapest: true, polish: false }),
      pass(1500, { mu: 0.02, values: set, compensate: false, polish: false }),
      pass(1500, { mu: 0.02, values: set, polish: false }),
      pass(1500, { mu: 0.1 }),
    ]);
    const kl = (point: SelectCandidate): number => point.assessment.divergence;
    expect(kl(cheapestGptq)).toBeLessThan(kl(cheapest));
    expect(kl(learnedGptq)).toBeLessThan(kl(learned));
    expect(kl(learned)).toBeLessThan(kl(cheapest));
    expect(energy.saving).toBeGreaterThan(learnedGptq.saving);
    expect(kl(energy)).toBeLessThan(kl(cheapest));
  });

  test('compensation loses less at the same saving', async () => {
    const plain = await pass(1500, { mu: 0.1, compensate: false });
    let compensated = await pass(1500, { mu: 0.1 });
    for (let mu = 0.15; compensated.saving < plain.saving; mu *= 1.5) compensated = await pass(1500, { mu });
    expect(compensated.assessment.divergence).toBeLessThan(plain.assessment.divergence);
  });

  test('pruning loses less with compensation', async () => {
    const [plain, compensated] = await Promise.all([pass(1500, { prune: 0.5, compensate: false }), pass(1500, { prune: 0.5 })]);
    expect(compensated.assessment.divergence).toBeLessThan(plain.assessment.divergence);
    for (const { zeros } of [...plain.layers, ...compensated.layers]) expect(zeros).toBeGreaterThanOrEqual(0.49);
  });
});

test('8 rows: the first layer falls back to rounding and says so', async () => {
  const { layers } = await pass(8, { mu: 1e-6, bits: 4, polish: false });
  const [first] = layers;
  expect(first?.compensated).toBe(false);
  expect(first?.left).toContain('rounded to the nearest value');
  const { weights } = madeProblem(8).layers[0]!;
  const { scales, integers } = first!.stored;
  weights.forEach((w, at) => expect(Math.abs(integers[at]! - w / scales[at % 30]!)).toBeLessThanOrEqual(0.5 + Number.EPSILON * 8));
});
