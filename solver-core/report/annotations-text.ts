import { formatCount, sourceLegend } from '../energy/format.ts';
import type { DiagnosticDocument } from '../protocol/documents.ts';
import type { PythonDocument, PythonLayer } from '../protocol/python-documents.ts';
import type { Column } from './cells.ts';
import { counted, fileName, inert, nothing, quantityCell, textTable } from './cells.ts';
import { diagnosticLine } from './check-text.ts';

const columns: readonly Column[] = [
  { title: 'line', align: 'right' },
  { title: 'layer', align: 'left' },
  { title: 'kind', align: 'left' },
  { title: 'tier', align: 'left' },
  { title: 'parameters', align: 'right' },
  { title: 'MACs', align: 'right' },
  { title: 'inference', align: 'right' },
  { title: 'solve', align: 'right' },
  { title: 'update', align: 'right' },
  { title: 'from', align: 'left' },
];

/** Lines of a table that a terminal still shows well. */
const maxRows = 2000;

/** The layers of a Python file for a terminal: one line each, model by model, then notes and findings. Ends with a newline. */
export function annotationsText(document: PythonDocument): string {
  const { layers, model, target } = document;
  const count = (severity: DiagnosticDocument['severity']): number => document.diagnostics.filter((d) => d.severity === severity).length;
  const names = [...new Set(layers.map((layer) => layer.model))];
  const isSingle = names.length < 2;
  const rows = layers.slice(0, maxRows).map((layer) => row(layer, isSingle));
  const left = layers.length - rows.length;
  return [
    `${fileName(document.path)}: ${counted(layers.length, 'layer')}${isSingle && names[0] !== undefined ? ` of ${inert(names[0], 60)}` : ''}, on ${inert(target, 60)}`,
    ...(rows.length === 0
      ? []
      : [model === null ? 'No exported model matches; figures are estimated from arguments.' : `Matched to ${fileName(model)}.`]),
    '',
    ...(rows.length === 0 ? ['No layers with weights are built in this file.'] : textTable(columns, rows)),
    ...(left > 0 ? [`and ${left} more`] : []),
    '',
    ...(rows.length === 0 ? [] : [sourceLegend, '']),
    ...notesOf(layers, isSingle),
    ...document.diagnostics.map(diagnosticLine),
    `${inert(document.path, 4096)}: ${counted(count('error'), 'error')}, ${counted(count('warning'), 'warning')}`,
    '',
  ].join('\n');
}

function row(layer: PythonLayer, isSingle: boolean): readonly string[] {
  const name = layer.name === '' ? nothing : layer.name;
  return [
    String(layer.range.line),
    inert(isSingle ? name : `${layer.model}: ${name}`, 48),
    inert(layer.kind, 24),
    layer.tier === 'frozen' ? nothing : `${layer.tier}${layer.annotation?.name == null ? '' : ` ${inert(layer.annotation.name, 24)}`}`,
    formatCount(layer.parameters),
    formatCount(layer.macs),
    quantityCell(layer.inference),
    quantityCell(layer.retraining.solve),
    quantityCell(layer.retraining.incremental),
    layer.basis === 'none' ? nothing : layer.basis,
  ];
}

/** Each note once, with the layers that it is about. */
function notesOf(layers: readonly PythonLayer[], isSingle: boolean): readonly string[] {
  const byNote = new Map<string, string[]>();
  for (const { note, name, model, range } of layers) {
    if (note === null) continue;
    const list = byNote.get(note);
    const label = name === '' ? `line ${range.line}` : inert(isSingle ? name : `${model}: ${name}`, 48);
    if (list === undefined) byNote.set(note, [label]);
    else list.push(label);
  }
  if (byNote.size === 0) return [];
  const lines = [...byNote].map(([note, names]) => {
    const shown = names.slice(0, 4).join(', ');
    return `  ${shown}${names.length > 4 ? ` and ${names.length - 4} more` : ''}: ${inert(note, 400)}`;
  });
  return ['Notes', ...lines, ''];
}
