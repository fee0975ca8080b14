import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bareJoules } from '../joules.ts';
import { hasShared, projectRoot, shared } from '../shared.ts';
import { expectGolden } from '../solver-core/report/golden.ts';
import { annotationsSchema } from './annotations-schema.ts';
import { buildProduct, documentOf, errorCode } from './product.ts';
import type { Product, Ran } from './product.ts';
import { checkSchema } from './schemas.ts';

let product: Product;
let folder = '';
beforeAll(async () => {
  product = await buildProduct();
  folder = product.digits();
  cpSync(join(projectRoot, 'examples', 'digits', 'model.py'), join(folder, 'model.py'));
  writeFileSync(
    join(folder, 'mixed.py'),
    [
      'import torch.nn as nn',
      'class Net(nn.Module):',
      '    def __init__(self, width, depth=2):',
      '        super().__init__()',
      '        self.conv = nn.Conv2d(1, 8, 3)',
      '        self.gru = nn.GRU(8, 16)  # tier: lower',
      '        self.blocks = nn.ModuleList([nn.Linear(16, 16) for _ in range(depth)])  # tier: lower rigde',
      '        self.wide = nn.Linear(16, width)',
      '        # tier: upper',
      '        print(width)',
      '',
    ].join('\n'),
  );
});
afterAll(() => product.remove());

const run = (words: string): Promise<Ran> => product.run(words.split(' '), { cwd: folder });

describe('tierwise annotations', () => {
  test('as text, with the export that lies beside it', async () => {
    const ran = await run('annotations model.py');
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    expectGolden('cli/annotations.txt', ran.stdout.replaceAll(folder, '<folder>'));
  });

  test('findings give exit code 1; what is not known is said', async () => {
    const ran = await run('annotations mixed.py --target up5k');
    expect([ran.code, ran.stderr]).toEqual([1, '']);
    expectGolden('cli/annotations-mixed.txt', ran.stdout.replaceAll(folder, '<folder>'));
  });

  test.each([
    'annotations model.py --json',
    'annotations mixed.py --json',
    'annotations model.py --model digits.onnx --target mcu-class --json',
  ])('%s is one document of its schema, with no bare joule', async (words) => {
    const document = documentOf(await run(words));
    expect(v.safeParse(annotationsSchema, document).issues).toBeUndefined();
    expect(bareJoules(document)).toEqual([]);
  });

  test('--plan writes a plan that checks, and never over another file', async () => {
    const written = await run('annotations model.py --plan made.tiers');
    expect(written.code).toBe(0);
    expect(written.stderr).toMatch(/^Wrote .*made\.tiers\n$/);
    const check = v.parse(checkSchema, documentOf(await run('check made.tiers --json')));
    expect(check.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(check.tiers.map(({ kind, name, layers }) => [kind, name, layers])).toEqual([
      ['lower', 'features', ['/fc1/Gemm', '/fc2/Gemm']],
      ['upper', 'head', ['/fc3/Gemm']],
    ]);
    for (const name of ['made.tiers', 'digits.tiers', 'model.py', 'digits.onnx']) {
      const before = readFileSync(join(folder, name));
      const refused = await run(`annotations model.py --plan ${name} --json`);
      expect([refused.code, errorCode(refused)]).toEqual([2, 'output-would-overwrite']);
      expect(readFileSync(join(folder, name)).equals(before)).toBe(true);
    }
  });

  test.each([
    ['annotations none.py', 1, 'file-not-found'],
    ['annotations .', 1, 'not-a-file'],
    ['annotations mixed.py --plan new.tiers', 1, 'no-matching-model'],
    ['annotations model.py --target nope', 2, 'unknown-target'],
    ['annotations', 2, 'usage'],
    ['annotations model.py --data digits.npz', 2, 'usage'],
  ] as const)('%s: %i %s', async (words, code, named) => {
    const ran = await run(`${words} --json`);
    expect([ran.code, errorCode(ran)]).toEqual([code, named]);
    expect(existsSync(join(folder, 'new.tiers'))).toBe(false);
  });

  test('an export that does not match is said, and shows no figures', async () => {
    const ran = await run('annotations mixed.py --model digits.onnx --json');
    expect(ran.stderr).toMatch(/does not match/);
    expect(v.parse(annotationsSchema, documentOf(ran)).model).toBeNull();
  });
});

describe.skipIf(!hasShared)('training scripts that people wrote find their exports', () => {
  test.each([
    ['nets', 'lenet5_fashion', 'LeNet5', 5],
    ['nets', 'resnet8_fashion', 'ResNet8', 10],
    ['nets', 'gru_fsdd', 'GRUNet', 2],
    ['nets', 'mlp_digits', 'MLP', 3],
    ['train_opt', 'opt_char', 'OPT', 37],
    ['train_rwkv', 'rwkv_char_step', 'RWKV', 43],
  ])('%s.py and %s.onnx', async (script, model, root, count) => {
    const own = shared('material/models/own');
    const words = ['annotations', join(own, 'scripts', `${script}.py`), '--model', join(own, `${model}.onnx`), '--json'];
    const document = v.parse(annotationsSchema, documentOf(await product.run(words, { cwd: folder })));
    const matched = document.layers.filter(({ layerId }) => layerId !== null);
    expect(matched.map((layer) => layer.model)).toEqual(Array.from({ length: count }, () => root));
    expect(new Set(matched.map(({ layerId }) => layerId)).size).toBe(count);
    expect(matched.every(({ inference }) => inference !== null)).toBe(true);
  });
});
