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
 * The first number in a text of the host such as `1,234,567`, `25.7 KiB` or `after 3 retrainings`, for sorting where no plain
 * number came along. Null when there is none.
 */
export function parseAmount(text: string): number | null {
  const match = /(-?\d[\d,\u00a0\u202f ]*(?:\.\d+)?)\s*(Ki|[kMGT]i?(?![a-z]))?/.exec(text);
  if (match === null) return null;
  const value = Number((match[1] ?? '').replace(/[,\u00a0\u202f ]/g, ''));
  return Number.isFinite(value) ? value * (factors[match[2] ?? ''] ?? 1) : null;
}
