import { AstUtils, GrammarAST, TextDocument } from 'langium';
import type { LangiumDocument, MaybePromise } from 'langium';
import { DefaultCompletionProvider } from 'langium/lsp';
import type { CompletionAcceptor, CompletionContext, CompletionProviderOptions, LangiumServices, NextFeature } from 'langium/lsp';
import { CompletionItemKind, InsertTextFormat } from 'vscode-languageserver/node.js';
import type { CompletionItem, CompletionList, CompletionParams } from 'vscode-languageserver/node.js';
import { isPlanFile, isTextClause } from '../../tiers/generated/ast.ts';
import { parsePlan } from '../../tiers/language.ts';
import { isOptionKey, optionDetail } from '../../tiers/method-options.ts';
import { isClosed, plainName, quote } from '../../tiers/text.ts';
import { keywordDocs, wordsByProperty } from '../../tiers/vocabulary.ts';
import type { Word } from '../../tiers/vocabulary.ts';
import { isRefused } from './completion-filter.ts';
import { completionWindow } from './completion-window.ts';
import { spanRange } from './convert.ts';
import { blocksOf } from './hover.ts';
import { layerItems } from './layer-items.ts';
import { blockLine, shapeText } from './layer-text.ts';
import type { PlanCheck, PlanChecks } from './plan-checks.ts';
import { snippetFor } from './snippets.ts';

/** More names than this are not sent at once; typing narrows them down and asks again. */
const maxItems = 200;

/** Something to offer in double quotes. */
interface QuotedItem {
  readonly value: string;
  readonly detail: string;
  readonly kind: CompletionItemKind;
  /** Smaller comes first; items of the same rank keep their order. */
  readonly rank: number;
  /** A few words that show for every row, where the client has room for them. */
  readonly short?: string;
  /** Sent along for those who know more about it, such as the energy of a layer. */
  readonly data?: { readonly layer: string };
}

/**
 * Completion after Langium's analysis of what may follow: keywords come from the grammar, words of closed sets from the vocabulary,
 * layers from the model, files from the plan's folder, targets from the list. Names come quoted, inside a half-typed string too.
 */
export class PlanCompletion extends DefaultCompletionProvider {
  override readonly completionOptions: CompletionProviderOptions = { triggerCharacters: ['"', '/', ' '] };
  private readonly checks: PlanChecks;
  /** What is known about the plan behind a text that is completed, which may be a part of it. */
  private readonly whole = new WeakMap<TextDocument, PlanCheck>();
  private hasSnippets = false;
  private hasShortWords = false;

  constructor(services: LangiumServices, checks: PlanChecks) {
    super(services);
    this.checks = checks;
    services.shared.lsp.LanguageServer.onInitialize(({ capabilities }) => {
      const can = capabilities.textDocument?.completion?.completionItem;
      this.hasSnippets = can?.snippetSupport === true;
      this.hasShortWords = can?.labelDetailsSupport === true;
    });
  }

  /** Completes a long plan by the part around the cursor, so that it takes no longer than a short one. */
  override async getCompletion(document: LangiumDocument, params: CompletionParams): Promise<CompletionList | undefined> {
    const { textDocument } = document;
    const text = textDocument.getText();
    const window = completionWindow(text, textDocument.offsetAt(params.position));
    const part = window === undefined ? textDocument : TextDocument.create(textDocument.uri, textDocument.languageId, 0, window.text);
    const check = window === undefined ? this.checks.of(textDocument) : this.checks.recent(textDocument);
    this.whole.set(part, check);
    const parseResult = window === undefined ? check.parsed : parsePlan(window.text);
    const position = window === undefined ? params.position : part.positionAt(window.offset);
    const list = await super.getCompletion({ ...document, textDocument: part, parseResult }, { ...params, position });
    if (window !== undefined) list?.items.forEach((item) => moveEdit(item, part, textDocument, window.shift));
    return list;
  }

