import { energyContext } from '../energy/estimate.ts';
import type { Budget, Compound, Plan } from '../model/plan.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { BudgetDocument, CheckDocument } from '../protocol/index.ts';
import { budgetDiagnostic, unknownBudgetDiagnostic } from '../tiers/budgets.ts';
import type { Environment } from './environment.ts';
import { staleCalibration } from './measured-evidence.ts';
import { planEnergy } from './plan-energy.ts';
import { readPlan } from './read-plan.ts';
import { targetsFor } from './targets.ts';
import { weightsNotHeld } from './weight-values.ts';

/** Findings of the estimate that a check passes on: each says that the figures behind the budgets are not what they seem, or not all there. */
const codesOfEstimate: readonly string[] = [staleCalibration, weightsNotHeld, 'energy-incomplete'];

/** Diagnostics and budgets of a plan. Budgets are judged only when the plan has no errors. */
export async function checkJob(
  environment: Environment,
  params: { readonly path: string; readonly text?: string },
): Promise<CheckDocument> {
  const read = await readPlan(params.path, params.text);
  const diagnostics = [...read.diagnostics];
  let budgets: readonly BudgetDocument[] = [];
  const plan = read.plan;
  const sound = plan !== undefined && !diagnostics.some((d) => d.severity === 'error');
  const found = await targetsFor(read.path);
  diagnostics.push(...found.diagnostics);
  if (sound && energyContext(plan.target, found.targets).value !== undefined) {
    const energy = await planEnergy(environment, read, plan, plan.target, found);
    diagnostics.push(...energy.diagnostics.filter(({ code }) => codesOfEstimate.includes(code)));
    if (energy.value !== undefined) {
      budgets = energy.value.budgets ?? [];
      diagnostics.push(...budgetFindings(plan, budgets, read.path));
    }
  }
  return {
    schema: 'tierwise.check/1',
    plan: read.path,
    model: read.modelPath,
    backend: plan?.backend.kind ?? null,
    tiers: plan === undefined ? [] : [...plan.lower, ...plan.upper].map((t) => ({ kind: t.kind, name: t.name, layers: t.layers })),
    ...(plan?.compound === undefined ? {} : { compound: compoundOf(plan.compound) }),
    budgets,
    diagnostics,
  };
}

function compoundOf({ name, lower, upper }: Compound): NonNullable<CheckDocument['compound']> {
  return { name, lower, upper };
}

/** What there is to say about each budget that is not clearly met. */
function budgetFindings(plan: Plan, documents: readonly BudgetDocument[], path: string): readonly Diagnostic[] {
  const all: readonly Budget[] = [...plan.budgets, ...[...plan.lower, ...plan.upper].flatMap((t) => t.budgets)];
  return documents.flatMap((document, index) => {
    const budget = all[index];
    if (budget === undefined) return [];
    const findings = [
      budgetDiagnostic(budget, document.scope, document.actual, document.ofLayers),
      unknownBudgetDiagnostic(budget, document),
    ];
    return findings.flatMap((finding) => (finding === undefined ? [] : [{ ...finding, where: { path, ...finding.where } }]));
  });
}
