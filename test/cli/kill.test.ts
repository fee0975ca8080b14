import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../../solver-core/fit/prng.ts';
import { buildProduct, edit } from './product.ts';
import type { Product } from './product.ts';

let product: Product;
let folder = '';
beforeAll(async () => {
  product = await buildProduct();
  folder = product.digits();
  expect((await product.run(['fit', 'digits.tiers', '--backend', 'cpu', '--json'], { cwd: folder })).code).toBe(0);
  expect((await product.run(['stats', 'digits.tiers', '--out', 'sums.stats', '--json'], { cwd: folder })).code).toBe(0);
});
afterAll(() => product.remove());

const hash = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(join(folder, name)))
    .digest('hex');

/** Kills a command after so many lines of progress and so many turns of the event loop; true when it died of that. */
function killAfter(words: readonly string[], lines: number, turns: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = product.start(words, folder);
    let seen = 0;
    let left = turns;
    const later = (): void => {
      if (left-- > 0) setImmediate(later);
      else child.kill('SIGKILL');
    };
    child.stdout?.resume();
    child.stderr?.on('data', (chunk: Buffer) => {
      const before = seen;
      seen += chunk.toString('latin1').split('\n').length - 1;
      if (before < lines && seen >= lines) later();
    });
    if (lines === 0) later();
    child.once('error', reject);
    child.once('close', (_code, signal) => resolve(signal === 'SIGKILL'));
  });
}

/** Outputs are whole: what was there before, or what the command writes when it lives. */
const runs: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['fit', ['fit', 'digits.tiers', '--backend', 'cpu'], ['digits.fitted.onnx', 'digits.fitted.json']],
  ['stats', ['stats', 'digits.tiers', '--out', 'sums.stats'], ['sums.stats']],
];

describe.each(runs)('tierwise %s that is killed at any moment', (_, words, outputs) => {
  test('leaves its old outputs whole and its inputs as they are', async () => {
    const inputs = ['digits.npz', 'digits.onnx', 'digits.tiers'];
    // Another lambda: the outputs of a run that gets through differ from the old ones.
    edit(join(folder, 'digits.tiers'), (text) => text.replace(/lambda (\d+)/, (_all, n: string) => `lambda ${Number(n) + 1}`));
    const before = Object.fromEntries([...inputs, ...outputs].map((name) => [name, hash(name)]));
    const random = createRandom(20261121, 'kill');
    let killed = 0;
    for (let i = 0; i < 24; i++) {
      if (await killAfter(words, i % 6, random.below(4) ** 6)) killed += 1;
      for (const name of inputs) expect(hash(name)).toBe(before[name]);
      for (const name of outputs.filter((one) => one.endsWith('.json')))
        expect(() => void JSON.parse(readFileSync(join(folder, name), 'utf8'))).not.toThrow();
      const fresh = readdirSync(folder).filter((name) => !name.startsWith('.') && !name.includes('.fitted.') && !name.endsWith('.stats'));
      expect(fresh.sort()).toEqual(inputs);
    }
    expect(killed).toBeGreaterThan(0);
    const after = outputs.map((name) => [name, hash(name)]);
    // A run that lived to its end replaced them; then they are what the next whole run writes.
    const ran = await product.run([...words, '--json'], { cwd: folder });
    expect(ran.code).toBe(0);
    for (const [name, was] of after) expect(name!.endsWith('.json') || [before[name!], hash(name!)].includes(was!)).toBe(true);
  });
});
