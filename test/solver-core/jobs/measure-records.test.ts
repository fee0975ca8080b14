import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { calibrateJob } from '../../../solver-core/jobs/calibrate.ts';
import { energyJob } from '../../../solver-core/jobs/energy.ts';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { measureJob } from '../../../solver-core/jobs/measure.ts';
import { measureText } from '../../../solver-core/report/measure-text.ts';
import { projectRoot } from '../../shared.ts';
import { tolerances } from '../../tolerances.ts';
import { floats, modelBytes, node, value } from '../onnx/build-model.ts';
import { machine } from './metered-machine.ts';

const target = 'server-cpu';
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
