/** Fields of one line, as positions in its bytes; reused from line to line. */
export interface FieldSpans {
  count: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Most columns of a line; a wider table is refused before anything is allocated for it. */
export const maxColumns = 1 << 20;

export type Delimiter = 0x2c | 0x3b | 0x09 | 0x20;

/** Room for `columns` fields. */
export function fieldSpans(columns: number): FieldSpans {
  return { count: 0, starts: new Int32Array(columns), ends: new Int32Array(columns) };
}

/**
 * Splits bytes[start, end) (one line without its newline) into trimmed fields. A field in double quotes may hold the delimiter;
 * its span is without the quotes. With a space as delimiter, runs of spaces and tabs separate. Counts on when there are more
 * fields than `spans` has room for, so that the caller can name both numbers.
 */
export function splitLine(bytes: Uint8Array, start: number, end: number, delimiter: Delimiter, spans: FieldSpans): void {
  spans.count = 0;
  let at = start;
  if (delimiter === 0x20) {
    for (;;) {
      while (at < end && isBlank(bytes[at] as number)) at += 1;
      if (at >= end) return;
      const from = at;
      while (at < end && !isBlank(bytes[at] as number)) at += 1;
      push(spans, from, at);
    }
  }
  for (;;) {
    while (at < end && bytes[at] !== delimiter && isBlank(bytes[at] as number)) at += 1;
    let from = at;
    let to: number;
    if (at < end && bytes[at] === 0x22) {
      from += 1;
      at += 1;
      // A doubled quote stands for one; the pair stays in the span, which only matters for texts.
      while (at < end && !(bytes[at] === 0x22 && bytes[at + 1] !== 0x22)) at += bytes[at] === 0x22 ? 2 : 1;
      to = Math.min(at, end);
      while (at < end && bytes[at] !== delimiter) at += 1;
    } else {
      while (at < end && bytes[at] !== delimiter) at += 1;
      to = at;
      while (to > from && isBlank(bytes[to - 1] as number)) to -= 1;
    }
    push(spans, from, to);
    if (at >= end) return;
    at += 1;
  }
}

/** The delimiter a line uses: comma, semicolon or tab when one is there outside quotes, else space. */
export function detectDelimiter(bytes: Uint8Array, start: number, end: number): Delimiter {
  const counts = new Map<number, number>();
  let quoted = false;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte === 0x22) quoted = !quoted;
    else if (!quoted) counts.set(byte, (counts.get(byte) ?? 0) + 1);
  }
  const candidates: readonly Delimiter[] = [0x2c, 0x3b, 0x09];
  const best = candidates.map((byte) => ({ byte, count: counts.get(byte) ?? 0 })).sort((a, b) => b.count - a.count)[0];
  return best !== undefined && best.count > 0 ? best.byte : 0x20;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}

function push(spans: FieldSpans, from: number, to: number): void {
  if (spans.count < spans.starts.length) {
    spans.starts[spans.count] = from;
    spans.ends[spans.count] = to;
  }
  spans.count += 1;
}
