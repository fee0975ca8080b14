import { expect, test } from 'vitest';
import type {
  CalibrationDocument,
  MeasureDocument,
  SensorDocument,
  SensorsDocument,
} from '../../../solver-core/protocol/measure-documents.ts';
import type { Quantity, Unit } from '../../../solver-core/protocol/quantity.ts';
import { calibrationMarkdown, measureMarkdown } from '../../../solver-core/report/measure-markdown.ts';
import { sensorsText } from '../../../solver-core/report/measure-sensors.ts';
import { calibrationText, measureText } from '../../../solver-core/report/measure-text.ts';
import { expectGolden } from './golden.ts';

const of = <U extends Unit>(value: number, unit: U, spread = 0.03, source: Quantity['source'] = 'measured'): Quantity<U> => ({
  value,
  unit,
  low: value * (1 - spread),
  high: value * (1 + spread),
  source,
  ref: 'RAPL',
});

const rapl: SensorDocument = {
  id: 'rapl',
  kind: 'rapl',
  name: 'RAPL energy counters',
  state: 'ready',
  domain: 'processor package 0',
  reading: 'counter',
  updateIntervalMs: 1,
  power: of(12.3456, 'W', 0),
  reason: null,
};
const gone: SensorDocument = {
  ...rapl,
  id: 'nvml',
  kind: 'nvml',
  name: 'card \u001b[31m',
  state: 'absent',
  power: null,
  reason: 'No driver.',
};
const sensors: SensorsDocument = {
  schema: 'tierwise.sensors/1',
  sensors: [
    rapl,
    { ...rapl, id: 'hwmon:ina226@1-0040', kind: 'hwmon', name: 'INA226', reading: 'power', updateIntervalMs: null, power: null },
    gone,
    { ...gone, id: 'xrt', kind: 'xrt', name: 'card', state: 'not-permitted', reason: 'Join the group render.' },
  ],
};

const measurement: MeasureDocument = {
  schema: 'tierwise.measure/1',
  model: '/models/digits|<b>.onnx',
  workload: 'inference, ONNX Runtime on one thread, 64 seeded random inputs',
  sensor: rapl,
  result: { energy: of(8.1e-6, 'J'), repetitions: 10, sensor: 'RAPL energy counters, processor package 0', date: '2026-11-21T10:00:00Z' },
  reason: null,
  idle: of(10.2, 'W', 0.01),
  runs: [
    { iterations: 40_000, seconds: of(2.01, 's', 0), gross: of(20.9, 'J', 0), net: of(0.33, 'J', 0) },
    { iterations: 39_000, seconds: of(2, 's', 0), gross: of(20.1, 'J', 0), net: null },
  ],
  target: 'server-cpu',
  machine: 'A processor',
  estimate: of(4.1e-6, 'J', 0.9, 'assumed'),
  hashes: { model: 'h' },
  diagnostics: [{ code: 'windows-dropped', severity: 'info', message: '1 windows were made again: reset.', where: {} }],
};
const unmeasured: MeasureDocument = {
  ...measurement,
  result: null,
  reason: 'the 95 % interval includes 0',
  idle: null,
  runs: [],
  target: null,
  estimate: null,
};

const residual = {
  model: 'a/digits.onnx',
  modelHash: 'h',
  measured: of(8e-6, 'J'),
  before: of(4e-6, 'J', 0.9),
  after: of(8e-6, 'J'),
  error: 2e-16,
};
const calibration: CalibrationDocument = {
  schema: 'tierwise.calibration/1',
  target: 'server-cpu',
  targetHash: 'h',
  constants: [
    { name: 'compute', factor: of(1.7, '1', 0.2) },
    { name: 'rest', factor: of(3.512, '1', 0.2) },
  ],
  residuals: [residual, { ...residual, model: 'lenet5.onnx', error: -0.034 }, { ...residual, model: 'resnet8.onnx', error: 0.12 }],
  leaveOneOut: 0.087,
  date: '2026-11-21T10:00:00Z',
  output: '/models/.tierwise/calibrations/server-cpu.json',
  diagnostics: [{ code: 'not-measured', severity: 'warning', message: 'There is no measurement of other.onnx.', where: {} }],
};

test('meters: what they cover, or why they cannot be used', () => {
  expectGolden('report/sensors.txt', sensorsText(sensors));
  expect(sensorsText({ ...sensors, sensors: [gone] })).toContain('nothing can be measured here');
  expect(sensorsText({ ...sensors, sensors: [{ ...rapl, id: 'nvml:0', kind: 'nvml' }] })).toContain('do not contain the processor');
  expect(sensorsText({ ...sensors, sensors: [{ ...rapl, id: 'nvml:0', kind: 'nvml' }] })).toMatch(
    /^nvml:0: listed only, [^]*no command runs on/,
  );
});

test('a measurement: the figure, the estimate beside it, the runs', () => {
  expectGolden('report/measure.txt', measureText(measurement));
  expectGolden('report/measure.md', measureMarkdown(measurement));
  expect(measureText(unmeasured)).toContain('Not measurable: the 95 % interval includes 0');
  expect(measureMarkdown(unmeasured)).toContain('not measurable');
});

test('a calibration: factors, residuals, and how well it predicts', () => {
  expectGolden('report/calibration.txt', calibrationText(calibration));
  expectGolden('report/calibration.md', calibrationMarkdown(calibration));
  const one = { ...calibration, residuals: [residual], leaveOneOut: null, constants: [{ name: 'all', factor: of(1.7, '1', 0) }] };
  expect(calibrationText(one)).toMatch(/every energy times 1\.7\n/);
  expect(calibrationText(one)).toContain('fewer than three');
});

test('names from files cannot leave their cell or colour a terminal', () => {
  for (const text of [sensorsText(sensors), measureText(measurement), measureMarkdown(measurement)]) expect(text).not.toContain('\u001b');
  expect(measureMarkdown(measurement)).not.toContain('<b>');
});
