import type { LowerTier, UpperTier, Budget, TargetKind } from '../model/plan.ts';
import { isBudgetClause, isLayersClause, isLearnClause, isSolveClause, isTargetsClause, isUpdateClause } from './generated/ast.ts';
import type { LayersClause, LearnClause, SolveClause, TargetsClause, TierBlock, UpdateClause } from './generated/ast.ts';
import { checkBudget } from './budgets.ts';
import { checkNumber, checkWord, OnceOnly } from './context.ts';
import type { CheckContext, NumberRule } from './context.ts';
import type { LayerTable, TierLayer } from './check-layers.ts';
import { learnOptions, optionsOf } from './method-options.ts';
import { numberOf, rawOf, spanOf } from './nodes.ts';
import { quote, shown } from './text.ts';
import type { Span } from './text.ts';
import { learnWords, solveWords, targetKindWords } from './vocabulary.ts';

/** The threshold of `update when gain per joule >`. */
export const gainRule: NumberRule = { what: 'the gain per joule', accepts: (v) => v >= 0, range: 'from 0 and finite', nearest: () => 0 };

/** A checked tier block. `header` is `lower tier NAME`; `layers` are in graph order. */
export interface CheckedTier {
  readonly kind: 'lower' | 'upper';
  readonly name: string;
  readonly header: Span;
  readonly layers: readonly TierLayer[];
  readonly tier: LowerTier | UpperTier;
}

/** Checks one tier block and everything inside; the result is complete, with defaults where a clause is missing or wrong. */
export function checkTier(context: CheckContext, block: TierBlock, table: LayerTable, blockIndex: number): CheckedTier | undefined {
  if (block.kind === undefined) return undefined;
  const kind = block.kind;
  const name = rawOf(block, 'name')?.value ?? `tier ${blockIndex + 1}`;
  const header = headerOf(block);
  const clauses = sortClauses(context, block, kind);
  checkComplete(context, block, kind, header, clauses);
  const options = kind === 'lower' ? lowerOptions(context, clauses) : upperOptions(context, clauses);
  const layers = table.resolve(
    clauses.layers.flatMap((clause) => clause.entries),
    { name, needsLinear: needsLinear(options) },
  );
  const base = { name, layers: layers.map((l) => l.id), budgets: clauses.budgets, range: context.lines.range(header) };
  return { kind, name, header, layers, tier: { ...base, ...options } };
}

/** What a tier does that needs layers linear in their weights, as the end of "cannot be …"; undefined for gradient steps. */
function needsLinear(options: { readonly kind: 'lower' } | Pick<UpperTier, 'kind' | 'learner'>): string | undefined {
  if (options.kind === 'lower') return 'solved in one step';
  return options.learner === 'rls' ? 'learned by recursive least squares' : undefined;
}

interface Clauses {
  readonly layers: readonly LayersClause[];
  readonly solve: SolveClause | undefined;
  readonly targets: TargetsClause | undefined;
  readonly learn: LearnClause | undefined;
  readonly update: UpdateClause | undefined;
  readonly budgets: readonly Budget[];
}

/** Takes the clauses of a block apart; reports those that stand twice and those that belong to the other kind of tier. */
function sortClauses(context: CheckContext, block: TierBlock, kind: 'lower' | 'upper'): Clauses {
  const once = new OnceOnly(context, `this ${kind} tier`);
  const layers: LayersClause[] = [];
  const budgets: Budget[] = [];
  const single: { solve?: SolveClause; targets?: TargetsClause; learn?: LearnClause; update?: UpdateClause } = {};
  const fits = (word: string, home: 'lower' | 'upper', span: Span): boolean => {
    if (home !== kind) {
      context.findings.add(
        'error',
        'misplaced-clause',
        span,
        `"${word}" belongs in ${home === 'lower' ? 'a lower tier' : 'an upper tier'}, and this is ${kind === 'lower' ? 'a lower' : 'an upper'} one; remove it`,
        [''],
      );
      return false;
    }
    return once.first(word, span);
  };
  for (const clause of block.clauses) {
    const span = spanOf(clause);
    if (isLayersClause(clause)) layers.push(clause);
    else if (isBudgetClause(clause)) {
      const budget = checkBudget(context, clause, kind, once);
      if (budget !== undefined) budgets.push(budget);
    } else if (isSolveClause(clause)) {
      if (fits('solve', 'lower', span)) single.solve = clause;
    } else if (isTargetsClause(clause)) {
      if (fits('targets', 'lower', span)) single.targets = clause;
    } else if (isLearnClause(clause)) {
      if (fits('learn', 'upper', span)) single.learn = clause;
    } else if (isUpdateClause(clause) && fits('update', 'upper', span)) single.update = clause;
  }
  return { layers, budgets, solve: single.solve, targets: single.targets, learn: single.learn, update: single.update };
}

