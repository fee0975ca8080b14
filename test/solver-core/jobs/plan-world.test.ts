import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultTargetId } from '../../../solver-core/energy/targets/index.ts';
import { ModelLayersCache, nodePlanWorld, planTargets } from '../../../solver-core/jobs/plan-world.ts';
import type { ModelView } from '../../../solver-core/tiers/world.ts';
import { projectRoot } from '../../shared.ts';

const example = join(projectRoot, 'examples', 'digits', 'digits.onnx');
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tierwise-world-'));
  copyFileSync(example, join(folder, 'digits.onnx'));
  for (const path of ['sub/deep', '.hidden', 'node_modules/x']) mkdirSync(join(folder, path), { recursive: true });
  for (const path of ['sub/b.npz', 'a.csv', 'sub/deep/c.npz', '.hidden/d.npz', 'node_modules/x/e.npz', 'sub/B.ONNX', 'text.onnx'])
    writeFileSync(join(folder, path), 'text');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const world = (): ReturnType<typeof nodePlanWorld> => nodePlanWorld(join(folder, 'a.tiers'), new ModelLayersCache(2));
const problemOf = (view: ModelView): string | undefined => ('problem' in view ? view.problem.code : undefined);

test('a model gives its layers in graph order', () => {
  const view = world().model('digits.onnx');
  expect('layers' in view && view.layers.map((l) => l.id)).toEqual(['/fc1/Gemm', '/fc2/Gemm', '/fc3/Gemm']);
  expect(problemOf(nodePlanWorld(join(folder, 'a.tiers')).model(example))).toBeUndefined();
});

test('what is no model is a problem with a code, never a throw', () => {
  expect(problemOf(world().model('none.onnx'))).toBe('missing-file');
  expect(problemOf(world().model('sub'))).toBe('missing-file');
  expect(problemOf(world().model('text.onnx'))).toMatch(/./);
  expect(problemOf(world().model('../digits.onnx'))).toBe('path-outside-folder');
  expect(problemOf(world().model('//server/digits.onnx'))).toBe('path-outside-folder');
});

test('only regular files count; a pipe is not waited for', () => {
  expect(world().fileExists('a.csv')).toBe(true);
  expect(world().fileExists('sub')).toBe(false);
  expect(world().fileExists('../a.csv')).toBe(false);
  expect(world().fileExists('/dev/null')).toBe(false);
  if (process.platform === 'win32') return;
  execFileSync('mkfifo', [join(folder, 'pipe.onnx')]);
  symlinkSync(join(folder, 'pipe.onnx'), join(folder, 'link.onnx'));
  expect(problemOf(world().model('link.onnx'))).toBe('missing-file');
  rmSync(join(folder, 'pipe.onnx'));
  rmSync(join(folder, 'link.onnx'));
});

test('a model is read once until it changes', () => {
  const cached = world();
  const path = join(folder, 'changing.onnx');
  copyFileSync(example, path);
  const first = cached.model('changing.onnx');
  expect(cached.model('changing.onnx')).toBe(first);
  writeFileSync(path, 'no longer a model');
  expect(problemOf(cached.model('changing.onnx'))).toMatch(/./);
  rmSync(path);
  expect(problemOf(cached.model('changing.onnx'))).toBe('missing-file');
});

test('the cache keeps only so many models', () => {
  const cache = new ModelLayersCache(1);
  const other = join(folder, 'other.onnx');
  copyFileSync(example, other);
  const first = cache.get(example);
  cache.get(other);
  expect(cache.get(example)).not.toBe(first);
  expect(cache.get(example)).toEqual(first);
  rmSync(other);
});

test('files nearby: the folder first, one level below, nothing hidden', () => {
  expect(world().dataNearby()).toEqual(['a.csv', 'sub/b.npz']);
  expect(world().modelsNearby()).toEqual(['digits.onnx', 'text.onnx', 'sub/B.ONNX']);
  expect(nodePlanWorld(join(folder, 'nowhere', 'a.tiers')).dataNearby()).toEqual([]);
});

test('the first target is the default one', () => {
  expect(planTargets[0]?.id).toBe(defaultTargetId);
  expect(planTargets.every((t) => t.title.length > 0)).toBe(true);
});
