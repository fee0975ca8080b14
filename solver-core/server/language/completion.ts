import { AstUtils, GrammarAST } from 'langium';
import type { MaybePromise } from 'langium';
import { DefaultCompletionProvider } from 'langium/lsp';
import type { CompletionAcceptor, CompletionContext, CompletionProviderOptions, LangiumServices, NextFeature } from 'langium/lsp';
import { CompletionItemKind } from 'vscode-languageserver/node.js';
import type { Layer } from '../../model/layer.ts';
import { isClosed, quote, shown } from '../../tiers/text.ts';
import { keywordDocs, wordsByProperty } from '../../tiers/vocabulary.ts';
import type { Word } from '../../tiers/vocabulary.ts';
import { isRefused } from './completion-filter.ts';
import { spanRange } from './convert.ts';
import { blocksOf, layersOf } from './hover.ts';
import { blockLine, layerLine } from './layer-text.ts';
import type { PlanCheck, PlanChecks } from './plan-checks.ts';

/** More names than this are not sent at once; typing narrows them down and asks again. */
const maxItems = 500;

/** Something to offer in double quotes. */
interface QuotedItem {
  readonly value: string;
  readonly detail: string;
  readonly kind: CompletionItemKind;
  /** Smaller comes first; items of the same rank keep their order. */
  readonly rank: number;
}

/**
 * Completion after Langium's analysis of what may follow: keywords come from the grammar, words of closed sets from the vocabulary,
 * layers from the model, files from the plan's folder, targets from the list. Names come quoted, inside a half-typed string too.
 */
export class PlanCompletion extends DefaultCompletionProvider {
  override readonly completionOptions: CompletionProviderOptions = { triggerCharacters: ['"', '/', ' '] };
  private readonly checks: PlanChecks;

  constructor(services: LangiumServices, checks: PlanChecks) {
    super(services);
    this.checks = checks;
  }

  protected override completionFor(context: CompletionContext, next: NextFeature, acceptor: CompletionAcceptor): MaybePromise<void> {
    const property = next.property ?? AstUtils.getContainerOfType(next.feature, GrammarAST.isAssignment)?.feature;
    const words = wordsByProperty[property ?? ''];
    if (words !== undefined) return this.offerWords(context, words, acceptor);
    const quoted = property === undefined ? undefined : this.quotedItems(context, property);
    if (quoted !== undefined) return this.offerQuoted(context, quoted, acceptor);
    if (property === 'first' || property === 'last') return this.offerBlocks(context, property, acceptor);
    // A name may be any keyword; offering them all would hide that it is the author's to choose.
    if (property === 'name' || property === 'array' || !GrammarAST.isKeyword(next.feature)) return;
    return this.completionForKeyword(context, next.feature, acceptor);
  }

  protected override completionForKeyword(context: CompletionContext, keyword: GrammarAST.Keyword, acceptor: CompletionAcceptor): void {
    if (!this.filterKeyword(context, keyword)) return;
    const check = this.checks.of(context.textDocument);
    if (isRefused(keyword.value, check.parsed.value, context.textDocument.getText(), context.tokenOffset)) return;
    // Most models have no blocks; where it is known, the word would lead nowhere.
    const blocks = keyword.value === 'blocks' ? blocksOf(check) : undefined;
    if (blocks?.length === 0) return;
    const documentation = keywordDocs.find((k) => k.word === keyword.value)?.doc;
    acceptor(context, {
      label: keyword.value,
      kind: CompletionItemKind.Keyword,
      sortText: '1',
      ...(documentation === undefined ? {} : { documentation: { kind: 'markdown', value: documentation } }),
    });
  }

  /** Nothing new can begin inside a string that is still open. */
  protected override performNextTokenCompletion(
    document: CompletionContext['document'],
    text: string,
    offset: number,
    end: number,
  ): boolean {
    if (text.startsWith('"') && !isClosed(text)) return false;
    return super.performNextTokenCompletion(document, text, offset, end);
  }

  private offerWords(context: CompletionContext, words: readonly Word[], acceptor: CompletionAcceptor): void {
    for (const { word, doc } of words) {
      acceptor(context, {
        label: word,
        kind: CompletionItemKind.EnumMember,
        sortText: '0',
        documentation: { kind: 'markdown', value: doc },
      });
    }
  }

