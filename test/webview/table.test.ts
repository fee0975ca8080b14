import { expect, test } from 'vitest';
import { filterLayers } from '../../webview/app/views/filter.ts';
import { sortRows } from '../../webview/app/views/sort.ts';
import { layer, manyLayers } from './canned.ts';

const rows = [{ v: 3 }, { v: null }, { v: 10 }, { v: 1 }, { v: null }];

test('rows without a value come last in both directions', () => {
  const column = { sortBy: (row: (typeof rows)[number]) => row.v };
  expect(sortRows(rows, column, 'ascending').map((row) => row.v)).toEqual([1, 3, 10, null, null]);
  expect(sortRows(rows, column, 'descending').map((row) => row.v)).toEqual([10, 3, 1, null, null]);
});

test('names sort by their counters and the rows stay as they were', () => {
  const names = ['conv10', 'conv2', 'conv1'];
  expect(sortRows(names, { sortBy: (name) => name }, 'ascending')).toEqual(['conv1', 'conv2', 'conv10']);
  expect(names).toEqual(['conv10', 'conv2', 'conv1']);
});

test('equal rows keep the order of the model', () => {
  const equal = manyLayers(500).map((row, index) => ({ row, index }));
  const sorted = sortRows(equal, { sortBy: ({ row }) => row.op }, 'descending');
  for (const [at, item] of sorted.slice(1).entries()) {
    if (item.row.op === sorted[at]?.row.op) expect(item.index).toBeGreaterThan(sorted[at]?.index ?? -1);
  }
});

test('a filter needs every word, in any case, and finds invisible characters as they are shown', () => {
  const layers = [layer('/fc1/Gemm', { tier: 'lower' }), layer('/conv/Conv', { op: 'Conv' }), layer('evil\u202ename')];
  const ids = (filter: string): string[] => filterLayers(layers, filter).map((found) => found.id);
  expect(ids('')).toHaveLength(3);
  expect(ids('  GEMM lower ')).toEqual(['/fc1/Gemm']);
  expect(ids('conv')).toEqual(['/conv/Conv']);
  expect(ids('u+202e')).toEqual(['evil\u202ename']);
  expect(ids('.*')).toEqual([]);
});
