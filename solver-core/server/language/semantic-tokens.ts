import { CstUtils } from 'langium';
import type { LangiumDocument, LeafCstNode } from 'langium';
import type { SemanticTokenProvider } from 'langium/lsp';
import { SemanticTokensBuilder } from 'vscode-languageserver/node.js';
import type {
  Range,
  SemanticTokens,
  SemanticTokensOptions,
  SemanticTokensParams,
  SemanticTokensRangeParams,
} from 'vscode-languageserver/node.js';
import { isLayerEntry } from '../../tiers/generated/ast.ts';
import { propertyOf } from './hover.ts';
import type { PlanChecks } from './plan-checks.ts';

/** Types of the protocol, and two of our own that package.json describes; their numbers are their places here. */
const types = ['keyword', 'class', 'enumMember', 'parameter', 'variable', 'number', 'tierwiseLayer', 'tierwiseUnit'] as const;
type TokenType = (typeof types)[number];
const modifiers = ['declaration'] as const;

const typeOfProperty: Readonly<Record<string, TokenType>> = {
  name: 'class',
  array: 'variable',
  unit: 'tierwiseUnit',
  sizeUnit: 'tierwiseUnit',
  key: 'parameter',
  backend: 'enumMember',
  solver: 'enumMember',
  learner: 'enumMember',
  heads: 'enumMember',
  targetKind: 'enumMember',
  per: 'enumMember',
  counts: 'enumMember',
  escalation: 'enumMember',
  cached: 'enumMember',
  auto: 'enumMember',
  rest: 'enumMember',
};

/**
 * What words of a plan are, by the place where they stand: a tier called `data` is a name, not a keyword. Strings that are no layers, comments
 * and signs are left to the grammar of the highlighter.
 */
export class PlanSemanticTokens implements SemanticTokenProvider {
  readonly tokenTypes: Record<string, number> = Object.fromEntries(types.map((type, index) => [type, index]));
  readonly tokenModifiers: Record<string, number> = Object.fromEntries(modifiers.map((modifier, index) => [modifier, 1 << index]));
  readonly semanticTokensOptions: SemanticTokensOptions = {
    legend: { tokenTypes: [...types], tokenModifiers: [...modifiers] },
    full: { delta: false },
    range: true,
  };
  private readonly checks: PlanChecks;

  constructor(checks: PlanChecks) {
    this.checks = checks;
  }

  semanticHighlight(document: LangiumDocument, _params: SemanticTokensParams): SemanticTokens {
    return this.tokens(document);
  }

  semanticHighlightRange(document: LangiumDocument, params: SemanticTokensRangeParams): SemanticTokens {
    return this.tokens(document, params.range);
  }

  semanticHighlightDelta(document: LangiumDocument): SemanticTokens {
    return this.tokens(document);
  }

  private tokens(document: LangiumDocument, within?: Range): SemanticTokens {
    const builder = new SemanticTokensBuilder();
    const root = this.checks.of(document.textDocument).parsed.value.$cstNode;
    if (root === undefined) return builder.build();
    const shown = within ?? { start: { line: 0, character: 0 }, end: { line: Infinity, character: 0 } };
    for (const leaf of CstUtils.flattenCst(root)) {
      if (leaf.hidden || leaf.end <= leaf.offset) continue;
      const { start, end } = leaf.range;
      if (end.line < shown.start.line || start.line > shown.end.line || start.line !== end.line) continue;
      const type = typeOf(leaf);
      if (type === undefined) continue;
      builder.push(start.line, start.character, end.character - start.character, types.indexOf(type), type === 'class' ? 1 : 0);
    }
    return builder.build();
  }
}

function typeOf(leaf: LeafCstNode): TokenType | undefined {
  switch (leaf.tokenType.name) {
    case 'STRING':
      return isLayerEntry(leaf.astNode) ? 'tierwiseLayer' : undefined;
    case 'NUMBER':
      return 'number';
    case '{':
    case '}':
    case ',':
    case '..':
    case '>':
      return undefined;
    default:
      return typeOfProperty[propertyOf(leaf) ?? ''] ?? (leaf.tokenType.name === 'ID' ? undefined : 'keyword');
  }
}
