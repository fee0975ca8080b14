import { describe, expect, test } from 'vitest';
import { selectMarkdown } from '../../../solver-core/report/select-markdown.ts';
import { selectText } from '../../../solver-core/report/select-text.ts';
import { headline, savingRange } from '../../../solver-core/report/select-words.ts';
import { expectGolden } from './golden.ts';
import { hostileSelection, selection } from './select-samples.ts';

test.each([
  ['select.txt', () => selectText(selection())],
  ['select.md', () => selectMarkdown(selection())],
  ['select-hostile.txt', () => selectText(hostileSelection())],
  ['select-hostile.md', () => selectMarkdown(hostileSelection())],
])('golden file %s', (name, render) => {
  expect.hasAssertions();
  expectGolden(`report/${name}`, render());
});

describe('a saving in words', () => {
  test.each([
    [0.53, 0.55, '53-55 %'],
    [0.531, 0.534, '53 %'],
    [0.004, 0.012, '0.4-1.2 %'],
    [-0.01, 0.02, 'no saving'],
    [0, 0, 'no saving'],
    [0.0002, 0.0004, 'no saving'],
    [-0.0004, -0.0002, 'no saving'],
    [-0.03, 0.0001, 'no saving'],
    [-0.05, -0.02, 'costs 2-5 % more'],
  ])('%f to %f: %s', (low, high, words) => {
    expect(savingRange(low, high)).toBe(words);
  });

  test('never stands without its cell and two tables', () => {
    const { saving } = selection();
    expect(headline(saving!)).toBe('53-55 % of the multiply-add energy saved on the array cell (tables horowitz45 and aladdin40)');
    expect(headline({ ...saving!, low: -0.01 })).toBe(
      'No saving of multiply-add energy on the array cell (tables horowitz45 and aladdin40)',
    );
    const shift = { ...saving!, perTable: saving!.perTable.slice(0, 2).map((of) => ({ ...of, cell: 'shift' })) };
    expect(headline({ ...shift, macShare: 0.834 })).toBe(
      '53-55 % of the multiply-add energy saved in layers with 83.4 % of the multiply-adds, on the shift cell (tables horowitz45 and aladdin40), against int8 weights on the array cell',
    );
    expect(headline({ ...saving!, low: -0.03, high: -0.02 })).toMatch(/^These weights take 2-3 % more multiply-add energy on/);
  });
});

test('without a selection there are no figures of layers, only why some were left', () => {
  const nothing = { ...selection(), saving: null, output: null };
  const text = selectText(nothing);
  expect(text).not.toMatch(/output error/);
  expect(text).toMatch(/\/emb: left as it is/);
  expect(selectMarkdown(nothing)).not.toMatch(/## Layers/);
  expect(selectMarkdown(nothing)).toMatch(/\/emb: left as it is/);
  const changed = nothing.layers.filter(({ values }) => values > 0);
  expect(selectText({ ...nothing, layers: changed })).not.toMatch(/\n\n\n/);
});

test('points are of the cell that steered, and what coarse inputs save by themselves is told', () => {
  const shift = { ...selection(), cell: 'shift', setSize: 16, values: 'set' as const };
  expect(selectText(shift)).toMatch(/saved \(array cell\)/);
  expect(selectText(shift)).toMatch(/low-energy sets of 16 values at most, at most 1 point/);
  expect(selectMarkdown(selection({ cell: 'booth' }))).toMatch(/saved \(booth cell\)/);
  expect(selectText(selection())).toMatch(/inputs on the same levels saves 21 % by itself, with accuracy 99.0 % on the validation rows/);
  expect(selectText(selection({ points: [] }))).not.toMatch(/same levels saves/);
});

test('names from files are inert', () => {
  for (const text of [selectText(hostileSelection()), selectMarkdown(hostileSelection())]) {
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(text.includes('\n- item')).toBe(false);
  }
  expect(selectMarkdown(hostileSelection())).not.toMatch(/<img|\[l\]\(command/);
});
