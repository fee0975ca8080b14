import { CstUtils } from 'langium';
import type { LangiumDocument, LeafCstNode } from 'langium';
import type { RenameProvider } from 'langium/lsp';
import { ErrorCodes, ResponseError } from 'vscode-languageserver/node.js';
import type { Position, Range, RenameParams, TextDocumentPositionParams, WorkspaceEdit } from 'vscode-languageserver/node.js';
import { isCompoundBlock, isName, isTierBlock } from '../../tiers/generated/ast.ts';
import { rawOf } from '../../tiers/nodes.ts';
import { shown } from '../../tiers/text.ts';
import { spanRange } from './convert.ts';
import type { PlanCheck, PlanChecks } from './plan-checks.ts';

/** Renames tiers and the compound section. Nothing refers to them by name inside a plan, so the name itself is the only edit. */
export class PlanRename implements RenameProvider {
  private readonly checks: PlanChecks;

  constructor(checks: PlanChecks) {
    this.checks = checks;
  }

  prepareRename(document: LangiumDocument, params: TextDocumentPositionParams): Range | undefined {
    const leaf = this.nameAt(document, params.position);
    return leaf && spanRange(document.textDocument, leaf);
  }

  /** Throws ResponseError for a name that is no word or that another tier has. */
  rename(document: LangiumDocument, params: RenameParams): WorkspaceEdit | undefined {
    const leaf = this.nameAt(document, params.position);
    if (leaf === undefined) return undefined;
    const { newName } = params;
    if (!isWholeName(newName)) {
      throw new ResponseError(
        ErrorCodes.InvalidParams,
        `${shown(newName)} is not a name for a tier; use letters, digits, "_" and "-", beginning with a letter`,
      );
    }
    const { tiers } = this.checks.of(document.textDocument).checked.outline;
    if (newName !== leaf.text && tiers.some((tier) => tier.name === newName)) {
      throw new ResponseError(ErrorCodes.InvalidParams, `there is already a tier ${shown(newName)}`);
    }
    return { changes: { [document.textDocument.uri]: [{ range: spanRange(document.textDocument, leaf), newText: newName }] } };
  }

  private nameAt(document: LangiumDocument, position: Position): LeafCstNode | undefined {
    return tierNameAt(this.checks.of(document.textDocument), document, position);
  }
}

/** The name of a tier or compound section at a position, behind its last letter too. */
export function tierNameAt({ parsed }: PlanCheck, document: LangiumDocument, position: Position): LeafCstNode | undefined {
  const root = parsed.value.$cstNode;
  if (root === undefined) return undefined;
  const offset = document.textDocument.offsetAt(position);
  // The cursor may stand behind the last letter.
  for (const at of [offset, offset - 1]) {
    const leaf = at < 0 ? undefined : CstUtils.findLeafNodeAtOffset(root, at);
    if (leaf === undefined || leaf.hidden || !(isTierBlock(leaf.astNode) || isCompoundBlock(leaf.astNode))) continue;
    const name = rawOf(leaf.astNode, 'name');
    if (name !== undefined && name.span.offset === leaf.offset) return leaf;
  }
  return undefined;
}

function isWholeName(text: string): boolean {
  return isName(text) && !/[^A-Za-z0-9_\u00b5\u00c0-\u1fff\u2c00-\ud7ff\uf900-\ufdff-]/.test(text) && !/^[0-9-]/.test(text);
}
