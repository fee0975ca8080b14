import { formatSi, mantissa, prefixFor } from '../model/si.ts';
import type { Quantity, Source } from '../protocol/quantity.ts';

export { formatSi } from '../model/si.ts';

/** One letter per source for narrow tables; `sourceLegend` explains them. */
export const sourceLetters: Readonly<Record<Source, string>> = { measured: 'M', simulated: 'S', modelled: 'D', assumed: 'A' };

/** The line that explains `sourceLetters`. */
export const sourceLegend =
  'Sources: M measured, S simulated, D modelled (derived from published tables), A assumed. A figure takes the weakest source of its parts.';

/** A quantity's central value: "1.2 µJ". A value with a band keeps its last digit, "3.0 µJ"; a stated one does not need it. */
export function formatQuantity(q: Quantity, digits = 2): string {
  const text = formatSi(q.value, q.unit === '1' ? '' : q.unit, digits);
  return q.low === q.high || digits !== 2 ? text : text.replace(/^(\d)(?= |$)/, (digit) => (digit === '0' ? digit : `${digit}.0`));
}

/**
 * A quantity's band: "0.4-3.1 µJ" when both ends read well under one prefix, else "4.6 nJ to 0.73 mJ".
 * A band without spread is its one value.
 */
export function formatBand(q: Quantity, digits = 2): string {
  const unit = q.unit === '1' ? '' : q.unit;
  if (q.low === q.high) return formatSi(q.low, unit, digits);
  const high = Number(q.high.toPrecision(digits));
  const low = Number(q.low.toPrecision(digits));
  const [factor, prefix] = prefixFor(high);
  if (low / factor < 0.1 && low !== 0) return `${formatSi(low, unit, digits)} to ${formatSi(high, unit, digits)}`;
  return `${mantissa(low / factor, digits)}-${mantissa(high / factor, digits)} ${prefix}${unit}`.trimEnd();
}

/** Everything in one line: "1.2 µJ (0.4-3.1 µJ, modelled)". */
export function formatFull(q: Quantity, digits = 2): string {
  return `${formatQuantity(q, digits)} (${formatBand(q, digits)}, ${q.source})`;
}

/** A whole number with thin groups: 1234567 -> "1,234,567"; null -> "?". */
export function formatCount(count: number | null): string {
  if (count === null || !Number.isFinite(count)) return '?';
  return String(Math.round(count)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Bytes in binary steps: 26280 -> "25.7 KiB". */
export function formatBytes(sizeBytes: number): string {
  const steps = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = sizeBytes;
  let step = 0;
  while (value >= 1024 && step < steps.length - 1) {
    value /= 1024;
    step += 1;
  }
  return step === 0 ? `${value} B` : `${value.toFixed(value < 10 ? 2 : 1)} ${steps[step] ?? ''}`;
}