function checkComplete(context: CheckContext, block: TierBlock, kind: 'lower' | 'upper', header: Span, clauses: Clauses): void {
  if (!context.wholeSyntax) return;
  const start = spanOf(block).offset;
  const opened = { offset: start, end: context.text.indexOf('{', header.end) + 1 };
  const insert = (line: string): string[] => [`${context.text.slice(opened.offset, opened.end)}\n  ${line}`];
  if (clauses.layers.length === 0) {
    context.findings.add('error', 'missing-clause', opened, 'this tier names no layers; add a clause such as layers "/fc1/Gemm"');
  }
  if (kind === 'lower' && clauses.solve === undefined && !block.clauses.some(isSolveClause)) {
    context.findings.add(
      'error',
      'missing-clause',
      opened,
      'this lower tier does not say how it is solved; add solve ridge',
      insert('solve ridge'),
    );
  }
  if (kind === 'upper' && clauses.learn === undefined && !block.clauses.some(isLearnClause)) {
    context.findings.add(
      'error',
      'missing-clause',
      opened,
      'this upper tier does not say how it learns; add learn rls',
      insert('learn rls'),
    );
  }
}

function lowerOptions(context: CheckContext, clauses: Clauses): Pick<LowerTier, 'kind' | 'lambda' | 'targets' | 'seed'> {
  const solver = clauses.solve && rawOf(clauses.solve, 'solver');
  if (solver !== undefined) checkWord(context, 'solver', solver, solveWords);
  const kind = clauses.targets && targetKind(context, clauses.targets);
  return {
    kind: 'lower',
    lambda: clauses.solve && optionsOf(context, clauses.solve, 'solve', ['lambda']).lambda,
    targets: kind ?? 'labels',
    seed: (clauses.targets && optionsOf(context, clauses.targets, 'targets', ['seed']).seed) ?? 1,
  };
}

function targetKind(context: CheckContext, clause: TargetsClause): TargetKind | undefined {
  const word = rawOf(clause, 'targetKind');
  return word && checkWord(context, 'kind of targets', word, targetKindWords)?.word;
}

function upperOptions(context: CheckContext, clauses: Clauses): Omit<UpperTier, 'name' | 'layers' | 'budgets' | 'range'> {
  const word = clauses.learn && rawOf(clauses.learn, 'learner');
  const learner = word && checkWord(context, 'way to learn', word, learnWords)?.word;
  const threshold = clauses.update && numberOf(clauses.update, 'threshold');
  return {
    kind: 'upper',
    ...learnOptions(context, clauses.learn, learner),
    gainPerJoule: threshold && checkNumber(context, gainRule, threshold),
  };
}

/** The span of `lower tier NAME`, as much of it as was written. */
function headerOf(block: TierBlock): Span {
  const end = rawOf(block, 'name')?.span.end ?? rawOf(block, 'kind')?.span.end;
  const offset = spanOf(block).offset;
  return { offset, end: end ?? offset };
}

/** Names that two tiers share, and lower tiers that do not sit below every upper tier. */
export function checkTogether(context: CheckContext, tiers: readonly CheckedTier[]): void {
  const names = new Map<string, number>();
  for (const { name, header } of tiers) {
    const count = (names.get(name) ?? 0) + 1;
    names.set(name, count);
    if (count === 1) continue;
    const span = { offset: header.end - name.length, end: header.end };
    context.findings.add('error', 'duplicate-tier-name', span, `there is already a tier ${shown(name)}; give this one another name`, [
      `${name}-${count}`,
    ]);
  }
  checkOrder(context, tiers);
}

function checkOrder(context: CheckContext, tiers: readonly CheckedTier[]): void {
  let lowest: { readonly layer: TierLayer; readonly tier: string } | undefined;
  for (const tier of tiers) {
    const layer = tier.kind === 'upper' ? tier.layers[0] : undefined;
    if (layer !== undefined && layer.index >= 0 && (lowest === undefined || layer.index < lowest.layer.index))
      lowest = { layer, tier: tier.name };
  }
  if (lowest === undefined) return;
  for (const tier of tiers) {
    const last = tier.kind === 'lower' ? tier.layers.at(-1) : undefined;
    if (last === undefined || last.index < lowest.layer.index) continue;
    const message = `the lower tier ${quote(tier.name)} reaches up to ${shown(last.id)}, which comes after ${shown(lowest.layer.id)} of the upper tier ${quote(lowest.tier)}`;
    context.findings.add('error', 'tier-order', last.span, `${message}; a lower tier sits below every upper tier in the model`);
  }
}
