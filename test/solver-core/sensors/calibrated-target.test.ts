import { join } from 'node:path';
import { expect, test } from 'vitest';
import { estimateEnergy } from '../../../solver-core/energy/estimate.ts';
import { energyTargets } from '../../../solver-core/energy/targets/index.ts';
import type { EnergyTarget } from '../../../solver-core/energy/target.ts';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { openModel } from '../../../solver-core/jobs/open-model.ts';
import type { EnergyDocument, Quantity } from '../../../solver-core/protocol/index.ts';
import type { ConstantGroup } from '../../../solver-core/sensors/calibrated-target.ts';
import { calibratedTarget } from '../../../solver-core/sensors/calibrated-target.ts';
import { projectRoot } from '../../shared.ts';
import { tolerances } from '../../tolerances.ts';

const opened = openModel(createEnvironment('0.0.0-test', __filename), join(projectRoot, 'examples', 'digits', 'digits.onnx'));
const calibrated = (target: EnergyTarget, name: ConstantGroup, value: number, spread: number): EnergyTarget => {
  const factor = { value, unit: '1', low: value / spread, high: value * spread, source: 'modelled', ref: 'fit' } as const;
  return calibratedTarget(target, { constants: [{ name, factor }], date: '2026-11-21', residuals: [0, 0, 0, 0] });
};
async function estimate(target: EnergyTarget): Promise<EnergyDocument> {
  const { content } = await opened;
  return estimateEnergy({ layers: content!.layers, targetId: target.id, targets: new Map([...energyTargets, [target.id, target]]) }).value!;
}
/** Events and shift-only cells count with bands of their own (nonzero inputs, the share of a multiplier), which no constant scales. */
const ownCounts = ['seneca-type', 'shift-only-64x64'];
const ratio = (a: number, b: number): number => Math.abs(a / b - 1);
const width = (q: Quantity | null): number => q!.high / q!.low;

test.each([...energyTargets.keys()])('every joule of an inference on %s follows the factor', async (id) => {
  const target = energyTargets.get(id) as EnergyTarget;
  const [before, after] = [await estimate(target), await estimate(calibrated(target, 'all', 1.7, 1.25))];
  expect(ratio(after.totals.inference!.value, 1.7 * before.totals.inference!.value)).toBeLessThan(tolerances.sumFp64.relative);
  for (const [at, { inference, components }] of after.layers.entries()) {
    expect(ratio(inference!.value, 1.7 * before.layers[at]!.inference!.value)).toBeLessThan(tolerances.sumFp64.relative);
    expect(components.every(({ energy }) => energy.ref.includes('calibrated on 4 measurements'))).toBe(true);
    expect(ownCounts.includes(id) || components.every(({ energy }) => energy.source !== 'assumed')).toBe(true);
  }
});

test.each([...energyTargets.keys()].filter((id) => !ownCounts.includes(id)))(
  'the band of an inference on %s is that of the measurements, not of the literature',
  async (id) => {
    const after = await estimate(calibrated(energyTargets.get(id) as EnergyTarget, 'all', 1.7, 1.25));
    expect(ratio(width(after.totals.inference), 1.25 ** 2)).toBeLessThan(tolerances.sumFp64.relative);
  },
);

test('an assumed constant stays assumed until the factor has a spread; no other keeps its source', () => {
  const target = energyTargets.get('server-cpu') as EnergyTarget;
  const band = { value: 1, low: 0.5, high: 2, ref: 'somewhere' };
  const of = (source: 'assumed' | 'measured', spread: number): string =>
    calibrated({ ...target, arithmeticFactor: { ...band, source } }, 'all', 1.7, spread).arithmeticFactor.source;
  expect([of('assumed', 1), of('assumed', 1.25), of('measured', 1), of('measured', 1.25)]).toEqual([
    'assumed',
    'modelled',
    'modelled',
    'modelled',
  ]);
});

test('retraining follows the factor and keeps the band of the literature: nothing about it was measured', async () => {
  const target = energyTargets.get('server-cpu') as EnergyTarget;
  const [before, after] = [await estimate(target), await estimate(calibrated(target, 'all', 1.7, 1.25))];
  for (const method of ['sgd', 'solve', 'incremental'] as const) {
    const [was, is] = [before.totals.retraining[method], after.totals.retraining[method]];
    expect(ratio(is!.value, 1.7 * was!.value)).toBeLessThan(tolerances.sumFp64.relative);
    expect(ratio(width(is), width(was))).toBeLessThan(tolerances.sumFp64.relative);
  }
});

test('the assumptions say what is left of the bands', async () => {
  const after = await estimate(calibrated(energyTargets.get('server-cpu') as EnergyTarget, 'all', 1.7, 1.25));
  const tables = after.assumptions.find(({ name }) => name === 'energy tables');
  expect(tables?.text).not.toContain('inference band');
});
