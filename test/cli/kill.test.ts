import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../../solver-core/fit/prng.ts';
import { buildModel } from '../../solver-core/onnx/build-model.ts';
import { buildProduct } from './product.ts';
import type { Product } from './product.ts';

/** A layer of so many inputs, so that its sums are 8 MB, and a model of 32 MB: writing them takes a while. */
const columns = 1400;
const rows = 12;

let product: Product;
let folder = '';
beforeAll(async () => {
  product = await buildProduct();
  folder = product.scratch();
  const model = buildModel({
    name: 'g',
    inputs: [{ name: 'x', type: 'float32', dims: ['n', columns] }],
    outputs: [{ name: 'out', type: 'float32', dims: ['n', 3] }],
    nodes: [{ op: 'Gemm', inputs: ['x', 'w', 'b'], outputs: ['out'] }],
    tensors: [
      { name: 'w', dims: [columns, 3], data: new Float32Array(columns * 3).fill(0.1) },
      { name: 'b', dims: [3], data: new Float32Array(3) },
      { name: 'ballast', dims: [2 ** 23], data: new Float32Array(2 ** 23).fill(1) },
    ],
  });
  writeFileSync(join(folder, 'm.onnx'), model);
  const line = (r: number): string => [...Array.from({ length: columns }, (_, j) => ((r * 7 + j * 3) % 11) / 8), r % 3].join(',');
  writeFileSync(join(folder, 'd.csv'), Array.from({ length: rows }, (_, r) => line(r)).join('\n'));
});
afterAll(() => product.remove());

const hash = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(join(folder, name)))
    .digest('hex');

function plan(lambda: number): void {
  const tier = `lower tier a {\n  layers "Gemm_0"\n  solve ridge lambda ${lambda}\n}`;
  writeFileSync(join(folder, 'p.tiers'), `model "m.onnx"\ndata "d.csv" split 0.9 seed ${lambda}\nbackend cpu\n${tier}\n`);
}

/** Kills a command so many turns of the event loop after its start, or after a temporary file appears: while it writes. */
function killAfter(words: readonly string[], when: 'start' | 'writing', turns: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let left = turns;
    let isDue = false;
    const later = (): void => {
      isDue = true;
      if (left-- > 0) setImmediate(later);
      else child.kill('SIGKILL');
    };
    const watcher = watch(folder, (_event, name) => {
      if (when === 'writing' && !isDue && name?.endsWith('.tmp') === true) later();
    });
    const child = product.start(words, folder);
    child.stdout?.resume();
    child.stderr?.resume();
    if (when === 'start') later();
    child.once('error', reject);
    child.once('close', (_code, signal) => {
      watcher.close();
      resolve(signal === 'SIGKILL');
    });
  });
}

const runs: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['fit', ['fit', 'p.tiers'], ['m.fitted.onnx', 'm.fitted.json']],
  ['stats', ['stats', 'p.tiers', '--out', 'sums.stats'], ['sums.stats']],
];

describe.each(runs)('tierwise %s that is killed at any moment', (name, words, outputs) => {
  test('leaves its old outputs whole and its inputs as they are', async () => {
    const whole = async (lambda: number): Promise<Record<string, string>> => {
      plan(lambda);
      const ran = await product.run([...words, '--json'], { cwd: folder });
      expect(`${ran.code} ${ran.code === 0 ? '' : ran.stdout}`).toBe('0 ');
      return Object.fromEntries(outputs.map((one) => [one, hash(one)]));
    };
    // What a run writes that lives, and then the old outputs of another plan.
    const next = await whole(2);
    const old = await whole(1);
    plan(2);
    const inputs = Object.fromEntries(['m.onnx', 'd.csv', 'p.tiers'].map((one) => [one, hash(one)]));
    const random = createRandom(20261121, `kill ${name}`);
    let inTheMiddle = 0;
    for (let i = 0; i < 16; i++) {
      const killed = await killAfter(words, i % 4 === 3 ? 'start' : 'writing', i % 4 === 3 ? random.below(20) ** 3 : random.below(12) ** 2);
      const left = readdirSync(folder).filter((one) => one.endsWith('.tmp'));
      if (killed && left.length > 0) inTheMiddle += 1;
      // What is left behind is hidden, and never under the name of an output.
      for (const one of left) {
        expect(one.startsWith('.')).toBe(true);
        rmSync(join(folder, one));
      }
      for (const [one, was] of Object.entries(inputs)) expect(hash(one)).toBe(was);
      for (const one of outputs) {
        if (one.endsWith('.json')) expect(() => void JSON.parse(readFileSync(join(folder, one), 'utf8'))).not.toThrow();
        else expect([old[one], next[one]]).toContain(hash(one));
      }
    }
    // Enough of the kills came while a file was being written for the rest to mean something.
    expect(inTheMiddle).toBeGreaterThan(1);
  });
});
