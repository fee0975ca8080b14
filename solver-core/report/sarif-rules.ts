import type { DiagnosticDocument } from '../protocol/documents.ts';
import type { PlanCode } from '../tiers/codes.ts';

/** What a rule is about and what to do, for people who see a finding away from the editor. */
interface RuleText {
  readonly name: string;
  readonly short: string;
  readonly help: string;
}

const planRules: Readonly<Record<PlanCode, RuleText>> = {
  'syntax-error': {
    name: 'SyntaxError',
    short: 'The plan has a word or sign that cannot stand there.',
    help: 'Write the clause as docs/tier-language.md shows it. One finding per line is reported, because one slip breaks what follows.',
  },
  'unterminated-string': {
    name: 'UnterminatedString',
    short: 'A text has no closing quote on its line.',
    help: 'Close the text with a double quote.',
  },
  'unterminated-comment': { name: 'UnterminatedComment', short: 'A comment is not closed.', help: 'Close the comment with */.' },
  'plan-too-large': {
    name: 'PlanTooLarge',
    short: 'The plan has more characters or words than are read.',
    help: 'Name layers by ranges, "first" .. "last", instead of one by one.',
  },
  'too-many-findings': {
    name: 'TooManyFindings',
    short: 'There are more findings than are listed.',
    help: 'Repair the listed ones and check again.',
  },
  'duplicate-clause': {
    name: 'DuplicateClause',
    short: 'A clause or option that may stand once stands again.',
    help: 'Remove the later ones; the first one counts. Budgets may stand once for each of inference, layer, fit and update.',
  },
  'missing-clause': {
    name: 'MissingClause',
    short: 'The plan lacks a clause that it needs.',
    help: 'Add the clause that the message names.',
  },
  'misplaced-clause': {
    name: 'MisplacedClause',
    short: 'A clause or option does not belong where it stands.',
    help: 'Remove it, or move it to the kind of tier that takes it.',
  },
  'missing-file': {
    name: 'MissingFile',
    short: 'The plan names a file that is not there.',
    help: 'Check the path; it starts at the folder of the plan.',
  },
  'path-outside-folder': {
    name: 'PathOutsideFolder',
    short: 'A path leaves the folder of the plan.',
    help: 'Copy the file below the plan, or write an absolute path if that is meant.',
  },
  'model-unreadable': {
    name: 'ModelUnreadable',
    short: 'The model is there but cannot be used.',
    help: 'Export the model again; `tierwise inspect` lists what is wrong with it.',
  },
  'unknown-target': {
    name: 'UnknownTarget',
    short: 'There is no such energy target.',
    help: 'Name a target that ships with Tierwise, or add one under .tierwise/targets.',
  },
  'unknown-word': {
    name: 'UnknownWord',
    short: 'A word is not one of those that the clause knows.',
    help: 'Use one of the words that the message lists.',
  },
  'unknown-layer': { name: 'UnknownLayer', short: 'The model has no such layer.', help: '`tierwise inspect MODEL` lists the layers.' },
  'unknown-block': {
    name: 'UnknownBlock',
    short: 'The model has no such repeated block.',
    help: '`tierwise inspect MODEL` lists the blocks; models without repetition are named by their layers.',
  },
  'duplicate-layer': { name: 'DuplicateLayer', short: 'A layer is in two tiers, or twice in one.', help: 'Name each layer in one tier.' },
  'layer-not-solvable': {
    name: 'LayerNotSolvable',
    short: 'A layer cannot be solved or learned the way its tier says.',
    help: 'Leave the layer out of the tier, or learn it by gradient steps.',
  },
  'reversed-range': { name: 'ReversedRange', short: 'The first end of a range comes after the second.', help: 'Swap both ends.' },
  'empty-range': { name: 'EmptyRange', short: 'Both ends of a range are the same layer.', help: 'Name the layer by itself.' },
  'tier-order': {
    name: 'TierOrder',
    short: 'A lower tier reaches above an upper tier.',
    help: 'Lower tiers hold layers that come before every layer of every upper tier.',
  },
  'module-order': {
    name: 'ModuleOrder',
    short: 'The lower module of a compound section does not lie right below its upper one.',
    help: 'Let the lower module end before the upper one begins, and before the last layer of the model.',
  },
  'module-mismatch': {
    name: 'ModuleMismatch',
    short: 'The modules of a compound section do not fit together.',
    help: 'Use two parts of one model, or two whole models that read the same rows or tokens.',
  },
  'duplicate-tier-name': { name: 'DuplicateTierName', short: 'Two tiers have the same name.', help: 'Give each tier a name of its own.' },
  'bad-unit': {
    name: 'BadUnit',
    short: 'A budget has a wrong unit or counts what its tier does not do.',
    help: 'Use J, mJ, uJ, nJ or pJ; a lower tier is fitted, an upper tier is updated.',
  },
  'value-out-of-range': {
    name: 'ValueOutOfRange',
    short: 'A number is outside the range of its clause.',
    help: 'Use a number in the range that the message states.',
  },
  'budget-exceeded': {
    name: 'BudgetExceeded',
    short: 'The estimated energy is above the budget.',
    help: 'The central value of the estimate is above the limit of the plan. Make the layers that the message names cheaper, choose another target, or raise the budget. `tierwise energy PLAN --format html` shows each figure with its band, its source and what makes the band wide; `tierwise diff` shows what a change costs.',
  },
  'budget-uncertain': {
    name: 'BudgetUncertain',
    short: 'The estimate is within the budget, its upper bound is not.',
    help: 'Narrow the estimate: state the epochs, calibrate the target, or fit once so that the cycles of the engine are known. Or accept that the bound is wide.',
  },
  'budget-unknown': {
    name: 'BudgetUnknown',
    short: 'A budget cannot be judged because a figure is missing.',
    help: 'Nobody knows whether the plan keeps this budget. Layers without a figure have shapes that are not known, or, for a fit or an update, rows that cannot be counted or layers that cannot be solved. Fix the shapes when exporting the model, make the data readable where the check runs, or take the budget out.',
  },
};

/** A rule of a SARIF log. Codes of models and data files, which this table does not hold, get a general text. */
export function sarifRule(code: string, level: 'error' | 'warning' | 'note', diagnostic: DiagnosticDocument | undefined): object {
  const known = Object.hasOwn(planRules, code) ? planRules[code as PlanCode] : undefined;
  const { name, short, help } = known ?? {
    name: pascal(code),
    short: 'A finding about the model, its data or its targets.',
    help: `The message says what was found and what to do.${diagnostic?.where.node === undefined ? '' : ' It is about a node of the model.'}`,
  };
  const isBudget = code.startsWith('budget-');
  return {
    id: code,
    name,
    shortDescription: { text: short },
    fullDescription: { text: short },
    help: { text: help, markdown: `**${code}**: ${short}\n\n${help}` },
    defaultConfiguration: { level },
    properties: { tags: ['energy', isBudget ? 'budget' : known === undefined ? 'model' : 'plan'], 'problem.severity': severities[level] },
  };
}

const severities = { error: 'error', warning: 'warning', note: 'recommendation' } as const;

/** "energy-incomplete" as "EnergyIncomplete". */
function pascal(code: string): string {
  return code
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
