import { CstUtils } from 'langium';
import type { CheckContext } from './context.ts';
import type { ParsedPlan } from './language.ts';
import { maxTextLength, maxTokens } from './lexer.ts';
import { maxFindings } from './findings.ts';
import { compoundKeywords, planKeywords, textExpected, tierKeywords } from './messages.ts';
import { closest } from './suggest.ts';
import { isClosed, quote, shown } from './text.ts';
import type { Span } from './text.ts';
import { headsWords, keywordDocs, learnWords } from './vocabulary.ts';

/** Reports what the lexer and the parser could not read: at most one syntax error per line, because one slip breaks what follows. */
export function checkSyntax(context: CheckContext, parsed: ParsedPlan, tooLarge: boolean): void {
  if (tooLarge) {
    context.findings.add(
      'error',
      'plan-too-large',
      { offset: 0, end: 0 },
      `the plan has more than ${maxTextLength} characters or ${maxTokens} words and signs; the rest was not read; name layers by ranges "a" .. "b"`,
    );
  }
  const slips = [
    ...parsed.lexerErrors.map((error) => lexerSlip(context, error)),
    ...parsed.parserErrors.slice(0, maxFindings).map((error) => parserSlip(context, error)),
  ];
  const lines = new Set<number>();
  for (const slip of slips.sort((a, b) => a.span.offset - b.span.offset)) {
    const { line } = context.lines.range(slip.span);
    if (!lines.has(line)) context.findings.add('error', 'syntax-error', slip.span, slip.message, slip.fixes);
    lines.add(line);
  }
  checkClosed(context, parsed);
}

interface Slip {
  readonly span: Span;
  readonly message: string;
  readonly fixes: readonly string[];
}

function lexerSlip(context: CheckContext, error: ParsedPlan['lexerErrors'][number]): Slip {
  const span = { offset: error.offset, end: error.offset + error.length };
  return {
    span,
    message: `${shown(context.text.slice(span.offset, span.end), 20)} has no meaning here; remove it or put names in double quotes`,
    // Signs that other languages put between a key and its value, or behind it.
    fixes: /^[:=;]+$/.test(context.text.slice(span.offset, span.end)) ? [''] : [],
  };
}

