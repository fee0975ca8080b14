import { copyFileSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readModel, readTensor } from '../../solver-core/onnx/index.ts';
import { tolerances } from '../tolerances.ts';
import { buildProduct, documentOf, edit, errorCode } from './product.ts';
import type { Product, Ran } from './product.ts';
import { fitSchema, mergeSchema, statsSchema } from './schemas.ts';

let product: Product;
/** The digits example; three shards of each layer, and what comes of them. */
let folder = '';
const run = (...words: string[]): Promise<Ran> => product.run([...words, '--json', '--quiet'], { cwd: folder });

async function ok(...words: string[]): Promise<unknown> {
  const ran = await run(...words);
  if (ran.code !== 0) throw new Error(`${words.join(' ')}: ${ran.stdout}${ran.stderr}`);
  return documentOf(ran);
}

const shards = [1, 2, 3];
const bytes = (name: string): Buffer => readFileSync(join(folder, name));

/** Sums of one layer over three shards, in parallel as machines would; `name1.stats` to `name3.stats`. */
function sumUp(name: string, ...words: string[]): Promise<unknown> {
  return Promise.all(shards.map((i) => ok('stats', 'digits.tiers', '--shard', `${i}/3`, '--out', `${name}${i}.stats`, ...words)));
}
const filesOf = (name: string, order = shards): string[] => order.map((i) => `${name}${i}.stats`);

/** Every tensor of a model, by name. */
function tensors(name: string): Map<string, Float32Array | Float64Array> {
  const model = readModel(bytes(name)).value!;
  return new Map([...model.graph.initializers.keys()].map((tensor) => [tensor, readTensor(model, tensor).value!.data]));
}

/** Largest difference of a tensor, relative to its largest value. */
function difference(a: Float32Array | Float64Array, b: Float32Array | Float64Array): number {
  const pairs = Array.from(a, (x, i): [number, number] => [x, b[i]!]);
  return Math.max(...pairs.map(([x, y]) => Math.abs(x - y))) / Math.max(...pairs.map(([x]) => Math.abs(x)));
}

beforeAll(async () => {
  product = await buildProduct();
  folder = product.digits();
  await ok('fit', 'digits.tiers', '--backend', 'cpu', '--out', 'whole.onnx');
  await sumUp('m', '--pass', 'means');
  await ok('merge', ...filesOf('m'), '--out', 'm.stats');
  await sumUp('a', '--means', 'm.stats');
  await ok('merge', ...filesOf('a'), '--out', 'a.stats');
  await ok('fit', 'digits.tiers', '--stats', 'a.stats', '--out', 'part1.onnx');
  await sumUp('n', '--model', 'part1.onnx', '--pass', 'means');
  await ok('merge', ...filesOf('n'), '--out', 'n.stats');
  await sumUp('b', '--model', 'part1.onnx', '--means', 'n.stats');
  await ok('merge', ...filesOf('b'), '--out', 'b.stats');
  await ok('fit', 'digits.tiers', '--stats', 'b.stats', '--model', 'part1.onnx', '--out', 'part2.onnx');
  await sumUp('c', '--model', 'part2.onnx');
  await ok('merge', ...filesOf('c'), '--out', 'c.stats');
});
afterAll(() => product.remove());

