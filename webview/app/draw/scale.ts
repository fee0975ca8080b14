/** How values become lengths. */
export type ScaleKind = 'linear' | 'log';

export interface Tick {
  readonly value: number;
  /** Position in 0..1. */
  readonly at: number;
}

export interface Scale {
  readonly kind: ScaleKind;
  readonly min: number;
  readonly max: number;
  /** Position of a value, clamped to 0..1. On a log scale zero and below sit at 0. */
  readonly place: (value: number) => number;
  readonly ticks: readonly Tick[];
}

/** Extent of bars with error bands. Values that are not finite are left out. */
export interface Extent {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Logarithmic when the largest end of a band is more than 30 times the smallest positive value, else linear. */
export function chooseScale(rows: readonly Extent[]): ScaleKind {
  const positive = (value: number): boolean => Number.isFinite(value) && value > 0;
  const values = rows.map((row) => row.value).filter(positive);
  const ends = rows.flatMap((row) => [row.value, row.high]).filter(positive);
  return values.length > 0 && Math.max(...ends) / Math.min(...values) > 30 ? 'log' : 'linear';
}

/**
 * A scale that holds every band. Linear scales begin at 0 so that lengths compare; log scales begin at a power of ten below the
 * smallest positive low end. `maxTicks` >= 2 bounds the number of ticks.
 */
export function makeScale(rows: readonly Extent[], kind: ScaleKind, maxTicks: number): Scale {
  const highs = rows.flatMap((row) => [row.value, row.high]).filter((value) => Number.isFinite(value) && value > 0);
  const top = highs.length === 0 ? 1 : Math.max(...highs);
  return kind === 'linear' ? linearScale(top, maxTicks) : logScale(rows, top, maxTicks);
}

function linearScale(top: number, maxTicks: number): Scale {
  const step = niceStep(top / Math.max(1, maxTicks - 1));
  const count = Math.max(1, Math.ceil(top / step - 1e-9));
  const max = count * step;
  const place = (value: number): number => clamp(value / max);
  // Multiples of the step, not a running sum: 3 * 0.1 must not print as 0.30000000000000004 of anything.
  const ticks = Array.from({ length: count + 1 }, (_, index) => ({ value: index * step, at: index / count }));
  return { kind: 'linear', min: 0, max, place, ticks };
}

function logScale(rows: readonly Extent[], top: number, maxTicks: number): Scale {
  const lows = rows.flatMap((row) => [row.low, row.value]).filter((value) => Number.isFinite(value) && value > 0);
  const bottom = lows.length === 0 ? top / 10 : Math.min(...lows);
  const first = Math.floor(Math.log10(bottom) - 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(top) - 1e-9));
  const decades = last - first;
  const place = (value: number): number => (value > 0 ? clamp((Math.log10(value) - first) / decades) : 0);
  const stride = Math.max(1, Math.ceil(decades / Math.max(1, maxTicks - 1)));
  const ticks: Tick[] = [];
  for (let exponent = first; exponent <= last; exponent += stride) ticks.push({ value: 10 ** exponent, at: (exponent - first) / decades });
  return { kind: 'log', min: 10 ** first, max: 10 ** last, place, ticks };
}

/** The smallest of 1, 2, 2.5, 5 times a power of ten that is not below `raw`. */
function niceStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  for (const factor of [1, 2, 2.5, 5, 10]) if (factor * power >= raw * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

function clamp(at: number): number {
  return Number.isFinite(at) ? Math.min(1, Math.max(0, at)) : 0;
}
