import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { calibrateJob } from '../../../solver-core/jobs/calibrate.ts';
import { energyJob } from '../../../solver-core/jobs/energy.ts';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { measureJob } from '../../../solver-core/jobs/measure.ts';
import { addMeasurement, readMeasurements } from '../../../solver-core/jobs/measured-record.ts';
import type { CardSource } from '../../../solver-core/sensors/xrt.ts';
import type { CalibrationDocument, EnergyDocument, MeasureDocument, MeasurementsDocument } from '../../../solver-core/protocol/index.ts';
import { measureMarkdown } from '../../../solver-core/report/measure-markdown.ts';
import { measureText } from '../../../solver-core/report/measure-text.ts';
import { projectRoot } from '../../shared.ts';
import { tolerances } from '../../tolerances.ts';
import { floats, modelBytes, node, value } from '../onnx/build-model.ts';
import { codeOf, machine } from './metered-machine.ts';

const target = 'server-cpu';
const calibrationFile = join('.tierwise', 'calibrations', `${target}.json`);
let folder = '';
let environment = createEnvironment('0.0.0-test', __filename);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tierwise-measured-'));
  mkdirSync(join(folder, '.git'));
  copyFileSync(join(projectRoot, 'examples', 'digits', 'digits.onnx'), join(folder, 'digits.onnx'));
  environment = createEnvironment('0.0.0-test', __filename);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);
const energy = (): Promise<EnergyDocument> => energyJob(environment, { path: at('digits.onnx'), target });
const measure = (joules: number, date = '2026-11-21T10:00:00.000Z'): Promise<MeasureDocument> =>
  measureJob(environment, { path: at('digits.onnx'), target }, {}, { ...machine(joules), date });
const calibrate = (paths: readonly string[] = [at('digits.onnx')]): Promise<CalibrationDocument> =>
  calibrateJob(environment, { target, paths }, {}, { ...machine(1), date: '2026-11-22T10:00:00.000Z' });
/** Replaces a text of a file. */
const edit = (name: string, from: RegExp, to: string): void => {
  const text = readFileSync(at(name), 'utf8');
  expect(text).toMatch(from);
  writeFileSync(at(name), text.replace(from, to));
};
/** Another energy in the only measurement. */
const editEnergy = (joules: number): void => {
  const document = JSON.parse(readFileSync(at('digits.measured.json'), 'utf8')) as MeasurementsDocument;
  const { energy: was } = document.measurements[0]!.result!;
  Object.assign(was, { value: joules, low: joules, high: joules });
  writeFileSync(at('digits.measured.json'), JSON.stringify(document));
};

describe('a model that fixes its batch', () => {
  test('is measured, estimated and calibrated per run of the whole batch', async () => {
    const model = (batch: number): Uint8Array =>
      modelBytes({
        input: [value('x', [batch, 64])],
        output: [value('y', [batch, 32])],
        initializer: [floats('w', [64, 32], (i) => i % 7)],
        node: [node('MatMul', ['x', 'w'], ['y'], {}, 'mm')],
      });
    writeFileSync(at('one.onnx'), model(1));
    writeFileSync(at('eight.onnx'), model(8));
    const one = (await energyJob(environment, { path: at('one.onnx'), target })).totals.inference!;
    const eight = (await energyJob(environment, { path: at('eight.onnx'), target })).totals.inference!;
    // What makes it matter: the estimate counts the batch, so the measured figure beside it must.
    expect(eight.value).toBeGreaterThan(2 * one.value);
    const document = await measureJob(environment, { path: at('eight.onnx'), target }, {}, machine(eight.value));
    expect(document.batch).toBe(8);
    expect(Math.abs(document.result!.energy.value / document.estimate!.value - 1)).toBeLessThan(tolerances.calibratedFactor.relative);
    expect(measureText(document)).toMatch(/^inference of 8 {2,}/m);
    const found = (await energyJob(environment, { path: at('eight.onnx'), target })).evidence!.find(({ measured }) => measured !== null)!;
    expect(Math.abs(found.error!)).toBeLessThan(tolerances.calibratedFactor.relative);
    const { constants } = await calibrateJob(environment, { target, paths: [at('eight.onnx')] }, {}, machine(1));
    expect(Math.abs(constants[0]!.factor.value - 1)).toBeLessThan(tolerances.calibratedFactor.relative);
  });
});

