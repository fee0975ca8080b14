import type { LspRange, OutlineLayer, PlanOutline, TierKind } from '../solver-core/protocol/index.ts';

/** Where a hint stands and which layers it speaks of: one, or all layers of a range `"a" .. "d"`. */
export interface HintPlace {
  readonly tier: TierKind;
  readonly ids: readonly string[];
  readonly line: number;
  /** Character behind which the hint stands; undefined: at the end of the line. */
  readonly character: number | undefined;
}

/**
 * One place per layer reference, in the order of the text. A reference alone on its line has its hint at the end of the line;
 * several on one line have theirs right behind each, so that nobody has to guess which number belongs to which.
 */
export function hintPlaces(outline: PlanOutline): readonly HintPlace[] {
  return outline.tiers.flatMap((tier) => {
    const references = groupByRange(tier.layers);
    const perLine = new Map<number, number>();
    for (const { range } of references) perLine.set(range.end.line, (perLine.get(range.end.line) ?? 0) + 1);
    return references.map(({ range, ids }) => ({
      tier: tier.kind,
      ids,
      line: range.end.line,
      character: perLine.get(range.end.line) === 1 ? undefined : range.end.character,
    }));
  });
}

function groupByRange(layers: readonly OutlineLayer[]): { readonly range: LspRange; readonly ids: string[] }[] {
  const groups = new Map<string, { readonly range: LspRange; readonly ids: string[] }>();
  for (const { id, range } of layers) {
    const key = `${range.start.line}:${range.start.character}-${range.end.line}:${range.end.character}`;
    const group = groups.get(key);
    if (group) group.ids.push(id);
    else groups.set(key, { range, ids: [id] });
  }
  return [...groups.values()];
}
