import type { CheckDocument, CheckModule, DiagnosticDocument } from '../protocol/documents.ts';
import { budgetLine } from './budget-line.ts';
import { counted, inert } from './cells.ts';

/** One finding per line as compilers print them: `file:line:col: severity code: message`. Paths stay whole, so that terminals can open them. */
export function diagnosticLine(diagnostic: DiagnosticDocument): string {
  const { where } = diagnostic;
  const place = [
    ...(where.path === undefined ? [] : [inert(where.path, 4096)]),
    ...(where.range === undefined ? [] : [`${where.range.line}:${where.range.column}`]),
  ].join(':');
  const inside = [
    ...(where.node === undefined ? [] : [`node ${inert(where.node, 60)}`]),
    ...(where.tensor === undefined ? [] : [`tensor ${inert(where.tensor, 60)}`]),
    ...(where.byteOffset === undefined ? [] : [`byte ${where.byteOffset}`]),
  ].join(', ');
  return `${place === '' ? '' : `${place}: `}${diagnostic.severity} ${diagnostic.code}: ${inert(diagnostic.message, 1000)}${inside === '' ? '' : ` (${inside})`}`;
}

/** The check document for a terminal: findings, tiers, budgets, and a closing line with the counts. Ends with a newline. */
export function checkText(check: CheckDocument): string {
  const count = (severity: DiagnosticDocument['severity']): number => check.diagnostics.filter((d) => d.severity === severity).length;
  const tiers = check.tiers.map(
    (tier) => `  ${tier.kind} tier ${inert(tier.name, 60)}: ${tier.layers.map((id) => inert(id, 48)).join(', ') || 'no layers'}`,
  );
  return [
    ...check.diagnostics.map(diagnosticLine),
    ...(check.diagnostics.length > 0 ? [''] : []),
    ...(tiers.length > 0 ? ['Tiers', ...tiers, ''] : []),
    ...compoundLines(check.compound),
    ...(check.budgets.length > 0 ? ['Budgets', ...check.budgets.map((budget) => `  ${budgetLine(budget)}`), ''] : []),
    `${inert(check.plan, 4096)}: ${counted(count('error'), 'error')}, ${counted(count('warning'), 'warning')}, ${counted(count('info'), 'note')}`,
    '',
  ].join('\n');
}

function compoundLines(compound: CheckDocument['compound']): string[] {
  if (compound === undefined) return [];
  const { name, lower, upper } = compound;
  return [
    `Compound ${inert(name, 60)}`,
    `  lower module: ${moduleText(lower, 'lower')}`,
    `  upper module: ${moduleText(upper, 'upper')}`,
    '',
  ];
}

/** A lower module reaches from the model's input to the last layer that is named; an upper one begins where the lower one ends. */
function moduleText(module: CheckModule, kind: 'lower' | 'upper'): string {
  if (module.kind === 'model') return inert(module.path, 200);
  if (module.kind === 'rest') return 'what follows the lower module';
  const last = module.layers.at(-1);
  if (last === undefined) return 'not known';
  return kind === 'lower' ? `everything up to ${inert(last, 48)}` : `what follows, up to ${inert(last, 48)}`;
}
