import type { EnergyDocument } from '../protocol/documents.ts';
import type { Quantity } from '../protocol/quantity.ts';
import { inert } from './cells.ts';

const figures = ['inference', 'sgd', 'solve', 'incremental'] as const;

/**
 * One line per layer, joules as plain numbers with value, low, high, source and reference of each figure, for spreadsheets and
 * scripts. Comma-separated with a header (RFC 4180, lines end in LF); unknown figures are empty. Texts that a spreadsheet
 * would run as a formula get a leading apostrophe.
 */
export function energyCsv(energy: EnergyDocument): string {
  const header = [
    'layer',
    'op',
    'tier',
    'macs',
    'parameters',
    ...figures.flatMap((name) => [`${name}_J`, `${name}_low_J`, `${name}_high_J`, `${name}_source`, `${name}_ref`]),
    'break_even_retrainings',
    'target',
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
  ]);
  return `${[header, ...lines].map((cells) => cells.join(',')).join('\n')}\n`;
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
