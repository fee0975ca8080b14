import type { TextRange, Severity } from '../../model/diagnostic.ts';
import type { DiagnosticSeverity, Range } from 'vscode-languageserver/node.js';
import type { TextDocument } from 'langium';
import type { Span } from '../../tiers/text.ts';

/** One-based to zero-based. */
export function toLspRange(range: TextRange): Range {
  return { start: { line: range.line - 1, character: range.column - 1 }, end: { line: range.endLine - 1, character: range.endColumn - 1 } };
}

/** A span of offsets in a document. */
export function spanRange(document: TextDocument, span: Span): Range {
  return { start: document.positionAt(span.offset), end: document.positionAt(span.end) };
}

/** 1 error, 2 warning, 3 information, as the protocol numbers them. */
export function toLspSeverity(severity: Severity): DiagnosticSeverity {
  return severity === 'error' ? 1 : severity === 'warning' ? 2 : 3;
}

/** Text from a user's file as Markdown that shows it and does nothing else. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!<>|&~$:@/]/g, (c) => `&#${c.charCodeAt(0)};`);
}
