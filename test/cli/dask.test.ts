import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../shared.ts';
import { buildProduct } from './product.ts';
import type { Product } from './product.ts';

const python = '/usr/bin/python3';
/** Debian's python3-distributed. */
const hasDask = existsSync(python) && spawnSync(python, ['-c', 'import distributed']).status === 0;
/** A hang is a failure. */
const hangMs = 110_000;

const outcome = v.object({
  killed: v.number(),
  workersLeft: v.number(),
  layers: v.array(v.string()),
  after: v.number(),
  left: v.array(v.string()),
});

let product: Product;
beforeAll(async () => {
  product = await buildProduct();
});
afterAll(() => product.remove());

function runPython(words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (output[0] += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (output[1] += chunk.toString('utf8')));
    const watch = setTimeout(() => child.kill('SIGTERM'), hangMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(watch);
      if (code === 0) resolve(output[0] ?? '');
      else reject(new Error(`python ended with ${code}: ${output[1]?.slice(-2000)}`));
    });
  });
}

describe.skipIf(!hasDask)('a fit on a Dask cluster of two workers', () => {
  test('survives the death of one of them and gives the file of a fit without Dask', async () => {
    const folder = product.digits();
    const script = join(projectRoot, 'test/cli/dask-two-workers.py');
    const ended = v.parse(outcome, JSON.parse(await runPython([script, folder, process.execPath, product.cli])));
    expect([ended.killed, ended.workersLeft]).toEqual([-9, 1]);
    expect(ended.layers).toEqual(['/fc1/Gemm', '/fc2/Gemm', '/fc3/Gemm']);
    expect(ended.after).toBeGreaterThanOrEqual(0.96);
    const run = async (...words: string[]): Promise<void> => {
      const ran = await product.run([...words, '--json', '--quiet'], { cwd: folder });
      if (ran.code !== 0) throw new Error(`${words.join(' ')}: ${ran.stdout}`);
    };
    const pass = async (name: string, ...options: string[]): Promise<void> => {
      const files = [1, 2, 3, 4].map((i) => `${name}.${i}`);
      await Promise.all(files.map((file, i) => run('stats', 'digits.tiers', '--shard', `${i + 1}/4`, '--out', file, ...options)));
      await run('merge', ...files, '--out', name);
    };
    const steps = [[], ['--model', '1.onnx'], ['--model', '2.onnx']];
    for (const [i, model] of steps.entries()) {
      const isHidden = i < 2;
      if (isHidden) await pass(`means${i}`, ...model, '--pass', 'means');
      await pass(`sums${i}`, ...model, ...(isHidden ? ['--means', `means${i}`] : []));
      await run('fit', 'digits.tiers', '--stats', `sums${i}`, ...model, '--out', `${i + 1}.onnx`);
    }
    expect(readFileSync(join(folder, 'dask.onnx')).equals(readFileSync(join(folder, '3.onnx')))).toBe(true);
  });
});
