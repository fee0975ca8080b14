import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { energyTargets } from '../../../solver-core/energy/targets/index.ts';
import type { EnergyTarget } from '../../../solver-core/energy/target.ts';
import { estimateEnergy } from '../../../solver-core/energy/estimate.ts';
import { parseCalibration } from '../../../solver-core/jobs/calibration-file.ts';
import { readMeasurements } from '../../../solver-core/jobs/measured-record.ts';
import { workspaceTargets } from '../../../solver-core/jobs/workspace-targets.ts';
import { calibratedTarget } from '../../../solver-core/sensors/calibrated-target.ts';

/* Files that anybody may have edited or sent: whatever they hold is a value or a finding, never a throw. */

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tierwise-hostile-'));
  mkdirSync(join(folder, '.git'));
  mkdirSync(join(folder, '.tierwise', 'targets'), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shipped = energyTargets.get('mcu-class') as EnergyTarget;
const seeded = { seed: 20261121, numRuns: 300 };

/** A sound document with one member replaced by anything. */
const damaged = <T extends object>(sound: T): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.jsonValue(),
    fc.record({ key: fc.constantFrom(...Object.keys(sound)), value: fc.jsonValue() }).map(({ key, value }) => ({ ...sound, [key]: value })),
  );

const joule = { value: 1, unit: 'J', low: 0.5, high: 2, source: 'measured', ref: 'meter' };
const calibration = {
  schema: 'tierwise.calibration/1',
  target: 'mcu-class',
  targetHash: 'h',
  constants: [{ name: 'all', factor: { ...joule, unit: '1' } }],
  residuals: [{ model: 'm', modelHash: 'h', measured: joule, before: joule, after: joule, error: 0 }],
  date: '2026-11-21T10:00:00Z',
};
const measurement = {
  schema: 'tierwise.measure/1',
  workload: 'inference',
  sensor: { id: 'rapl', domain: 'package' },
  result: { energy: joule, repetitions: 10, sensor: 'RAPL', date: '2026-11-21T10:00:00Z' },
  hashes: { model: 'h' },
  target: 'mcu-class',
};

test('calibrations: what is accepted gives a target whose figures are in order', () => {
  let accepted = 0;
  fc.assert(
    fc.property(damaged(calibration), (value) => {
      const parsed = parseCalibration(JSON.stringify(value), 'mcu-class');
      if (typeof parsed === 'string') return parsed !== '';
      accepted++;
      const target = calibratedTarget(shipped, parsed);
      return (
        estimateEnergy({ layers: [], targetId: 'mcu-class', targets: new Map([...energyTargets, ['mcu-class', target]]) }).value !==
        undefined
      );
    }),
    seeded,
  );
  expect(accepted).toBeGreaterThan(0);
});

test('measurements: what is no measurement is left out', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(damaged(measurement), { maxLength: 4 }), async (list) => {
      const measurements = [...list, measurement];
      writeFileSync(join(folder, 'm.measured.json'), JSON.stringify({ schema: 'tierwise.measurements/1', measurements }));
      const found = await readMeasurements(join(folder, 'm.onnx'));
      if (found.kind !== 'found') return false;
      return found.measurements.every(({ result }) => result === null || result.energy.low > 0) && found.measurements.length >= 1;
    }),
    seeded,
  );
  expect(true).toBe(true);
});

test('targets: a file is a target or a finding', () => {
  const sound = { ...shipped, schema: 'tierwise.target/1', id: 'ours' };
  fc.assert(
    fc.property(damaged(sound), (value) => {
      writeFileSync(join(folder, '.tierwise', 'targets', 'a.json'), JSON.stringify(value));
      const { targets, diagnostics } = workspaceTargets(join(folder, 'a.tiers'));
      return targets.size === 1 || diagnostics.length > 0;
    }),
    seeded,
  );
  expect(true).toBe(true);
});
