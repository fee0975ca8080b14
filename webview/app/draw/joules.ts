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

/** A ratio as text: two significant digits, no exponent (`2.4`, `41`, `1,300`). */
export function ratioText(ratio: number): string {
  if (ratio >= 1e6) return `${Number((ratio / 1e6).toPrecision(2))} million`;
  return String(Number(ratio.toPrecision(2))).replace(/\B(?=(\d{3})+$)/g, ',');
}
