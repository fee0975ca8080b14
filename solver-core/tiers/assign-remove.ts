import type { PlacedBlock, PlacedClause, PlacedEntry } from './assign-blocks.ts';
import { commentsBetween, indentAt, joined, lineStart, lineStop, pastBreak, removal } from './assign-edits.ts';
import type { PlanLayout, SpanEdit } from './assign-edits.ts';
import { entriesFor, runsOf, styleOf } from './assign-style.ts';
import type { Span } from './text.ts';

/** What removing needs to know beside the block. */
export interface RemoveContext {
  readonly layout: PlanLayout;
  readonly blocks: readonly PlacedBlock[];
  readonly idOf: (index: number) => string;
}

/** Edits that take layers out of blocks; a block goes when none of its layers stays. Comments stay where they are. */
export function removeLayers(context: RemoveContext, blocks: readonly PlacedBlock[], gone: ReadonlySet<number>): readonly SpanEdit[] {
  const emptied = blocks.filter((block) => empties(block, gone)).map((block) => block.span);
  return [
    ...blocks
      .filter((block) => !empties(block, gone))
      .flatMap((block) => block.clauses.flatMap((clause) => clauseEdits(context, clause, gone))),
    // Neighbours go as one, or each would leave the blank lines to the other.
    ...joined(context.layout.text, emptied).map((span) => removeBlocks(context.layout, span)),
  ];
}

/** Whether every layer of a block goes. */
export function empties(block: PlacedBlock, gone: ReadonlySet<number>): boolean {
  return block.clauses.every((clause) => clause.entries.every((entry) => entry.layers.every((index) => gone.has(index))));
}

function clauseEdits(context: RemoveContext, clause: PlacedClause, gone: ReadonlySet<number>): readonly SpanEdit[] {
  const { layout } = context;
  const isGone = clause.entries.map((entry) => entry.layers.length > 0 && entry.layers.every((index) => gone.has(index)));
  const edits = clause.entries.flatMap((entry, i) =>
    isGone[i] !== true && entry.layers.some((index) => gone.has(index)) ? [splitEntry(context, clause, entry, gone)] : [],
  );
  const indent = indentAt(layout.text, clause.span.offset);
  if (isGone.every(Boolean)) {
    const tokens = [clause.keyword, ...clause.entries.flatMap((entry) => tokensOf(layout, entry)), ...clause.commas];
    return joined(layout.text, tokens).map((span) => removal(layout, span, indent));
  }
  for (let i = 0; i < clause.entries.length; i++) {
    if (isGone[i] !== true) continue;
    let last = i;
    while (isGone[last + 1] === true) last++;
    edits.push(...removeRun(layout, clause, i, last, indent));
    i = last;
  }
  return edits;
}

