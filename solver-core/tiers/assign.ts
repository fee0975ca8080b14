import { CstUtils } from 'langium';
import { assert } from '../model/error.ts';
import type { PlanOutline, TierAssignment, TierGoal } from '../protocol/index.ts';
import { addLayers, blockInsertion, newBlock } from './assign-add.ts';
import { placedBlocks } from './assign-blocks.ts';
import type { PlacedBlock } from './assign-blocks.ts';
import { applyEdits, layoutOf, withoutOverlaps } from './assign-edits.ts';
import type { SpanEdit } from './assign-edits.ts';
import { obstacle, refuseName, refuseNewErrors } from './assign-refuse.ts';
import { empties, removeLayers } from './assign-remove.ts';
import type { RemoveContext } from './assign-remove.ts';
import { checkParsed } from './check.ts';
import type { CheckedPlan } from './check.ts';
import { parsePlan } from './language.ts';
import type { ParsedPlan } from './language.ts';
import { spanOf } from './nodes.ts';
import { zeroBased } from './outline.ts';
import { createLineTable } from './text.ts';
import type { PlanWorld, SeenModel } from './world.ts';

/** A plan as it stands, parsed and checked. */
export interface PlanAsWritten {
  readonly text: string;
  readonly parsed: ParsedPlan;
  readonly checked: CheckedPlan;
  readonly world: PlanWorld;
}

/**
 * Edits of a plan that put `layers` where `goal` says and leave everything else as it is written: comments, order, layout. Ranges and
 * blocks of which only a part moves are split; a tier that loses its last layer goes, with its clauses; a tier that is not there yet is
 * made. No edits when all layers are there already. Refused, without edits, is what the checker would refuse afterwards, and any change
 * of a text whose layers cannot be told for sure. Pure; never throws for any text. O(text + layers of the model).
 */
export function assignTier(plan: PlanAsWritten, layers: readonly string[], goal: TierGoal): TierAssignment {
  const path = plan.checked.plan?.modelPath;
  const view = path === undefined ? undefined : plan.world.model(path);
  const refusal = obstacle(plan, view, layers, goal);
  if (refusal !== undefined) return { refusal };
  assert(view !== undefined && 'layers' in view, 'a model that cannot be read is an obstacle');
  const edits = withoutOverlaps(editsOf(plan, view, layers, goal));
  if (edits.length === 0) return { edits: [] };
  const text = applyEdits(plan.text, edits);
  const after = checkParsed(parsePlan(text), text, plan.world);
  const unwanted = refuseName(after, goal) ?? refuseNewErrors(plan.checked, after);
  if (unwanted !== undefined) return { refusal: unwanted };
  assert(isWanted(plan.checked.outline, after.outline, layers, goal), 'the edited plan has every layer where it belongs');
  const lines = createLineTable(plan.text);
  return { edits: edits.map((edit) => ({ range: zeroBased(lines.range(edit)), newText: edit.newText })) };
}

function editsOf(plan: PlanAsWritten, model: SeenModel, layers: readonly string[], goal: TierGoal): readonly SpanEdit[] {
  const root = plan.parsed.value.$cstNode;
  assert(root !== undefined, 'a parsed plan has a syntax tree');
  const leaves = CstUtils.flattenCst(root)
    .toArray()
    .sort((a, b) => a.offset - b.offset);
  const blocks = placedBlocks(plan.parsed, leaves, model);
  const context: RemoveContext = { layout: layoutOf(plan.text, leaves), blocks, idOf: (index) => model.layers[index]?.id ?? '' };
  const target = goal.kind === 'frozen' ? undefined : blocks.find((block) => block.kind === goal.kind && block.name === goal.name);
  const indexOf = new Map(model.layers.map((layer, index) => [layer.id, index]));
  const moved = new Set(layers.flatMap((id) => indexOf.get(id) ?? []));
  for (const clause of target?.clauses ?? []) for (const entry of clause.entries) for (const index of entry.layers) moved.delete(index);
  const others = blocks.filter(
    (block) =>
      block !== target && block.clauses.some((clause) => clause.entries.some((entry) => entry.layers.some((index) => moved.has(index)))),
  );
  const edits = removeLayers(context, others, moved);
  if (goal.kind === 'frozen' || moved.size === 0) return edits;
  const added = [...moved].sort((a, b) => a - b);
  if (target !== undefined) return [...edits, ...addLayers(context, target, added)];
  const staying = blocks.filter((block) => !others.includes(block) || !empties(block, moved));
  const isOutput = added.length === 1 && added[0] === model.layers.length - 1;
  const anchor = anchorOf(plan.parsed, staying, goal.kind);
  return [...edits, blockInsertion(context.layout, anchor, newBlock(context, goal, added, isOutput))];
}

/** The end of the clause that a new tier follows: the tiers below it, else what the plan says first. */
function anchorOf(parsed: ParsedPlan, blocks: readonly PlacedBlock[], kind: 'lower' | 'upper'): number {
  const tier = kind === 'upper' ? blocks.at(-1) : blocks.findLast((block) => block.kind === 'lower');
  if (tier !== undefined) return tier.span.end;
  const isBlock = (type: string): boolean => ['TierBlock', 'CompoundBlock', 'BudgetClause'].includes(type);
  const first = parsed.value.clauses.findIndex((clause) => isBlock(clause.$type));
  const header = parsed.value.clauses.slice(0, first < 0 ? undefined : first).at(-1);
  const model = header ?? parsed.value.clauses.find((clause) => clause.$type === 'ModelClause');
  return model === undefined ? 0 : spanOf(model).end;
}

function isWanted(before: PlanOutline, after: PlanOutline, layers: readonly string[], goal: TierGoal): boolean {
  const wanted = tiersById(before);
  for (const id of layers) {
    if (goal.kind === 'frozen') wanted.delete(id);
    else wanted.set(id, `${goal.kind} ${goal.name}`);
  }
  const got = tiersById(after);
  return got.size === wanted.size && [...wanted].every(([id, tier]) => got.get(id) === tier);
}

/** Which tier each layer of a plan is in, by the layer's id. */
function tiersById(outline: PlanOutline): Map<string, string> {
  return new Map(outline.tiers.flatMap((tier) => tier.layers.map((layer) => [layer.id, `${tier.kind} ${tier.name}`] as const)));
}
