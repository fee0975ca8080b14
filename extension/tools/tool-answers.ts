import type { BudgetDocument, CheckDocument, EnergyDocument, EnergyLayer, Quantity } from '../../solver-core/protocol/index.ts';
import { formatCount } from '../format.ts';
import type { ExplainInput } from './tool-input.ts';
import { answer, dataNotice, figure, quoted } from './tool-text.ts';

const defaultTop = 20;

/** Energy per layer, the hungriest first, and totals with what they rest on. `top`: layers listed, default 20. */
export function energyAnswer(energy: EnergyDocument, top: number = defaultTop): string {
  const layers = [...energy.layers].sort((a, b) => (b.inference?.value ?? -1) - (a.inference?.value ?? -1));
  const { totals } = energy;
  return answer([
    dataNotice,
    `Model ${quoted(energy.model, 200)}, target ${quoted(energy.target)}, ${energy.layers.length} layers. MACs are strict multiply-adds.`,
    `Total per inference: ${figure(totals.inference)}; ${formatCount(totals.macs)} MACs.`,
    `Retraining once: gradient descent ${figure(totals.retraining.sgd)}; direct solve ${figure(totals.retraining.solve)}; incremental update ${figure(totals.retraining.incremental)}.`,
    ...layers
      .slice(0, top)
      .map(
        (layer, i) =>
          `${i + 1}. ${quoted(layer.id)} (${quoted(layer.op, 40)}, tier ${layer.tier}): ${figure(layer.inference)} per inference`,
      ),
    ...restLines(layers.slice(top)),
    ...assumptionLines(energy),
    ...findingLines(energy.diagnostics),
  ]);
}

/** How many layers are not listed; a layer whose energy is unknown is not said to need less. */
function restLines(rest: readonly EnergyLayer[]): readonly string[] {
  const nUnknown = rest.filter(({ inference }) => inference === null).length;
  const nLess = rest.length - nUnknown;
  return [
    ...(nLess > 0 ? [`${nLess} more layers need less each.`] : []),
    ...(nUnknown > 0 ? [`${nUnknown} more layers: energy unknown.`] : []),
  ];
}

/** Every budget of a plan with its limit, the figure it is held against, and the outcome. */
export function budgetsAnswer(check: CheckDocument): string {
  const lines = check.budgets.map(budgetLine);
  const exceeded = check.budgets.filter(({ status }) => status === 'exceeded').length;
  return answer([
    dataNotice,
    `Plan ${quoted(check.plan, 200)}: ${check.budgets.length === 0 ? 'it states no budget' : `${check.budgets.length} budgets, ${exceeded} exceeded`}.`,
    ...lines,
    'Statuses: met = the figure is below the limit; exceeded = above; uncertain = the limit lies inside the band; unknown = a figure is missing.',
    ...findingLines(check.diagnostics),
  ]);
}

function budgetLine(budget: BudgetDocument): string {
  const missing = budget.missing === undefined ? '' : `; figures missing for ${budget.missing.total} layers`;
  const worst = budget.ofLayers?.worst.slice(0, 5).map((layer) => `${quoted(layer.id)} ${figure(layer.actual)}`) ?? [];
  const layers = worst.length === 0 ? '' : `; worst layers: ${worst.join(', ')}`;
  return `- ${quoted(budget.scope)} per ${budget.per}: ${budget.status}; limit ${figure(budget.limit)}; actual ${figure(budget.actual)}${missing}${layers}`;
}

/** One figure of one layer taken apart: parts, band, source, references, assumptions; or which layers there are. */
export function explainAnswer(energy: EnergyDocument, { layer: id, figure: which = 'inference' }: ExplainInput): string {
  const layer = layerCalled(energy, id);
  if (layer === undefined) return unknownLayer(energy, id);
  const quantity = which === 'inference' ? layer.inference : layer.retraining[which];
  return answer([
    dataNotice,
    `Layer ${quoted(layer.id)} (${quoted(layer.op, 40)}, tier ${layer.tier}) on target ${quoted(energy.target)}: ${figureName(which)} = ${figure(quantity)}.`,
    ...(which === 'inference' ? partLines(layer, quantity) : []),
    ...workLines(layer),
    ...(layer.evidence ?? []).map(
      (one) =>
        `Evidence for ${quoted(one.of)}: estimate ${figure(one.estimate)}; simulated ${figure(one.simulated)}; measured ${figure(one.measured?.energy ?? null)}${one.stale === null ? '' : `; out of date: ${quoted(one.stale, 200)}`}.`,
    ),
    ...(energy.calibration === undefined
      ? ['No calibration: the constants of the target are used as published.']
      : [
          `Calibration of ${quoted(energy.calibration.date, 40)}${energy.calibration.stale === null ? '' : `, out of date: ${quoted(energy.calibration.stale, 200)}`}.`,
        ]),
    ...assumptionLines(energy),
  ]);
}

/** The layer of this id; else the only one that an answer would name so, since answers shorten and flatten names. */
function layerCalled(energy: EnergyDocument, id: string): EnergyLayer | undefined {
  const exact = energy.layers.find((one) => one.id === id);
  if (exact !== undefined) return exact;
  const named = energy.layers.filter((one) => JSON.parse(quoted(one.id)) === id);
  return named.length === 1 ? named[0] : undefined;
}

function figureName(which: NonNullable<ExplainInput['figure']>): string {
  const names = {
    inference: 'energy of one inference',
    sgd: 'energy of retraining by gradient descent',
    solve: 'energy of retraining by one direct solve',
    incremental: 'energy of one incremental update',
  };
  return names[which];
}

function partLines(layer: EnergyLayer, whole: Quantity | null): readonly string[] {
  return layer.components.map(({ name, energy }) => {
    const share = whole === null || whole.value === 0 ? '' : `, ${((100 * energy.value) / whole.value).toFixed(0)} % of the figure`;
    return `- part ${quoted(name)}: ${figure(energy)}${share}`;
  });
}

function workLines({ macs, parameters, mapping, zeros }: EnergyLayer): readonly string[] {
  return [
    `Work: ${macs === null ? 'unknown' : formatCount(macs)} strict MACs, ${formatCount(parameters)} parameters.`,
    ...(mapping === undefined
      ? []
      : [`On the array: ${quoted(mapping.text, 200)}, utilisation ${(100 * mapping.utilisation).toFixed(0)} %.`]),
    ...(zeros === undefined ? [] : [`Zero inputs: ${figure(zeros)}.`]),
  ];
}

function unknownLayer(energy: EnergyDocument, id: string): string {
  const known = energy.layers.slice(0, 30).map((layer) => quoted(layer.id));
  const rest = energy.layers.length > known.length ? ` and ${energy.layers.length - known.length} more` : '';
  return answer([dataNotice, `unknown-layer: no layer is called ${quoted(id)}. Layers: ${known.join(', ')}${rest}.`]);
}

function assumptionLines(energy: EnergyDocument): readonly string[] {
  return energy.assumptions.slice(0, 20).map(({ text, dominates }) => `Assumption${dominates ? ' (dominates)' : ''}: ${quoted(text, 300)}`);
}

/** Findings about the files; those about budgets would repeat figures without their provenance. */
function findingLines(diagnostics: CheckDocument['diagnostics']): readonly string[] {
  return diagnostics
    .filter(({ code }) => !code.startsWith('budget'))
    .slice(0, 10)
    .map(({ severity, code, message }) => `${severity} ${code}: ${quoted(message, 300)}`);
}