/** Takes the entries from `first` to `last` out, with as many commas. */
function removeRun(layout: PlanLayout, clause: PlacedClause, first: number, last: number, indent: string): readonly SpanEdit[] {
  const { entries, commas } = clause;
  const [from, to] = [entries[first], entries[last]];
  if (from === undefined || to === undefined) return [];
  const [previous, next] = [entries[first - 1], entries[last + 1]];
  if (next !== undefined && commentsBetween(layout, from.span.offset, next.span.offset).length === 0)
    return [{ offset: from.span.offset, end: next.span.offset, newText: '' }];
  const trailing = /^[^\S\r\n]*\/[/*]/.test(layout.text.slice(to.span.end, lineStop(layout.text, to.span.end)));
  if (next === undefined && previous !== undefined && !trailing && commentsBetween(layout, previous.span.end, to.span.end).length === 0)
    return [{ offset: previous.span.end, end: to.span.end, newText: '' }];
  const lost = next === undefined ? commas.slice(Math.max(0, first - 1), last) : commas.slice(first, last + 1);
  const tokens = [...entries.slice(first, last + 1).flatMap((entry) => tokensOf(layout, entry)), ...lost];
  return joined(layout.text, tokens).map((span) => removal(layout, span, indent));
}

/** The parts of an entry between its comments. */
function tokensOf(layout: PlanLayout, entry: PlacedEntry): readonly Span[] {
  const parts: Span[] = [];
  let at = entry.span.offset;
  for (const comment of commentsBetween(layout, entry.span.offset, entry.span.end)) {
    parts.push({ offset: at, end: comment.offset });
    at = comment.end;
  }
  parts.push({ offset: at, end: entry.span.end });
  return parts.flatMap(({ offset, end }) => {
    const part = layout.text.slice(offset, end);
    if (part.trim() === '') return [];
    return [{ offset: offset + part.length - part.trimStart().length, end: end - (part.length - part.trimEnd().length) }];
  });
}

/** A range or blocks of which a part goes, as the entries for what stays. */
function splitEntry(context: RemoveContext, clause: PlacedClause, entry: PlacedEntry, gone: ReadonlySet<number>): SpanEdit {
  const { layout, idOf, blocks } = context;
  const style = styleOf(layout, clause, blocks);
  const pieces = entry.form === 'blocks' ? blockPieces(entry, idOf, gone) : entriesFor(kept(entry.layers, gone), idOf, 2);
  const comments = commentsBetween(layout, entry.span.offset, entry.span.end).map(({ offset, end }) => layout.text.slice(offset, end));
  const indent = style.indent ?? `${indentAt(layout.text, clause.span.offset)}  `;
  const before = comments.map((comment) => (comment.startsWith('//') ? `${comment}${layout.lineEnd}${indent}` : `${comment} `)).join('');
  return { offset: entry.span.offset, end: entry.span.end, newText: before + pieces.join(style.between) };
}

/** Blocks of which every layer stays remain blocks; what stays of the others is named. */
function blockPieces(entry: PlacedEntry, idOf: (index: number) => string, gone: ReadonlySet<number>): readonly string[] {
  const pieces: string[] = [];
  const whole: number[] = [];
  const flush = (): void => {
    for (const run of runsOf(whole)) pieces.push(run.length === 1 ? `blocks ${run[0] ?? 0}` : `blocks ${run[0] ?? 0}..${run.at(-1) ?? 0}`);
    whole.length = 0;
  };
  for (const block of entry.blocks ?? []) {
    const stays = kept(block.layers, gone);
    if (stays.length === block.layers.length) {
      whole.push(block.index);
      continue;
    }
    flush();
    pieces.push(...entriesFor(stays, idOf, Infinity));
  }
  flush();
  return pieces;
}

function kept(layers: readonly number[], gone: ReadonlySet<number>): readonly number[] {
  return layers.filter((index) => !gone.has(index));
}

/** Blocks without layers go, with one of the blank lines around them; comments inside stay, one per line. */
function removeBlocks(layout: PlanLayout, span: Span): SpanEdit {
  const { text, lineEnd } = layout;
  const { offset, end } = span;
  const indent = indentAt(text, offset);
  const comments = commentsBetween(layout, offset, end).map((comment) => text.slice(comment.offset, comment.end).trimEnd());
  const start = lineStart(text, offset);
  const isAlone = text.slice(start, offset).trim() === '';
  if (comments.length > 0) {
    const open = isAlone ? '' : lineEnd;
    const rest = text.slice(end, lineStop(text, end)).trim() === '' ? '' : `${lineEnd}${indent}`;
    return { offset, end, newText: open + comments.join(`${lineEnd}${indent}`) + rest };
  }
  const edit = removal(layout, span, indent);
  // A blank line on both sides would be two in a row now.
  const blankBefore = edit.offset === 0 || isBlankBefore(text, edit.offset);
  const stop = lineStop(text, edit.end);
  const blankAfter = isAlone && edit.offset === start && text.slice(edit.end, stop).trim() === '' && stop < text.length;
  if (blankBefore && blankAfter) return { ...edit, end: pastBreak(text, stop) };
  return blankBefore && edit.end >= text.length && edit.offset > 0 ? { ...edit, offset: trimEnd(text, edit.offset) } : edit;
}

/** Whether the line before the line that starts at `offset` is blank. */
function isBlankBefore(text: string, offset: number): boolean {
  return /(?:^|[\r\n])[^\S\r\n]*(?:\r\n|\n|\r)$/.test(text.slice(Math.max(0, offset - 400), offset));
}

/** The end of the text before `offset` without white space, but with one line end. */
function trimEnd(text: string, offset: number): number {
  const content = text.slice(0, offset).trimEnd().length;
  return Math.min(offset, pastBreak(text, lineStop(text, content)));
}
