import { AbstractParserErrorMessageProvider } from 'langium';
import { shown, unquote } from './text.ts';

type Mismatch = Parameters<AbstractParserErrorMessageProvider['buildMismatchTokenMessage']>[0];
type NotAllInput = Parameters<AbstractParserErrorMessageProvider['buildNotAllInputParsedMessage']>[0];
type NoViable = Parameters<AbstractParserErrorMessageProvider['buildNoViableAltMessage']>[0];
type EarlyExit = Parameters<AbstractParserErrorMessageProvider['buildEarlyExitMessage']>[0];
type TokenType = Mismatch['expected'];

/** The clauses of a plan, of a tier and of a compound section, in the order in which the manual explains them. */
export const planKeywords: readonly string[] = [
  'model',
  'data',
  'text',
  'target',
  'train',
  'backend',
  'lower',
  'upper',
  'compound',
  'budget',
];
export const tierKeywords: readonly string[] = ['layers', 'solve', 'targets', 'learn', 'update', 'budget'];

export const compoundKeywords: readonly string[] = ['lower', 'upper', 'cache', 'escalate', 'learn', 'update', 'budget'];

/** What a STRING token is called. */
export const textExpected = 'a text in double quotes';

/** Syntax errors in words that people use: what was expected, what was found, what to do. */
export class PlainErrorMessages extends AbstractParserErrorMessageProvider {
  override buildMismatchTokenMessage({ expected, actual, ruleName }: Mismatch): string {
    return say([expected], actual.image, ruleName);
  }

  override buildNotAllInputParsedMessage({ firstRedundant }: NotAllInput): string {
    return say([], firstRedundant.image, 'PlanFile');
  }

  override buildNoViableAltMessage({ expectedPathsPerAlt, actual, previous, ruleName }: NoViable): string {
    // The only word after a number is the unit of a budget.
    if (ruleName.startsWith('Word') && previous.tokenType.name === 'NUMBER')
      return `expected a unit of energy such as mJ, but ${foundText(actual[0]?.image ?? '')}`;
    return say(
      expectedPathsPerAlt.flat().map((path) => path[0]),
      actual[0]?.image ?? '',
      ruleName,
    );
  }

  override buildEarlyExitMessage({ expectedIterationPaths, actual, ruleName }: EarlyExit): string {
    return say(
      expectedIterationPaths.map((path) => path[0]),
      actual[0]?.image ?? '',
      ruleName,
    );
  }
}

function say(expected: readonly (TokenType | undefined)[], found: string, ruleName: string): string {
  return `expected ${expectation(expected, ruleName)}, but ${foundText(found)}`;
}

function foundText(found: string): string {
  if (found === '') return 'the plan ends';
  return `found ${shown(found.startsWith('"') ? unquote(found) : found)}`;
}

function expectation(expected: readonly (TokenType | undefined)[], ruleName: string): string {
  const inTier = ruleName.startsWith('TierBlock') || ruleName.startsWith('TierClause');
  const inCompound = ruleName.startsWith('CompoundBlock') || ruleName.startsWith('CompoundClause');
  const names = new Set(expected.flatMap((type) => (type === undefined ? [] : [type.name])));
  if (inTier && (names.size === 0 || names.has('}'))) return `a clause of a tier (${tierKeywords.join(', ')}) or "}"`;
  if (inCompound && (names.size === 0 || names.has('}'))) return `a clause of a compound section (${compoundKeywords.join(', ')}) or "}"`;
  if (ruleName.startsWith('SizeUnit')) return 'a unit of size such as MB';
  if (ruleName.startsWith('EscalateClause') && names.has('ID')) return '"below", "never" or "always"';
  if (ruleName.startsWith('CacheClause')) return 'a size such as 64 MB, or "off"';
  if (names.size === 0 || names.has('EOF')) return `a clause: ${planKeywords.join(', ')}`;
  // A place that takes a word takes most keywords too; listing them all would hide the point.
  if (names.has('ID')) return names.has('STRING') || ruleName.startsWith('Name') ? 'a name' : 'a word';
  const shownNames = [...names].slice(0, 12).map(tokenName);
  const last = shownNames.pop() ?? '';
  return shownNames.length === 0 ? last : `${shownNames.join(', ')} or ${last}`;
}

function tokenName(name: string): string {
  if (name === 'STRING') return textExpected;
  if (name === 'NUMBER') return 'a number';
  return `"${name}"`;
}
