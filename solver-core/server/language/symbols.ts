import type { LangiumDocument } from 'langium';
import type { DocumentSymbolProvider } from 'langium/lsp';
import { SymbolKind } from 'vscode-languageserver/node.js';
import type { DocumentSymbol } from 'vscode-languageserver/node.js';
import { isCompoundBlock, isModelClause, isModuleClause, isTextClause, isTierBlock } from '../../tiers/generated/ast.ts';
import type { CompoundBlock } from '../../tiers/generated/ast.ts';
import type { PlanOutline } from '../../protocol/index.ts';
import { rawOf, spanOf, textOf } from '../../tiers/nodes.ts';
import { shown } from '../../tiers/text.ts';
import { spanRange } from './convert.ts';
import type { PlanChecks } from './plan-checks.ts';

/** The outline of an editor: the model, the text, the tiers with their layers, and the compound section with its modules. */
export class PlanSymbols implements DocumentSymbolProvider {
  private readonly checks: PlanChecks;

  constructor(checks: PlanChecks) {
    this.checks = checks;
  }

  getSymbols(document: LangiumDocument): DocumentSymbol[] {
    const text = document.textDocument;
    const { parsed, checked } = this.checks.of(text);
    return parsed.value.clauses.flatMap((clause): DocumentSymbol[] => {
      const range = spanRange(text, spanOf(clause));
      if (isModelClause(clause)) {
        const path = textOf(clause, 'modelPath');
        return path === undefined
          ? []
          : [{ name: shown(path.value), detail: 'model', kind: SymbolKind.File, range, selectionRange: spanRange(text, path.span) }];
      }
      if (isTextClause(clause)) {
        const path = textOf(clause, 'textPath');
        return path === undefined
          ? []
          : [{ name: shown(path.value), detail: 'text', kind: SymbolKind.File, range, selectionRange: spanRange(text, path.span) }];
      }
      if (isCompoundBlock(clause)) return compoundSymbols(text, clause, checked.outline);
      const name = isTierBlock(clause) ? rawOf(clause, 'name') : undefined;
      if (!isTierBlock(clause) || name === undefined || clause.kind === undefined) return [];
      const tier = checked.outline.tiers.find(
        (t) => t.headerRange.start.line === range.start.line && t.headerRange.start.character === range.start.character,
      );
      const children = (tier?.layers ?? []).map((layer) => ({
        name: shown(layer.id),
        kind: SymbolKind.Field,
        range: layer.range,
        selectionRange: layer.range,
      }));
      return [
        {
          name: name.value,
          detail: `${clause.kind} tier`,
          kind: SymbolKind.Class,
          range,
          selectionRange: spanRange(text, name.span),
          children,
        },
      ];
    });
  }
}

function compoundSymbols(text: LangiumDocument['textDocument'], block: CompoundBlock, outline: PlanOutline): DocumentSymbol[] {
  const name = rawOf(block, 'name');
  if (name === undefined) return [];
  const children = block.clauses.flatMap((clause): DocumentSymbol[] => {
    if (!isModuleClause(clause) || clause.kind === undefined) return [];
    const range = spanRange(text, spanOf(clause));
    const { layers = [], model = null } = outline.compound?.[clause.kind] ?? {};
    const detail = model !== null ? shown(model) : layers.length === 1 ? '1 layer' : `${layers.length} layers`;
    return [{ name: `${clause.kind} module`, detail, kind: SymbolKind.Module, range, selectionRange: range }];
  });
  const range = spanRange(text, spanOf(block));
  return [{ name: name.value, detail: 'compound', kind: SymbolKind.Class, range, selectionRange: spanRange(text, name.span), children }];
}
