import type { EnergyDocument, EnergyLayer, RetrainingDocument } from '../protocol/documents.ts';
import type { Quantity } from '../protocol/quantity.ts';
import { inert } from './cells.ts';

const figures = ['inference', 'sgd', 'solve', 'incremental'] as const;
const methods = ['sgd', 'solve', 'incremental'] as const;

/**
 * One line per layer, joules as plain numbers with value, low, high, source and reference of each figure, for spreadsheets and
 * scripts. Comma-separated with a header (RFC 4180, lines end in LF); unknown figures are empty. Texts that a spreadsheet
 * would run as a formula get a leading apostrophe. Behind them: the same retraining on the machine that would train, the strictest budget
 * per layer, the first evidence of the layer with simulated and measured figures and the error of the estimate, and its place on an array.
 */
export function energyCsv(energy: EnergyDocument): string {
  const header = [
    'layer',
    'op',
    'tier',
    'macs',
    'parameters',
    ...figures.flatMap(figureNames),
    'break_even_retrainings',
    'target',
    'training_machine',
    ...methods.flatMap((name) => figureNames(`machine_${name}`)),
    'budget_per_layer_J',
    'budget_per_layer_status',
    'evidence_of',
    ...figureNames('evidence_estimate'),
    ...figureNames('evidence_simulated'),
    ...figureNames('evidence_measured'),
    'evidence_error',
    'evidence_stale',
    'dataflow',
    'mapping',
    'utilisation',
    'cycles',
    'calibration',
    'calibration_stale',
  ];
  const lines = energy.layers.map((layer) => [
    textCell(layer.id),
    textCell(layer.op),
    layer.tier,
    layer.macs === null ? '' : String(layer.macs),
    String(layer.parameters),
    ...quantityCells(layer.inference),
    ...quantityCells(layer.retraining.sgd),
    ...quantityCells(layer.retraining.solve),
    ...quantityCells(layer.retraining.incremental),
    layer.breakEvenRetrainings === null ? '' : String(layer.breakEvenRetrainings),
    textCell(energy.target),
    textCell(energy.trainingMachine?.machine ?? ''),
    ...machineCells(layer.onTrainingMachine),
    ...budgetCells(layer),
    ...evidenceCells(layer),
    ...mappingCells(layer),
    textCell(energy.calibration === undefined ? '' : `${energy.calibration.path} of ${energy.calibration.date}`),
    textCell(energy.calibration?.stale ?? ''),
  ]);
  return `${[header, ...lines].map((cells) => cells.join(',')).join('\n')}\n`;
}

function figureNames(name: string): readonly string[] {
  return [`${name}_J`, `${name}_low_J`, `${name}_high_J`, `${name}_source`, `${name}_ref`];
}

function machineCells(retraining: RetrainingDocument | undefined): readonly string[] {
  return methods.flatMap((method) => quantityCells(retraining?.[method] ?? null));
}

function budgetCells({ budget }: EnergyLayer): readonly string[] {
  return budget === undefined ? ['', ''] : [String(budget.limit.value), budget.status];
}

function evidenceCells({ evidence = [] }: EnergyLayer): readonly string[] {
  const [first] = evidence;
  if (first === undefined) return ['', ...Array.from({ length: 15 }, () => ''), '', ''];
  return [
    textCell(first.of),
    ...quantityCells(first.estimate),
    ...quantityCells(first.simulated),
    ...quantityCells(first.measured?.energy ?? null),
    first.error === null ? '' : String(first.error),
    textCell(first.stale ?? ''),
  ];
}

function mappingCells({ mapping }: EnergyLayer): readonly string[] {
  if (mapping === undefined) return ['', '', '', ''];
  return [mapping.dataflow, textCell(mapping.text), String(mapping.utilisation), String(mapping.cycles)];
}

/** A text as a CSV cell: inert, quoted where needed, never a formula. */
export function textCell(text: string): string {
  const shown = inert(text, 1000);
  const safe = /^[=+\-@]/.test(shown) ? `'${shown}` : shown;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function quantityCells(q: Quantity | null): readonly string[] {
  return q === null ? ['', '', '', '', ''] : [String(q.value), String(q.low), String(q.high), q.source, textCell(q.ref)];
}
