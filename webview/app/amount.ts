const factors: Readonly<Record<string, number>> = {
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

/**
 * The number in a text of the host such as `1,234,567`, `1.2 M` or `25.7 KiB`, for sorting where no plain number came along.
 * Null when the text does not begin with a number.
 */
export function parseAmount(text: string): number | null {
  const match = /^\s*(-?\d[\d,\u00a0\u202f ]*(?:\.\d+)?)\s*([kMGT]i?|Ki)?/.exec(text);
  if (match === null) return null;
  const value = Number((match[1] ?? '').replace(/[,\u00a0\u202f ]/g, ''));
  return Number.isFinite(value) ? value * (factors[match[2] ?? ''] ?? 1) : null;
}
