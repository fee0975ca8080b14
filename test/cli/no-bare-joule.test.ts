import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bareJoules } from '../joules.ts';
import { projectRoot } from '../shared.ts';
import { messages, hostileMessages } from '../webview/canned.ts';
import { buildProduct, documentOf } from './product.ts';
import type { Product } from './product.ts';
import { smallSelectFolder } from './select-tools.ts';

let product: Product;
let folder = '';
beforeAll(async () => {
  product = await buildProduct();
  folder = smallSelectFolder(product);
  cpSync(join(projectRoot, 'examples', 'compound'), join(folder, 'compound'), { recursive: true });
  // Few rows and everything a document can hold: budgets of every kind, a machine that trains, workspace targets aside.
  const plan = join(folder, 'digits.tiers');
  writeFileSync(
    plan,
    `model "digits.onnx"
data "digits.npz" split 0.1
target "systolic-64x64"
train on "ecp5-85f"
backend cpu
lower tier features { layers "/fc1/Gemm", "/fc2/Gemm" solve ridge budget 1 nJ per layer budget 2 mJ per fit }
upper tier head { layers "/fc3/Gemm" learn rls update when gain per joule > 0.5 budget 1 J per update }
budget 15 uJ per inference
`,
  );
});
afterAll(() => product.remove());

/** Every command that prints a document, in an order in which each finds what it needs. */
const runs: readonly (readonly string[])[] = [
  ['inspect', 'digits.onnx'],
  ['check', 'digits.tiers'],
  ['energy', 'digits.onnx', '--target', 'mcu-class'],
  ['energy', 'digits.tiers'],
  ['energy', 'small.tiers', '--switching'],
  ['fit', 'small.tiers'],
  ['fit', 'digits.tiers'],
  ['energy', 'digits.tiers', '--target', 'ecp5-85f', '--train-on', 'server-cpu', '--epochs', '7'],
  ['stats', 'digits.tiers', '--layer', '/fc1/Gemm', '--out', 'sums.stats'],
  ['merge', 'sums.stats', '--out', 'merged.stats'],
  ['learn', 'digits.tiers', '--data', 'digits.npz', '--batch', '256', '--policy', 'always'],
  ['unlearn', 'digits.tiers', '--data', 'digits.npz', '--rows', '0..9'],
  ['eval', 'digits.onnx', '--data', 'digits.npz'],
  ['select', 'small.tiers', '--rows', '32'],
  ['sparsify', 'digits.tiers', '--target', 'seneca-type'],
  ['energy', 'digits.sparse.onnx', '--target', 'seneca-type'],
  ['compound', 'compound/digits.tiers', '--stream', 'compound/stream.npz'],
  ['diff', 'digits.onnx', 'digits.fitted.onnx'],
  ['boards'],
  ['sensors'],
  ['measure', 'digits.onnx'],
  ['calibrate', 'mcu-class', 'digits.onnx'],
  ['energy', 'digits.onnx', '--target', 'nope'],
];

test('no document of the command line holds a joule that is no quantity', async () => {
  const printed = new Map<string, number>();
  for (const words of runs) {
    const ran = await product.run([...words, '--json'], { cwd: folder });
    const document = documentOf(ran) as { readonly schema: string };
    expect(bareJoules(document), words.join(' ')).toEqual([]);
    expect(bareJoules({ ...document, planted: [{ rows: 3, spentJ: 1e-6 }] })).toEqual(['planted[0].spentJ']);
    printed.set(document.schema, (printed.get(document.schema) ?? 0) + 1);
  }
  // A meter is not everywhere, so measuring may end in an error; every other document has been looked at.
  const names = [
    'inspect',
    'check',
    'energy',
    'fit',
    'stats',
    'merge',
    'learn',
    'unlearn',
    'eval',
    'select',
    'sparsify',
    'compound',
    'diff',
    'boards',
    'sensors',
    'error',
  ];
  expect(names.filter((name) => ![...printed.keys()].some((schema) => schema.startsWith(`tierwise.${name}/`)))).toEqual([]);
});

test('no message to a page does', () => {
  for (const [page, message] of Object.entries(messages)) expect(bareJoules(message), page).toEqual([]);
  hostileMessages().forEach((message, i) => expect(bareJoules(message), `message ${i}`).toEqual([]));
});

describe('the check finds a planted one', () => {
  const quantity = { value: 1, unit: 'J', low: 0, high: 2, source: 'modelled', ref: 'a table' };

  test.each([
    [{ energy: 1e-6 }, ['energy']],
    [{ layers: [{ id: 'a', spentJ: 3 }] }, ['layers[0].spentJ']],
    [{ totals: { energies: [1, 2] } }, ['totals.energies[0]', 'totals.energies[1]']],
    [{ mean_pJ: 4, joules: 5, energyPerMac: 6 }, ['mean_pJ', 'joules', 'energyPerMac']],
    [{ energy: { value: 1, unit: 'J' } }, ['energy.value']],
    [{ limit: { amount: 3, unit: 'mJ' } }, ['limit.amount']],
    [{ energy: { ...quantity, ref: '' } }, ['energy.value', 'energy.low', 'energy.high']],
    [{ energy: { ...quantity, low: 3 } }, ['energy.value', 'energy.low', 'energy.high']],
    [{ gainPerJoule: 3 }, ['gainPerJoule']],
    [{ text: '1 J', joules: 1 }, ['joules']],
  ])('%j', (document, expected) => {
    expect(bareJoules(document)).toEqual(expected);
  });

  test.each([
    [{ energy: quantity, rows: 3, macs: 5 }],
    [{ energy: null }],
    [{ gainPerJoule: 3, gain: { ...quantity, unit: '1/J' } }],
    [{ inference: { text: '1.2 µJ', value: 1, low: 0, high: 2, bandText: '0-2 µJ', source: 'assumed', ref: 'x' } }],
    [{ obj: 1, json: 2, subject: 3 }],
    [{ energies: { unit: 'J', items: [] } }],
  ])('%j is left in peace', (document) => {
    expect(bareJoules(document)).toEqual([]);
  });
});
