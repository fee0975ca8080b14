import { AstUtils, CstUtils, GrammarAST } from 'langium';
import type { CstNode, LangiumDocument, LeafCstNode } from 'langium';
import type { HoverProvider } from 'langium/lsp';
import type { Hover, HoverParams } from 'vscode-languageserver/node.js';
import type { Block } from '../../model/blocks.ts';
import type { Layer } from '../../model/layer.ts';
import { isEscalateClause, isLayerEntry, isModuleClause, isTargetClause, isTrainClause } from '../../tiers/generated/ast.ts';
import type { LayerEntry } from '../../tiers/generated/ast.ts';
import { numberOf, spanOf, textOf } from '../../tiers/nodes.ts';
import { isClosed, shown, unquote } from '../../tiers/text.ts';
import { keywordDocs, wordsByProperty } from '../../tiers/vocabulary.ts';
import { escapeMarkdown, spanRange } from './convert.ts';
import { blocksMarkdown, group, layerMarkdown } from './layer-text.ts';
import type { PlanCheck, PlanChecks } from './plan-checks.ts';

/** Explains layers, targets, keywords and the words of the language. */
export class PlanHover implements HoverProvider {
  private readonly checks: PlanChecks;

  constructor(checks: PlanChecks) {
    this.checks = checks;
  }

  getHoverContent(document: LangiumDocument, params: HoverParams): Hover | undefined {
    const check = this.checks.of(document.textDocument);
    const root = check.parsed.value.$cstNode;
    if (root === undefined) return undefined;
    const leaf = CstUtils.findLeafNodeAtOffset(root, document.textDocument.offsetAt(params.position));
    if (leaf === undefined || leaf.hidden) return undefined;
    const value = explain(leaf, check);
    return value === undefined ? undefined : { contents: { kind: 'markdown', value }, range: spanRange(document.textDocument, leaf) };
  }
}

function explain(leaf: LeafCstNode, check: PlanCheck): string | undefined {
  const node = leaf.astNode;
  if (isLayerEntry(node) && node.blocks) return leaf.text === 'blocks' ? keywordDoc('blocks') : aboutBlocks(node, check);
  if (isModuleClause(node) && node.rest && leaf.text === 'rest') return aboutRest(check);
  if (isEscalateClause(node) && leaf.text === 'auto') return keywordDoc('below');
  if (isLayerEntry(node)) return leaf.tokenType.name === 'STRING' ? aboutLayer(leaf, check) : aboutRange(node, check);
  if ((isTargetClause(node) || isTrainClause(node)) && leaf.tokenType.name === 'STRING') {
    const target = isClosed(leaf.text) ? check.world.targets.find((t) => t.id === unquote(leaf.text)) : undefined;
    return (
      target &&
      `${isTrainClause(node) ? 'Machine that would train' : 'Energy target'} **${escapeMarkdown(target.id)}**: ${escapeMarkdown(target.title)}`
    );
  }
  const property = propertyOf(leaf);
  const word = wordsByProperty[property ?? '']?.find((w) => w.word === leaf.text);
  if (word !== undefined) return `**${word.word}**: ${word.doc}`;
  if (property === 'name' || property === 'array' || leaf.tokenType.name === 'STRING') return undefined;
  return keywordDoc(leaf.text);
}

const keywordDoc = (word: string): string | undefined => keywordDocs.find((k) => k.word === word)?.doc;

/** The property of the syntax tree that a word fills, found from the outermost part of the grammar it stands for. */
export function propertyOf(leaf: LeafCstNode): string | undefined {
  let at: CstNode | undefined = leaf;
  // A name may lie some rules deep: `labels data` is an array name, which is a name, which is a keyword.
  for (let depth = 0; at !== undefined && depth < maxRules; depth++, at = at.container) {
    const property = AstUtils.getContainerOfType(at.grammarSource, GrammarAST.isAssignment)?.feature;
    if (property !== undefined) return property;
    // The words of a clause itself are its keywords.
    if (at.container === undefined || at.container.astNode.$cstNode === at.container) return undefined;
  }
  return undefined;
}

/** Rules of the grammar between a word and the property that it fills. */
const maxRules = 4;

function aboutLayer(leaf: LeafCstNode, check: PlanCheck): string | undefined {
  const id = isClosed(leaf.text) ? unquote(leaf.text) : undefined;
  const layer = layersOf(check)?.find((l) => l.id === id);
  return (
    layer &&
    layerMarkdown(
      layer,
      tierOf(check, layer.id),
      blocksOf(check)?.find((block) => block.layers.includes(layer.id)),
    )
  );
}

function aboutRange(entry: LayerEntry, check: PlanCheck): string | undefined {
  const layers = layersOf(check);
  const [from, to] = [textOf(entry, 'from')?.value, textOf(entry, 'to')?.value];
  if (layers === undefined || from === undefined || to === undefined) return undefined;
  const part = layers.slice(
    layers.findIndex((l) => l.id === from),
    layers.findIndex((l) => l.id === to) + 1,
  );
  if (part.length === 0 || part[0]?.id !== from || spanOf(entry).end === 0) return undefined;
  const names = part
    .slice(0, 8)
    .map((l) => escapeMarkdown(shown(l.id, 40)))
    .join(', ');
  const parameters = part.reduce((sum, l) => sum + l.parameters, 0);
  return `${part.length} layers, ${group(parameters)} parameters: ${names}${part.length > 8 ? ', …' : ''}`;
}

function aboutBlocks(entry: LayerEntry, check: PlanCheck): string | undefined {
  const [first, last] = [numberOf(entry, 'first')?.value, numberOf(entry, 'last')?.value];
  if (first === undefined) return undefined;
  const blocks = (blocksOf(check) ?? []).filter((block) => block.index >= first && block.index <= (last ?? first));
  return blocks.length === 0 ? undefined : blocksMarkdown(blocks, layersOf(check) ?? []);
}

/** What the upper module is when it is the rest. */
function aboutRest(check: PlanCheck): string | undefined {
  const layers = check.checked.outline.compound?.upper?.layers ?? [];
  if (layers.length === 0) return keywordDoc('rest');
  const names = layers.slice(0, 8).map((layer) => escapeMarkdown(shown(layer.id, 40)));
  const count = layers.length === 1 ? '1 layer follows' : `${layers.length} layers follow`;
  return `${count} the lower module: ${names.join(', ')}${layers.length > 8 ? ', …' : ''}`;
}

/** Blocks of the plan's model, none included; undefined when it cannot be read. */
export function blocksOf(check: PlanCheck): readonly Block[] | undefined {
  const model = check.model();
  return model && (model.blocks ?? []);
}

/** Layers of the plan's model, when it can be read. */
export function layersOf(check: PlanCheck): readonly Layer[] | undefined {
  return check.model()?.layers;
}

/** `in the lower tier features`, or undefined for a frozen layer. */
export function tierOf(check: PlanCheck, id: string): string | undefined {
  const tier = check.checked.outline.tiers.find((t) => t.layers.some((l) => l.id === id));
  return tier && `in the ${tier.kind} tier ${escapeMarkdown(tier.name)}`;
}
