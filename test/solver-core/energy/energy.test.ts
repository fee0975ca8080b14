import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { breakEven, directBreakEven } from '../../../solver-core/energy/break-even.ts';
import { budgetStatus, evaluateBudgets } from '../../../solver-core/energy/budgets.ts';
import { energyContext, estimateEnergy } from '../../../solver-core/energy/estimate.ts';
import { fitEnergy } from '../../../solver-core/energy/fit-energy.ts';
import { macEnergy, macEnergyByTable, precisionOf } from '../../../solver-core/energy/mac.ts';
import type { LayerFit } from '../../../solver-core/energy/retraining.ts';
import { sgdEnergy, solveEnergy, trainingLevel } from '../../../solver-core/energy/retraining.ts';
import { trainingScenario } from '../../../solver-core/energy/scenario.ts';
import { energyTables } from '../../../solver-core/energy/tables/index.ts';
import { energyTargets } from '../../../solver-core/energy/targets/index.ts';
import { denseSize, sgdMacs, solveMacs } from '../../../solver-core/energy/work.ts';
import type { Layer } from '../../../solver-core/model/layer.ts';
import type { Plan } from '../../../solver-core/model/plan.ts';
import type { EnergyDocument, Quantity } from '../../../solver-core/protocol/index.ts';
import { tolerances } from '../../tolerances.ts';
import { conv, dense, mlp, mlpEnergy, plan } from '../report/samples.ts';

function estimate(
  layers: readonly Layer[],
  targetId: string,
  more: { readonly rows?: number; readonly epochs?: number } = {},
): EnergyDocument {
  const { value, diagnostics } = estimateEnergy({ layers, targetId, ...more });
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  if (value === undefined) throw new Error('no estimate');
  return value;
}

function contextOf(targetId: string): NonNullable<ReturnType<typeof energyContext>['value']> {
  const { value } = energyContext(targetId);
  if (value === undefined) throw new Error('no target');
  return value;
}

function close(actual: number, expected: number): void {
  expect(Math.abs(actual / expected - 1)).toBeLessThan(tolerances.sumFp64.relative);
}

function quantitiesOf(energy: EnergyDocument): readonly Quantity<'J'>[] {
  const all = energy.layers.flatMap((l) => [
    l.inference,
    l.retraining.sgd,
    l.retraining.solve,
    l.retraining.incremental,
    ...l.components.map((c) => c.energy),
  ]);
  const { totals } = energy;
  return [...all, totals.inference, totals.retraining.sgd, totals.retraining.solve, totals.retraining.incremental].filter(
    (q) => q !== null,
  );
}

