import type { TierRow, TierView } from '../messages/index.ts';
import { visible } from './text.ts';
import type { Direction } from './views/sort.ts';
import { sortRows } from './views/sort.ts';

/** What the list can be sorted by; `order` is that of the model. */
export type TierSort = 'order' | 'energy' | 'parameters';
export const tierSorts: readonly TierSort[] = ['order', 'energy', 'parameters'];

/** A row with its place in the graph and the tier it is in, undefined for frozen ones. */
export interface PlacedRow {
  readonly index: number;
  readonly row: TierRow;
  readonly tier: Pick<TierView, 'kind' | 'name'> | undefined;
}

/**
 * Rows that fit every word of `filter`, whatever their case: `op:conv` looks at the operator alone, `tier:lower`, `tier:frozen` or
 * `tier:features` at kind and name of the tier, other words at name, operator, shape and tier.
 */
export function filterTierRows(rows: readonly PlacedRow[], filter: string): readonly PlacedRow[] {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '' && word !== 'op:' && word !== 'tier:');
  if (words.length === 0) return rows;
  return rows.filter(({ row, tier }) => {
    const op = row.op.toLowerCase();
    const tierText = tier === undefined ? 'frozen' : `${tier.kind} ${tier.name}`.toLowerCase();
    const all = `${visible(row.id)} ${row.op} ${row.shape} ${tierText}`.toLowerCase();
    return words.every((word) => {
      if (word.startsWith('op:')) return op.includes(word.slice(3));
      if (word.startsWith('tier:')) return tierText.includes(word.slice(5));
      return all.includes(word);
    });
  });
}

/** Sorted rows, equal ones in the order of the model; rows without a figure come last. */
export function sortTierRows(rows: readonly PlacedRow[], sort: TierSort): readonly PlacedRow[] {
  if (sort === 'order') return rows;
  const direction: Direction = 'descending';
  return sortRows(rows, { sortBy: ({ row }) => (sort === 'energy' ? (row.energy?.value ?? null) : row.parameters) }, direction);
}