  /** Numbers of blocks that go on as it is typed, each with what it is; as the end of a range those behind its beginning. */
  private offerBlocks(context: CompletionContext, end: 'first' | 'last', acceptor: CompletionAcceptor): void {
    const text = context.textDocument.getText();
    const before = text.slice(Math.max(0, context.tokenOffset - 40), context.tokenOffset);
    const typed = /^\d*/.exec(text.slice(context.tokenOffset, context.offset))?.[0] ?? '';
    const first = end === 'first' ? -1 : Number(/(\d+)\s*\.\.\s*$/.exec(before)?.[1] ?? -1);
    const blocks = (blocksOf(this.checks.of(context.textDocument)) ?? []).filter(
      ({ index }) => index > first && String(index).startsWith(typed),
    );
    for (const block of blocks.slice(0, maxItems)) {
      acceptor(context, {
        label: String(block.index),
        kind: CompletionItemKind.Field,
        detail: blockLine(block),
        sortText: `0${String(block.index).padStart(6, '0')}`,
      });
    }
  }

  private quotedItems(context: CompletionContext, property: string): readonly QuotedItem[] | undefined {
    const { world } = this.checks.of(context.textDocument);
    switch (property) {
      case 'modelPath':
      case 'modulePath':
        return world.modelsNearby().map((value) => ({ value, detail: 'model', kind: CompletionItemKind.File, rank: 0 }));
      case 'dataPath':
        return world.dataNearby().map((value) => ({ value, detail: 'data', kind: CompletionItemKind.File, rank: 0 }));
      case 'textPath':
        return (world.textsNearby?.() ?? []).map((value) => ({ value, detail: 'text', kind: CompletionItemKind.File, rank: 0 }));
      case 'tokensPath':
        return (world.vocabulariesNearby?.() ?? []).map((value) => ({
          value,
          detail: 'vocabulary',
          kind: CompletionItemKind.File,
          rank: 0,
        }));
      case 'target':
      case 'machine':
        return world.targets.map((t) => ({ value: t.id, detail: t.title, kind: CompletionItemKind.EnumMember, rank: 0 }));
      case 'from':
      case 'to':
        return layerItems(this.checks.of(context.textDocument));
      default:
        return undefined;
    }
  }

  private offerQuoted(context: CompletionContext, items: readonly QuotedItem[], acceptor: CompletionAcceptor): void {
    const text = context.textDocument.getText();
    const token = text.slice(context.tokenOffset, context.tokenEndOffset);
    const inString = token.startsWith('"');
    const typed = text.slice(context.tokenOffset, context.offset);
    const needle = typed.replace(/^"/, '').toLowerCase();
    // The rest of a closed string belongs to the name that is replaced; an open one may have swallowed what follows on the line.
    const rest = text.slice(context.offset, context.tokenEndOffset);
    const end = inString && isClosed(token) && !/[\s,]/.test(rest) ? context.tokenEndOffset : context.offset;
    const range = spanRange(context.textDocument, { offset: context.tokenOffset, end });
    let sent = 0;
    for (const item of items) {
      if (sent >= maxItems) break;
      if (!item.value.toLowerCase().includes(needle)) continue;
      const newText = quote(item.value);
      acceptor(context, {
        label: shown(item.value).slice(1, -1),
        kind: item.kind,
        detail: item.detail,
        sortText: `0${item.rank}${String(sent++).padStart(4, '0')}`,
        filterText: inString ? newText : `${item.value} ${newText}`,
        textEdit: { range, newText },
      });
    }
  }
}

/** Layers that are free and solvable first, then the others, each group in graph order. */
function layerItems(check: PlanCheck): readonly QuotedItem[] {
  const layers = layersOf(check) ?? [];
  const taken = new Map(check.checked.outline.tiers.flatMap((tier) => tier.layers.map((layer) => [layer.id, tier.name] as const)));
  const rankOf = (layer: Layer): number => (taken.has(layer.id) ? 2 : layer.linear === null ? 1 : 0);
  return layers
    .map((layer) => ({
      value: layer.id,
      detail: detailOf(layer, taken.get(layer.id)),
      kind: CompletionItemKind.Field,
      rank: rankOf(layer),
    }))
    .sort((a, b) => a.rank - b.rank);
}

function detailOf(layer: Layer, tier: string | undefined): string {
  const state = tier !== undefined ? `, in tier ${tier}` : layer.linear === null ? ', not solvable' : '';
  return `${layerLine(layer)}${state}`;
}
