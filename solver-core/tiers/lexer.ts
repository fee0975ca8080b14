import { DefaultLexer } from 'langium';
import type { LexerResult, LexingReport } from 'langium';

/** Longest text that is looked at, in UTF-16 code units; far more than a sensible plan has. */
export const maxTextLength = 1_000_000;
/** Tokens, comments and unreadable places that are kept. A plan that names 15 000 layers one by one has fewer; the parser takes under a second for so many. */
export const maxTokens = 40_000;
const maxComments = 10_000;
const maxErrors = 200;

/** What the lexer reports beside tokens and errors. */
export interface PlanLexingReport extends LexingReport {
  /** True when the text was cut. */
  readonly tooLarge: boolean;
}

/**
 * Langium's lexer with an upper limit on everything it hands on, because the stages after it spend time and stack per token.
 * Its report says whether anything was cut; the checker then calls the plan too large.
 */
export class BoundedLexer extends DefaultLexer {
  override tokenize(text: string): LexerResult {
    const result = super.tokenize(text.length > maxTextLength ? text.slice(0, maxTextLength) : text);
    const tooLarge = text.length > maxTextLength || result.tokens.length > maxTokens;
    const report: PlanLexingReport = { diagnostics: [], tooLarge };
    return {
      tokens: result.tokens.slice(0, maxTokens),
      hidden: result.hidden.slice(0, maxComments),
      errors: result.errors.slice(0, maxErrors),
      report,
    };
  }
}

/** True when this report, of a text read by `BoundedLexer`, says that the text was cut. */
export function wasCut(report: LexingReport | undefined): boolean {
  return report !== undefined && 'tooLarge' in report && report.tooLarge === true;
}
