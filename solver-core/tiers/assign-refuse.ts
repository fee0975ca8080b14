import type { Diagnostic } from '../model/diagnostic.ts';
import type { TierAssignment, TierGoal } from '../protocol/index.ts';
import type { CheckedPlan } from './check.ts';
import { closest } from './suggest.ts';
import { shown } from './text.ts';
import type { ModelView } from './world.ts';

/** Why layers cannot be moved. */
export type Refusal = Extract<TierAssignment, { readonly refusal: unknown }>['refusal'];

/** Errors of a plan that leave open which layer is where, so that no edit of it is safe. */
const unsure: ReadonlySet<string> = new Set([
  'syntax-error',
  'unterminated-string',
  'unterminated-comment',
  'plan-too-large',
  'too-many-findings',
  'unknown-layer',
  'unknown-block',
  'duplicate-layer',
  'reversed-range',
  'duplicate-tier-name',
]);

/** What keeps a plan from being edited at all, or undefined when nothing does. */
export function obstacle(
  plan: { readonly checked: CheckedPlan },
  view: ModelView | undefined,
  layers: readonly string[],
  goal: TierGoal,
): Refusal | undefined {
  const { diagnostics, outline } = plan.checked;
  const error = diagnostics.find((finding) => finding.severity === 'error' && unsure.has(finding.code));
  if (error !== undefined) return ofPlan(error);
  if (view === undefined || !('layers' in view)) return ofModel(view);
  const known = new Set(view.layers.map((layer) => layer.id));
  const unknown = layers.find((id) => !known.has(id));
  if (unknown !== undefined) {
    const [near] = closest(unknown, known);
    const advice = near === undefined ? 'The model may have changed; refresh the panel.' : `Did you mean ${shown(near)}?`;
    return { code: 'unknown-layer', message: `the model has no layer ${shown(unknown)}`, advice };
  }
  if (goal.kind === 'frozen') return undefined;
  const namesake = outline.tiers.find((tier) => tier.name === goal.name && tier.kind !== goal.kind);
  if (namesake === undefined) return undefined;
  return {
    code: 'duplicate-tier-name',
    message: `there is already ${namesake.kind === 'upper' ? 'an upper' : 'a lower'} tier ${shown(goal.name)}`,
    advice: 'Give the new tier another name.',
  };
}

/** A name that the language does not read back as that name. */
export function refuseName(after: CheckedPlan, goal: TierGoal): Refusal | undefined {
  if (goal.kind === 'frozen' || after.outline.tiers.some((tier) => tier.kind === goal.kind && tier.name === goal.name)) return undefined;
  return {
    code: 'bad-tier-name',
    message: `${shown(goal.name)} cannot name a tier`,
    advice: 'A name begins with a letter and has letters, digits, dashes and underscores, as in features-2.',
  };
}

/** The first error that the plan did not have before, as a reason not to write it. */
export function refuseNewErrors(before: CheckedPlan, after: CheckedPlan): Refusal | undefined {
  const errors = (checked: CheckedPlan): readonly Diagnostic[] => checked.diagnostics.filter((finding) => finding.severity === 'error');
  const known = new Set(errors(before).map((finding) => `${finding.code}\n${finding.message}`));
  const had = countBy(errors(before));
  const has = countBy(errors(after));
  const added = errors(after).find(
    (finding) => (has.get(finding.code) ?? 0) > (had.get(finding.code) ?? 0) && !known.has(`${finding.code}\n${finding.message}`),
  );
  return added && { code: added.code, message: added.message.split(/; (?!neither)/)[0] ?? added.message, advice: adviceFor(added) };
}

function countBy(findings: readonly Diagnostic[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { code } of findings) counts.set(code, (counts.get(code) ?? 0) + 1);
  return counts;
}

function adviceFor(finding: Diagnostic): string {
  if (finding.code === 'tier-order')
    return 'A lower tier sits below every upper tier in the model. Move the layers in between along with it, or freeze them.';
  if (finding.code === 'layer-not-solvable')
    return 'Leave it frozen, or use an upper tier that learns by sgd or adam: these take layers of any type.';
  return 'Change the plan by hand; its Problems list says what is expected.';
}

function ofPlan(error: Diagnostic): Refusal {
  const line = error.where.range?.line;
  return {
    code: 'plan-has-errors',
    message: `the plan has an error${line === undefined ? '' : ` in line ${line}`}: ${error.message}`,
    advice: 'Repair it in the plan first; the Problems list offers a quick fix where there is one.',
  };
}

function ofModel(view: ModelView | undefined): Refusal {
  if (view === undefined)
    return { code: 'missing-clause', message: 'the plan names no model', advice: 'Add a clause such as model "digits.onnx".' };
  if ('problem' in view)
    return {
      code: 'model-unreadable',
      message: `the model of the plan cannot be read: ${view.problem.message}`,
      advice: 'Repair the model clause of the plan, or bring the file back.',
    };
  return {
    code: 'model-not-here',
    message: 'the model of a plan that is not on this machine cannot be read',
    advice: 'Open the folder on this machine or over Remote, or edit the plan by hand.',
  };
}
