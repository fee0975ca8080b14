import type { PlacedBlock, PlacedClause } from './assign-blocks.ts';
import { indentAt, lineStart } from './assign-edits.ts';
import type { PlanLayout } from './assign-edits.ts';
import { quote } from './text.ts';

/** How the layers of a clause are laid out. */
export interface LayersStyle {
  /** What stands between two entries: `, ` or a comma, a line end and the indentation. */
  readonly between: string;
  /** Indentation of an entry on a line of its own; null where entries stand side by side. */
  readonly indent: string | null;
  /** From how many neighbours in the model on a range stands for them. */
  readonly rangeFrom: number;
}

/** A range says less per line than names do, but a list that nobody can survey says nothing. */
const longestList = 12;

/**
 * The style of a clause: one entry per line or all on one, as it is written; where it has one entry, as the plan's other clauses do;
 * where none shows a style, one per line, two spaces further in than the clause, as the formatter has it.
 */
export function styleOf(layout: PlanLayout, clause: PlacedClause | undefined, blocks: readonly PlacedBlock[]): LayersStyle {
  const all = blocks.flatMap((block) => block.clauses);
  const model = [...(clause === undefined ? [] : [clause]), ...all].find((one) => one.entries.length > 1);
  const usesRanges = (clause === undefined ? all : [clause]).some((one) => one.entries.some((entry) => entry.form === 'range'));
  const rangeFrom = usesRanges ? 3 : longestList + 1;
  const isInside = clause !== undefined && model !== clause && !isFirstOnLine(layout, clause.span.offset);
  if (isInside || (model !== undefined && isInline(layout, model))) return { between: ', ', indent: null, rangeFrom };
  const indent = entryIndent(layout, clause, model);
  return { between: `,${layout.lineEnd}${indent}`, indent, rangeFrom };
}

/** Layers of the model as entries, in graph order: names, or ranges where the style has them. `layers`: ascending indices. */
export function entriesFor(layers: readonly number[], idOf: (index: number) => string, rangeFrom: number): readonly string[] {
  return runsOf(layers).flatMap((run) => {
    const [first, last] = [run[0], run.at(-1)];
    if (first === undefined || last === undefined) return [];
    return run.length >= rangeFrom ? [`${quote(idOf(first))} .. ${quote(idOf(last))}`] : run.map((index) => quote(idOf(index)));
  });
}

/** Ascending indices cut where one is left out. */
export function runsOf(layers: readonly number[]): readonly (readonly number[])[] {
  const runs: number[][] = [];
  for (const index of layers) {
    const run = runs.at(-1);
    if (run !== undefined && run.at(-1) === index - 1) run.push(index);
    else runs.push([index]);
  }
  return runs;
}

function isInline(layout: PlanLayout, clause: PlacedClause): boolean {
  return clause.entries.every((entry, i) => {
    const next = clause.entries[i + 1];
    return next === undefined || !/[\r\n]/.test(layout.text.slice(entry.span.end, next.span.offset));
  });
}

/** The indentation of entries that begin a line; lined up below the first one where the plan does so. */
function entryIndent(layout: PlanLayout, clause: PlacedClause | undefined, model: PlacedClause | undefined): string {
  const base = clause === undefined ? '  ' : indentAt(layout.text, clause.span.offset);
  const own = model?.entries.slice(1).find((entry) => isFirstOnLine(layout, entry.span.offset));
  if (model === undefined || own === undefined) return `${base}  `;
  const indent = indentAt(layout.text, own.span.offset);
  if (model === clause) return indent;
  const first = model.entries[0]?.span.offset ?? 0;
  const isLinedUp = indent.length === first - lineStart(layout.text, first);
  return isLinedUp ? `${base}${' '.repeat('layers '.length)}` : `${base}  `;
}

function isFirstOnLine(layout: PlanLayout, offset: number): boolean {
  return layout.text.slice(lineStart(layout.text, offset), offset).trim() === '';
}
