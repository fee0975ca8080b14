import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildProduct, documentOf, errorCode, type Product } from './product.ts';
import { readExample } from '../solver-core/jobs/model-runtime-models.ts';

// The bundle in a folder of its own, beside a package that fails as ONNX Runtime does on a platform that it has no library for.
let product: Product;
let folder: string;
beforeAll(async () => {
  product = await buildProduct();
  folder = mkdtempSync(join(tmpdir(), 'tierwise-without-'));
  cpSync(product.cli, join(folder, 'cli.cjs'));
  const missing = join(folder, 'node_modules', 'onnxruntime-node');
  mkdirSync(missing, { recursive: true });
  writeFileSync(join(missing, 'index.js'), 'throw new Error("Cannot find module ../bin/napi-v6/darwin/x64/onnxruntime_binding.node");');
  cpSync(join(dirname(product.cli), 'engine'), join(folder, 'engine'), { recursive: true });
});
afterAll(() => {
  product.remove();
  rmSync(folder, { recursive: true, force: true });
});

interface Fit {
  readonly versions: { readonly runtime: string };
  readonly evaluation: { readonly before: number; readonly after: number };
  readonly diagnostics: readonly { readonly code: string; readonly severity: string }[];
}

test('the example is fitted without ONNX Runtime, as well as with it, and the record names the engine', async () => {
  const digits = product.digits();
  const bare = await product.run(['fit', join(digits, 'digits.tiers'), '--json'], { cli: join(folder, 'cli.cjs'), cwd: digits });
  expect(bare.stderr).not.toMatch(/\bat .*cli\.cjs/);
  expect(bare.code, bare.stderr + bare.stdout).toBe(0);
  expect(existsSync(join(digits, 'digits.fitted.onnx'))).toBe(true);
  const own = documentOf(bare) as Fit;
  expect(own.versions.runtime).toMatch(/^tierwise-sparse /);
  expect(own.diagnostics).toMatchObject([{ code: 'fallback-runtime', severity: 'info' }]);
  const other = product.digits();
  const usual = documentOf(await product.run(['fit', join(other, 'digits.tiers'), '--json'], { cwd: other })) as Fit;
  expect(usual.versions.runtime).toMatch(/^onnxruntime-node /);
  expect(usual.diagnostics).toEqual([]);
  expect(own.evaluation.before).toBe(usual.evaluation.before);
  expect(own.evaluation.after).toBe(usual.evaluation.after);

  const told = await product.run(['eval', 'digits.fitted.onnx', '--data', 'digits.npz'], { cli: join(folder, 'cli.cjs'), cwd: digits });
  expect(told.code, told.stderr).toBe(0);
  expect(told.stdout).toMatch(/run by tierwise-sparse .*ONNX Runtime cannot be loaded/);
});

test('the host numerics do without it, too', async () => {
  const digits = product.digits();
  const fit = await product.run(['fit', 'digits.tiers', '--backend', 'cpu', '--json'], { cli: join(folder, 'cli.cjs'), cwd: digits });
  expect(fit.code, fit.stderr + fit.stdout).toBe(0);
  expect((documentOf(fit) as Fit).evaluation.after).toBeGreaterThan(0.95);
  const learned = await product.run(['learn', 'digits.tiers', '--data', 'digits.npz', '--json'], {
    cli: join(folder, 'cli.cjs'),
    cwd: digits,
  });
  expect(learned.code, learned.stderr + learned.stdout).toBe(0);
  expect((documentOf(learned) as Fit).diagnostics.map(({ code }) => code)).toContain('fallback-runtime');
});

test('a model that needs ONNX Runtime is refused with a code, the operator and advice; inspecting it works', async () => {
  const digits = product.digits();
  writeFileSync(join(digits, 'conv.onnx'), readExample('conv'));
  const inspect = await product.run(['inspect', 'conv.onnx', '--json'], { cli: join(folder, 'cli.cjs'), cwd: digits });
  expect(inspect.code, inspect.stderr).toBe(0);
  const run = await product.run(['eval', 'conv.onnx', '--data', 'digits.npz', '--json'], { cli: join(folder, 'cli.cjs'), cwd: digits });
  expect(run.code).not.toBe(0);
  if (errorCode(run) === 'runtime-unavailable') {
    expect(run.code).toBe(3);
    expect(run.stdout).toMatch(/Conv/);
  } else expect(errorCode(run)).toMatch(/shape|rows|input/);
});
