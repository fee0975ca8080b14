import { expect, test } from 'vitest';
import type { DiffDocument } from '../../solver-core/protocol/index.ts';
import { diffMarkdown } from '../../solver-core/report/diff-markdown.ts';
import { nameSides } from '../../extension/name-sides.ts';

const none = { before: null, after: null, change: null };
const comparison = (before: string, after: string): DiffDocument => ({
  schema: 'tierwise.diff/1',
  target: 'up5k',
  before: { name: before, sha256: 'ab'.repeat(32), quality: null },
  after: { name: after, sha256: 'cd'.repeat(32), quality: null },
  layers: [],
  totals: { inference: none, retraining: { sgd: none, solve: none, incremental: none } },
  qualityChange: null,
  budgets: { before: null, after: null },
  diagnostics: [],
});

test.each([
  '/srv/my_name/.config/Code/fits/1',
  'C:\\Users\\a name\\fits\\1',
  `/${'deep/'.repeat(60)}fits/1`,
  '/odd <b>*x*</b> & `y`/fits/1',
])('names stand where the paths of kept copies in %s would', (folder) => {
  const text = nameSides(diffMarkdown(comparison(`${folder}/m.fitted.onnx`, `${folder}2/m.fitted.onnx`)), 'Heading', {
    before: 'Fit 1 of 06:35',
    after: '$& Fit 2 [x](y)',
  });
  expect(text).toContain('<sub>Fit 1 of 06\\:35 (abababababab) against \\$\\& Fit 2 \\[x\\]\\(y\\) (cdcdcdcdcdcd)');
  expect(text.startsWith('Heading\n\n### Tierwise: ')).toBe(true);
  expect(text).not.toContain('fits');
});
