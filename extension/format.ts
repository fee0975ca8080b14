import type { DimDocument, Quantity, Source, Unit } from '../solver-core/protocol/index.ts';

/**
 * Turns a message with {0}, {1} … into the user's language; vscode.l10n.t fits. Passed in, so that everything that
 * makes text can be tested without VS Code.
 */
export type Translate = (message: string, ...args: (string | number | boolean)[]) => string;

interface Prefix {
  readonly factor: number;
  readonly symbol: string;
}

const prefixes: readonly Prefix[] = [
  { factor: 1e9, symbol: 'G' },
  { factor: 1e6, symbol: 'M' },
  { factor: 1e3, symbol: 'k' },
  { factor: 1, symbol: '' },
  { factor: 1e-3, symbol: 'm' },
  { factor: 1e-6, symbol: '\u00b5' },
  { factor: 1e-9, symbol: 'n' },
  { factor: 1e-12, symbol: 'p' },
  { factor: 1e-15, symbol: 'f' },
];

const unitSymbols: Readonly<Record<Unit, string>> = { J: 'J', s: 's', W: 'W', '1': '', '1/J': '/J' };
const noPrefix: Prefix = { factor: 1, symbol: '' };

/** The prefix that puts `value` between 1 and 1000; for zero and out of range the nearest there is. */
function prefixFor(value: number): Prefix {
  const size = Math.abs(value);
  if (size === 0 || !Number.isFinite(size)) return noPrefix;
  // 0.9995 rounds up to 1.00, which belongs to the next prefix.
  return prefixes.find((prefix) => size / prefix.factor >= 0.9995) ?? prefixes.at(-1) ?? noPrefix;
}

/** Three significant digits without an exponent: 0.0123, 1.23, 12.3, 123. */
function threeDigits(value: number): string {
  if (value === 0) return '0';
  if (!Number.isFinite(value)) return String(value);
  // Rounded first: 0.9996 has the magnitude of 1.00, not of 0.999.
  const rounded = Number(value.toPrecision(3));
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded))));
  return rounded.toFixed(Math.min(decimals, 12));
}

/** "0.612 mJ", "12.0 µJ", "0 J": three significant digits and the SI prefix that fits. */
export function formatValue(value: number, unit: Unit): string {
  const prefix = unit === '1' ? noPrefix : prefixFor(value);
  return `${threeDigits(value / prefix.factor)} ${prefix.symbol}${unitSymbols[unit]}`.trim();
}

/** The value of a quantity for people, without band and source. */
export function formatQuantity(quantity: Quantity): string {
  return formatValue(quantity.value, quantity.unit);
}

/**
 * "0.4 to 0.9 µJ": both ends with the prefix of the higher one, so that they compare at a glance; "842 µJ to 1.48 J" when the
 * lower end would then start with zeros only.
 */
export function formatBand(quantity: Quantity, t: Translate): string {
  const prefix = quantity.unit === '1' ? noPrefix : prefixFor(quantity.high);
  const low = quantity.low / prefix.factor;
  if (low !== 0 && Math.abs(low) < 0.1)
    return t('{0} to {1}', formatValue(quantity.low, quantity.unit), formatValue(quantity.high, quantity.unit));
  const unit = `${prefix.symbol}${unitSymbols[quantity.unit]}`;
  return t('{0} to {1} {2}', threeDigits(low), threeDigits(quantity.high / prefix.factor), unit).trim();
}

/** "1.2 microjoule, modelled": unit and provenance in words, for screen readers. */
export function speakQuantity(quantity: Quantity, t: Translate): string {
  const prefix = quantity.unit === '1' ? noPrefix : prefixFor(quantity.value);
  const value = `${threeDigits(quantity.value / prefix.factor)} ${unitWord(prefix, quantity.unit, t)}`.trim();
  return `${value}, ${sourceWord(quantity.source, t)}`;
}

/** "microjoule", in the user's language. A prefix joins the unit in lower case, also where a unit alone is written with a capital. */
function unitWord(prefix: Prefix, unit: Unit, t: Translate): string {
  const words: Readonly<Record<Unit, string>> = { J: t('joule'), s: t('second'), W: t('watt'), '1': '', '1/J': t('per joule') };
  const word = words[unit];
  const joined = word.toLocaleLowerCase();
  switch (prefix.symbol) {
    case 'G':
      return t('giga{0}', joined);
    case 'M':
      return t('mega{0}', joined);
    case 'k':
      return t('kilo{0}', joined);
    case 'm':
      return t('milli{0}', joined);
    case '\u00b5':
      return t('micro{0}', joined);
    case 'n':
      return t('nano{0}', joined);
    case 'p':
      return t('pico{0}', joined);
    case 'f':
      return t('femto{0}', joined);
    default:
      return word;
  }
}

/** The provenance of a number as a word in the user's language. */
export function sourceWord(source: Source, t: Translate): string {
  const words: Readonly<Record<Source, string>> = {
    measured: t('measured'),
    simulated: t('simulated'),
    modelled: t('modelled'),
    assumed: t('assumed'),
  };
  return words[source];
}

/** 1234567 as "1,234,567"; null as an en dash. */
export function formatCount(value: number | null): string {
  if (value === null) return '\u2013';
  // A large model has some 10 000 rows of these, and the general way costs 30 microseconds each.
  if (Number.isSafeInteger(value) && value >= 0) return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** Bytes with a decimal prefix: "3.14 kB". Below 1000 the plain count. */
export function formatBytes(sizeBytes: number): string {
  if (sizeBytes < 1000) return `${sizeBytes} B`;
  const prefix = prefixFor(sizeBytes);
  return `${threeDigits(sizeBytes / prefix.factor)} ${prefix.symbol}B`;
}

/** A shape as "1 × 64"; unknown dimensions as "?", an unknown shape as an en dash. */
export function formatShape(shape: readonly DimDocument[] | null | undefined): string {
  if (!shape) return '\u2013';
  return shape.length === 0 ? '()' : shape.map((dim) => (dim === null ? '?' : String(dim))).join(' \u00d7 ');
}

/** A dimensionless number: plain between 0.001 and 10000, else with an exponent such as "1.3e-7". */
export function formatNumber(value: number | null): string {
  if (value === null) return '\u2013';
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e4 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}

/** A quality for people: accuracy as per cent, an error as a number. */
export function formatMetric(metric: 'accuracy' | 'mse' | 'cross-entropy', value: number): string {
  return metric === 'accuracy' ? `${(value * 100).toFixed(1)} %` : formatNumber(value);
}

/** "+12 %", "−3.4 %": two digits, with its sign. */
export function signedPercent(share: number): string {
  const percent = Number((Math.abs(share) * 100).toPrecision(2));
  const text = `${percent >= 10 ? Math.round(percent) : percent} %`;
  return percent === 0 ? '0 %' : `${share < 0 ? '\u2212' : '+'}${text}`;
}
