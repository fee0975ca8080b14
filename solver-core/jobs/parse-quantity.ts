import type { Quantity, Unit } from '../protocol/index.ts';

const sources: readonly unknown[] = ['measured', 'simulated', 'modelled', 'assumed'];
const maxText = 4000;

/** True for a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for a text of 1 to 4000 characters. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxText;
}

/** True when a parsed JSON value is a quantity of this unit: finite, ordered, not negative, with source and reference. */
export function isQuantity<U extends Unit>(value: unknown, unit: U): value is Quantity<U> {
  if (!isRecord(value) || value['unit'] !== unit || !sources.includes(value['source']) || !isText(value['ref'])) return false;
  const { value: middle, low, high } = value;
  return (
    typeof middle === 'number' &&
    typeof low === 'number' &&
    typeof high === 'number' &&
    0 <= low &&
    low <= middle &&
    middle <= high &&
    Number.isFinite(high)
  );
}
