import { CstUtils } from 'langium';
import type { AstNode, LangiumDocument, LeafCstNode } from 'langium';
import type { Position } from 'vscode-languageserver/node.js';
import { isCompoundBlock, isLayerEntry, isLayersClause, isModuleClause, isTierBlock } from '../../tiers/generated/ast.ts';
import type { LayerEntry } from '../../tiers/generated/ast.ts';
import { numberOf, rawOf, spanOf } from '../../tiers/nodes.ts';
import { isClosed, unquote } from '../../tiers/text.ts';
import type { Span } from '../../tiers/text.ts';
import { blocksOf } from './hover.ts';
import type { PlanCheck } from './plan-checks.ts';

/** Where a plan speaks of a layer: by its name, or by a range or blocks that hold it. */
export interface Mention {
  readonly span: Span;
  readonly by: 'name' | 'range' | 'blocks';
}

/** Every place of a plan that speaks of a layer, in the order of the text: tiers and modules of a compound section. */
export function mentionsOf(check: PlanCheck, id: string): readonly Mention[] {
  const indexOf = check.indexOf();
  const index = indexOf.get(id) ?? -1;
  const block = blocksOf(check)?.find((one) => one.layers.includes(id))?.index;
  return entriesOf(check).flatMap((entry): Mention[] => {
    if (entry.blocks) return holdsBlock(entry, block) ? [{ span: spanOf(entry), by: 'blocks' }] : [];
    const [from, to] = [nameOf(entry.from), nameOf(entry.to)];
    const named = (['from', 'to'] as const).flatMap((end): Mention[] => {
      const raw = (end === 'from' ? from : to) === id ? rawOf(entry, end) : undefined;
      return raw === undefined ? [] : [{ span: raw.span, by: 'name' }];
    });
    if (named.length > 0 || from === undefined || to === undefined || index < 0) return named;
    const [first, last] = [indexOf.get(from), indexOf.get(to)];
    const isInside = first !== undefined && last !== undefined && first < index && index < last;
    return isInside ? [{ span: spanOf(entry), by: 'range' }] : [];
  });
}

/** Every entry of a list of layers in tiers and in the compound section, in the order of the text. */
export function entriesOf(check: PlanCheck): readonly LayerEntry[] {
  return check.parsed.value.clauses.flatMap((clause): readonly LayerEntry[] => {
    if (isTierBlock(clause)) return clause.clauses.flatMap((inner) => (isLayersClause(inner) ? inner.entries : []));
    return isCompoundBlock(clause) ? clause.clauses.flatMap((inner) => (isModuleClause(inner) ? inner.entries : [])) : [];
  });
}

/** The layer whose name stands at a position of a plan, with the name's place; behind its last sign too. */
export function layerAt(
  check: PlanCheck,
  document: LangiumDocument['textDocument'],
  position: Position,
): { readonly id: string; readonly span: Span } | undefined {
  const leaf = leafAt(check, document, position, (found) => found.tokenType.name === 'STRING' && isLayerEntry(found.astNode));
  const id = leaf === undefined ? undefined : nameOf(leaf.text);
  return leaf === undefined || id === undefined ? undefined : { id, span: { offset: leaf.offset, end: leaf.end } };
}

/** The word, name or sign at a position that fits; the one before it where the position is behind its last sign. */
export function leafAt(
  { parsed }: PlanCheck,
  document: LangiumDocument['textDocument'],
  position: Position,
  fits: (leaf: LeafCstNode) => boolean = () => true,
): LeafCstNode | undefined {
  const root = parsed.value.$cstNode;
  if (root === undefined) return undefined;
  const offset = document.offsetAt(position);
  for (const at of [offset, offset - 1]) {
    const leaf = at < 0 ? undefined : CstUtils.findLeafNodeAtOffset(root, at);
    if (leaf !== undefined && !leaf.hidden && fits(leaf)) return leaf;
  }
  return undefined;
}

/** The names, ranges and blocks around a node, innermost first, for selections that grow. */
export function around(node: AstNode): readonly Span[] {
  const spans: Span[] = [];
  for (let at: AstNode | undefined = node; at !== undefined; at = at.$container) spans.push(spanOf(at));
  return spans;
}

const nameOf = (raw: string | undefined): string | undefined =>
  raw === undefined || !raw.startsWith('"') || !isClosed(raw) ? undefined : unquote(raw);

function holdsBlock(entry: LayerEntry, block: number | undefined): boolean {
  const [first, last] = [numberOf(entry, 'first')?.value, numberOf(entry, 'last')?.value];
  return block !== undefined && first !== undefined && first <= block && block <= (last ?? first);
}