describe('by hand from the tables (pJ)', () => {
  const [horowitz, aladdin] = energyTables;
  if (horowitz === undefined || aladdin === undefined) throw new Error('two tables are expected');
  const fp32 = { kind: 'float', bits: 32 } as const;
  const int8 = precisionOf({ kind: 'model' }, { weightBits: 8, activationBits: 8 });

  test('Horowitz: fp32 3.7 + 0.9, int8 0.2 + 0.1, fp64 15 + 1.8', () => {
    close(macEnergyByTable(horowitz, fp32).value, 4.6e-12);
    close(macEnergyByTable(horowitz, int8).value, 0.3e-12);
    close(macEnergyByTable(horowitz, { kind: 'float', bits: 64 }).value, 16.8e-12);
  });

  test('Aladdin: fp32 24.4 + 7.93 to 35.3 + 16.68, int8 8.63/16 + 0.086 to 12.68/16 + 0.21', () => {
    const wide = macEnergyByTable(aladdin, fp32);
    close(wide.low, 32.33e-12);
    close(wide.high, 51.98e-12);
    const narrow = macEnergyByTable(aladdin, int8);
    close(narrow.low, 0.6254e-12);
    close(narrow.high, 1.0025e-12);
  });

  test('central values of a table lie at the geometric mean of its ends', () => {
    for (const band of Object.values(aladdin.operations)) {
      expect(Math.abs(band.value / Math.sqrt(band.low * band.high) - 1)).toBeLessThan(tolerances.tableDigits.relative);
    }
  });

  test('both tables together: geometric mean, lowest low, highest high', () => {
    const both = macEnergy(energyTables, fp32);
    close(both.value, Math.sqrt(4.6e-12 * macEnergyByTable(aladdin, fp32).value));
    close(both.low, 4.6e-12);
    close(both.high, 51.98e-12);
    expect(both.ref).toBe('horowitz45; aladdin40');
  });

  test('18-bit multiply-add: 32-bit multiplier · 324/1024 + adder · 48/32', () => {
    close(
      macEnergyByTable(horowitz, { kind: 'int', weightBits: 18, activationBits: 18, accumulatorBits: 48 }).value,
      3.1e-12 * (324 / 1024) + 0.15e-12,
    );
  });

  test('a whole layer on the systolic array: 64 x 10, int8, all in its buffer', () => {
    const layer = estimate([dense('fc', 64, 10)], 'systolic-64x64').layers[0];
    const [compute, registers, array, buffer, idle, power] = layer?.components ?? [];
    expect(layer?.components.map((c) => c.name)).toEqual(['compute', 'registers', 'array', 'buffer', 'idle', 'static']);
    // 640 MACs: int8 multiplier and 22-bit adder.
    const mac = Math.sqrt((0.2 + (0.1 * 22) / 32) * (0.6538 + (0.1344 * 22) / 32));
    close(compute?.energy.value ?? 0, 640 * mac * 1e-12);
    // Each weight is written to its unit once and read once.
    close(registers?.energy.value ?? 0, 2 * 640 * 8 * 0.0009e-12);
    // Weights down the columns to their units (1 to 64 steps in each of ten), inputs along the rows, sums of 22 bits down the columns from the second row on.
    close(array?.energy.value ?? 0, (10 * 32 * 65 * 8 + 640 * 8 + 630 * 22) * 0.009e-12);
    // Weights and inputs leave the buffer once, outputs come to it once; nothing crosses DRAM.
    close(buffer?.energy.value ?? 0, (640 + 64 + 10) * 8 * 1.56e-12);
    // One pass: 64 cycles to load, 1 position, 126 to drain; 4096 units of which 640 multiply once.
    close(idle?.energy.value ?? 0, (4096 * 191 - 640) * 0.001e-12);
    close(power?.energy.value ?? 0, (0.012 * 191) / 500e6);
    expect(layer?.mapping).toMatchObject({ dataflow: 'weight-stationary', cycles: 191, utilisation: 640 / (4096 * 191) });
  });

  test('static energy on the FPGA: time of the MACs at its average rate', () => {
    const layer = estimate([dense('fc', 64, 10)], 'ecp5-85f').layers[0];
    const q = layer?.components.find((c) => c.name === 'static')?.energy;
    close(q?.value ?? 0, (0.15 * 640) / (12 * 80e6));
    close(q?.high ?? 0, (0.5 * 640) / (4 * 50e6));
  });
});

