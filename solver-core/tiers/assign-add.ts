import type { PlacedBlock, PlacedClause, PlacedEntry } from './assign-blocks.ts';
import { indentAt, lineStop, pastComments } from './assign-edits.ts';
import type { PlanLayout, SpanEdit } from './assign-edits.ts';
import type { RemoveContext } from './assign-remove.ts';
import { entriesFor, runsOf, styleOf } from './assign-style.ts';
import { quote } from './text.ts';
import type { Span } from './text.ts';

/** An entry with its clause and its place there. */
interface Slot {
  readonly clause: PlacedClause;
  readonly entry: PlacedEntry;
  readonly index: number;
}

/**
 * Edits that write layers into a block: each behind the entry that comes before it in the model, in the layout of the block; a range that
 * ends right before them or begins right behind them grows instead. `added`: ascending indices of layers that no block has.
 */
export function addLayers(context: RemoveContext, block: PlacedBlock, added: readonly number[]): readonly SpanEdit[] {
  const slots = block.clauses.flatMap((clause) => clause.entries.map((entry, index) => ({ clause, entry, index })));
  if (slots.length === 0) return added.length === 0 ? [] : [newClause(context, block, added)];
  const edits: SpanEdit[] = [];
  const waiting = new Map<Slot | undefined, number[]>();
  const isSorted = slots.every((slot, i) => i === 0 || firstOf(slots[i - 1]) < firstOf(slot));
  const grown = new Set<Span>();
  for (const run of runsOf(added)) {
    const [first, last] = [run[0] ?? 0, run.at(-1) ?? 0];
    const at = isSorted ? slots.findLastIndex((slot) => firstOf(slot) < first) : slots.length - 1;
    const growth = isSorted ? growRange(context, slots[at]?.entry, slots[at + 1]?.entry, first, last) : undefined;
    if (growth !== undefined && !grown.has(growth.range)) {
      grown.add(growth.range);
      edits.push(growth.edit);
      continue;
    }
    const before = slots[at];
    waiting.set(before, [...(waiting.get(before) ?? []), ...run]);
  }
  for (const [slot, layers] of waiting) edits.push(...insertAt(context, slot, slots[0], layers));
  return edits;
}

/** The range that these layers, `first` to `last`, follow or precede in the model, with its end moved. */
function growRange(
  context: RemoveContext,
  before: PlacedEntry | undefined,
  after: PlacedEntry | undefined,
  first: number,
  last: number,
): { readonly range: Span; readonly edit: SpanEdit } | undefined {
  if (before?.to !== undefined && before.layers.at(-1) === first - 1)
    return { range: before.to, edit: { ...before.to, newText: quote(context.idOf(last)) } };
  if (after?.from !== undefined && after.layers[0] === last + 1)
    return { range: after.from, edit: { ...after.from, newText: quote(context.idOf(first)) } };
  return undefined;
}

/** Layers behind an entry, or, without one, in front of `front`. */
function insertAt(context: RemoveContext, slot: Slot | undefined, front: Slot | undefined, layers: readonly number[]): readonly SpanEdit[] {
  const { layout, idOf, blocks } = context;
  const clause = slot?.clause ?? front?.clause;
  if (clause === undefined) return [];
  const style = styleOf(layout, clause, blocks);
  const text = entriesFor(layers, idOf, style.rangeFrom).join(style.between);
  if (slot === undefined) return [insertion(clause.entries[0]?.span.offset ?? clause.span.end, `${text}${style.between}`)];
  const end = slot.entry.span.end;
  if (style.indent === null) return [insertion(end, `${style.between}${text}`)];
  const lineOf = `${layout.lineEnd}${style.indent}${text}`;
  const comma = clause.commas[slot.index];
  // A comment behind an entry is about that entry: the new line comes after it.
  if (comma !== undefined) return [insertion(pastComments(layout, comma.end), `${lineOf},`)];
  const behind = pastComments(layout, end);
  return behind === end ? [insertion(end, `,${lineOf}`)] : [insertion(end, ','), insertion(behind, lineOf)];
}

/** A first `layers` clause for a block that has none. */
function newClause(context: RemoveContext, block: PlacedBlock, added: readonly number[]): SpanEdit {
  const { layout, idOf, blocks } = context;
  const { text, lineEnd } = layout;
  const isOneLine =
    text.slice(block.opened, lineStop(text, block.opened)).trim() !== '' && !/[\r\n]/.test(text.slice(block.opened, block.span.end));
  const style = styleOf(layout, undefined, blocks);
  const entries = entriesFor(added, idOf, style.rangeFrom);
  if (isOneLine) return insertion(block.opened, ` layers ${entries.join(', ')}`);
  return insertion(block.opened, `${lineEnd}${indentAt(text, block.span.offset)}  layers ${entries.join(style.between)}`);
}

function insertion(offset: number, newText: string): SpanEdit {
  return { offset, end: offset, newText };
}

function firstOf(slot: Slot | undefined): number {
  return slot?.entry.layers[0] ?? -1;
}

/** A new tier block for layers of a model, `added` in graph order, with the clauses that a first plan gives its kind. */
export function newBlock(
  context: RemoveContext,
  goal: { readonly kind: 'lower' | 'upper'; readonly name: string },
  added: readonly number[],
  isOutput: boolean,
): string {
  const { layout, idOf, blocks } = context;
  const style = styleOf(layout, undefined, blocks);
  const targets = isOutput ? 'labels' : 'forward-projection seed 7';
  const clauses = goal.kind === 'lower' ? ['solve ridge', `targets ${targets}`] : ['learn rls forgetting 1.0'];
  const layers = `layers ${entriesFor(added, idOf, style.rangeFrom).join(style.between)}`;
  return [`${goal.kind} tier ${goal.name} {`, ...[layers, ...clauses].map((clause) => `  ${clause}`), '}'].join(layout.lineEnd);
}

/** Where a new block goes: behind the clause that ends at `anchor`, with a blank line between. */
export function blockInsertion(layout: PlanLayout, anchor: number, block: string): SpanEdit {
  const { text, lineEnd } = layout;
  const at = pastComments(layout, anchor);
  const rest = text.slice(at, lineStop(text, at)).trim() === '' ? '' : lineEnd;
  const stop = rest === '' ? lineStop(text, at) : at;
  const next = text.slice(stop).trimStart() === '' ? '' : lineEnd;
  // What follows keeps its distance, a blank line where there was none.
  const gap = next !== '' && rest === '' && !/^(?:\r\n|\n|\r)[^\S\r\n]*(?:\r\n|\n|\r)/.test(text.slice(stop)) ? lineEnd : rest;
  const end = text.slice(stop) === '' ? lineEnd : '';
  return insertion(stop, `${lineEnd}${lineEnd}${block}${gap}${end}`);
}
