import type { AstNode } from 'langium';
import {
  isCompoundBlock,
  isDataClause,
  isEscalateClause,
  isHeadsClause,
  isLearnClause,
  isModuleClause,
  isSolveClause,
  isTargetsClause,
  isTextClause,
  isTierBlock,
} from '../../tiers/generated/ast.ts';
import type { PlanFile } from '../../tiers/generated/ast.ts';
import { headsOptions, isOptionKey, learnerOptions } from '../../tiers/method-options.ts';
import { rawOf, spanOf } from '../../tiers/nodes.ts';

/**
 * True when the grammar lets `keyword` stand at `offset` of a plan but the checker would refuse it: an option that its method does not take or
 * that is written already, `within` behind a number, a lower module that is the rest, another model where a text is read (`hasText`).
 */
export function isRefused(keyword: string, plan: PlanFile, hasText: boolean, text: string, offset: number): boolean {
  const clause = clauseBefore(plan, offset);
  if (clause === undefined) return false;
  const options = 'options' in clause ? (clause.options as readonly (AstNode & { readonly key?: string })[]) : [];
  const isWritten = options.some((option) => option.key === keyword && spanOf(option).offset < offset);
  if (isTextClause(clause) || isDataClause(clause)) return isWritten;
  const allowed = optionsAfter(clause);
  if (allowed !== undefined && isOptionKey(keyword)) return isWritten || !allowed.includes(keyword);
  if (isEscalateClause(clause)) return keyword === 'within' && !clause.auto;
  if (!isModuleClause(clause) && !isCompoundBlock(clause)) return false;
  const [, module] = /\b(lower|upper)\s+[a-z]*$/.exec(text.slice(Math.max(0, offset - 60), offset)) ?? [];
  if (module === undefined) return false;
  if (keyword === 'rest') return module === 'lower';
  return keyword === 'model' && hasText;
}

/** Keys that the method of a clause takes; undefined where the clause has no method. */
function optionsAfter(clause: AstNode): readonly string[] | undefined {
  const find = (lists: Readonly<Record<string, readonly string[]>>, word: string | undefined): readonly string[] | undefined =>
    word !== undefined && Object.hasOwn(lists, word) ? lists[word] : undefined;
  if (isHeadsClause(clause)) return find(headsOptions, rawOf(clause, 'heads')?.value);
  if (isLearnClause(clause)) return find(learnerOptions, rawOf(clause, 'learner')?.value);
  if (isSolveClause(clause)) return ['lambda'];
  return isTargetsClause(clause) ? ['seed'] : undefined;
}

/** The last clause that begins before `offset`, inside the tier or compound section where there is one. */
export function clauseBefore(plan: PlanFile, offset: number): AstNode | undefined {
  const last = <T extends AstNode>(clauses: readonly T[]): T | undefined => clauses.findLast((clause) => spanOf(clause).offset < offset);
  const outer = last(plan.clauses);
  return outer !== undefined && (isTierBlock(outer) || isCompoundBlock(outer)) ? (last<AstNode>(outer.clauses) ?? outer) : outer;
}