describe('work of retraining (method 8)', () => {
  test('sgd: ep·N·macs·3, 2 for the first layer, plus the optimiser', () => {
    const scenario = trainingScenario({ rows: 100, epochs: 7 });
    close(sgdMacs({ macs: 1000, parameters: 50 }, false, scenario).value, 7 * 100 * 1000 * 3 + ((7 * 100) / 32) * 50 * 4);
    close(sgdMacs({ macs: 1000, parameters: 50 }, true, scenario).value, 7 * 100 * 1000 * 2 + ((7 * 100) / 32) * 50 * 4);
  });

  test('solve: the worked example of 4000 random units, 784 inputs, 10 classes, 8000 rows', () => {
    const work = solveMacs({ inputs: 4000, outputs: 10, groups: 1, rowsPerSample: 1 }, 8000, 'labels');
    // Gram 6.4e10, Cholesky 1.07e10.
    expect(Number((8000 * 4000 * 4001 * 0.5).toPrecision(2))).toBe(6.4e10);
    close(work.gram, 8000 * 4000 * 4001 * 0.5 + 8000 * 4000 * 10);
    close(work.factor, 4000 ** 3 / 6);
  });

  test('a sequence layer counts its rows per sample', () => {
    const scenario = trainingScenario({ rows: 100 });
    const one = solveEnergy(dense('fc', 32, 8), 'labels', contextOf('server-cpu'), scenario, undefined);
    const ten = solveEnergy(dense('fc', 32, 8, { macs: 10 * 32 * 8 }), 'labels', contextOf('server-cpu'), scenario, undefined);
    const many = solveEnergy(dense('fc', 32, 8), 'labels', contextOf('server-cpu'), trainingScenario({ rows: 1000 }), undefined);
    expect(ten?.total.value).toBe(many?.total.value);
    expect(ten?.total.value).toBeGreaterThan(one?.total.value ?? Infinity);
  });

  test('a convolution is solved over its positions, group by group', () => {
    // 6 maps of 14 x 14, 16 outputs, kernel 5 x 5, 10 x 10 positions (second layer of LeNet-5): d = 150, k = 16, M = 100.
    const form = (groups: number): Partial<Layer> => ({
      linear: {
        inputs: 150 / groups,
        outputs: 16,
        groups,
        transposed: true,
        alpha: 1,
        beta: 1,
        weightDims: [16, 6 / groups, 5, 5],
        biasDims: [16],
        patches: { kernel: [5, 5], strides: [1, 1], dilations: [1, 1], padding: { before: [0, 0], after: [0, 0] } },
      },
      macs: 240_000 / groups,
    });
    const size = denseSize(dense('conv2', 150, 16, form(1)));
    expect(size).toEqual({ inputs: 150, outputs: 16, groups: 1, rowsPerSample: 100 });
    const work = solveMacs(size!, 2000, 'labels');
    close(work.gram, 2000 * 100 * ((150 * 151) / 2 + 150 * 16));
    close(work.factor, 150 ** 3 / 6);
    close(work.forward, 2000 * 240_000);
    // Two groups: half the unknowns each, so half the Gram and a quarter of the factorisations together.
    const grouped = denseSize(dense('conv2', 75, 16, form(2)))!;
    expect(grouped).toEqual({ inputs: 75, outputs: 16, groups: 2, rowsPerSample: 100 });
    const parts = solveMacs(grouped, 2000, 'labels');
    close(parts.gram, 2 * 2000 * 100 * ((75 * 76) / 2 + 75 * 8));
    close(parts.factor, (2 * 75 ** 3) / 6);
    close(parts.substitute, 2 * 75 ** 2 * 8);
    const scenario = trainingScenario({ rows: 2000 });
    for (const target of ['server-cpu', 'ecp5-85f']) {
      const [one, two] = [1, 2].map((groups) =>
        solveEnergy(dense('conv2', 150 / groups, 16, form(groups)), 'labels', contextOf(target), scenario, undefined),
      );
      expect(two!.total.value).toBeGreaterThan(0.4 * one!.total.value);
      expect(two!.total.value).toBeLessThan(0.6 * one!.total.value);
    }
  });

  test('engine: cycles · lanes · activity · MAC · factor, operands, link, static, refinement on the host', () => {
    const fit: LayerFit = {
      rows: 1437,
      refinementPasses: 0,
      engine: { cycles: 1e6, gramCycles: 8e5, hostWords: 2e5, lanes: 8, wordBits: 18 },
    };
    const parts = new Map(
      solveEnergy(dense('fc', 64, 10), 'labels', contextOf('ecp5-85f'), trainingScenario({ rows: 1437 }), fit)?.components.map((c) => [
        c.name,
        c.energy,
      ]),
    );
    const mac = macEnergy(energyTables, { kind: 'int', weightBits: 18, activationBits: 18, accumulatorBits: 48 }).value * 5;
    close(parts.get('compute')?.value ?? 0, 1e6 * 8 * 0.8 * mac);
    close(parts.get('memory')?.value ?? 0, 1e6 * 9 * 18 * 0.78e-12);
    close(parts.get('link')?.value ?? 0, 2e5 * 18 * 20e-12);
    close(parts.get('static')?.value ?? 0, (1e6 / 80e6) * 0.15);
    expect(parts.has('refinement')).toBe(false);
    expect(parts.get('compute')?.ref).toContain('engine cycles of the fit record');
  });

  test('layers that are not linear in their weights cannot be solved', () => {
    const energy = estimate([conv('c'), dense('fc', 16, 4)], 'server-cpu');
    expect(
      energy.layers.map((l) => [
        l.retraining.sgd === null,
        l.retraining.solve === null,
        l.retraining.incremental === null,
        l.breakEvenRetrainings === null,
      ]),
    ).toEqual([
      [false, true, true, true],
      [false, false, false, false],
    ]);
    expect([energy.totals.retraining.sgd === null, energy.totals.retraining.solve === null]).toEqual([false, true]);
  });

  test('no epoch count is taken for granted', () => {
    const assumed = estimate(mlp, 'server-cpu', { rows: 1000 }).totals.retraining.sgd;
    const stated = estimate(mlp, 'server-cpu', { rows: 1000, epochs: 20 }).totals.retraining.sgd;
    expect(assumed?.value).toBe(stated?.value);
    expect(assumed?.ref).toContain('20 epochs assumed (5 to 100)');
    expect((assumed?.high ?? 0) / (stated?.high ?? 1)).toBeGreaterThan(4);
    const context = contextOf('systolic-64x64');
    const scenario = trainingScenario({ rows: 10, epochs: 3 });
    const layer = sgdEnergy(dense('fc', 8, 8), true, trainingLevel(mlp, context, scenario), context, scenario);
    // Nobody saw the training: a number somebody states narrows the band and is no better than stated.
    expect([layer?.total.source, layer?.total.ref]).toEqual(['assumed', expect.stringContaining('3 epochs as stated')]);
  });
});

