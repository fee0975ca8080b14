const prefixes: readonly (readonly [number, string])[] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
  [1, ''],
  [1e-3, 'm'],
  [1e-6, 'µ'],
  [1e-9, 'n'],
  [1e-12, 'p'],
  [1e-15, 'f'],
];

/**
 * A number with an SI prefix and unit: 1.234e-6, 'J' -> "1.2 µJ". Two significant digits unless told otherwise,
 * because the bands of energy figures leave no more. Zero is "0 J"; values that are not finite are "unknown".
 */
export function formatSi(value: number, unit: string, digits = 2): string {
  if (!Number.isFinite(value)) return 'unknown';
  if (value === 0) return `0 ${unit}`.trimEnd();
  const rounded = Number(value.toPrecision(digits));
  const [factor, prefix] = prefixFor(Math.abs(rounded));
  return `${mantissa(rounded / factor, digits)} ${prefix}${unit}`.trimEnd();
}

export function prefixFor(magnitude: number): readonly [number, string] {
  // The tolerance keeps 1e-6, which is not exactly a thousand nanos in binary, from falling to the next smaller prefix.
  return prefixes.find(([factor]) => magnitude >= factor * (1 - 1e-9)) ?? [1e-15, 'f'];
}

export function mantissa(value: number, digits: number): string {
  if (value === 0) return '0';
  const text = value.toPrecision(digits);
  // toPrecision(2) writes 120 as "1.2e+2": show it as the whole number it stands for.
  if (text.includes('e')) return String(Number(text));
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
