import type { TextClause } from '../model/plan.ts';
import type { TextClause as TextNode } from './generated/ast.ts';
import { checkFile, splitRule } from './check-header.ts';
import { checkNumber, OnceOnly, wholeWithin } from './context.ts';
import type { CheckContext, NumberRule } from './context.ts';
import { numberOf, spanOf, textOf } from './nodes.ts';
import { quote } from './text.ts';

/** Longest window of tokens. */
const mostContext = 65_536;
const contextRule: NumberRule = {
  what: 'the context',
  accepts: (v) => Number.isInteger(v) && v >= 1 && v <= mostContext,
  range: `a whole number of tokens from 1 to ${mostContext}`,
  nearest: wholeWithin(1, mostContext),
};

/** The text clause with its defaults; undefined when it names no text or no vocabulary. */
export function checkText(context: CheckContext, clause: TextNode): TextClause | undefined {
  const once = new OnceOnly(context, 'the text clause');
  const options: { context?: number; split?: number } = {};
  let tokens: ReturnType<typeof textOf>;
  for (const option of clause.options) {
    if (option.key === undefined || !once.first(option.key, spanOf(option))) continue;
    if (option.key === 'tokens') tokens = textOf(option, 'tokensPath');
    else {
      const number = numberOf(option, 'number');
      const value = number && checkNumber(context, option.key === 'context' ? contextRule : splitRule, number);
      if (value !== undefined) options[option.key] = value;
    }
  }
  const path = textOf(clause, 'textPath');
  if (path === undefined) return undefined;
  checkFile(context, 'text', path, () => context.world.textsNearby?.() ?? []);
  if (!clause.options.some((option) => option.key === 'tokens')) reportNoVocabulary(context, path);
  if (tokens === undefined) return undefined;
  checkFile(context, 'vocabulary', tokens, () => context.world.vocabulariesNearby?.() ?? []);
  return { path: path.value, tokens: tokens.value, context: options.context ?? 128, split: options.split ?? 0.9 };
}

function reportNoVocabulary(context: CheckContext, path: { readonly span: { readonly offset: number; readonly end: number } }): void {
  if (!context.wholeSyntax) return;
  const written = context.text.slice(path.span.offset, path.span.end);
  const fixes = (context.world.vocabulariesNearby?.() ?? []).slice(0, 3).map((name) => `${written} tokens ${quote(name)}`);
  const message = 'the text clause names no vocabulary, so the text cannot be read as tokens; add one, such as tokens "vocab.json"';
  context.findings.add('error', 'missing-clause', path.span, message, fixes);
}
