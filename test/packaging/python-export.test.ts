import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProduct, documentOf, type Product, type Ran } from '../cli/product.ts';
import { projectRoot } from '../shared.ts';
import { tolerances } from '../tolerances.ts';

const text = readFileSync(path.join(projectRoot, 'docs/python-export.md'), 'utf8');
/** Blocks of the page by what stands behind their language: `file=…` is written, `run=…` is run. */
const blocks = [...text.matchAll(/^```(\w+)(?: (file|run)=(\S+))?\n([\s\S]*?)^```$/gm)].map(([, language, kind, name = '', body = '']) => ({
  language,
  kind,
  name,
  body,
}));
const python = '/usr/bin/python3';
const packages = ['import numpy, sklearn, torch', 'import onnx'].map((line) => spawnSync(python, ['-c', line]).status === 0);
const [hasTorch = false, hasOnnx = false] = packages;

let product: Product;
let folder = '';

function runPython(file: string): string {
  const ran = spawnSync(python, [file], { cwd: folder, encoding: 'utf8', timeout: 90_000, env: { ...process.env, OMP_NUM_THREADS: '1' } });
  expect(ran.status, `${file}: ${ran.stderr.slice(-2000)}`).toBe(0);
  return ran.stdout;
}

/** Runs the commands of a block as they stand there; each has to succeed. */
async function runCommands(name: string): Promise<readonly Ran[]> {
  const lines = (blocks.find((block) => block.kind === 'run' && block.name === name)?.body ?? '').trim().split('\n');
  const all: Ran[] = [];
  for (const line of lines) {
    const [command, ...words] = line.split(' ');
    expect(command).toBe('tierwise');
    const ran = await product.run(words, { cwd: folder });
    expect(ran.code, `${line}: ${ran.stderr}`).toBe(0);
    all.push(ran);
  }
  return all;
}

const accuracy = async (model: string, data: string): Promise<number> =>
  (documentOf(await product.run(['eval', model, '--data', data, '--json'], { cwd: folder })) as { readonly correct: number }).correct;

beforeAll(async () => {
  product = await buildProduct();
  folder = product.scratch();
  for (const { kind, name, body } of blocks) if (kind === 'file') writeFileSync(path.join(folder, name), body);
});
afterAll(() => product.remove());

test('the page has the blocks that are run, and marks what is not', () => {
  expect(blocks.filter(({ kind }) => kind === 'file').map(({ name }) => name)).toEqual([
    'export_torch.py',
    'net.tiers',
    'read_back.py',
    'export_sklearn.py',
  ]);
  expect(blocks.filter(({ kind }) => kind === 'run').map(({ name }) => name)).toEqual(['torch', 'sklearn']);
  expect(text).toMatch(/## Keras\n\n\*Not run by the tests\.\*/);
});

describe.skipIf(!hasTorch)('PyTorch', () => {
  test('a model is exported, inspected, checked, fitted and evaluated', async () => {
    runPython('export_torch.py');
    const [inspect, check, fit, evaluation] = await runCommands('torch');
    expect(inspect?.stdout).toContain('/fc1/Gemm');
    expect(check?.stdout).toContain('0 errors');
    expect(fit?.stdout).toContain('Fitted 2 layers');
    expect(evaluation?.stdout).toMatch(/accuracy 9\d\.\d %/);
  });

  test.skipIf(!hasOnnx)('the fitted weights give the same answers in PyTorch', async () => {
    const told = /(\d+) of (\d+) right/.exec(runPython('read_back.py'));
    expect(Number(told?.[2])).toBe(1797);
    // A row whose two best scores are within rounding may fall either way.
    expect(Math.abs(Number(told?.[1]) - (await accuracy('net.fitted.onnx', 'rows.npz')))).toBeLessThanOrEqual(1);
  });
});

describe.skipIf(!hasTorch || !hasOnnx)('scikit-learn', () => {
  test('models of dense layers are exported and give the accuracy and error that scikit-learn gives', async () => {
    const check = [
      'import runpy, numpy as np',
      "m = runpy.run_path('export_sklearn.py')",
      "d = np.load('digits.npz')",
      "print((m['mlp'].predict(d['x']) == d['y']).sum(), ((m['ridge'].predict(m['x']) - m['y']) ** 2).mean())",
    ].join('\n');
    writeFileSync(path.join(folder, 'oracle.py'), check);
    const [right, error] = runPython('oracle.py').trim().split(' ').map(Number);
    const [energy] = await runCommands('sklearn');
    expect(energy?.stdout).toMatch(/\/fc1\/Gemm/);
    expect(Math.abs((await accuracy('mlp.onnx', 'digits.npz')) - (right ?? NaN))).toBeLessThanOrEqual(1);
    const ridge = documentOf(await product.run(['eval', 'ridge.onnx', '--data', 'diabetes.npz', '--json'], { cwd: folder })) as {
      readonly value: number;
    };
    expect(Math.abs(ridge.value / (error ?? NaN) - 1)).toBeLessThan(tolerances.outputsFp32.absolute);
  });
});