describe('layers from the statistics of three shards', () => {
  test('are those of a fit of all rows at once', async () => {
    const fit = v.parse(fitSchema, await ok('fit', 'digits.tiers', '--stats', 'c.stats', '--model', 'part2.onnx', '--out', 'part3.onnx'));
    const [whole, parts] = [tensors('whole.onnx'), tensors('part3.onnx')];
    for (const [name, values] of whole) {
      const off = difference(values, parts.get(name)!);
      expect(`${name} ${off <= tolerances.sumsFp32.relative ? 'equal' : off}`).toBe(`${name} equal`);
    }
    expect(fit.evaluation?.after).toBeGreaterThanOrEqual(0.96);
    expect(fit.layers[0]?.method).toContain('no row was read');
    expect(fit.layers.map((l) => [l.id, l.tier, l.rows, l.columns, l.outputs, l.targets])).toEqual([
      ['/fc3/Gemm', 'upper', 1437, 129, 10, 'one-hot'],
    ]);
  });

  test('come in one call as they do one after the other', async () => {
    await ok('fit', 'digits.tiers', '--stats', 'c.stats', '--stats', 'a.stats', '--stats', 'b.stats', '--out', 'all.onnx');
    await ok('fit', 'digits.tiers', '--stats', 'c.stats', '--model', 'part2.onnx', '--out', 'last.onnx');
    expect(bytes('all.onnx').equals(bytes('last.onnx'))).toBe(true);
  });

  test('serve another lambda without another look at the rows', async () => {
    const own = 'lambda.tiers';
    writeFileSync(join(folder, own), readFileSync(join(folder, 'digits.tiers'), 'utf8').replace('lambda 30', 'lambda 3'));
    const fit = v.parse(fitSchema, await ok('fit', own, '--stats', 'a.stats', '--out', 'lambda.onnx'));
    expect(fit.layers[0]?.lambda).toBe(3);
    await ok('fit', own, '--backend', 'cpu', '--out', 'lambda-whole.onnx');
    expect(difference(tensors('lambda-whole.onnx').get('fc1.weight')!, tensors('lambda.onnx').get('fc1.weight')!)).toBeLessThanOrEqual(
      tolerances.sumsFp32.relative,
    );
  });

  test('choose lambda themselves when the plan leaves it to the data', async () => {
    writeFileSync(join(folder, 'auto.tiers'), readFileSync(join(folder, 'digits.tiers'), 'utf8').replace('lambda 30', 'lambda auto'));
    const fit = v.parse(fitSchema, await ok('fit', 'auto.tiers', '--stats', 'a.stats', '--out', 'auto.onnx'));
    const whole = v.parse(fitSchema, await ok('fit', 'auto.tiers', '--backend', 'cpu', '--out', 'auto-whole.onnx'));
    expect(fit.layers[0]?.lambda).not.toBe(30);
    expect(Math.abs(fit.layers[0]!.lambda / whole.layers[0]!.lambda - 1)).toBeLessThanOrEqual(tolerances.sumsFp32.relative);
  });

  test('can be solved where the data is not', async () => {
    const own = product.digits();
    for (const name of ['a.stats', 'b.stats', 'c.stats']) copyFileSync(join(folder, name), join(own, name));
    rmSync(join(own, 'digits.npz'));
    const words = ['fit', 'digits.tiers', '--stats', 'a.stats', '--stats', 'b.stats', '--stats', 'c.stats', '--json'];
    const ran = await product.run(words, { cwd: own });
    const fit = v.parse(fitSchema, documentOf(ran));
    expect(fit.evaluation).toBe(null);
    expect(fit.diagnostics.map((d) => d.code)).toContain('not-evaluated');
    await ok('fit', 'digits.tiers', '--stats', 'c.stats', '--model', 'part2.onnx', '--out', 'here.onnx');
    expect(readFileSync(join(own, 'digits.fitted.onnx')).equals(bytes('here.onnx'))).toBe(true);
  });

  test('are drawn from the means alone for random targets', async () => {
    const own = product.digits();
    edit(join(own, 'digits.tiers'), (text) => text.replace('forward-projection', 'random').replace(/,\s*"\/fc2\/Gemm"/, ''));
    const at = async (...words: string[]): Promise<Ran> => product.run([...words, '--json', '--quiet'], { cwd: own });
    for (const i of shards) expect((await at('stats', 'digits.tiers', '--shard', `${i}/3`, '--out', `r${i}.stats`)).code).toBe(0);
    expect((await at('merge', 'r2.stats', 'r1.stats', 'r3.stats', '--out', 'r.stats')).code).toBe(0);
    expect((await at('fit', 'digits.tiers', '--stats', 'r.stats', '--out', 'r.onnx')).code).toBe(0);
    expect((await at('fit', 'digits.tiers', '--backend', 'cpu', '--out', 'w.onnx')).code).toBe(0);
    const read = (name: string): Float32Array | Float64Array =>
      readTensor(readModel(readFileSync(join(own, name))).value!, 'fc1.bias').value!.data;
    expect(difference(read('w.onnx'), read('r.onnx'))).toBeLessThanOrEqual(tolerances.sumFp64.relative);
  });
});

