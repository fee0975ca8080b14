import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { epochsOfLog } from '../../../solver-core/energy/epochs.ts';
import { estimateEnergy } from '../../../solver-core/energy/estimate.ts';
import type { EstimateRequest } from '../../../solver-core/energy/estimate.ts';
import { parseTrainingLog } from '../../../solver-core/energy/training-log.ts';
import type { EnergyDocument } from '../../../solver-core/protocol/index.ts';
import { conv, mlp, mlpEnergy, plan } from '../report/samples.ts';

function estimate(request: Partial<EstimateRequest>): EnergyDocument {
  const { value, diagnostics } = estimateEnergy({ layers: mlp, targetId: 'ecp5-85f', rows: 1437, ...request });
  if (value === undefined) throw new Error(diagnostics[0]?.message);
  return value;
}

describe('the machine that would train', () => {
  test('has the retraining energy of an estimate on that target, whatever an engine did elsewhere', () => {
    const machine = mlpEnergy().trainingMachine;
    expect(machine?.machine).toBe('server-cpu');
    // The samples have a fit record with engine cycles; on the processor none of them count.
    expect(machine?.retraining).toEqual(estimate({ targetId: 'server-cpu', plan }).totals.retraining);
  });

  test('is the plan’s, unless the request names one; none when asked so', () => {
    expect(estimate({ plan: { ...plan, trainOn: 'mcu-class' } }).trainingMachine?.machine).toBe('mcu-class');
    expect(estimate({ plan: { ...plan, trainOn: 'mcu-class' }, trainOn: 'systolic-64x64' }).trainingMachine?.machine).toBe(
      'systolic-64x64',
    );
    expect(estimate({ trainOn: null }).trainingMachine).toBeUndefined();
  });

  test('that nobody knows is a finding and no estimate', () => {
    expect(estimateEnergy({ layers: mlp, targetId: 'ecp5-85f', trainOn: 'server-cpp' })).toMatchObject({
      value: undefined,
      diagnostics: [{ code: 'energy-target-unknown', suggestions: ['server-cpu'] }],
    });
  });

  test('breaks even where the sums of setup and updates cross', () => {
    const energy = estimate({ epochs: 3, targetId: 'mcu-class', trainOn: 'systolic-64x64' });
    const sgd = energy.trainingMachine?.retraining.sgd?.value ?? NaN;
    const { solve, incremental } = energy.totals.retraining;
    const n = energy.trainingMachine?.breakEvenRetrainings ?? NaN;
    const solved = (k: number): number => (solve?.value ?? NaN) + k * (incremental?.value ?? NaN);
    const trained = (k: number): number => (k + 1) * sgd;
    expect(n).toBeGreaterThan(0);
    expect(solved(n)).toBeLessThanOrEqual(trained(n));
    expect(solved(n - 1)).toBeGreaterThan(trained(n - 1));
  });

  test('never breaks even on paper when a layer has no direct solve', () => {
    const energy = estimate({ layers: [conv('/conv'), ...mlp] });
    expect(energy.trainingMachine?.retraining.solve).toBeNull();
    expect(energy.trainingMachine?.breakEvenRetrainings).toBeNull();
    expect(energy.assumptions.map((a) => a.name)).not.toContain('break-even across');
  });

  test('stands among the assumptions, with the break-even across at the ends of tables and epochs', () => {
    const text = (name: string, energy = mlpEnergy()): string | undefined => energy.assumptions.find((a) => a.name === name)?.text;
    expect(text('training machine')).toContain('Gradient descent would run on server-cpu');
    expect(text('break-even across')).toMatch(
      /gradient descent on server-cpu for each retraining .*for each table alone and at both ends of the epochs/,
    );
    expect(text('break-even across', estimate({ targetId: 'server-cpu' }))).toBeUndefined();
  });
});

describe('a training log', () => {
  test('as Keras writes it', () => {
    const { value } = parseTrainingLog('epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,1,0.61,1\r\n1,0.9,1,0.72,1\n');
    expect(value).toEqual({ column: 'val_accuracy', accuracies: [0.61, 0.72] });
  });

  test('as Lightning writes it: steps in between have no held-out accuracy; percentages', () => {
    const { value } = parseTrainingLog('step,train_loss,Val_Acc\n10,0.5,\n20,0.4,61.5\n30,0.3,\n40,0.2,72\n\n');
    expect(value).toEqual({ column: 'val_acc', accuracies: [0.615, 0.72] });
  });

  test.each([
    ['', 'log-no-accuracy'],
    ['epoch,accuracy\n0,0.5\n', 'log-no-accuracy'],
    ['val_acc\n', 'log-invalid'],
    ['val_acc\nhigh\n', 'log-invalid'],
    ['val_acc\n101\n', 'log-invalid'],
    ['val_acc\n-1\n', 'log-invalid'],
  ])('%j is %s', (text, code) => {
    expect(parseTrainingLog(text)).toMatchObject({ value: undefined, diagnostics: [{ code }] });
  });

  test('any text gives accuracies or a finding', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        const { value, diagnostics } = parseTrainingLog(`val_acc\n${text}`);
        expect(value === undefined).toBe(diagnostics.length === 1);
        for (const accuracy of value?.accuracies ?? []) expect(accuracy >= 0 && accuracy <= 1).toBe(true);
      }),
      { seed: 7 },
    );
  });
});

describe('epochs of a log', () => {
  test('the first within one standard error of the best', () => {
    // One standard error of 0.95 on 1000 rows is 0.0069.
    expect(epochsOfLog([0.8, 0.9, 0.943, 0.944, 0.95, 0.948], { rows: 1000 })).toBe(4);
    expect(epochsOfLog([0.8, 0.9, 0.943, 0.944, 0.95, 0.948], { rows: 100 })).toBe(3);
  });

  test('the first that reaches the accuracy wanted, or none', () => {
    expect(epochsOfLog([0.8, 0.9, 0.95], { rows: 100, wanted: 0.9 })).toBe(2);
    expect(epochsOfLog([0.8, 0.9, 0.95], { rows: 100, wanted: 0.96 })).toBeNull();
    expect(epochsOfLog([], { rows: 100 })).toBeNull();
  });

  test('never later than the best epoch, and more rows never make it earlier', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 1e6 }),
        (log, rows) => {
          const epochs = epochsOfLog(log, { rows }) ?? Infinity;
          expect(epochs).toBeLessThanOrEqual(log.indexOf(Math.max(...log)) + 1);
          expect(epochsOfLog(log, { rows: rows * 4 })).toBeGreaterThanOrEqual(epochs);
        },
      ),
      { seed: 5 },
    );
  });
});
