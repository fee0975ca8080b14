import { assert } from '../model/error.ts';
import type { Quantity, Source, Unit } from '../protocol/quantity.ts';

export type { Quantity, Source, Unit };

/**
 * A number with its band and provenance but without a unit: constants of tables and targets, counts, factors.
 * The unit of a constant is in its name (`energyPerBitJ`, `clockHz`). Invariants: `0 <= low <= value <= high`, `ref` not empty.
 */
export interface Band {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly source: Source;
  readonly ref: string;
}

/** Weakest first. A result is never stronger than its weakest operand. */
const strength: Readonly<Record<Source, number>> = { assumed: 0, modelled: 1, simulated: 2, measured: 3 };

/** The weaker of two sources: assumed < modelled < simulated < measured. */
export function weakest(a: Source, b: Source): Source {
  return strength[a] <= strength[b] ? a : b;
}

/** Joins references ("; " between them) without repeating any. */
export function joinRefs(a: string, b: string): string {
  if (a === b || b === '') return a;
  if (a === '') return b;
  const parts = a.split('; ');
  const missing = b.split('; ').filter((part) => !parts.includes(part));
  return missing.length === 0 ? a : `${a}; ${missing.join('; ')}`;
}

/** A quantity from a band and a unit. */
export function quantity<U extends Unit>(unit: U, band: Band): Quantity<U> {
  checkBand(band);
  return { value: band.value, unit, low: band.low, high: band.high, source: band.source, ref: band.ref };
}

/** A quantity without spread, e.g. a limit that somebody states. */
export function exactly<U extends Unit>(value: number, unit: U, source: Source, ref: string): Quantity<U> {
  return quantity(unit, { value, low: value, high: value, source, ref });
}

/** A band without spread. */
export function exactBand(value: number, source: Source, ref: string): Band {
  return { value, low: value, high: value, source, ref };
}

/** a + b, bounds added (right for correlated and pessimistic for independent operands). Units must agree. */
export function add<U extends Unit>(a: Quantity<U>, b: Quantity<U>): Quantity<U> {
  checkUnits(a, b);
  return quantity(a.unit, {
    value: a.value + b.value,
    low: a.low + b.low,
    high: a.high + b.high,
    source: weakest(a.source, b.source),
    ref: joinRefs(a.ref, b.ref),
  });
}

/** Sum of a list with at least one member. */
export function sum<U extends Unit>(list: readonly Quantity<U>[]): Quantity<U> {
  const first = list[0];
  assert(first !== undefined, 'sum of no quantities');
  return list.slice(1).reduce((total, q) => add(total, q), first);
}

/** q · factor for an exact factor >= 0. */
export function scale<U extends Unit>(q: Quantity<U>, factor: number): Quantity<U> {
  assert(factor >= 0, `a quantity cannot be scaled by ${factor}`);
  return quantity(q.unit, { ...q, value: q.value * factor, low: q.low * factor, high: q.high * factor });
}

/** q · factor for a factor with a band of its own; bounds multiply. */
export function times<U extends Unit>(q: Quantity<U>, factor: Band): Quantity<U> {
  return quantity(q.unit, timesBand(q, factor));
}

/** The larger by value; its bounds are the larger of both bounds, so that the result holds whichever operand is the larger one. */
export function max<U extends Unit>(a: Quantity<U>, b: Quantity<U>): Quantity<U> {
  checkUnits(a, b);
  return quantity(a.unit, {
    value: Math.max(a.value, b.value),
    low: Math.max(a.low, b.low),
    high: Math.max(a.high, b.high),
    source: weakest(a.source, b.source),
    ref: joinRefs(a.ref, b.ref),
  });
}

/** a · b of two non-negative bands. */
export function timesBand(a: Band, b: Band): Band {
  return {
    value: a.value * b.value,
    low: a.low * b.low,
    high: a.high * b.high,
    source: weakest(a.source, b.source),
    ref: joinRefs(a.ref, b.ref),
  };
}

/** a · factor for an exact factor >= 0. */
export function scaleBand(a: Band, factor: number): Band {
  return { ...a, value: a.value * factor, low: a.low * factor, high: a.high * factor };
}

/** a + b of two bands in the same unit. */
export function addBand(a: Band, b: Band): Band {
  return {
    value: a.value + b.value,
    low: a.low + b.low,
    high: a.high + b.high,
    source: weakest(a.source, b.source),
    ref: joinRefs(a.ref, b.ref),
  };
}

/** a / b; the low end divides by the high end. `b.low` must be above 0. */
export function divideBand(a: Band, b: Band): Band {
  assert(b.low > 0, `division by a band that starts at ${b.low} (${b.ref})`);
  return {
    value: a.value / b.value,
    low: a.low / b.high,
    high: a.high / b.low,
    source: weakest(a.source, b.source),
    ref: joinRefs(a.ref, b.ref),
  };
}

function checkUnits(a: Quantity, b: Quantity): void {
  assert(a.unit === b.unit, `units differ: ${a.unit} and ${b.unit}`);
}

function checkBand(band: Band): void {
  const ordered = 0 <= band.low && band.low <= band.value && band.value <= band.high && band.high < Infinity;
  assert(ordered && band.ref !== '', `not a band: ${band.low} <= ${band.value} <= ${band.high}, ref "${band.ref}"`);
}
