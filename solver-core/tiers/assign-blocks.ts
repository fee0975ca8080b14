import type { LeafCstNode } from 'langium';
import { isLayersClause, isTierBlock } from './generated/ast.ts';
import type { LayerEntry, LayersClause, TierBlock } from './generated/ast.ts';
import type { ParsedPlan } from './language.ts';
import { rawOf, spanOf, textOf } from './nodes.ts';
import type { Span } from './text.ts';
import type { SeenModel } from './world.ts';

/** One entry of a `layers` clause and what it stands for. */
export interface PlacedEntry {
  readonly span: Span;
  readonly form: 'name' | 'range' | 'blocks';
  /** Indices of its layers in graph order. */
  readonly layers: readonly number[];
  /** Of a range: the quoted names at both ends. */
  readonly from?: Span;
  readonly to?: Span;
  /** Of `blocks`: the numbers it covers, with the layers of each. */
  readonly blocks?: readonly { readonly index: number; readonly layers: readonly number[] }[];
}

/** One `layers` clause. `commas[i]` stands between entry i and i + 1. */
export interface PlacedClause {
  readonly span: Span;
  /** The word `layers`. */
  readonly keyword: Span;
  readonly entries: readonly PlacedEntry[];
  readonly commas: readonly Span[];
}

/** One tier block of a plan. */
export interface PlacedBlock {
  readonly kind: 'lower' | 'upper';
  readonly name: string;
  readonly span: Span;
  /** Behind its opening brace. */
  readonly opened: number;
  readonly clauses: readonly PlacedClause[];
}

/** The tier blocks of a plan without errors in its syntax or its layers, with the layers of `model` that each entry stands for. */
export function placedBlocks(parsed: ParsedPlan, leaves: readonly LeafCstNode[], model: SeenModel): readonly PlacedBlock[] {
  const lookUp = createLookUp(model);
  return parsed.value.clauses.filter(isTierBlock).map((block) => placedBlock(block, leaves, lookUp));
}

interface LookUp {
  readonly indexOf: ReadonlyMap<string, number>;
  readonly blocks: readonly (readonly number[])[];
}

function createLookUp(model: SeenModel): LookUp {
  const indexOf = new Map(model.layers.map((layer, index) => [layer.id, index]));
  const blocks = (model.blocks ?? []).map((block) => block.layers.flatMap((id) => indexOf.get(id) ?? []));
  return { indexOf, blocks };
}

function placedBlock(block: TierBlock, leaves: readonly LeafCstNode[], lookUp: LookUp): PlacedBlock {
  const span = spanOf(block);
  const brace = leavesOf(leaves, span).find((leaf) => !leaf.hidden && leaf.text === '{');
  return {
    kind: block.kind,
    name: rawOf(block, 'name')?.value ?? '',
    span,
    opened: brace?.end ?? span.end,
    clauses: block.clauses.filter(isLayersClause).map((clause) => placedClause(clause, leaves, lookUp)),
  };
}

function placedClause(clause: LayersClause, leaves: readonly LeafCstNode[], lookUp: LookUp): PlacedClause {
  const span = spanOf(clause);
  const commas = leavesOf(leaves, span).filter((leaf) => !leaf.hidden && leaf.text === ',');
  return {
    span,
    keyword: { offset: span.offset, end: span.offset + 'layers'.length },
    entries: clause.entries.map((entry) => placedEntry(entry, lookUp)),
    commas: commas.map((leaf) => ({ offset: leaf.offset, end: leaf.end })),
  };
}

function placedEntry(entry: LayerEntry, { indexOf, blocks }: LookUp): PlacedEntry {
  const span = spanOf(entry);
  if (entry.blocks) {
    const first = Number(rawOf(entry, 'first')?.value);
    const last = Number(rawOf(entry, 'last')?.value ?? first);
    const covered = blocks.slice(first, last + 1).map((layers, i) => ({ index: first + i, layers }));
    return { span, form: 'blocks', layers: covered.flatMap((block) => block.layers), blocks: covered };
  }
  const from = textOf(entry, 'from');
  const to = textOf(entry, 'to');
  const first = from && indexOf.get(from.value);
  const last = to && indexOf.get(to.value);
  if (first === undefined || from === undefined) return { span, form: 'name', layers: [] };
  if (last === undefined || to === undefined) return { span, form: 'name', layers: [first] };
  const layers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return { span, form: 'range', layers, from: from.span, to: to.span };
}

/** The leaves inside a span; `leaves` are in the order of the text. */
function leavesOf(leaves: readonly LeafCstNode[], span: Span): readonly LeafCstNode[] {
  let low = 0;
  let high = leaves.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((leaves[middle]?.offset ?? 0) < span.offset) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < leaves.length && (leaves[end]?.end ?? Infinity) <= span.end) end++;
  return leaves.slice(low, end);
}
