import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EnergyDocument } from '../../solver-core/protocol/index.ts';
import { buildProduct, documentOf } from './product.ts';
import type { Product, Ran } from './product.ts';
import { energySchema } from './schemas.ts';

let product: Product;
let folder = '';
beforeAll(async () => {
  product = await buildProduct();
  folder = product.digits();
});
afterAll(() => product.remove());

const run = (words: string): Promise<Ran> => product.run(words.split(' '), { cwd: folder });
const energy = async (more = ''): Promise<EnergyDocument> =>
  v.parse(energySchema, documentOf(await run(`energy digits.tiers --json${more}`))) as EnergyDocument;
const simulated = (document: EnergyDocument): number =>
  document.layers.filter((layer) => layer.evidence?.some(({ of }) => of === 'direct solve on the engine')).length;

test('solves of a fresh fit record on the engine have a simulated figure beside the estimate, others have none', async () => {
  expect(simulated(await energy())).toBe(0);
  expect((await run('fit digits.tiers')).code).toBe(0);
  const document = await energy();
  expect(simulated(document)).toBeGreaterThan(0);
  for (const layer of document.layers) {
    for (const { estimate, simulated: figure, error } of layer.evidence ?? []) {
      // Toggles are simulated; the target's factor over an ASIC and the logic behind registers are assumed, and so are the joules.
      expect(figure?.source).toBe('assumed');
      expect(figure?.ref).toMatch(/^activity simulated, joules from tables; .*register toggles/);
      // Both are bounded by the target's factor over an ASIC, so neither lies outside the other's band.
      expect(figure!.value).toBeGreaterThan(estimate.low);
      expect(figure!.value).toBeLessThan(estimate.high);
      expect(Math.sign(error!)).toBe(Math.sign(estimate.value - figure!.value));
    }
  }
  // A target without our engine did not solve this way.
  expect(simulated(await energy(' --target server-cpu'))).toBe(0);
  const plan = join(folder, 'digits.tiers');
  writeFileSync(plan, readFileSync(plan, 'utf8').replace('lambda 30', 'lambda 31'));
  expect(simulated(await energy())).toBe(0);
});
