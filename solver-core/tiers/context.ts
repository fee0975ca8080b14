import type { Findings } from './findings.ts';
import { closest } from './suggest.ts';
import type { Placed } from './nodes.ts';
import type { Word } from './vocabulary.ts';
import type { PlanWorld } from './world.ts';
import { quote, shown } from './text.ts';
import type { LineTable, Span } from './text.ts';

/** What every part of the checker works with. */
export interface CheckContext {
  readonly text: string;
  readonly world: PlanWorld;
  readonly findings: Findings;
  readonly lines: LineTable;
  /** True when the syntax is whole; a missing clause is reported only then, because a broken one may be the missing one. */
  readonly wholeSyntax: boolean;
}

/** The word when it is one of `words`; otherwise reports it, with the words that were probably meant. */
export function checkWord<W extends Word>(context: CheckContext, what: string, word: Placed<string>, words: readonly W[]): W | undefined {
  const known = words.find((w) => w.word === word.value);
  if (known !== undefined) return known;
  const all = words.map((w) => w.word);
  context.findings.add(
    'error',
    'unknown-word',
    word.span,
    `${shown(word.value)} is not a known ${what}; known: ${all.join(', ')}`,
    orAll(closest(word.value, all), all),
  );
  return undefined;
}

/** A range of numbers a clause accepts. */
export interface NumberRule {
  readonly what: string;
  readonly accepts: (value: number) => boolean;
  /** The range in words, e.g. "between 0 and 1, both excluded". */
  readonly range: string;
  /** A number in the range that was probably meant by one outside of it; none where that cannot be told. */
  readonly nearest?: (value: number) => number | undefined;
}

/** The nearest whole number from `least` to `most`. */
export function wholeWithin(least: number, most: number): (value: number) => number {
  return (value) => Math.min(most, Math.max(least, Math.round(value)));
}

/** A share: 80 was meant as 80 per cent; anything else outside gives nothing. */
export function fromPercent(value: number): number | undefined {
  return value >= 2 && value < 100 ? Number((value / 100).toPrecision(12)) : undefined;
}

/** The number when the rule accepts it; otherwise reports it, with the numbers that were probably meant. */
export function checkNumber(
  context: CheckContext,
  rule: NumberRule,
  number: Placed<number>,
  fixes: readonly string[] = [],
): number | undefined {
  if (Number.isFinite(number.value) && rule.accepts(number.value)) return number.value;
  const written = context.text.slice(number.span.offset, number.span.end);
  const nearest = Number.isNaN(number.value) ? undefined : rule.nearest?.(number.value);
  const known = nearest === undefined || !rule.accepts(nearest) ? [] : [String(nearest)];
  context.findings.add(
    'error',
    'value-out-of-range',
    number.span,
    `${rule.what} is ${written.length > 40 ? `${written.slice(0, 40)}…` : written}; it must be ${rule.range}`,
    fixes.length > 0 ? fixes : known,
  );
  return undefined;
}

/** Repeated uses of a clause or option that may stand once; `key` is what it is called. */
export class OnceOnly {
  private readonly seen = new Set<string>();
  private readonly context: CheckContext;
  private readonly place: string;

  constructor(context: CheckContext, place: string) {
    this.context = context;
    this.place = place;
  }

  /** True for the first use of `key`; later ones are reported at `span`, with their removal as the fix where `span` is all of it. */
  first(key: string, span: Span, whole: 'whole' | 'header' = 'whole'): boolean {
    if (!this.seen.has(key)) {
      this.seen.add(key);
      return true;
    }
    this.context.findings.add(
      'error',
      'duplicate-clause',
      span,
      `"${key}" stands more than once in ${this.place}; the first one counts, remove the others`,
      whole === 'whole' ? [''] : [],
    );
    return false;
  }
}

/** Quoted near matches for a text that should have been one of `candidates`; all of them when none is near and there are few. */
export function quotedSuggestions(typed: string, candidates: readonly string[]): string[] {
  return orAll(closest(typed, candidates), candidates).map(quote);
}

function orAll(near: readonly string[], all: readonly string[]): readonly string[] {
  return near.length > 0 || all.length > 4 ? near : all;
}
