import type { AstNode, LangiumDocument } from 'langium';
import type { SignatureHelpProvider } from 'langium/lsp';
import type { SignatureHelp, SignatureHelpOptions, SignatureHelpParams } from 'vscode-languageserver/node.js';
import { isCompoundBlock, isTierBlock } from '../../tiers/generated/ast.ts';
import { spanOf } from '../../tiers/nodes.ts';
import { signaturesOf } from '../../tiers/signatures.ts';
import type { ClausePlace, ClauseSignature } from '../../tiers/signatures.ts';
import { clauseBefore } from './completion-filter.ts';
import type { PlanChecks } from './plan-checks.ts';

/** What may follow in the clause at the cursor, with ranges and defaults, and which of it is being written. */
export class PlanSignatureHelp implements SignatureHelpProvider {
  readonly signatureHelpOptions: SignatureHelpOptions = { triggerCharacters: [' '], retriggerCharacters: [' '] };
  private readonly checks: PlanChecks;

  constructor(checks: PlanChecks) {
    this.checks = checks;
  }

  provideSignatureHelp(document: LangiumDocument, params: SignatureHelpParams): SignatureHelp | undefined {
    const { textDocument } = document;
    const text = textDocument.getText();
    const offset = textDocument.offsetAt(params.position);
    const clause = clauseBefore(this.checks.of(textDocument).parsed.value, offset);
    if (clause === undefined || isTierBlock(clause) || isCompoundBlock(clause)) return undefined;
    const span = spanOf(clause);
    // Behind the clause its own line is still its place; the next line begins something else.
    if (offset > span.end && /[\r\n{}]|\/[/*]/.test(text.slice(span.end, offset))) return undefined;
    const written = text.slice(span.offset, offset);
    if (/\/\/[^\r\n]*$/.test(written)) return undefined;
    const words = [...written.matchAll(/"(?:[^"\\\r\n]|\\.)*"?|[^\s"]+/g)].map(([word]) => word);
    const [keyword = '', next] = words;
    if (/\S$/.test(written) && words.length < 2) return undefined;
    const signatures = signaturesOf(keyword, next, placeOf(clause));
    const first = signatures[0];
    if (first === undefined) return undefined;
    const behind = words.slice(first.head.split(' ').length);
    return {
      signatures: signatures.map(toSignature),
      activeSignature: 0,
      activeParameter: activePart(first, behind, /\s$/.test(written)),
    };
  }
}

function placeOf(clause: AstNode): ClausePlace {
  const block = clause.$container;
  if (isTierBlock(block)) return block.kind;
  return isCompoundBlock(block) ? 'compound' : 'plan';
}

function toSignature({ head, doc, parts }: ClauseSignature): SignatureHelp['signatures'][number] {
  let label = head;
  const parameters = parts.map((part) => {
    const start = label.length + 1;
    label = `${label} ${part.label}`;
    return { label: [start, label.length] as [number, number], documentation: { kind: 'markdown' as const, value: part.doc } };
  });
  return { label, documentation: { kind: 'markdown', value: doc }, parameters };
}

/** The part that is written now: the option named last until its value is there, then the first that is not written yet. */
function activePart({ parts }: ClauseSignature, words: readonly string[], isDone: boolean): number {
  const isWritten = parts.map(() => false);
  let current = -1;
  for (const [index, word] of words.entries()) {
    const named = parts.findIndex((part) => part.word === word);
    if (named >= 0) current = named;
    else if (current < 0 || isWritten[current] === true)
      current = parts.findIndex((part, at) => part.word === undefined && isWritten[at] !== true);
    if (current < 0) continue;
    const isLast = index === words.length - 1;
    if (named < 0 && (!isLast || isDone)) isWritten[current] = true;
    if (named >= 0 && isLast) return current;
  }
  if (current >= 0 && isWritten[current] !== true) return current;
  const open = isWritten.indexOf(false);
  return open < 0 ? parts.length : open;
}