  /** The plan of a text that is being completed. */
  private checkOf(context: CompletionContext): PlanCheck {
    return this.whole.get(context.textDocument) ?? this.checks.of(context.textDocument);
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
    const check = this.checkOf(context);
    const { parseResult } = context.document;
    const plan = isPlanFile(parseResult.value) ? parseResult.value : check.parsed.value;
    const hasText = check.parsed.value.clauses.some(isTextClause);
    if (isRefused(keyword.value, plan, hasText, context.textDocument.getText(), context.tokenOffset)) return;
    // Most models have no blocks; where it is known, the word would lead nowhere.
    const blocks = keyword.value === 'blocks' ? blocksOf(check) : undefined;
    if (blocks?.length === 0) return;
    const documentation = keywordDocs.find((k) => k.word === keyword.value)?.doc;
    acceptor(context, {
      label: keyword.value,
      kind: CompletionItemKind.Keyword,
      sortText: '1',
      ...(isOptionKey(keyword.value) ? { detail: optionDetail(keyword.value) } : {}),
      ...(documentation === undefined ? {} : { documentation: { kind: 'markdown', value: documentation } }),
    });
    if (this.hasSnippets) this.offerSnippet(context, keyword, check, acceptor);
  }

  /** The block or clause that a keyword begins, as a whole with places to fill in. */
  private offerSnippet(context: CompletionContext, keyword: GrammarAST.Keyword, check: PlanCheck, acceptor: CompletionAcceptor): void {
    const rule = AstUtils.getContainerOfType(keyword, GrammarAST.isParserRule)?.name;
    const snippet = snippetFor(rule, keyword.value, check);
    if (snippet === undefined) return;
    acceptor(context, {
      label: snippet.label,
      filterText: snippet.label,
      kind: CompletionItemKind.Snippet,
      sortText: `2${snippet.label}`,
      detail: 'snippet',
      documentation: { kind: 'markdown', value: snippet.doc },
      insertText: snippet.body,
      insertTextFormat: InsertTextFormat.Snippet,
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
    const blocks = (blocksOf(this.checkOf(context)) ?? []).filter(({ index }) => index > first && String(index).startsWith(typed));
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
    const { world } = this.checkOf(context);
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
        return layerItems(this.checkOf(context), needleOf(context), maxItems).map(({ layer, rank, detail }) => ({
          value: layer.id,
          detail,
          kind: CompletionItemKind.Field,
          rank,
          short: `${layer.op} \u2192 ${shapeText(layer.outputShape)}`,
          data: { layer: layer.id },
        }));
      default:
        return undefined;
    }
  }

  private offerQuoted(context: CompletionContext, items: readonly QuotedItem[], acceptor: CompletionAcceptor): void {
    const text = context.textDocument.getText();
    const token = text.slice(context.tokenOffset, context.tokenEndOffset);
    const inString = token.startsWith('"');
    const needle = needleOf(context);
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
        label: plainName(item.value),
        kind: item.kind,
        detail: item.detail,
        sortText: `0${item.rank}${String(sent++).padStart(4, '0')}`,
        filterText: inString ? newText : `${item.value} ${newText}`,
        textEdit: { range, newText },
        ...(item.short === undefined || !this.hasShortWords ? {} : { labelDetails: { description: item.short } }),
        ...(item.data === undefined ? {} : { data: item.data }),
      });
    }
  }
}

/** What is typed of a name so far, without its quote, in lower case. */
function needleOf(context: CompletionContext): string {
  return context.textDocument.getText().slice(context.tokenOffset, context.offset).replace(/^"/, '').toLowerCase();
}

/** Moves the edit of an item from the part that was completed to its place in the whole text. */
function moveEdit(item: CompletionItem, part: TextDocument, whole: TextDocument, shift: number): void {
  if (item.textEdit === undefined || !('range' in item.textEdit)) return;
  const { range, newText } = item.textEdit;
  const moved = (at: 'start' | 'end') => whole.positionAt(part.offsetAt(range[at]) + shift);
  item.textEdit = { newText, range: { start: moved('start'), end: moved('end') } };
}
