/** Powers of ten that a double holds exactly. */
const exactPowers = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];
const strictNumber = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$/;
/** Longest field taken for a number. */
const maxNumberBytes = 64;

/**
 * The decimal number in bytes[start, end), correctly rounded; NaN when it is not one. Strict: sign, digits with an optional
 * point, optional exponent; no hex, no "nan", no "inf", nothing beyond the range of doubles.
 * Up to 15 digits and powers of ten up to 22 one multiplication or division of exact doubles gives the correctly rounded
 * result (Clinger 1990); longer ones go through Number().
 */
export function parseNumber(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const sign = bytes[at];
  if (sign === 0x2d || sign === 0x2b) at += 1;
  let mantissa = 0;
  let digits = 0;
  let fraction = 0;
  let seenPoint = false;
  const firstDigit = at;
  for (; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte >= 0x30 && byte <= 0x39) {
      mantissa = mantissa * 10 + (byte - 0x30);
      if (mantissa !== 0) digits += 1;
      if (seenPoint) fraction += 1;
    } else if (byte === 0x2e && !seenPoint) seenPoint = true;
    else break;
  }
  const hasDigits = at - firstDigit > (seenPoint ? 1 : 0);
  if (at !== end || digits > 15 || fraction > 22 || !hasDigits) return slowNumber(bytes, start, end);
  const magnitude = mantissa / (exactPowers[fraction] as number);
  return sign === 0x2d ? -magnitude : magnitude;
}

function slowNumber(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > maxNumberBytes || end === start) return NaN;
  let text = '';
  for (let i = start; i < end; i += 1) text += String.fromCharCode(bytes[i] as number);
  if (!strictNumber.test(text)) return NaN;
  const value = Number(text);
  return Number.isFinite(value) ? value : NaN;
}
