import { expect, test } from 'vitest';
import { estimateEnergy } from '../../../../solver-core/energy/estimate.ts';
import { energyTargets } from '../../../../solver-core/energy/targets/index.ts';
import { calibratedTarget } from '../../../../solver-core/sensors/calibrated-target.ts';
import { tolerances } from '../../../tolerances.ts';
import { conv, dense } from '../../report/samples.ts';

const factor = { value: 2, unit: '1', low: 2, high: 2, source: 'measured', ref: 'test' } as const;

test.each(['systolic-64x64', 'shift-only-64x64', 'eyeriss-168', 'seneca-type'])(
  '%s: a calibration of everything by two doubles every part of an inference',
  (id) => {
    const target = energyTargets.get(id);
    if (target === undefined) throw new Error('no target');
    const calibrated = calibratedTarget(target, { constants: [{ name: 'all', factor }], date: '2026-11-21', residuals: [] });
    const layers = [conv('conv'), dense('fc', 3000, 1000)];
    const parts = (targets: ReadonlyMap<string, typeof target>): readonly number[] =>
      estimateEnergy({ layers, targetId: id, targets, trainOn: null }).value?.layers.flatMap((l) =>
        l.components.map((c) => c.energy.high),
      ) ?? [];
    const [before, after] = [parts(new Map([[id, target]])), parts(new Map([[id, calibrated]]))];
    expect(before.length).toBeGreaterThan(7);
    before.forEach((energyJ, index) => {
      expect(Math.abs((after[index] ?? 0) - 2 * energyJ)).toBeLessThanOrEqual(tolerances.sumFp64.relative * energyJ);
    });
  },
);