describe('the file of a calibration', () => {
  test('is made of measurements that a factor can stand for, else nothing is written', async () => {
    await measure(1e-5);
    for (const joules of [1e308, 1e10, 1e-300, 5e-324]) {
      editEnergy(joules);
      expect(await codeOf(calibrate())).toBe('calibration-implausible');
      expect(existsSync(at(calibrationFile))).toBe(false);
    }
    editEnergy(1);
    await calibrate();
    expect((await energy()).calibration?.stale).toBeNull();
  });

  test('keeps no path of this machine, and a model elsewhere by its name', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'tierwise-outside-'));
    copyFileSync(at('digits.onnx'), join(outside, 'other.onnx'));
    await measure(1e-5);
    await measureJob(environment, { path: join(outside, 'other.onnx'), target }, {}, machine(1e-5));
    const { residuals } = await calibrate([at('digits.onnx'), join(outside, 'other.onnx')]);
    expect(residuals.map(({ model }) => model)).toEqual(['digits.onnx', '../other.onnx']);
    expect(readFileSync(at(calibrationFile), 'utf8')).not.toContain(outside);
    expect((await energy()).calibration?.stale).toBeNull();
    rmSync(outside, { recursive: true });
  });

  test.skipIf(process.platform === 'win32')(
    'that comes from elsewhere makes nothing outside its folder be read, and nothing of any size',
    async () => {
      const outside = mkdtempSync(join(tmpdir(), 'tierwise-outside-'));
      writeFileSync(join(outside, 'secret'), 'something else');
      await measure(1e-5);
      await calibrate();
      const stale = async (): Promise<string | null | undefined> => (await energy()).calibration?.stale;
      writeFileSync(at('inside'), 'something else');
      symlinkSync(join(outside, 'secret'), at('link'));
      writeFileSync(at('large'), '');
      truncateSync(at('large'), 2 ** 29 + 1);
      let name = 'digits.onnx';
      for (const [to, expected] of [
        ['inside', 'inside changed since it was measured'],
        [join(outside, 'secret'), null],
        [`../${basename(outside)}/secret`, null],
        ['link', null],
        ['large', null],
      ] as const) {
        edit(calibrationFile, new RegExp(`"model": "${name}"`), `"model": "${to}"`);
        expect(await stale(), to).toBe(expected);
        name = to;
      }
      rmSync(outside, { recursive: true });
    },
  );
});

describe('a measurement', () => {
  test('of a clock that was ahead does not make the calibration after it stale; a later one does', async () => {
    await measure(1e-5, '2099-01-01T00:00:00.000Z');
    await calibrate();
    expect((await energy()).calibration?.stale).toBeNull();
    await measure(2e-5, '2026-01-01T00:00:00.000Z');
    expect((await energy()).calibration?.stale).toContain('measured again');
  });

  test('that is next to nothing gives no error that is not a number', async () => {
    const document = await measure(1e-5);
    editEnergy(1e-320);
    const found = (await energy()).evidence!.find(({ measured }) => measured !== null);
    expect(found?.error).toBeNull();
    const result = { ...document.result!, energy: { ...document.result!.energy, value: 1e-320, low: 1e-320, high: 1e-320 } };
    expect(measureText({ ...document, result })).not.toContain('Infinity');
    expect(measureMarkdown({ ...document, result })).not.toContain('Infinity');
  });

  test('is added beside entries that are not understood, whoever else adds one, and nothing else is left in the folder', async () => {
    const document = await measure(1e-5);
    const file = JSON.parse(readFileSync(at('digits.measured.json'), 'utf8')) as MeasurementsDocument;
    const later = { schema: 'tierwise.measure/2', joules: [1, 2] };
    writeFileSync(
      at('digits.measured.json'),
      JSON.stringify({ ...file, note: 'ours', measurements: [later, ...file.measurements, 'odd'] }),
    );
    const runs = [1, 2, 3, 4, 5];
    await Promise.all(runs.map((run) => addMeasurement(at('digits.onnx'), { ...document, workload: `run ${run}` }, 'digits.onnx')));
    const kept = JSON.parse(readFileSync(at('digits.measured.json'), 'utf8')) as MeasurementsDocument & { readonly note: string };
    expect(kept.note).toBe('ours');
    expect(kept.measurements.slice(0, 3)).toEqual([later, file.measurements[0], 'odd']);
    expect(
      kept.measurements
        .slice(3)
        .map(({ workload }) => workload)
        .sort(),
    ).toEqual(runs.map((run) => `run ${run}`));
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    const found = await readMeasurements(at('digits.onnx'));
    expect(found.kind === 'found' && found.measurements.length).toBe(6);
  });
});

describe('the meter of a fit', () => {
  const card = (bdf: string): CardSource => ({
    bdf,
    name: 'card',
    obstacle: null,
    read: () => Promise.resolve({ kind: 'power', watts: 30 }),
  });
  const fit = (sensor: string | undefined, cards: readonly string[]): Promise<string> =>
    codeOf(
      measureJob(
        environment,
        { path: at('digits.tiers'), fit: true, backend: 'xrt:0', ...(sensor === undefined ? {} : { sensor }) },
        {},
        { ...machine(1), sources: { cards: cards.map(card), boards: [] } },
      ),
    );

  test('of one of several cards is named by its address: XRT does not tell which card it opens', async () => {
    for (const name of ['digits.npz', 'digits.tiers']) copyFileSync(join(projectRoot, 'examples', 'digits', name), at(name));
    const [a, b] = ['0000:65:00.1', '0000:b3:00.1'];
    expect(await fit(undefined, [a, b])).toBe('sensor-ambiguous');
    expect(await fit('xrt', [a, b])).toBe('sensor-ambiguous');
    // With the meter decided, the card itself is opened next.
    expect(await fit(`xrt:${b}`, [a, b])).toBe('xrt-no-xclbin');
    expect(await fit(undefined, [a])).toBe('xrt-no-xclbin');
    expect(await fit(`xrt:${b}`, [a])).toBe('sensor-unknown');
  });

  test('is for plans: a model has no tiers to fit', async () => {
    const failure: unknown = await measureJob(environment, { path: at('digits.onnx'), fit: true }, {}, machine(1)).catch((e: unknown) => e);
    expect(failure).toMatchObject({ code: 'usage', message: expect.stringContaining('--fit wants a plan') });
  });
});