describe('merge', () => {
  test('gives the same bytes whatever the order of its arguments', async () => {
    for (const [i, order] of [
      [1, 2, 3],
      [3, 1, 2],
      [2, 3, 1],
      [3, 2, 1],
    ].entries()) {
      const merged = v.parse(mergeSchema, await ok('merge', ...filesOf('a', order), '--out', `order${i}.stats`));
      expect(merged.shards).toEqual({ count: 3, present: [1, 2, 3], missing: [] });
      expect(merged.rows).toBe(1437);
      expect(bytes(`order${i}.stats`).equals(bytes('a.stats'))).toBe(true);
    }
  });

  test('takes part of the shards only when asked, and a fit does not take the result', async () => {
    expect(errorCode(await run('merge', 'a3.stats', 'a1.stats', '--out', 'no.stats'))).toBe('shards-missing');
    const merged = v.parse(mergeSchema, await ok('merge', 'a3.stats', 'a1.stats', '--partial', '--out', 'some.stats'));
    expect(merged.shards).toEqual({ count: 3, present: [1, 3], missing: [2] });
    expect(errorCode(await run('fit', 'digits.tiers', '--stats', 'some.stats', '--out', 'no.onnx'))).toBe('sums-do-not-fit');
    expect(errorCode(await run('fit', 'digits.tiers', '--stats', 'a1.stats', '--out', 'no.onnx'))).toBe('sums-do-not-fit');
    expect(errorCode(await run('stats', 'digits.tiers', '--means', 'm1.stats', '--shard', '1/3', '--out', 'no.stats'))).toBe(
      'sums-do-not-fit',
    );
  });

  test.each([
    ['another layer', ['a1.stats', 'a2.stats', 'b3.stats'], 'sums-do-not-fit'],
    ['another pass', ['a1.stats', 'a2.stats', 'm3.stats'], 'sums-do-not-fit'],
    ['a shard twice', ['a1.stats', 'a2.stats', 'a3.stats', 'a2.stats'], 'shard-twice'],
    ['a merged file', ['a.stats', 'a2.stats'], 'sums-do-not-fit'],
    ['no such file', ['a1.stats', 'nowhere.stats'], 'file-not-found'],
    ['a model', ['a1.stats', 'digits.onnx'], 'state-not-ours'],
    ['nothing', [], 'usage'],
  ])('refuses %s and writes nothing', async (_, files, code) => {
    const ran = await run('merge', ...files, '--out', 'refused.stats');
    expect([errorCode(ran), ran.code]).toEqual([code, code === 'usage' ? 2 : 1]);
    expect(readdirSync(folder).filter((name) => name.includes('refused') || name.endsWith('.tmp'))).toEqual([]);
  });

  test('refuses other data, another split and a damaged file', async () => {
    const own = product.digits();
    const other = async (change: (text: string) => string, name: string): Promise<string> => {
      edit(join(own, 'digits.tiers'), change);
      const ran = await product.run(['stats', 'digits.tiers', '--pass', 'means', '--shard', '3/3', '--out', name, '--json'], { cwd: own });
      expect(ran.code).toBe(0);
      copyFileSync(join(own, name), join(folder, name));
      return errorCode(await run('merge', 'm1.stats', 'm2.stats', name, '--out', 'no.stats'));
    };
    expect(await other((text) => text.replace('seed 1', 'seed 2'), 'seed.stats')).toBe('sums-do-not-fit');
    const damaged = Buffer.from(bytes('a3.stats'));
    damaged[700] = damaged[700]! ^ 1;
    writeFileSync(join(folder, 'damaged.stats'), damaged);
    writeFileSync(join(folder, 'cut.stats'), bytes('a3.stats').subarray(0, 5000));
    for (const name of ['damaged.stats', 'cut.stats'])
      expect(errorCode(await run('merge', 'a1.stats', 'a2.stats', name, '--out', 'no.stats'))).toBe('state-damaged');
  });
});

