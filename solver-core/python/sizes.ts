import type { PyValue } from './values.ts';
import { asNumber } from './values.ts';

/** A whole number from `least`; null where it is not known or none. */
export function whole(value: PyValue | undefined, least = 1): number | null {
  const number = asNumber(value);
  return number !== undefined && Number.isSafeInteger(number) && number >= least ? number : null;
}

/** The same with a default for an argument that is left out. */
export function wholeOr(value: PyValue | undefined, fallback: number, least = 1): number | null {
  return value === undefined ? fallback : whole(value, least);
}

/** A truth value with a default; null where it is not literal. */
export function flag(value: PyValue | undefined, fallback: boolean): boolean | null {
  if (value === undefined) return fallback;
  if (value.kind === 'bool') return value.value;
  return value.kind === 'number' ? value.value !== 0 : value.kind === 'none' ? false : null;
}

/** The product; null where a factor is not known or the result is no safe whole number. */
export function times(...factors: readonly (number | null)[]): number | null {
  let all = 1;
  for (const factor of factors) {
    if (factor === null) return null;
    all *= factor;
  }
  return Number.isSafeInteger(all) ? all : null;
}

/** The sum; null where a part is not known. */
export function plus(...parts: readonly (number | null)[]): number | null {
  let all = 0;
  for (const part of parts) {
    if (part === null) return null;
    all += part;
  }
  return Number.isSafeInteger(all) ? all : null;
}

/** `size` where the flag holds, 0 where it does not, null where that is not known. */
export function when(holds: boolean | null, size: number | null): number | null {
  if (holds === null) return null;
  return holds ? size : 0;
}
