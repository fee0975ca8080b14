import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { architectureRows } from './architecture-rows.ts';
import { projectRoot } from './shared.ts';

const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: projectRoot, encoding: 'utf8' }).split('\0').filter(Boolean);
const text = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');

test('ARCHITECTURE.md repeats the direction table', () => {
  const lines = new Set(text('ARCHITECTURE.md').split('\n'));
  expect(architectureRows().filter((row) => !lines.has(row))).toEqual([]);
});

test('no file of the project names a registry, a home folder or a workplace', () => {
  const patterns = [/registry\.npmjs\.org/, /"resolved":/, /\/root\//, /\/home\/[a-z]/];
  const offenders = tracked
    .filter((p) => /\.(ts|mjs|js|json|md|sv|v|cc|txt|tiers)$/.test(p) && p !== 'test/tidy.test.ts')
    .filter((p) => patterns.some((pattern) => pattern.test(text(p))));
  expect(offenders).toEqual([]);
});

test('no build product is in git', () => {
  expect(tracked.filter((p) => /\.(wasm|vsix|node|so|dll)$/.test(p) || p.startsWith('dist/'))).toEqual([]);
});

test('tracked files stay small', () => {
  // The language model of the examples is as small as one that has learned anything can be.
  const allowed = ['examples/text/rwkv_char_step.onnx'];
  expect(
    tracked.filter((p) => !p.endsWith('package-lock.json') && !allowed.includes(p) && statSync(join(projectRoot, p)).size > 1024 * 1024),
  ).toEqual([]);
});

test('a work-in-progress mark always names an issue', () => {
  const marks = tracked
    .filter((p) => /\.(ts|mjs|sv|v|cc)$/.test(p) && p !== 'test/tidy.test.ts')
    .flatMap((p) =>
      text(p)
        .split('\n')
        .map((line, i) => ({ place: `${p}:${i + 1}`, line })),
    )
    .filter(({ line }) => /\b(TODO|FIXME|XXX)\b/.test(line) && !/#\d+/.test(line));
  expect(marks).toEqual([]);
});

test('numbers of tolerance live in test/tolerances.ts', () => {
  const literal = /toBeCloseTo\([^)]*,\s*\d|(?<![\w.])1e-\d+\s*\)\s*;?\s*$/;
  const offenders = tracked
    .filter((p) => p.startsWith('test/') && p.endsWith('.test.ts') && p !== 'test/tidy.test.ts')
    .flatMap((p) =>
      text(p)
        .split('\n')
        .map((line, i) => ({ place: `${p}:${i + 1}`, line })),
    )
    .filter(({ line }) => /expect\(/.test(line) && literal.test(line));
  expect(offenders).toEqual([]);
});
