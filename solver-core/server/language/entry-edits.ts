import { isCompoundBlock, isLayerEntry, isLayersClause, isModuleClause, isTierBlock } from '../../tiers/generated/ast.ts';
import type { LayerEntry, LayersClause, ModuleClause } from '../../tiers/generated/ast.ts';
import { spanOf } from '../../tiers/nodes.ts';
import { isClosed, quote, unquote } from '../../tiers/text.ts';
import type { Span } from '../../tiers/text.ts';
import { blocksOf, layersOf } from './hover.ts';
import { entriesOf } from './mentions.ts';
import type { PlanCheck } from './plan-checks.ts';

/** A change of a plan's text. */
export interface TextChange {
  readonly span: Span;
  readonly newText: string;
}

/** Pieces that one entry may fall into; more would be no help. */
const maxPieces = 12;

/** The entry of a list of layers that covers exactly this span. */
export function entryOf(check: PlanCheck, span: Span): LayerEntry | undefined {
  return entriesOf(check).find((entry) => spanOf(entry).offset === span.offset && spanOf(entry).end === span.end);
}

/** Places of the layers of an entry in the graph; empty when it names none that are known. */
export function indicesOf(check: PlanCheck, entry: LayerEntry): readonly number[] {
  const at = (id: string | undefined): number => (id === undefined ? undefined : check.indexOf().get(id)) ?? -1;
  if (entry.blocks) {
    const [first, last] = [Number(entry.first), Number(entry.last ?? entry.first)];
    const own = (blocksOf(check) ?? []).filter(({ index }) => index >= first && index <= last).flatMap((block) => block.layers);
    return own.map(at).filter((index) => index >= 0);
  }
  const first = at(nameOf(entry.from));
  const last = entry.to === undefined ? first : at(nameOf(entry.to));
  return first < 0 || last < first ? [] : Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/**
 * The change that takes the layers that `goes` is true for out of an entry: the entry leaves its list, or becomes the names and ranges of the
 * layers that stay. Undefined when that takes many pieces, or when a clause would lose its last name and cannot go.
 */
export function without(check: PlanCheck, text: string, entry: LayerEntry, goes: (index: number) => boolean): TextChange | undefined {
  const layers = layersOf(check) ?? [];
  const stay = indicesOf(check, entry).filter((index) => !goes(index));
  if (stay.length === 0) return removal(text, entry);
  const runs: [number, number][] = [];
  for (const index of stay) {
    const last = runs.at(-1);
    if (last !== undefined && index === last[1] + 1) last[1] = index;
    else runs.push([index, index]);
  }
  if (runs.length > maxPieces) return undefined;
  const name = (index: number): string => quote(layers[index]?.id ?? '');
  const pieces = runs.map(([first, last]) => (first === last ? name(first) : `${name(first)} .. ${name(last)}`));
  return { span: spanOf(entry), newText: pieces.join(', ') };
}

/** Takes an entry out of its list with the comma that belongs to it; the last entry of a `layers` clause of a tier takes the clause along. */
export function removal(text: string, entry: LayerEntry): TextChange | undefined {
  const clause = entry.$container;
  const entries = entriesIn(clause);
  const index = entries.indexOf(entry);
  const span = spanOf(entry);
  const [before, after] = [entries[index - 1], entries[index + 1]];
  if (after !== undefined) return { span: { offset: span.offset, end: spanOf(after).offset }, newText: '' };
  if (before !== undefined) return { span: { offset: spanOf(before).end, end: span.end }, newText: '' };
  return isLayersClause(clause) ? wholeLine(text, spanOf(clause)) : undefined;
}

/** A clause, with its line where nothing else stands on it. */
export function wholeLine(text: string, span: Span): TextChange {
  const start = text.lastIndexOf('\n', span.offset - 1) + 1;
  const lineEnd = text.indexOf('\n', span.end);
  const end = lineEnd < 0 ? text.length : lineEnd;
  const isAlone = text.slice(start, span.offset).trim() === '' && text.slice(span.end, end).trim() === '';
  return { span: isAlone && lineEnd >= 0 ? { offset: start, end: end + 1 } : span, newText: '' };
}

/** `layers` clauses of the tier with this name. */
export function layersClausesOf(check: PlanCheck, tier: string): readonly LayersClause[] {
  const block = check.parsed.value.clauses.find((clause) => isTierBlock(clause) && clause.name === tier);
  return block !== undefined && isTierBlock(block) ? block.clauses.filter(isLayersClause) : [];
}

/** The name of the tier, or the kind of the module, in which an entry stands. */
export function ownerOf(entry: LayerEntry): string | undefined {
  const clause = entry.$container;
  if (isModuleClause(clause)) return isCompoundBlock(clause.$container) ? clause.kind : undefined;
  return isTierBlock(clause.$container) ? clause.$container.name : undefined;
}

function entriesIn(clause: LayersClause | ModuleClause): readonly LayerEntry[] {
  return clause.entries.filter(isLayerEntry);
}

const nameOf = (raw: string | undefined): string | undefined =>
  raw === undefined || !isClosed(raw) ? undefined : raw.startsWith('"') ? unquote(raw) : undefined;
