import type { TextDocument } from 'langium';
import type { LangiumSharedServices } from 'langium/lsp';
import type { Connection, Position, Range, SelectionRange } from 'vscode-languageserver/node.js';
import type { LayerPlace } from '../../protocol/index.ts';
import { spanRange } from './convert.ts';
import { around, layerAt, leafAt } from './mentions.ts';
import type { PlanCheck, PlanChecks } from './plan-checks.ts';
import { modelPath } from './references.ts';

/** Answers what Langium's server has no place for: growing selections, and `tierwise/layerAt`. */
export function answerMore(connection: Connection, services: LangiumSharedServices, checks: PlanChecks): void {
  const open = (uri: unknown): TextDocument | undefined =>
    typeof uri === 'string' ? services.workspace.TextDocuments.get(uri) : undefined;
  connection.onSelectionRanges(({ textDocument, positions }) => {
    const document = open(textDocument.uri);
    return document === undefined ? [] : positions.map((position) => selectionAt(document, checks.of(document), position));
  });
  connection.onRequest('tierwise/layerAt', (params: unknown): LayerPlace | null => {
    const asked = isAsked(params) ? params : undefined;
    const document = open(asked?.uri);
    if (asked === undefined || document === undefined) return null;
    const check = checks.of(document);
    const layer = layerAt(check, document, asked.position);
    if (layer === undefined) return null;
    return { id: layer.id, range: spanRange(document, layer.span), model: modelPath(document.uri, check) ?? null };
  });
}

/** A word, then every node of the tree around it, then the whole plan. */
function selectionAt(document: TextDocument, check: PlanCheck, position: Position): SelectionRange {
  const whole: SelectionRange = { range: spanRange(document, { offset: 0, end: document.getText().length }) };
  const leaf = leafAt(check, document, position);
  if (leaf === undefined) return { range: { start: position, end: position }, parent: whole };
  const spans = [{ offset: leaf.offset, end: leaf.end }, ...around(leaf.astNode)];
  return spans.reduceRight<SelectionRange>((parent, span) => {
    const range = spanRange(document, span);
    return isSame(range, parent.range) ? parent : { range, parent };
  }, whole);
}

const isSame = (a: Range, b: Range): boolean =>
  a.start.line === b.start.line &&
  a.start.character === b.start.character &&
  a.end.line === b.end.line &&
  a.end.character === b.end.character;

function isAsked(params: unknown): params is { readonly uri: string; readonly position: Position } {
  if (typeof params !== 'object' || params === null || !('uri' in params) || !('position' in params)) return false;
  const { position } = params;
  return typeof position === 'object' && position !== null && 'line' in position && 'character' in position;
}
