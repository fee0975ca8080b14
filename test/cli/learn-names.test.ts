import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { digits, learn, unlearn, writeRows } from './learn-tools.ts';
import { buildProduct, edit } from './product.ts';
import type { Product } from './product.ts';

let product: Product;
beforeAll(async () => {
  product = await buildProduct();
});
afterAll(() => product.remove());

// Sorted by name they come in another order than by number, so a lost name shows.
const words = ['nil', 'ace', 'two', 'tri', 'quad', 'five', 'six', 'heptad', 'oct', 'nine'];
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

test('classes keep their names through plan rows, held-out rows, the stream and unlearning', async () => {
  const folder = product.digits();
  const data = await digits();
  const named = (y: number): string => words[y]!;
  writeRows(join(folder, 'plan.csv'), data, range(0, 1000), named);
  writeRows(join(folder, 'stream.csv'), data, range(1000, 1400), named);
  edit(join(folder, 'digits.tiers'), (text) =>
    text.replace(/data ".*/, 'data "plan.csv" split 0.8 seed 1').replace('backend sim', 'backend cpu'),
  );
  const ran = await product.run(['fit', 'digits.tiers', '--json'], { cwd: folder });
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
  const learned = await learn(product, folder, 'digits.tiers --data stream.csv --policy always');
  expect(learned.totals.classes).toBe(10);
  expect(learned.evaluation.heldOut?.before).toBeGreaterThan(0.9);
  expect(learned.evaluation.heldOut?.after).toBeGreaterThan(0.9);
  expect(learned.evaluation.stream).toBeGreaterThan(0.85);
  const removed = await unlearn(product, folder, 'digits.tiers --data stream.csv --rows 0..9');
  expect(removed.rows).toBe(10);
  expect(removed.evaluation?.after).toBeGreaterThan(0.9);
});
