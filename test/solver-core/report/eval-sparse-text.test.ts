import { expect, test } from 'vitest';
import type { EvalDocument } from '../../../solver-core/protocol/index.ts';
import { evalText } from '../../../solver-core/report/eval-text.ts';

const document: EvalDocument = {
  schema: 'tierwise.eval/1',
  model: 'm.onnx',
  dataset: 'rows.npz',
  rows: 1797,
  metric: 'accuracy',
  value: 0.991,
  correct: 1781,
};

test('an evaluation in the sparse engine has a second line: what was left out, and what that was worth', () => {
  const plain = evalText(document);
  expect(plain.split('\n')).toHaveLength(2);
  expect(evalText({ ...document, sparse: { skipped: 0.4451, speedUp: 1.049 } })).toBe(
    `${plain}sparse engine: 44.5 % of the multiply-adds of weight layers met a zero and were not made; 1.05 times as fast as the same engine that skips none (measured on this machine)\n`,
  );
});
