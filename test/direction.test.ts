import { expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { scanFile, sourceFiles } from './import-scan.ts';
import { projectRoot } from './shared.ts';

const files = sourceFiles(['solver-core', 'webview', 'extension']);

test('no file imports against the direction table', () => {
  expect(files.length).toBeGreaterThan(20);
  expect(files.flatMap((file) => scanFile(file))).toEqual([]);
});

test.each([
  ['solver-core/model/x.ts', "import * as vscode from 'vscode';"],
  ['solver-core/model/x.ts', "import type { Uri } from 'vscode';"],
  ['solver-core/fit/x.ts', "type U = import('vscode').Uri;"],
  ['solver-core/fit/x.ts', "const v = await import('node:fs');"],
  ['solver-core/model/x.ts', "export { a } from '../fit/backend.ts';"],
  ['solver-core/energy/x.ts', "import { a } from '../protocol/index.ts';"],
  ['webview/app/x.ts', "import { a } from '../../solver-core/model/plan.ts';"],
  ['extension/x.ts', "import { checkPlan } from '../solver-core/tiers/check.ts';"],
  ['extension/x.ts', "import { a } from '../solver-core/protocol/index.ts';"],
  ['extension/x.ts', "import ort from 'onnxruntime-node';"],
  ['solver-core/fit/x.ts', 'const r = Math.random();'],
  ['solver-core/nowhere.ts', 'export const a = 1;'],
])('the scan catches a violation in %s: %s', (path, text) => {
  expect(scanFile(path, text)).not.toEqual([]);
});

test.each(files.filter((f) => f.startsWith('solver-core/protocol/') || f.startsWith('webview/messages/')))(
  '%s holds types only',
  (file) => {
    const code = transformSync(readFileSync(join(projectRoot, file), 'utf8'), { loader: 'ts' }).code;
    expect(
      code
        .replace(/\/\*[\s\S]*?\*\//g, '')
        .replace(/export\s*\{\s*\};?/g, '')
        .trim(),
    ).toBe('');
  },
);
