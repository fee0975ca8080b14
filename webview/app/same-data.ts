/** Whether two pieces of plain data (what JSON can say, and undefined) are alike; ends at the first difference. */
export function sameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [new Map(Object.entries(a)), Object.entries(b)];
  return left.size === right.length && right.every(([key, value]) => left.has(key) && sameData(left.get(key), value));
}