describe('break-even', () => {
  test.each([
    [{ setupJ: 10, updateJ: 1 }, { setupJ: 4, updateJ: 4 }, 2],
    [{ setupJ: 10, updateJ: 1 }, { setupJ: 10, updateJ: 1 }, 0],
    [{ setupJ: 1, updateJ: 1 }, { setupJ: 4, updateJ: 4 }, 0],
    [{ setupJ: 10, updateJ: 4 }, { setupJ: 4, updateJ: 4 }, null],
    [{ setupJ: 1, updateJ: 5 }, { setupJ: 4, updateJ: 4 }, null],
  ])('%j against %j: %j', (a, b, expected) => {
    expect(breakEven(a, b)).toBe(expected);
  });

  test('after that many retrainings solving has used no more, one earlier it has used more', () => {
    const energies = fc.double({ min: 1e-9, max: 1, noNaN: true });
    fc.assert(
      fc.property(energies, energies, energies, (sgdJ, solveJ, incrementalJ) => {
        const n = directBreakEven(sgdJ, solveJ, incrementalJ);
        if (n === null || n > 1e6) return;
        const ahead = (count: number): number => sgdJ + count * sgdJ - (solveJ + count * incrementalJ);
        // One part in 1e12 of the larger side: the two sums round differently.
        expect(ahead(n)).toBeGreaterThanOrEqual(-tolerances.sumFp64.relative * (sgdJ + n * sgdJ + solveJ));
        if (n > 0) expect(ahead(n - 1)).toBeLessThanOrEqual(tolerances.sumFp64.relative * (sgdJ + n * sgdJ + solveJ));
      }),
      { seed: 11, numRuns: 2000 },
    );
  });
});

