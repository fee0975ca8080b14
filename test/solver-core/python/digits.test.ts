import { mkdtempSync, readFileSync, writeFileSync, cpSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkJob } from '../../../solver-core/jobs/check.ts';
import { energyJob } from '../../../solver-core/jobs/energy.ts';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { annotationPlanJob, pythonJob } from '../../../solver-core/jobs/python.ts';
import { readPlan } from '../../../solver-core/jobs/read-plan.ts';
import { projectRoot } from '../../shared.ts';

const environment = createEnvironment('0.0.0-test', join(projectRoot, 'dist', 'cli.cjs'));
const example = join(projectRoot, 'examples', 'digits');
const folder = mkdtempSync(join(tmpdir(), 'tierwise-python-'));
for (const name of ['model.py', 'digits.onnx', 'digits.npz', 'digits.tiers']) cpSync(join(example, name), join(folder, name));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const path = join(folder, 'model.py');
const model = join(folder, 'digits.onnx');
const plan = join(folder, 'digits.tiers');

describe('the annotations of the example say what its plan says', () => {
  test('the same layers, with the figures of the plan bit for bit', async () => {
    const document = await pythonJob(environment, { path, models: [model] });
    const energy = await energyJob(environment, { path: plan });
    expect(document.model).toBe(model);
    expect(document.diagnostics).toEqual([]);
    expect(document.layers.map((layer) => layer.layerId)).toEqual(energy.layers.map((layer) => layer.id));
    for (const [at, layer] of document.layers.entries()) {
      const same = energy.layers[at];
      expect(layer.tier).toBe(same?.tier);
      expect(layer.basis).toBe('model');
      expect(layer.inference).toEqual(same?.inference);
      expect(layer.retraining).toEqual(same?.retraining);
      expect([layer.macs, layer.parameters]).toEqual([same?.macs, same?.parameters]);
    }
  });

  test('a plan made from them has the same tiers, budgets apart, and checks without errors', async () => {
    const { text, annotated, unmatched } = await annotationPlanJob(environment, { path, model, planFolder: folder, data: 'digits.npz' });
    expect([annotated, unmatched]).toEqual([3, []]);
    const [made, given] = [await readPlan(join(folder, 'made.tiers'), text), await readPlan(plan)];
    expect(made.diagnostics).toEqual([]);
    const withoutPlaces = (tier: object): object => ({ ...tier, range: undefined, budgets: undefined });
    expect(made.plan?.lower.map(withoutPlaces)).toEqual(given.plan?.lower.map(withoutPlaces));
    expect(made.plan?.upper.map(withoutPlaces)).toEqual(given.plan?.upper.map(withoutPlaces));
    expect(made.plan?.upper[0]?.budgets.map(({ limitJ, per }) => [limitJ, per])).toEqual([[5e-3, 'update']]);
    writeFileSync(join(folder, 'made.tiers'), text);
    const check = await checkJob(environment, { path: join(folder, 'made.tiers') });
    expect(check.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('without the export, the arguments give the same joules per inference', async () => {
    const [exported, alone] = [await pythonJob(environment, { path, models: [model] }), await pythonJob(environment, { path, models: [] })];
    expect(alone.model).toBeNull();
    for (const [at, layer] of alone.layers.entries()) {
      const same = exported.layers[at];
      expect(layer.basis).toBe('arguments');
      expect([layer.macs, layer.parameters, layer.inference]).toEqual([same?.macs, same?.parameters, same?.inference]);
      expect(layer.note).toMatch(/^Assumed/);
    }
  });

  test('what the source says otherwise is not matched', async () => {
    const text = readFileSync(path, 'utf8').replace('hidden=192', 'hidden=200');
    const document = await pythonJob(environment, { path, text, models: [model] });
    expect(document.layers.filter((layer) => layer.layerId !== null).map((layer) => layer.name)).not.toContain('fc1');
  });

  test('an order that no plan may have is reported at the lower layer', async () => {
    const text = readFileSync(path, 'utf8').replace('# tier: upper rls forgetting=1.0 budget=5mJ name=head', '# tier: lower ridge');
    const swapped = text.replace(/# tier: lower ridge lambda=30/, '# tier: upper rls #');
    const document = await pythonJob(environment, { path, text: swapped, models: [model] });
    const lines = swapped.split('\n');
    const found = document.diagnostics.map(({ code, where }) => [code, lines[(where.range?.line ?? 0) - 1]?.trim().slice(0, 13)]);
    expect(found).toEqual([
      ['tier-order', '# tier: lower'],
      ['tier-order', '# tier: lower'],
    ]);
  });

  test('a plan outside of the reach of its model is refused, as is a model that does not match', async () => {
    const code = { code: 'path-outside-folder' };
    await expect(annotationPlanJob(environment, { path, model, planFolder: join(folder, 'sub') })).rejects.toMatchObject(code);
    const text = 'import torch.nn as nn\nnet = nn.Sequential(nn.Linear(3, 4))\n';
    await expect(annotationPlanJob(environment, { path, text, model, planFolder: folder })).rejects.toMatchObject({
      code: 'no-matching-model',
    });
  });
});
