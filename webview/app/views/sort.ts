export type Direction = 'ascending' | 'descending';

/** What a column needs for sorting; null stands for a row without a value. */
export interface Sortable<R> {
  readonly sortBy: (row: R) => number | string | null;
}

/** A sorted copy; equal rows keep their order, rows without a value come last in both directions. */
export function sortRows<R>(rows: readonly R[], column: Sortable<R>, direction: Direction): R[] {
  const sign = direction === 'ascending' ? 1 : -1;
  const keyed = rows.map((row) => ({ row, value: column.sortBy(row) }));
  keyed.sort((a, b) => {
    if (a.value === null || b.value === null) return a.value === b.value ? 0 : a.value === null ? 1 : -1;
    if (typeof a.value === 'number' && typeof b.value === 'number') return sign * (a.value - b.value);
    return sign * collator.compare(String(a.value), String(b.value));
  });
  return keyed.map(({ row }) => row);
}

// Layer names carry counters: conv2 comes before conv10.
const collator = new Intl.Collator('en', { numeric: true });