describe('stats', () => {
  test('says what it summed up, with the memory it took', async () => {
    const stats = v.parse(statsSchema, await ok('stats', 'digits.tiers', '--shard', '2/3', '--means', 'm.stats', '--out', 'again.stats'));
    expect([stats.layer, stats.columns, stats.outputs, stats.targets, stats.rows, stats.fitRows]).toEqual([
      '/fc1/Gemm',
      64,
      192,
      'forward-projection',
      479,
      1437,
    ]);
    expect(bytes('again.stats').equals(bytes('a2.stats'))).toBe(true);
  });

  test('needs no means for labels, and none when one shard is all rows', async () => {
    const stats = v.parse(statsSchema, await ok('stats', 'digits.tiers', '--out', 'one.stats'));
    expect(stats.shard).toEqual({ index: 1, count: 1 });
    await ok('fit', 'digits.tiers', '--stats', 'one.stats', '--out', 'one.onnx');
    expect(difference(tensors('whole.onnx').get('fc1.weight')!, tensors('one.onnx').get('fc1.weight')!)).toBeLessThanOrEqual(
      tolerances.sumsFp32.relative,
    );
  });

  test.each([
    ['a layer whose layer below is not fitted', ['--layer', '/fc2/Gemm'], 'layer-below-not-fitted', 1],
    ['a layer of another plan', ['--layer', '/fc9/Gemm'], 'unknown-layer', 1],
    ['a shard of forward projection without means', ['--shard', '1/3'], 'means-needed', 1],
    ['means of another layer', ['--model', 'part1.onnx', '--means', 'm.stats', '--shard', '1/3'], 'sums-do-not-fit', 1],
    ['a model of other layers', ['--model', 'other.onnx'], 'model-differs', 1],
    ['more shards than rows', ['--shard', '1/2000', '--pass', 'means'], 'shard-empty', 2],
    ['shard 0', ['--shard', '0/3'], 'usage', 2],
    ['shard 4 of 3', ['--shard', '4/3'], 'usage', 2],
    ['a shard in words', ['--shard', 'one'], 'usage', 2],
    ['to write over the data', ['--out', 'digits.npz'], 'output-would-overwrite', 2],
    ['a folder that is not there', ['--out', 'none/x.stats'], 'file-not-writable', 1],
  ])('refuses %s', async (_, words, code, exit) => {
    if (words.includes('other.onnx')) {
      const { buildModel } = await import('../../solver-core/onnx/build-model.ts');
      const dims = ['n', 64];
      writeFileSync(
        join(folder, 'other.onnx'),
        buildModel({
          name: 'g',
          inputs: [{ name: 'x', type: 'float32', dims }],
          outputs: [{ name: 'y', type: 'float32', dims }],
          nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }],
        }),
      );
    }
    const before = readdirSync(folder).sort();
    const ran = await run('stats', 'digits.tiers', ...(words.includes('--out') ? [] : ['--out', 'refused.stats']), ...words);
    expect([errorCode(ran), ran.code]).toEqual([code, exit]);
    expect(readdirSync(folder).sort()).toEqual(before);
  });
});

describe('a fit from statistics refuses', () => {
  test.each([
    ['sums made with another model', ['--stats', 'b.stats'], 'sums-of-another-model', 1],
    ['the first pass in place of the second', ['--stats', 'm.stats'], 'sums-do-not-fit', 1],
    ['two files of one layer', ['--stats', 'a.stats', '--stats', 'order.stats'], 'sums-do-not-fit', 1],
    ['a backend that needs rows', ['--stats', 'a.stats', '--backend', 'sim'], 'usage', 2],
    ['a model without statistics', ['--model', 'part1.onnx'], 'usage', 2],
    ['to write over the statistics', ['--stats', 'a.stats', '--out', 'a.stats'], 'output-would-overwrite', 2],
  ])('%s', async (_, words, code, exit) => {
    copyFileSync(join(folder, 'a.stats'), join(folder, 'order.stats'));
    const ran = await run('fit', 'digits.tiers', ...(words.includes('--out') ? [] : ['--out', 'refused.onnx']), ...words);
    expect([errorCode(ran), ran.code]).toEqual([code, exit]);
    expect(readdirSync(folder).filter((name) => name.startsWith('refused'))).toEqual([]);
  });

  test('a plan with other targets or another seed', async () => {
    writeFileSync(join(folder, 'seed.tiers'), readFileSync(join(folder, 'digits.tiers'), 'utf8').replace('seed 7', 'seed 8'));
    expect(errorCode(await run('fit', 'seed.tiers', '--stats', 'a.stats', '--out', 'refused.onnx'))).toBe('sums-do-not-fit');
  });
});
