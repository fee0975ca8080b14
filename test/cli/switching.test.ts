import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../shared.ts';
import { buildProduct, documentOf, errorCode } from './product.ts';
import type { Product, Ran } from './product.ts';
import { energySchema } from './schemas.ts';

let product: Product;
let folder = '';
beforeAll(async () => {
  product = await buildProduct();
  folder = product.digits();
  copyFileSync(join(projectRoot, 'test/fixtures/onnx/mlp_digits.onnx'), join(folder, 'mlp.onnx'));
  const data = 'data "digits.npz" inputs x labels y split 0.8 seed 1\n';
  writeFileSync(join(folder, 'mlp.tiers'), `model "mlp.onnx"\n${data}target "systolic-64x64"\n`);
  writeFileSync(join(folder, 'bare.tiers'), 'model "mlp.onnx"\ntarget "systolic-64x64"\n');
});
afterAll(() => product.remove());

const run = (words: string): Promise<Ran> => product.run(words.split(' '), { cwd: folder });

describe('tierwise energy --switching', () => {
  test('--json gives one document whose layers carry the simulated figure, and progress on stderr', async () => {
    const ran = await run('energy mlp.tiers --switching --json');
    const document = v.parse(energySchema, documentOf(ran)) as { readonly layers: readonly { readonly evidence?: readonly unknown[] }[] };
    expect(ran.code).toBe(0);
    expect(document.layers.map(({ evidence }) => evidence?.length)).toEqual([1, 1, 1]);
    expect(ran.stderr).toMatch(/simulating/);
    const quiet = await run('energy mlp.tiers --switching --json --quiet');
    expect(quiet.stdout).toBe(ran.stdout);
    expect(quiet.stderr).toBe('');
  });

  test.each([
    ['energy mlp.onnx --switching --json', 2, 'switching-needs-plan'],
    ['energy mlp.tiers --switching --target up5k --json', 2, 'no-8-bit-array'],
    ['energy bare.tiers --switching --json', 1, 'plan-without-data'],
  ] as const)('%s: exit code %i, %s', async (words, code, error) => {
    const ran = await run(words);
    expect(ran.code).toBe(code);
    expect(errorCode(ran)).toBe(error);
  });
});
