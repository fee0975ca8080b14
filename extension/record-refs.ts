/** What stands in a record in place of a reference that it tells once, at its totals. */
const inRecord = 'as totals.energy of the record';

/** `value`, plain data, with the reference `full` told in short wherever it stands: it is half a kilobyte, thousands of times. */
export function withShortRefs<T>(value: T, full: string): T {
  return withRefs(value, full, inRecord);
}

/** `value` with every short reference told in full again. */
export function withFullRefs<T>(value: T, full: string): T {
  return withRefs(value, inRecord, full);
}

function withRefs<T>(value: T, from: string, to: string): T {
  const replaced = JSON.stringify(value, (key, inner: unknown) => (key === 'ref' && inner === from ? to : inner));
  return JSON.parse(replaced) as T;
}