const targetIds = [...energyTargets.keys()];
const anyLayer = fc
  .record({
    d: fc.integer({ min: 1, max: 2000 }),
    k: fc.integer({ min: 1, max: 2000 }),
    bits: fc.constantFrom(4, 8, 16, 32, 64),
    weightOnly: fc.boolean(),
  })
  .map(({ d, k, bits, weightOnly }) => dense(`l${d}x${k}`, d, k, { weightBits: bits, activationBits: weightOnly ? 32 : bits }));

describe('invariants, all targets', () => {
  test('every figure: 0 <= low <= value <= high, finite, with a reference; parts sum to the total', () => {
    fc.assert(
      fc.property(
        fc.array(anyLayer, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...targetIds),
        fc.integer({ min: 1, max: 100_000 }),
        (layers, targetId, rows) => {
          const energy = estimate(layers, targetId, { rows });
          for (const q of quantitiesOf(energy)) {
            expect(q.low >= 0 && q.low <= q.value && q.value <= q.high && Number.isFinite(q.high)).toBe(true);
            expect(q.ref).not.toBe('');
            expect(q.unit).toBe('J');
          }
          for (const layer of energy.layers)
            close(
              layer.components.reduce((sum, c) => sum + c.energy.value, 0),
              layer.inference?.value ?? 0,
            );
          close(
            energy.layers.reduce((sum, l) => sum + (l.inference?.value ?? 0), 0),
            energy.totals.inference?.value ?? 0,
          );
          close(
            energy.layers.reduce((sum, l) => sum + (l.retraining.sgd?.value ?? 0), 0),
            energy.totals.retraining.sgd?.value ?? 0,
          );
        },
      ),
      { seed: 12, numRuns: 60 },
    );
  });

  test.each(targetIds)('%s: arithmetic energy is proportional to the MACs', (targetId) => {
    const compute = (macs: number): number =>
      estimate([dense('l', 32, 32, { macs })], targetId).layers[0]?.components.find((c) => /compute|MACs/.test(c.name))?.energy.value ?? 0;
    close(compute(3000), 3 * compute(1000));
  });

  test('a result is as weak as its weakest part, and references do not repeat', () => {
    for (const targetId of targetIds) {
      for (const layer of estimate(mlp, targetId).layers) {
        const assumed = layer.components.some((c) => c.energy.source === 'assumed');
        expect(layer.inference?.source).toBe(assumed ? 'assumed' : 'modelled');
        const refs = layer.inference?.ref.split('; ') ?? [];
        expect(new Set(refs).size).toBe(refs.length);
      }
    }
  });

  test('narrower numbers never cost more on targets that compute with them', () => {
    const at = (bits: number): number =>
      estimate([dense('l', 64, 64, { weightBits: bits, activationBits: bits })], 'server-cpu').totals.inference?.value ?? 0;
    const energies = [4, 8, 16, 32, 64].map(at);
    expect(energies).toEqual([...energies].sort((a, b) => a - b));
  });

  test('rows: solving and training grow with them', () => {
    for (const targetId of targetIds) {
      const few = estimate(mlp, targetId, { rows: 100 }).totals.retraining;
      const many = estimate(mlp, targetId, { rows: 1000 }).totals.retraining;
      expect(many.sgd?.value).toBeGreaterThan(few.sgd?.value ?? Infinity);
      expect(many.solve?.value).toBeGreaterThan(few.solve?.value ?? Infinity);
      expect(many.incremental?.value).toBe(few.incremental?.value);
    }
  });
});

