import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../shared.ts';
import { buildProduct, documentOf } from './product.ts';
import type { Product } from './product.ts';
import { compoundDecisionSchema, compoundSchema } from './compound-schema.ts';
import { errorSchema } from './schemas.ts';

let product: Product;
let folder = '';
beforeAll(async () => {
  product = await buildProduct();
  folder = product.scratch();
  cpSync(join(projectRoot, 'examples/compound'), folder, { recursive: true });
});
afterAll(() => product.remove());

describe('tierwise compound', () => {
  test('prints its document, tells every batch and writes what it says', async () => {
    const ran = await product.run(['compound', 'digits.tiers', '--stream', 'stream.npz', '--batch', '128', '--json'], { cwd: folder });
    expect(ran.code, ran.stderr).toBe(0);
    const document = v.parse(compoundSchema, documentOf(ran));
    expect(
      ran.stderr.match(/^… batch \d+: .* against .* lower only, .* whole depth, .* with retraining; (skip|update|refit|restored)/gm)
        ?.length,
    ).toBe(8);
    for (const path of Object.values(document.outputs)) expect(existsSync(String(path))).toBe(true);
    const record = JSON.parse(readFileSync(join(folder, 'large.compound.json'), 'utf8')) as unknown;
    expect(record).toEqual(documentOf(ran));
    const log = readFileSync(document.outputs.log, 'utf8').trim().split('\n');
    expect(log.length).toBe(900);
    for (const line of log) v.parse(compoundDecisionSchema, JSON.parse(line));
  });

  test('goes on from its state, as text into another folder', async () => {
    mkdirSync(join(folder, 'out'));
    const words = [
      'compound',
      'digits.tiers',
      '--stream',
      'stream.npz',
      '--out',
      'out',
      '--state',
      join(folder, 'out/my.state'),
      '--policy',
      'never',
    ];
    const first = await product.run(words, { cwd: folder });
    expect(first.stdout).toContain('Decided 900 rows of stream.npz: lower module small.onnx, upper module large.onnx');
    expect(first.stdout).toContain('Heads tried on calibration rows:');
    expect(first.stdout).toContain('always the whole depth, no learning');
    const second = await product.run([...words, '--format', 'md', '--quiet'], { cwd: folder });
    expect(second.code).toBe(0);
    expect(second.stderr).toBe('');
    expect(second.stdout).toContain('The figures are of all 1,800 decisions of this state.');
    expect(existsSync(join(folder, 'out/large.compound.log.jsonl'))).toBe(true);
  });

  test('says what is wrong and what to try', async () => {
    const of = async (words: readonly string[]): Promise<{ readonly code: number | null; readonly error: string }> => {
      const ran = await product.run(['compound', ...words, '--json'], { cwd: folder });
      return { code: ran.code, error: v.parse(errorSchema, documentOf(ran)).error.code };
    };
    expect(await of(['digits.tiers'])).toEqual({ code: 2, error: 'usage' });
    expect(await of(['digits.tiers', '--stream', 'x.wav'])).toEqual({ code: 2, error: 'stream-unknown' });
    expect(await of(['digits.tiers', '--stream', '-'])).toEqual({ code: 1, error: 'stream-does-not-fit' });
    writeFileSync(join(folder, 'huge.tiers'), readFileSync(join(folder, 'digits.tiers'), 'utf8').replace('cache 1 MB', 'cache 1000000 GB'));
    const huge = await of(['huge.tiers', '--stream', 'stream.npz', '--fresh']);
    expect(huge.code).toBe(1);
    expect(['cache-too-large', 'plan-has-errors']).toContain(huge.error);
    writeFileSync(join(folder, 'other.npz'), 'not a zip');
    expect((await of(['digits.tiers', '--stream', 'other.npz', '--fresh'])).code).toBe(1);
  });

  test('the help names it', async () => {
    expect((await product.run(['--help'])).stdout).toContain('tierwise compound PLAN');
  });
});