function parserSlip(context: CheckContext, error: ParsedPlan['parserErrors'][number]): Slip {
  const span = spanOfError(context, error);
  const found = context.text.slice(span.offset, span.end);
  const { ruleStack } = error.context;
  const range = foreignRange(context, span, found) ?? bareModule(error.message, span, found);
  if (range !== undefined) return range;
  if (error.message.startsWith('expected a name') && /^"[A-Za-z_][\w-]*"$/.test(found))
    return { span, message: error.message, fixes: [found.slice(1, -1)] };
  if (!error.message.startsWith(`expected ${textExpected}`) || allKeywords.has(found))
    return { span, message: placeMessage(error.message, found, ruleStack), fixes: keywordFix(found, ruleStack) };
  // A name without its quotes: take everything up to the next space as the name.
  const bare = /^[^\s"{},]{1,200}/.exec(context.text.slice(span.offset, span.offset + 200))?.[0] ?? '';
  return {
    span: { offset: span.offset, end: span.offset + Math.max(bare.length, found.length) },
    message: error.message,
    fixes: [...(error.message.includes('"blocks"') ? closest(bare, ['blocks']) : []), ...(bare === '' ? [] : [quote(bare)])],
  };
}

/** `blocks 0-3` and `blocks 0 to 3`, as ranges are written elsewhere. */
function foreignRange(context: CheckContext, { offset }: Span, found: string): Slip | undefined {
  const before = context.text.slice(Math.max(0, offset - 40), offset);
  const written = /^(?:-|to\s+)(\d{1,9})\b/.exec(context.text.slice(offset, offset + 40));
  if (written === null || !/blocks\s+\d+\s*$/.test(before)) return undefined;
  return {
    span: { offset, end: offset + written[0].length },
    message: `a range of blocks is written with two dots, as in 0..3, but found ${shown(found)}`,
    fixes: [`..${written[1] ?? ''}`],
  };
}

/** `lower 0..3` and `lower "small.onnx"`: what a module is, without the word that says which of them it is. */
function bareModule(message: string, span: Span, found: string): Slip | undefined {
  if (!message.includes('"blocks"')) return undefined;
  if (/^\d+$/.test(found)) return { span, message, fixes: [`blocks ${found}`] };
  if (!message.includes('"model"') || !/^"[^"]{1,200}"$/.test(found)) return undefined;
  return { span, message, fixes: [`${/\.onnx"$/i.test(found) ? 'model' : 'layers'} ${found}`] };
}

/** What the word or number that is missing would have been, by the clause in which it is missing. */
const missingHere: readonly (readonly [rule: string, said: string, meant: string])[] = [
  ['HeadsClause', 'a word', `how the heads learn (${headsWords.map(({ word }) => word).join(', ')})`],
  ['LearnClause', 'a word', `a way to learn (${learnWords.map(({ word }) => word).join(', ')})`],
  ['BlockEntry', 'a number', 'the number of a block, such as 0'],
];

function placeMessage(message: string, found: string, ruleStack: readonly string[]): string {
  if (message.startsWith('expected "tier"') && moduleWords.has(found))
    return `${message}; the modules of a compound model stand between braces, as in compound reader { lower blocks 0..3 }`;
  const place = missingHere.find(
    ([rule, said]) => message.startsWith(`expected ${said},`) && ruleStack.slice(-2).some((own) => own.startsWith(rule)),
  );
  return place === undefined ? message : message.replace(place[1], place[2]);
}

const moduleWords: ReadonlySet<string> = new Set(['blocks', 'layers', 'model', 'rest']);

/** The unexpected token, or the last character before the place where the plan ends too early. */
function spanOfError(context: CheckContext, error: ParsedPlan['parserErrors'][number]): Span {
  const { startOffset, image } = error.token;
  if (Number.isFinite(startOffset) && image.length > 0) return { offset: startOffset, end: startOffset + image.length };
  const previous =
    'previousToken' in error ? (error.previousToken as { readonly startOffset: number; readonly image: string } | undefined) : undefined;
  const offset =
    previous !== undefined && Number.isFinite(previous.startOffset)
      ? previous.startOffset + previous.image.length
      : context.text.trimEnd().length;
  return { offset: Math.max(0, offset - 1), end: offset };
}

const planWords: readonly string[] = [...planKeywords, 'tier', 'inputs', 'labels', 'split', 'seed', 'tokens', 'context'];
const tierWords: readonly string[] = [...tierKeywords, 'blocks'];
const compoundWords: readonly string[] = [...compoundKeywords, 'below', 'within', 'blocks', 'layers', 'model', 'rest'];
const allKeywords: ReadonlySet<string> = new Set(keywordDocs.map((k) => k.word));

function keywordFix(found: string, ruleStack: readonly string[]): string[] {
  // `lower tier …` in a compound section, where modules have no names.
  if (found === 'tier' && ruleStack.at(-1)?.startsWith('ModuleClause') === true) return [''];
  if (!/^[\p{L}_-]{2,20}$/u.test(found) || allKeywords.has(found)) return [];
  const inTier = ruleStack.some((rule) => rule.startsWith('TierBlock'));
  const inCompound = ruleStack.some((rule) => rule.startsWith('CompoundBlock'));
  return closest(found, inTier ? tierWords : inCompound ? compoundWords : planWords);
}

/** Strings without a closing quote and comments without an end: the lexer takes them, so that completion works inside. */
function checkClosed(context: CheckContext, parsed: ParsedPlan): void {
  const root = parsed.value.$cstNode;
  if (root === undefined) return;
  for (const leaf of CstUtils.flattenCst(root)) {
    const { offset, end } = leaf;
    if (leaf.tokenType.name === 'BLOCK_COMMENT' && (end - offset < 4 || !leaf.text.endsWith('*/'))) {
      context.findings.add(
        'error',
        'unterminated-comment',
        { offset, end: Math.min(end, offset + 2) },
        'this comment has no end; close it with */',
      );
    }
    if (leaf.tokenType.name !== 'STRING' || end <= offset || isClosed(leaf.text)) continue;
    const trimmed = leaf.text.trimEnd();
    const fix = trimmed.length <= 1000 && !trimmed.endsWith('\\') ? [`${trimmed}"`] : [];
    context.findings.add(
      'error',
      'unterminated-string',
      { offset, end },
      `the text ${shown(trimmed.slice(1), 40)} has no closing quote on its line; add "`,
      fix,
    );
  }
}