describe('estimate', () => {
  test('an unknown target names the closest one', () => {
    const { value, diagnostics } = estimateEnergy({ layers: mlp, targetId: 'ecp5-58f' });
    expect(value).toBeUndefined();
    expect(diagnostics).toMatchObject([{ severity: 'error', code: 'energy-target-unknown', suggestions: ['ecp5-85f'] }]);
    expect(estimateEnergy({ layers: mlp, targetId: 'x'.repeat(1e5) }).diagnostics[0]?.suggestions).toEqual([]);
  });

  test('unknown shapes leave totals out and say which layers', () => {
    const { value, diagnostics } = estimateEnergy({ layers: [...mlp, dense('late', 4, 4, { macs: null })], targetId: 'up5k' });
    expect([value?.totals.inference, value?.totals.retraining.sgd, value?.layers[3]?.inference]).toEqual([null, null, null]);
    expect(value?.layers[0]?.inference).not.toBeNull();
    expect(diagnostics).toMatchObject([{ severity: 'warning', code: 'energy-incomplete', where: { node: 'late' } }]);
  });

  test.each([{ macs: NaN }, { macs: Infinity }, { parameters: NaN }, { inputElements: Infinity }, { outputElements: -1 }])(
    'sizes that are no counts, %j, give no figure and no fault',
    (size) => {
      const { value, diagnostics } = estimateEnergy({ layers: [dense('huge', 8, 8, size), dense('fc', 8, 8)], targetId: 'server-cpu' });
      expect([value?.layers[0]?.inference, value?.layers[0]?.retraining.solve, value?.totals.inference]).toEqual([null, null, null]);
      expect(value?.layers[1]?.inference).not.toBeNull();
      expect(diagnostics.map((d) => d.code)).toEqual(['energy-incomplete']);
      expect(JSON.parse(JSON.stringify(value))).toEqual(value);
    },
  );

  test('the energy of a fit equals the estimate that knows of it', () => {
    const layer = mlp[0];
    if (layer === undefined) throw new Error('no layer');
    const fit: LayerFit = {
      rows: 1437,
      refinementPasses: 3,
      engine: { cycles: 1e6, gramCycles: 8e5, hostWords: 2e5, lanes: 8, wordBits: 18 },
    };
    const estimated = estimateEnergy({ layers: mlp, targetId: 'ecp5-85f', rows: 1437, fit: new Map([[layer.id, fit]]) }).value;
    expect(fitEnergy(layer, 'ecp5-85f', fit, 'labels')).toEqual(estimated?.layers[0]?.retraining.solve);
    expect(fitEnergy(layer, 'nowhere', fit, 'labels')).toBeNull();
  });

  test('no layers: no totals, no fault', () => {
    const { value, diagnostics } = estimateEnergy({ layers: [], targetId: 'up5k' });
    expect([value?.totals.inference, value?.totals.macs, diagnostics]).toEqual([null, 0, []]);
  });

  test('tiers come from the plan', () => {
    expect(mlpEnergy().layers.map((l) => l.tier)).toEqual(['lower', 'lower', 'upper']);
  });

  test('the assumption that makes most of a band dominates: static power on an FPGA, memories on an array', () => {
    const dominating = (targetId: string): readonly string[] =>
      estimate(mlp, targetId, { rows: 1000, epochs: 10 })
        .assumptions.filter((a) => a.dominates)
        .map((a) => a.name);
    expect(dominating('ecp5-85f')).toContain('static power');
    expect(dominating('systolic-64x64')).toContain('memory energy');
    expect(dominating('ecp5-85f')).not.toContain('epochs');
  });

  test('weights that do not fit on chip live in the next memory', () => {
    const big = estimate([dense('big', 1000, 1000)], 'up5k');
    expect(big.assumptions.find((a) => a.name === 'placement')?.text).toContain('live in serial flash');
    const small = estimate([dense('small', 100, 100)], 'up5k');
    const perWeight = (e: EnergyDocument): number =>
      (e.layers[0]?.components.find((c) => c.name === 'weights')?.energy.value ?? 0) / e.totals.parameters;
    close(perWeight(big) / perWeight(small), 60 / 0.78);
  });
});

