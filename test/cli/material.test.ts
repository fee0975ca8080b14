import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { energyTargets } from '../../solver-core/energy/targets/index.ts';
import { energyJob } from '../../solver-core/jobs/energy.ts';
import { createEnvironment } from '../../solver-core/jobs/environment.ts';
import { hasNumpy, numpy } from '../solver-core/data/numpy.ts';
import { hasShared, shared } from '../shared.ts';
import { buildProduct, documentOf } from './product.ts';
import type { Product } from './product.ts';
import { energySchema, evalSchema, inspectSchema } from './schemas.ts';

let product: Product;
beforeAll(async () => {
  if (hasShared) product = await buildProduct();
});
afterAll(() => product?.remove());

const folder = shared('material/models');
const models = hasShared
  ? readdirSync(folder, { recursive: true })
      .map(String)
      .filter((path) => path.endsWith('.onnx'))
      .sort()
  : [];
/** Multiply-adds for one row, counted by hand from the layer sizes in the material's README and training scripts. */
const macs: Readonly<Record<string, number>> = {
  'own/mlp_digits.onnx': 64 * 64 + 64 * 32 + 32 * 10,
  // 28x28 in, 5x5 padded to 28x28x6; 14x14x6 in, 5x5 to 10x10x16; 400-120-84-10.
  'own/lenet5_fashion.onnx': 28 * 28 * 6 * 25 + 10 * 10 * 16 * 25 * 6 + 400 * 120 + 120 * 84 + 84 * 10,
};

describe.skipIf(!hasShared)('every model of the extra material', () => {
  test('is there', () => expect(models.length).toBeGreaterThanOrEqual(25));

  test.each(models)('%s is inspected', async (path) => {
    const ran = await product.run(['inspect', join(folder, path), '--json']);
    const document = v.parse(inspectSchema, documentOf(ran));
    expect([ran.code, document.diagnostics.filter((d) => d.severity === 'error')]).toEqual([0, []]);
    expect(document.totals.macs).toBe(document.layers.reduce((sum, layer) => sum + (layer.macs ?? 0), 0));
    if (macs[path] !== undefined) expect(document.totals.macs).toBe(macs[path]);
  });

  // One process per model and target would take minutes; the command line adds only printing, which contracts.test.ts covers.
  test.each([...energyTargets.keys()])('has an energy on %s', async (target) => {
    const environment = createEnvironment('', product.cli);
    for (const path of models) {
      const document = v.safeParse(energySchema, await energyJob(environment, { path: join(folder, path), target }));
      expect([path, document.issues]).toEqual([path, undefined]);
      if (!document.success) continue;
      const { layers, totals } = document.output;
      // A layer with unknown shapes has no figure, and then there is no total either.
      const known = layers.length > 0 && layers.every((layer) => layer.inference !== null);
      expect([path, totals.inference === null || totals.inference.value > 0]).toEqual([path, true]);
      if (known) expect(totals.inference, path).not.toBeNull();
      if (path.startsWith('own/')) expect([path, known]).toEqual([path, true]);
    }
  });
});

describe.skipIf(!hasShared || !hasNumpy)('the trained classifier of digits', () => {
  test('gets 484 of its 500 test rows right', async () => {
    const own = product.scratch();
    const [split, npz] = [shared('material/data/digits/mlp_digits_split.json'), shared('material/data/digits/digits.npz')];
    numpy(
      own,
      `s = json.load(open(${JSON.stringify(split)}))\nd = np.load(${JSON.stringify(npz)})\ni = np.array(s['test'])\nnp.savez('t.npz', x=d['x'][i], y=d['y'][i])`,
    );
    const ran = await product.run(['eval', join(folder, 'own/mlp_digits.onnx'), '--data', 't.npz', '--json'], { cwd: own });
    expect(v.parse(evalSchema, documentOf(ran))).toMatchObject({ rows: 500, correct: 484, metric: 'accuracy', value: 0.968 });
  });
});
