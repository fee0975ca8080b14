import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { energyTargets } from '../../../solver-core/energy/targets/index.ts';
import type { CalibrateParams } from '../../../solver-core/jobs/calibrate.ts';
import { calibrateJob } from '../../../solver-core/jobs/calibrate.ts';
import { checkJob } from '../../../solver-core/jobs/check.ts';
import { energyJob } from '../../../solver-core/jobs/energy.ts';
import type { EnergyParams } from '../../../solver-core/jobs/energy.ts';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import type { MeasureParams } from '../../../solver-core/jobs/measure.ts';
import type { MeasureSeams } from '../../../solver-core/jobs/measure-options.ts';
import { measureJob } from '../../../solver-core/jobs/measure.ts';
import { sensorsJob } from '../../../solver-core/jobs/sensors.ts';
import { isAbort } from '../../../solver-core/model/abort.ts';
import type { CalibrationDocument, EnergyDocument, MeasureDocument, MeasurementsDocument } from '../../../solver-core/protocol/index.ts';
import { calibrationSchema, measureSchema } from '../../cli/schemas.ts';
import { bareJoules } from '../../joules.ts';
import { projectRoot } from '../../shared.ts';
import { tolerances } from '../../tolerances.ts';
import { FakeHost } from '../sensors/fake-host.ts';
import { codeOf, machine } from './metered-machine.ts';

const target = 'server-cpu';
const calibrationFile = join('.tierwise', 'calibrations', `${target}.json`);
let folder = '';
let environment = createEnvironment('0.0.0-test', __filename);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tierwise-measure-'));
  mkdirSync(join(folder, '.git'));
  for (const name of ['digits.onnx', 'digits.npz', 'digits.tiers'])
    copyFileSync(join(projectRoot, 'examples', 'digits', name), join(folder, name));
  environment = createEnvironment('0.0.0-test', __filename);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

const measure = (seams: MeasureSeams, params: Partial<MeasureParams> = {}): Promise<MeasureDocument> =>
  measureJob(environment, { path: at('digits.onnx'), target, ...params }, {}, seams);
const calibrate = (seams: MeasureSeams = machine(1), params: Partial<CalibrateParams> = {}): Promise<CalibrationDocument> =>
  calibrateJob(environment, { target, paths: [at('digits.onnx')], ...params }, {}, seams);
const energy = (params: Partial<EnergyParams> = {}): Promise<EnergyDocument> =>
  energyJob(environment, { path: at('digits.onnx'), target, ...params });
const kept = (): MeasurementsDocument => JSON.parse(readFileSync(at('digits.measured.json'), 'utf8')) as MeasurementsDocument;
const off = (a: number | undefined, b: number | undefined): number => Math.abs((a ?? Number.NaN) / (b ?? 0) - 1);

/** The same model with another documentation string (ModelProto.doc_string, field 6): other bytes, nothing else. */
function changeModel(path: string): void {
  writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from([0x32, 0x01, 0x78])]));
}

