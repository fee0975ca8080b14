import type { Content } from '../compound/types.ts';
import type { Vocabulary } from '../data/vocabulary.ts';
import type { LabelledText } from './compound-texts.ts';

/** One decision of a context. */
export interface ContextDecision {
  /** Tokens (or 1 row) of the context up to and with it. */
  readonly position: number;
  /** Class or token id that turned out right; null: not known. */
  readonly label: number | null;
  /** For people. */
  readonly input: string;
}

/** What the lower module reads as a whole, with the decisions that it serves. */
export interface SourceContext {
  readonly name: string;
  readonly content: Content;
  readonly decisions: readonly ContextDecision[];
  /** What it takes of its source: characters of a text, else 1 row or labelled text. */
  readonly extent: number;
}

/** Characters that are shown of what was read. */
const shownCharacters = 60;

/** Where contexts of a text end: behind a blank line, or after `context` tokens. Token positions [from, to). */
export function contextSpans(
  ids: Int32Array,
  vocabulary: Vocabulary,
  context: number,
): readonly { readonly from: number; readonly to: number }[] {
  const spans: { from: number; to: number }[] = [];
  let from = 0;
  let tail = '';
  for (let i = 0; i < ids.length; i++) {
    tail = `${tail}${vocabulary.tokens[ids[i]!] ?? ''}`.slice(-4);
    const isBlank = /\n[ \t]*\r?\n$/.test(tail);
    if (!isBlank && i + 1 - from < context) continue;
    spans.push({ from, to: i + 1 });
    from = i + 1;
    tail = '';
  }
  if (from < ids.length) spans.push({ from, to: ids.length });
  return spans;
}

/** A context of a text: each of its tokens decides about the next one, which may be the first of the next context. */
export function textContext(
  ids: Int32Array,
  { from, to }: { readonly from: number; readonly to: number },
  vocabulary: Vocabulary,
): SourceContext {
  const tokens = ids.slice(from, to);
  const decisions: ContextDecision[] = [];
  let shown = '';
  let extent = 0;
  for (let i = from; i < to; i++) {
    const token = vocabulary.tokens[ids[i]!] ?? '';
    extent += token.length;
    shown = `${shown}${token}`.slice(-shownCharacters);
    decisions.push({ position: i + 1 - from, label: i + 1 < ids.length ? ids[i + 1]! : null, input: shown });
  }
  return { name: `tokens ${from}..${to - 1}`, content: { kind: 'tokens', tokens }, decisions, extent };
}

/** A text with its class. */
export function labelledContext({ line, text, ids, label }: LabelledText): SourceContext {
  return singleContext(`line ${line}`, { kind: 'tokens', tokens: ids }, label, text);
}

/** A row or a labelled text: one decision on all of it. */
export function singleContext(name: string, content: Content, label: number | null, input: string): SourceContext {
  const position = content.kind === 'tokens' ? content.tokens.length : 1;
  return { name, content, decisions: [{ position, label, input }], extent: 1 };
}