describe('budgets', () => {
  const q = (value: number, high: number): Quantity<'J'> => ({ value, unit: 'J', low: 0, high, source: 'modelled', ref: 'test' });

  test.each([
    [q(1, 2), 2, 'met'],
    [q(1, 2), 1.5, 'uncertain'],
    [q(1, 2), 1, 'uncertain'],
    [q(1, 2), 0.9, 'exceeded'],
    [null, 1, 'unknown'],
  ] as const)('%j against %j J: %s', (actual, limitJ, status) => {
    expect(budgetStatus(actual, limitJ)).toBe(status);
  });

  test('model and tier scopes, in the order of the plan', () => {
    const energy = mlpEnergy();
    const budgets = evaluateBudgets(plan, energy);
    expect(budgets.map((b) => [b.scope, b.per, b.status])).toEqual([
      ['model', 'inference', 'uncertain'],
      ['model', 'inference', 'met'],
      ['lower features', 'fit', 'exceeded'],
    ]);
    const lower = energy.layers.slice(0, 2).reduce((sum, l) => sum + (l.retraining.solve?.value ?? 0), 0);
    close(budgets[2]?.actual?.value ?? 0, lower);
  });

  describe('per layer', () => {
    const perLayer = (limitJ: number, scope: 'model' | 'lower' = 'model'): Plan => {
      const budgets = [{ limitJ, per: 'layer' as const, range: { line: 1, column: 1, endLine: 1, endColumn: 9 } }];
      const none = plan.lower.map((tier) => ({ ...tier, budgets: scope === 'lower' ? budgets : [] }));
      return { ...plan, budgets: scope === 'model' ? budgets : [], lower: none };
    };
    const inference = mlpEnergy().layers.map((layer) => layer.inference?.value ?? 0);
    const largest = Math.max(...inference);

    test('is judged by the worst layer of its scope, which the document names', () => {
      const [budget] = evaluateBudgets(perLayer(largest * 0.99), mlpEnergy());
      expect(budget).toMatchObject({ scope: 'model', per: 'layer', status: 'exceeded' });
      expect(budget?.actual?.value).toBe(largest);
      expect(budget?.ofLayers?.worst[0]).toMatchObject({ id: mlp[inference.indexOf(largest)]?.id, status: 'exceeded' });
      expect(budget?.ofLayers).toMatchObject({ total: 3, exceeded: 1, surelyExceeded: 0 });
      expect(evaluateBudgets(perLayer(1e-15), mlpEnergy())[0]?.ofLayers).toMatchObject({ exceeded: 3, surelyExceeded: 3 });
    });

    test('holds for each layer, not for their sum', () => {
      const high = Math.max(...mlpEnergy().layers.map((layer) => layer.inference?.high ?? 0));
      const [budget] = evaluateBudgets(perLayer(high), mlpEnergy());
      expect(budget).toMatchObject({ status: 'met', ofLayers: { total: 3, exceeded: 0, uncertain: 0, unknown: 0, worst: [] } });
    });

    test('of a tier concerns its layers alone, and one without a figure is unknown unless another one is above', () => {
      expect(evaluateBudgets(perLayer(1e-15, 'lower'), mlpEnergy())[0]?.ofLayers).toMatchObject({ total: 2, exceeded: 2 });
      const energy = mlpEnergy();
      const lost = { ...energy, layers: energy.layers.map((layer, i) => (i === 0 ? { ...layer, inference: null } : layer)) };
      expect(evaluateBudgets(perLayer(1), lost)[0]).toMatchObject({ status: 'unknown', ofLayers: { unknown: 1 } });
      expect(evaluateBudgets(perLayer(1e-15), lost)[0]).toMatchObject({ status: 'exceeded', ofLayers: { exceeded: 2, unknown: 1 } });
    });
  });

  test('a layer that is not in the model leaves the budget unknown', () => {
    const lost = { ...plan, lower: plan.lower.map((tier) => ({ ...tier, layers: ['/nowhere'] })) };
    expect(evaluateBudgets(lost, mlpEnergy())[2]).toMatchObject({ status: 'unknown', actual: null });
  });
});
