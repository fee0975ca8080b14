import type { Diagnostic } from '../model/diagnostic.ts';
import type { Budget, LowerTier, Plan, UpperTier } from '../model/plan.ts';
import type { PlanOutline } from '../protocol/index.ts';
import {
  isBackendClause,
  isBudgetClause,
  isCompoundBlock,
  isDataClause,
  isModelClause,
  isTargetClause,
  isTextClause,
  isTierBlock,
  isTrainClause,
} from './generated/ast.ts';
import type {
  BackendClause,
  BudgetClause,
  Clause,
  CompoundBlock,
  DataClause,
  ModelClause,
  TargetClause,
  TextClause,
  TierBlock,
  TrainClause,
} from './generated/ast.ts';
import { checkBudget } from './budgets.ts';
import { checkCompound } from './check-compound.ts';
import { checkBackend, checkData, checkModel, checkTarget, checkTrain } from './check-header.ts';
import { createLayerTable } from './check-layers.ts';
import { checkSyntax } from './check-syntax.ts';
import { checkText } from './check-text.ts';
import { checkTier, checkTogether } from './check-tiers.ts';
import type { CheckedTier } from './check-tiers.ts';
import { OnceOnly } from './context.ts';
import type { CheckContext } from './context.ts';
import { createFindings } from './findings.ts';
import { outlineOf } from './outline.ts';
import { parsePlan } from './language.ts';
import type { ParsedPlan } from './language.ts';
import { wasCut } from './lexer.ts';
import { spanOf } from './nodes.ts';
import { createLineTable, quote } from './text.ts';
import type { PlanWorld } from './world.ts';

