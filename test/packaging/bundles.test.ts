import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { buildAll } from '../../.ci/build.mjs';
import { budgetProblems } from '../../.ci/bundle-budgets.mjs';
import { notices } from '../../.ci/notices.mjs';
import { projectRoot } from '../shared.ts';

const metafiles = await buildAll({ write: false });

test('every bundle keeps to its budget, and the extension holds nothing that can wait', () => {
  expect(Object.keys(metafiles)).toContain('dist/extension.cjs');
  expect(budgetProblems(metafiles)).toEqual([]);
});

test('the check notices a bundle that grew, one without a budget, and a package that slipped in', () => {
  const output = (bytes: number, inputs: readonly string[]) => ({
    bytes,
    inputs: Object.fromEntries(inputs.map((name) => [name, { bytesInOutput: 10 }])),
    imports: [],
    exports: [],
  });
  const made = {
    a: {
      inputs: {},
      outputs: {
        'dist/extension.cjs': output(5e6, ['node_modules/vscode-languageclient/node.js', 'solver-core/model/error.ts']),
        'dist/other.cjs': output(1, []),
      },
    },
  };
  const problems = budgetProblems(made).join('\n');
  expect(problems).toMatch(/extension\.cjs has 5000000 bytes, more than \d+/);
  expect(problems).toMatch(/other\.cjs has no budget/);
  expect(problems).toMatch(/extension\.cjs holds vscode-languageclient/);
  expect(problems).toMatch(/holds solver-core\/model\/error\.ts/);
});

test('the notices name every package whose code is shipped, with its version', () => {
  const headings = (text: string): readonly string[] => [...text.matchAll(/^## .*$/gm)].map(([line]) => line);
  const shipped = readFileSync(path.join(projectRoot, 'THIRD-PARTY-NOTICES.md'), 'utf8');
  const expected = headings(notices(metafiles));
  expect(expected.length).toBeGreaterThan(20);
  expect(expected.filter((line) => !headings(shipped).includes(line))).toEqual([]);
});
