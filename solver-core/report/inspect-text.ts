import { formatBytes, formatCount } from '../energy/format.ts';
import type { InspectBlock, InspectDocument } from '../protocol/documents.ts';
import type { Column } from './cells.ts';
import { counted, fileName, inert, nothing, shapeCell, textTable } from './cells.ts';
import { diagnosticLine } from './check-text.ts';

const layerColumn: Column = { title: 'layer', align: 'left' };
const blockColumn: Column = { title: 'block', align: 'left' };
const columns: readonly Column[] = [
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
  const blocks = inspect.blocks ?? [];
  const hasBlocks = blocks.length > 0;
  const rows = inspect.layers.map((layer) => [
    `${inert(layer.id, 48)}${layer.fitted === null ? '' : ' *'}`,
    ...(hasBlocks ? [layer.block === undefined ? '' : `${layer.block} ${inert(layer.role ?? '', 24)}`.trimEnd()] : []),
    inert(layer.op, 24),
    shapeCell(layer.inputShape),
    shapeCell(layer.outputShape),
    formatCount(layer.macs),
    formatCount(layer.parameters),
    formatBytes(layer.weightBytes),
  ]);
  const total = [
    'total',
    ...(hasBlocks ? [''] : []),
    '',
    '',
    '',
    `${formatCount(totals.macs)}${totals.macsComplete ? '' : ' or more'}`,
    formatCount(totals.parameters),
    formatBytes(totals.weightBytes),
  ];
  const table = textTable([layerColumn, ...(hasBlocks ? [blockColumn] : []), ...columns], [...rows, total]);
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
    ...blockLines(blocks),
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

const kindNames: Readonly<Record<InspectBlock['kind'], string>> = {
  rwkv: 'RWKV block',
  transformer: 'transformer block',
  repeated: 'repeated block',
};

/** One line per stretch of blocks of a kind: how many, how large, what they are called. */
function blockLines(blocks: readonly InspectBlock[]): string[] {
  const lines: string[] = [];
  for (let start = 0; start < blocks.length;) {
    let end = start + 1;
    while (end < blocks.length && blocks[end]?.kind === blocks[start]?.kind) end++;
    lines.push(`${start === 0 ? 'blocks    ' : '          '}${stretchText(blocks.slice(start, end))}`);
    start = end;
  }
  return lines.length > maxLines ? [...lines.slice(0, maxLines), `          and ${lines.length - maxLines} more stretches`] : lines;
}

/** Stretches of blocks that are listed. */
const maxLines = 12;

function stretchText(blocks: readonly InspectBlock[]): string {
  const [first, last] = [blocks[0], blocks.at(-1)];
  if (first === undefined || last === undefined) return '';
  const sizes = blocks.map((block) => block.layers.length);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const size = least === most ? counted(least, 'layer') : `${least} to ${most} layers`;
  const hasNames = blocks.some((block) => block.name !== `block ${block.index}`);
  const name = (block: InspectBlock): string => inert(block.name, 40);
  const isOne = first === last;
  const names = hasNames ? `, ${isOne ? name(first) : `${name(first)} to ${name(last)}`}` : '';
  const span = isOne ? String(first.index) : `${first.index}..${last.index}`;
  return `${span}  ${counted(blocks.length, kindNames[first.kind])}, ${size}${isOne ? '' : ' each'}${names}`;
}