/** What the text of a plan says. */
export interface CheckedPlan {
  /**
   * The plan with defaults filled in, as far as it could be understood; undefined when it names no model. Run nothing from it while
   * `diagnostics` has an error: a layer that was not found, for example, is missing from its tier.
   */
  readonly plan: Plan | undefined;
  /** Where tiers and layers stand; layers of a range have the range's place, in graph order. */
  readonly outline: PlanOutline;
  /** Everything found, in the order of the text, at most about 200; ranges are one-based, `where.path` is left to the caller. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads and checks a plan (`.tiers` text) against the model, data files and targets that `world` shows. Pure, never throws for any
 * text, and bounded: texts of over 1 000 000 characters or 40 000 tokens are cut and reported. Used alike by the command line, the
 * solver and the language server. Budgets are read here but compared elsewhere (`budgetDiagnostic`), where energies are known.
 */
export function checkPlan(text: string, world: PlanWorld): CheckedPlan {
  return checkParsed(parsePlan(text), text, world);
}

/** `checkPlan` for a text that has been parsed already. */
export function checkParsed(parsed: ParsedPlan, text: string, world: PlanWorld): CheckedPlan {
  const lines = createLineTable(text);
  const findings = createFindings(lines);
  const tooLarge = wasCut(parsed.lexerReport);
  const wholeSyntax = !tooLarge && parsed.lexerErrors.length === 0 && parsed.parserErrors.length === 0;
  const context: CheckContext = { text, world, findings, lines, wholeSyntax };
  checkSyntax(context, parsed, tooLarge);
  const clauses = sortClauses(context, parsed.value.clauses);
  const model = clauses.model && checkModel(context, clauses.model);
  const data = clauses.data && checkData(context, clauses.data);
  const textClause = clauses.text && checkText(context, clauses.text);
  const target = clauses.target && checkTarget(context, clauses.target);
  const trainOn = clauses.train && checkTrain(context, clauses.train);
  const backend = clauses.backend && checkBackend(context, clauses.backend);
  const table = createLayerTable(context, model?.model);
  const tiers = clauses.tiers.flatMap((block, index) => checkTier(context, block, table, index) ?? []);
  checkTogether(context, tiers);
  const planModel = { path: model?.path, model: model?.model, hasText: clauses.text !== undefined };
  const hasRows = clauses.data !== undefined || clauses.text !== undefined;
  const compound = clauses.compound && checkCompound(context, clauses.compound, planModel, hasRows);
  checkComplete(context, clauses, tiers);
  const plan =
    model?.path === undefined
      ? undefined
      : {
          modelPath: model.path,
          data,
          ...(textClause === undefined ? {} : { text: textClause }),
          target: target ?? world.targets[0]?.id ?? '',
          ...(trainOn === undefined ? {} : { trainOn }),
          backend: backend ?? { kind: 'sim' as const },
          lower: tiers.map((t) => t.tier).filter((t): t is LowerTier => t.kind === 'lower'),
          upper: tiers.map((t) => t.tier).filter((t): t is UpperTier => t.kind === 'upper'),
          ...(compound?.compound === undefined ? {} : { compound: compound.compound }),
          budgets: clauses.budgets,
        };
  return { plan, outline: outlineOf(context, planModel, target, tiers, compound), diagnostics: findings.list() };
}

interface Clauses {
  readonly model: ModelClause | undefined;
  readonly data: DataClause | undefined;
  readonly text: TextClause | undefined;
  readonly compound: CompoundBlock | undefined;
  readonly target: TargetClause | undefined;
  readonly train: TrainClause | undefined;
  readonly backend: BackendClause | undefined;
  readonly tiers: readonly TierBlock[];
  readonly budgets: readonly Budget[];
}

function sortClauses(context: CheckContext, clauses: readonly Clause[]): Clauses {
  const once = new OnceOnly(context, 'this plan');
  const single: {
    model?: ModelClause;
    data?: DataClause;
    text?: TextClause;
    target?: TargetClause;
    train?: TrainClause;
    backend?: BackendClause;
    compound?: CompoundBlock;
  } = {};
  const tiers: TierBlock[] = [];
  const budgets: BudgetClause[] = [];
  for (const clause of clauses) {
    const span = spanOf(clause);
    if (isTierBlock(clause)) tiers.push(clause);
    else if (isBudgetClause(clause)) budgets.push(clause);
    else if (isModelClause(clause)) {
      if (once.first('model', span)) single.model = clause;
    } else if (isDataClause(clause)) {
      if (once.first('data', span)) single.data = clause;
    } else if (isTextClause(clause)) {
      if (once.first('text', span)) single.text = clause;
    } else if (isCompoundBlock(clause)) {
      // A whole section is too much to underline.
      if (once.first('compound', { offset: span.offset, end: span.offset + 'compound'.length }, 'header')) single.compound = clause;
    } else if (isTargetClause(clause)) {
      if (once.first('target', span)) single.target = clause;
    } else if (isTrainClause(clause)) {
      if (once.first('train', span)) single.train = clause;
    } else if (isBackendClause(clause) && once.first('backend', span)) single.backend = clause;
  }
  const checked = budgets.flatMap((clause) => checkBudget(context, clause, 'plan', once) ?? []);
  return {
    model: single.model,
    data: single.data,
    text: single.text,
    compound: single.compound,
    target: single.target,
    train: single.train,
    backend: single.backend,
    tiers,
    budgets: checked,
  };
}

/** Clauses that a plan needs. Only for whole syntax: in a broken text the missing clause may be the broken one. */
function checkComplete(context: CheckContext, clauses: Clauses, tiers: readonly CheckedTier[]): void {
  if (!context.wholeSyntax) return;
  if (clauses.model === undefined) {
    const fixes = context.world
      .modelsNearby()
      .slice(0, 3)
      .map((path) => `model ${quote(path)}\n`);
    context.findings.add(
      'error',
      'missing-clause',
      { offset: 0, end: 0 },
      'the plan names no model; add a clause such as model "digits.onnx"',
      fixes,
    );
    return;
  }
  if (clauses.data !== undefined || tiers.length === 0) return;
  const span = spanOf(clauses.model);
  const fixes = context.world
    .dataNearby()
    .slice(0, 3)
    .map((path) => `${context.text.slice(span.offset, span.end)}\ndata ${quote(path)}`);
  context.findings.add(
    'warning',
    'missing-clause',
    span,
    `the plan names no data, ${clauses.text === undefined ? 'so its tiers cannot be fitted' : 'and tiers are not fitted to a text'}; add a clause such as data "digits.npz"`,
    fixes,
  );
}