describe('measuring', () => {
  test('gives joules of one inference with interval and runs, and keeps them beside the model', async () => {
    const document = await measure(machine(0.5));
    expect(off(document.result?.energy.value, 0.5)).toBeLessThan(tolerances.counterSteps.relative);
    expect(document).toMatchObject({ reason: null, target, hashes: { model: expect.stringMatching(/^[0-9a-f]{64}$/) } });
    expect(document.result).toMatchObject({
      repetitions: 10,
      sensor: 'RAPL energy counters, processor package 0',
      energy: { source: 'measured' },
    });
    expect(document.result?.energy.ref).toMatch(/difference of a counter.*median 0\.5/);
    expect(document.runs).toHaveLength(10);
    expect(v.safeParse(measureSchema, JSON.parse(JSON.stringify(document))).issues).toBeUndefined();
    expect(bareJoules(document)).toEqual([]);
    expect(document.runs.every(({ gross, net }) => net !== null && gross.value > net.value)).toBe(true);
    expect(off(document.idle?.value, 10)).toBeLessThan(tolerances.counterSteps.relative);
    await measure(machine(0.6));
    expect(kept().measurements.map(({ model, result }) => [model, Number(result?.energy.value.toPrecision(2))])).toEqual([
      ['digits.onnx', 0.5],
      ['digits.onnx', 0.6],
    ]);
    expect(readFileSync(at('digits.measured.json'), 'utf8')).not.toContain(folder);
  });

  test('rows of a data file and the model of a plan can be run', async () => {
    const document = await measure(machine(0.5), { path: at('digits.tiers'), data: at('digits.npz') });
    expect(document.workload).toMatch(/64 rows of digits\.npz/);
    expect(document.model).toBe(at('digits.onnx'));
  });

  test('what cannot be told from idling is no figure and is not kept', async () => {
    const document = await measure(machine(0));
    expect(document).toMatchObject({ result: null, reason: expect.stringContaining('includes 0') });
    expect(existsSync(at('digits.measured.json'))).toBe(false);
  });

  test('without a meter for it nothing is made up', async () => {
    const on = (fixture: string, params: Partial<MeasureParams> = {}): Promise<string> =>
      codeOf(measure({ host: new FakeHost(fixture), sources: { cards: [], boards: [] } }, params));
    expect(await on('empty')).toBe('sensor-not-there');
    expect(await on('not-permitted')).toBe('sensor-not-permitted');
    expect(await on('garbage')).toBe('sensor-not-there');
    expect(await on('empty', { sensor: 'wattmeter' })).toBe('sensor-unknown');
    expect(await on('empty', { target: 'ecp5-85f' })).toBe('target-not-this-machine');
    expect(await on('empty', { target: 'none' })).toBe('unknown-target');
    const card = { bdf: '0000:65:00.1', name: 'card', obstacle: null, read: () => Promise.resolve({ kind: 'power', watts: 30 } as const) };
    expect(await codeOf(measure({ host: new FakeHost('empty'), sources: { cards: [card], boards: [] } }, { sensor: 'xrt' }))).toBe(
      'sensor-elsewhere',
    );
  });

  test('a file of that name that is something else stays as it is', async () => {
    writeFileSync(at('digits.measured.json'), '{"mine": true}');
    expect(await codeOf(measure(machine(0.5)))).toBe('record-not-ours');
    expect(readFileSync(at('digits.measured.json'), 'utf8')).toBe('{"mine": true}');
  });

  test('a cancelled one writes nothing', async () => {
    const abort = { aborted: false };
    const seams = machine(0.5);
    let runs = 0;
    const around: MeasureSeams['around'] = (run) => {
      if (++runs === 500) abort.aborted = true;
      return seams.around!(run);
    };
    const failure: unknown = await measureJob(environment, { path: at('digits.onnx') }, { abort }, { ...seams, around }).catch(
      (e: unknown) => e,
    );
    expect(isAbort(failure)).toBe(true);
    expect(existsSync(at('digits.measured.json'))).toBe(false);
  });

  test('the fit of a plan is measured on its backend and stands beside the estimate of its solves', async () => {
    // Few of them: each is a real fit.
    const options = { repeats: 3, minSeconds: 0.5, minUpdates: 1 };
    const fit = { path: at('digits.tiers'), fit: true, backend: 'cpu' };
    const document = await measure({ ...machine(4, 1000), options }, fit);
    expect(v.safeParse(measureSchema, JSON.parse(JSON.stringify(document))).issues).toBeUndefined();
    expect(document).toMatchObject({ of: 'fit', reason: null, workload: expect.stringContaining('backend cpu') });
    expect(off(document.result?.energy.value, 4)).toBeLessThan(tolerances.counterSteps.relative);
    expect(existsSync(at('digits.fitted.onnx'))).toBe(false);
    const evidence = async (): Promise<EnergyDocument['evidence']> =>
      (await energy({ path: at('digits.tiers') })).evidence?.filter(({ measured }) => measured !== null);
    const [found, ...others] = (await evidence())!;
    expect(others).toEqual([]);
    expect(found).toMatchObject({ of: 'one fit of the lower tiers', stale: null });
    expect(found?.estimate).toEqual(document.estimate);
    expect(await codeOf(calibrate())).toBe('nothing-to-calibrate');
    writeFileSync(at('digits.tiers'), readFileSync(at('digits.tiers'), 'utf8').replace(/lambda \S+/, 'lambda 0.5'));
    expect((await evidence())?.[0]?.stale).toContain('lower tiers of the plan changed');
  });

  test('a fit on another place than the meter covers is refused', async () => {
    const fit = (backend: string, params: Partial<MeasureParams> = {}): Promise<string> =>
      codeOf(measure(machine(1), { path: at('digits.tiers'), fit: true, backend, ...params }));
    expect(await fit('sim')).toBe('sim-not-measurable');
    expect(await fit('serial:/dev/none', { target: 'up5k' })).toBe('sensor-not-there');
    expect(await fit('xrt:0', { target: 'xc7a100t' })).toBe('sensor-not-there');
    expect(await fit('xrt:0', { target: 'xc7a100t', sensor: 'rapl' })).toBe('sensor-elsewhere');
    expect(await fit('cpu', { target: 'up5k' })).toBe('target-not-this-machine');
  });

  test('the meters of the machine', async () => {
    const { sensors } = await sensorsJob({}, {}, machine(1));
    expect(sensors.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'rapl ready',
      'hwmon absent',
      'nvml absent',
      'xrt absent',
      'board absent',
    ]);
    expect(await codeOf(sensorsJob({ backend: 'cpu' }, {}, machine(1)))).toBe('usage');
  });
});

