/** What the search for repetitions needs of one segment. */
export interface RepeatItem {
  readonly signature: number;
  readonly layers: number;
  /** True for a segment with branches and layers of its own: a block has at least one. */
  readonly branches: boolean;
}

/** Segments from `start` up to but without `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Most segments in one block, and most different kinds of blocks. */
const maxPeriod = 64;
const maxKinds = 8;

/** Most places at which a block of one length is tried to begin. */
const maxPhases = 4;

/** Segments looked at for the patterns of one kind, about: each pattern is looked for everywhere. */
const maxSteps = 50_000_000;

/** More segments than this are no model that anybody splits by blocks. */
const maxItems = 100_000;

/**
 * Spans that are repetitions of each other, in order. Of all patterns that follow themselves at least once, the one whose occurrences cover
 * most layers is taken first (the shortest among equals), then the next in what is left. Empty when nothing occurs twice in a row.
 * O(kinds · (period² · items + maxSteps)) at worst, near O(kinds · period · items).
 */
export function findRepeats(items: readonly RepeatItem[]): Span[] {
  const found: Span[] = [];
  if (items.length > maxItems) return found;
  let free: Span[] = [{ start: 0, end: items.length }];
  const taken = new Uint8Array(items.length);
  for (let kind = 0; kind < maxKinds; kind++) {
    let best: { readonly spans: readonly Span[]; readonly layers: number } = { spans: [], layers: 0 };
    const most = Math.max(maxPeriod * maxPhases, Math.floor(maxSteps / items.length));
    const runs = free.flatMap((span) => repeatingRuns(items, span));
    for (const { run } of likelyRuns(runs, most)) {
      const spans = free.flatMap((span) => occurrences(items, span, run));
      const layers = spans.reduce((sum, span) => sum + layersIn(items, span), 0);
      if (layers > best.layers) best = { spans, layers };
    }
    if (best.spans.length === 0) break;
    found.push(...best.spans);
    for (const { start, end } of best.spans) taken.fill(1, start, end);
    free = freeSpans(taken);
  }
  return found.sort((a, b) => a.start - b.start);
}

const layersIn = (items: readonly RepeatItem[], span: Span): number =>
  items.slice(span.start, span.end).reduce((sum, item) => sum + item.layers, 0);

function freeSpans(taken: Uint8Array): Span[] {
  const spans: Span[] = [];
  for (let start = 0; start < taken.length; start++) {
    if (taken[start] === 1) continue;
    const next = taken.indexOf(1, start);
    const end = next < 0 ? taken.length : next;
    spans.push({ start, end });
    start = end;
  }
  return spans;
}

/** A pattern, and the layers of the stretch in which it follows itself. */
interface Run {
  readonly run: Span;
  readonly layers: number;
}

/** All runs in their order, or as many as may be tried of those whose stretches hold most layers. */
function likelyRuns(runs: readonly Run[], most: number): readonly Run[] {
  return runs.length <= most ? runs : [...runs].sort((a, b) => b.layers - a.layers).slice(0, most);
}

/** For every length of a block, shortest first, the stretch that repeats most layers, at each place where a block may begin. */
function repeatingRuns(items: readonly RepeatItem[], span: Span): Run[] {
  const runs: Run[] = [];
  for (let period = 1; period <= Math.min(maxPeriod, (span.end - span.start) / 2); period++) {
    let best: Span = { start: 0, end: 0 };
    let most = 0;
    let from = span.start;
    for (let at = span.start; at <= span.end - period; at++) {
      if (at < span.end - period && items[at]?.signature === items[at + period]?.signature) continue;
      const stretch = { start: from, end: at + period };
      from = at + 1;
      if (stretch.end - stretch.start < 2 * period) continue;
      const layers = layersIn(items, stretch);
      if (layers > most) [best, most] = [stretch, layers];
    }
    const last = best.end - 2 * period;
    const starts = naturalStarts(items, best, period).filter((start) => start <= last);
    runs.push(...starts.map((start) => ({ run: { start, end: start + period }, layers: most })));
  }
  return runs;
}

/** A block begins with the first segment that holds layers behind one that branches; what holds none (an activation, a norm) ends a block. */
function naturalStarts(items: readonly RepeatItem[], stretch: Span, period: number): number[] {
  const starts: number[] = [];
  for (let at = stretch.start; at < Math.min(stretch.start + period, stretch.end - period); at++) {
    if ((items[at]?.layers ?? 0) === 0) continue;
    // The stretch repeats, so what comes before `at` also stands one period later.
    let before = at + period - 1;
    while (before > at && (items[before]?.layers ?? 0) === 0) before--;
    if (items[before]?.branches === true) starts.push(at);
  }
  return starts.slice(0, maxPhases);
}

/** Where a pattern occurs in a span, counted from its own place so that its phase is kept. */
function occurrences(items: readonly RepeatItem[], span: Span, run: Span): Span[] {
  const found: Span[] = [];
  const length = run.end - run.start;
  const search = (from: number, to: number): void => {
    for (let at = from; at + length <= to;) {
      const isHere = isSame(items, run, at);
      if (isHere) found.push({ start: at, end: at + length });
      at += isHere ? length : 1;
    }
  };
  const isInside = run.start >= span.start && run.start < span.end;
  search(span.start, isInside ? run.start : span.end);
  if (isInside) search(run.start, span.end);
  return found;
}

function isSame(items: readonly RepeatItem[], pattern: Span, at: number): boolean {
  for (let i = 0; i < pattern.end - pattern.start; i++) {
    if (items[at + i]?.signature !== items[pattern.start + i]?.signature) return false;
  }
  return true;
}
