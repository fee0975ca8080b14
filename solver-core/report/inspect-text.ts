import { formatBytes, formatCount } from '../energy/format.ts';
import type { InspectDocument } from '../protocol/documents.ts';
import type { Column } from './cells.ts';
import { counted, fileName, inert, nothing, shapeCell, textTable } from './cells.ts';
import { diagnosticLine } from './check-text.ts';

const columns: readonly Column[] = [
  { title: 'layer', align: 'left' },
  { title: 'op', align: 'left' },
  { title: 'input', align: 'left' },
  { title: 'output', align: 'left' },
  { title: 'MACs', align: 'right' },
  { title: 'parameters', align: 'right' },
  { title: 'weights', align: 'right' },
];

/** The inspect document for a terminal: what the model is, one line per layer, totals, findings. Ends with a newline. */
export function inspectText(inspect: InspectDocument): string {
  const { model, totals } = inspect;
  const rows = inspect.layers.map((layer) => [
    `${inert(layer.id, 48)}${layer.fitted === null ? '' : ' *'}`,
    inert(layer.op, 24),
    shapeCell(layer.inputShape),
    shapeCell(layer.outputShape),
    formatCount(layer.macs),
    formatCount(layer.parameters),
    formatBytes(layer.weightBytes),
  ]);
  const total = [
    'total',
    '',
    '',
    '',
    `${formatCount(totals.macs)}${totals.macsComplete ? '' : ' or more'}`,
    formatCount(totals.parameters),
    formatBytes(totals.weightBytes),
  ];
  const table = textTable(columns, [...rows, total]);
  const opsets = Object.entries(model.opsets).map(([domain, version]) => `${domain === '' ? 'ai.onnx' : inert(domain, 40)} ${version}`);
  const fitted = inspect.layers.filter((layer) => layer.fitted !== null);
  if (model.nodes === 0 && inspect.diagnostics.some((d) => d.severity === 'error')) {
    return [
      `${fileName(model.path)}: ${formatBytes(model.bytes)}, not a model that can be read`,
      '',
      ...inspect.diagnostics.map(diagnosticLine),
      '',
    ].join('\n');
  }
  return [
    `${fileName(model.path)}: ${formatBytes(model.bytes)}, IR version ${model.irVersion}, opset ${opsets.join(', ') || nothing}, ${counted(model.nodes, 'node')}, ${counted(totals.layers, 'layer')}`,
    ...(model.producer === '' ? [] : [`producer  ${inert(model.producer)}`]),
    ...model.inputs.map((io) => `input     ${inert(io.name, 60)}  ${inert(io.dtype, 24)}  ${shapeCell(io.shape)}`),
    ...model.outputs.map((io) => `output    ${inert(io.name, 60)}  ${inert(io.dtype, 24)}  ${shapeCell(io.shape)}`),
    `sha256    ${inert(model.sha256)}`,
    '',
    ...table.slice(0, -1),
    table[1] ?? '',
    table.at(-1) ?? '',
    '',
    ...(fitted.length === 0
      ? []
      : ['* fitted by Tierwise:', ...fitted.map((layer) => `  ${inert(layer.id, 48)}: ${inert(layer.fitted ?? '', 200)}`), '']),
    ...inspect.diagnostics.map(diagnosticLine),
    `MACs are multiply-adds of the layers for one forward pass with the shapes above.${totals.macsComplete ? '' : ' Some shapes are unknown: give sizes with --dim name=value.'}`,
    '',
  ].join('\n');
}