describe('evidence beside the estimate', () => {
  test('the newest measurement of this model on this target, with the error', async () => {
    await measure(machine(0.5));
    const { evidence, totals } = await energy();
    const [found] = evidence!.filter(({ measured }) => measured !== null);
    expect(found).toMatchObject({ of: 'one inference', simulated: null, stale: null, measured: { repetitions: 10 } });
    expect(found!.estimate).toEqual(totals.inference);
    const measured = found!.measured!.energy.value;
    expect(found!.error).toBe((totals.inference!.value - measured) / measured);
    const others = (await energy({ target: 'mcu-class' })).evidence ?? [];
    expect(others.some(({ measured: other }) => other !== null)).toBe(false);
  });

  test('is stale when the model changed since', async () => {
    await measure(machine(0.5));
    changeModel(at('digits.onnx'));
    const found = (await energy()).evidence!.find(({ measured }) => measured !== null);
    expect(found?.stale).toContain('the model changed');
  });
});

describe('calibrating', () => {
  test('a machine that takes 1.7 times what the constants say gives a factor of 1.7', async () => {
    const before = (await energy()).totals.inference!;
    const document = await calibrate(machine(1.7 * before.value), { measure: true });
    expect(document.constants.map(({ name }) => name)).toEqual(['all']);
    expect(off(document.constants[0]?.factor.value, 1.7)).toBeLessThan(tolerances.calibratedFactor.relative);
    expect(Math.abs(document.residuals[0]!.error)).toBeLessThan(tolerances.sumFp64.relative);
    expect(document.output).toBe(at(calibrationFile));
    expect(v.safeParse(calibrationSchema, JSON.parse(JSON.stringify(document))).issues).toBeUndefined();
    expect(bareJoules(document)).toEqual([]);
    const stored = JSON.parse(readFileSync(at(calibrationFile), 'utf8')) as CalibrationDocument;
    expect(stored.residuals[0]!.model).toBe('digits.onnx');
    const after = await energy();
    expect(off(after.totals.inference?.value, 1.7 * before.value)).toBeLessThan(tolerances.calibratedFactor.relative);
    // One measurement has no spread, so an assumption stays one.
    expect(after.totals.inference?.source).toBe('assumed');
    expect(after.totals.inference?.ref).toContain('calibrated on 1 measurement of 2026-11-21');
    expect(after.calibration).toEqual({ path: at(calibrationFile), date: '2026-11-21T10:00:00.000Z', stale: null });
    expect(after.evidence?.find(({ measured }) => measured !== null)?.of).toBe('one inference, to which the calibration was fitted');
    const plain = await energy({ calibration: false });
    expect(plain.totals.inference).toEqual(before);
    expect(plain.calibration).toBeUndefined();
  });

  test('is marked stale when a model or a measurement changed, and not applied when the target did', async () => {
    await calibrate(machine(1e-5), { measure: true });
    const stale = async (): Promise<string | null | undefined> => (await energy()).calibration?.stale;
    expect(await stale()).toBeNull();
    await measure({ ...machine(2e-5), date: '2026-11-22T10:00:00.000Z' });
    expect(await stale()).toContain('measured again');
    writeFileSync(at('server.tiers'), readFileSync(at('digits.tiers'), 'utf8').replace(/target \S+/, `target "${target}"`));
    const { diagnostics } = await checkJob(environment, { path: at('server.tiers') });
    expect(diagnostics.map(({ code, where }) => [code, where.path])).toContainEqual(['calibration-stale', at(calibrationFile)]);
    await calibrate({ ...machine(1), date: '2026-11-23T10:00:00.000Z' });
    expect(await stale()).toBeNull();
    changeModel(at('digits.onnx'));
    expect(await stale()).toContain('digits.onnx changed');
    const text = readFileSync(at(calibrationFile), 'utf8');
    writeFileSync(at(calibrationFile), text.replace(/"targetHash": "[^"]+"/, '"targetHash": "of another"'));
    expect(await stale()).toContain('not applied');
    expect((await energy()).totals.inference).toEqual((await energy({ calibration: false })).totals.inference);
  });

  test('a target of the workspace is calibrated beside its file', async () => {
    mkdirSync(at('.tierwise/targets'), { recursive: true });
    const own = { ...energyTargets.get(target), schema: 'tierwise.target/1', id: 'our-server' };
    writeFileSync(at('.tierwise/targets/ours.json'), JSON.stringify(own));
    const document = await calibrate(machine(1e-5), { measure: true, target: 'our-server' });
    expect(document.output).toBe(at('.tierwise/calibrations/our-server.json'));
    expect((await energy({ target: 'our-server' })).calibration?.stale).toBeNull();
    expect((await energy()).calibration).toBeUndefined();
  });

  test('what was not measured is said, and without any measurement nothing is written', async () => {
    expect(await codeOf(calibrate())).toBe('nothing-to-calibrate');
    expect(existsSync(at('.tierwise'))).toBe(false);
    copyFileSync(at('digits.onnx'), at('other.onnx'));
    await measure(machine(1e-5));
    const document = await calibrate(machine(1), { paths: [at('digits.onnx'), at('other.onnx')] });
    expect(document.residuals).toHaveLength(1);
    expect(document.diagnostics.map(({ code, where }) => [code, where.path])).toEqual([['not-measured', at('other.onnx')]]);
    expect(await codeOf(calibrate(machine(1), { target: 'nothing' }))).toBe('unknown-target');
  });

  test.skipIf(process.platform === 'win32')('foreign files stay, and no link leads out of the workspace', async () => {
    await measure(machine(1e-5));
    mkdirSync(at('.tierwise/calibrations'), { recursive: true });
    writeFileSync(at(calibrationFile), 'mine');
    expect(await codeOf(calibrate())).toBe('record-not-ours');
    expect(readFileSync(at(calibrationFile), 'utf8')).toBe('mine');
    rmSync(at('.tierwise'), { recursive: true });
    const outside = mkdtempSync(join(tmpdir(), 'tierwise-outside-'));
    symlinkSync(outside, at('.tierwise'));
    expect(await codeOf(calibrate())).toBe('path-outside-folder');
    rmSync(outside, { recursive: true });
  });
});
