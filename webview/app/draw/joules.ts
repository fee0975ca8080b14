import type { Translate } from '../strings.ts';

const prefixes: readonly (readonly [number, string])[] = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
  [1, ''],
  [1e-3, 'm'],
  [1e-6, 'µ'],
  [1e-9, 'n'],
  [1e-12, 'p'],
];

/** An energy in J as axis text, e.g. `2.5 µJ`: at most three significant digits, SI prefix from p to G, `0` without a unit. */
export function axisJoules(energyJ: number): string {
  if (energyJ === 0 || !Number.isFinite(energyJ)) return energyJ === 0 ? '0' : '–';
  const size = Math.abs(energyJ) * (1 + 1e-9);
  const [factor, prefix] = prefixes.find(([limit]) => size >= limit) ?? [1e-12, 'p'];
  return `${Number((energyJ / factor).toPrecision(3))} ${prefix}J`;
}

/** The prefix that puts an energy between 1 and 1000, as the host chooses it; 0.9995 already rounds to 1.00. */
function prefixOf(energyJ: number): readonly [number, string] {
  const size = Math.abs(energyJ);
  if (size === 0 || !Number.isFinite(size)) return [1, ''];
  return prefixes.find(([factor]) => size / factor >= 0.9995) ?? [1e-15, 'f'];
}

function threeDigits(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return value === 0 ? '0' : '\u2013';
  const rounded = Number(value.toPrecision(3));
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded))));
  return rounded.toFixed(Math.min(decimals, 12));
}

/** An energy in J as the host writes figures: three significant digits, zeros at the end kept, e.g. `2.50 µJ`; for sums made on a page. */
export function joulesText(energyJ: number): string {
  const [factor, prefix] = prefixOf(energyJ);
  return `${threeDigits(energyJ / factor)} ${prefix}J`;
}

/** The band of such a figure, as the host writes it: both ends with the prefix of the higher one where that leaves the lower one digits. */
export function joulesBand(t: Translate, { low, high }: { readonly low: number; readonly high: number }): string {
  const [factor, prefix] = prefixOf(high);
  const lower = low / factor;
  if (lower !== 0 && Math.abs(lower) < 0.1) return t('{0} to {1}', joulesText(low), joulesText(high));
  return t('{0} to {1} {2}', threeDigits(lower), threeDigits(high / factor), `${prefix}J`);
}

/** A ratio as text: two significant digits, no exponent (`2.4`, `41`, `1,300`). */
export function ratioText(ratio: number): string {
  if (ratio >= 1e6) return `${Number((ratio / 1e6).toPrecision(2))} million`;
  return String(Number(ratio.toPrecision(2))).replace(/\B(?=(\d{3})+$)/g, ',');
}
