import { formatCount, formatSi, sourceLegend } from '../energy/format.ts';
import type { SelectDocument, SelectLayerDocument, SelectPoint } from '../protocol/select-documents.ts';
import type { Column } from './cells.ts';
import { counted, fileName, inert, nothing, numberCell, textTable } from './cells.ts';
import { diagnosticLine } from './check-text.ts';
import { cautionLines, dropText, headline, levelsLine, metricName, pointState, qualityLine, qualityText, savingColumns, savingOf, savingsByCell, signedPercent, steeringCell, tableCell, wholeLines } from './select-words.ts'; // prettier-ignore

/** The selection for a terminal: the saving with its baseline and accuracies, layers, what was tried, what was written. Ends with a newline. */
export function selectText(document: SelectDocument): string {
  const { saving, rows } = document;
  const layers = layerTable(document);
  const others = saving === null ? [] : savingsByCell(saving.perTable).slice(1);
  return [
    `Selected weights of ${fileName(document.model)}: ${aim(document)}`,
    '',
    ...(saving === null
      ? ['Nothing was selected.']
      : [
          `${headline(saving)}${others.map(({ cell, text }) => `; ${inert(cell, 24)} cell: ${text}`).join('')}`,
          `  against   ${inert(saving.baseline, 300)}`,
          `  with      ${inert(saving.variant, 300)}`,
          ...[levelsLine(document)].flatMap((line) => (line === null ? [] : [`  levels    ${line}`])),
          `  quality   ${qualityLine(document)}`,
        ]),
    `  rows      ${formatCount(rows.calibration)} steered, ${formatCount(rows.validation)} decided, ${formatCount(rows.heldOut)} judged at the end`,
    '',
    ...(layers.length === 0 ? [] : [...layers, '']),
    ...pointTable(document),
    ...cautionLines(document),
    '',
    ...wholeLines(document),
    '',
    ...document.diagnostics.map(diagnosticLine),
    document.output === null ? 'Nothing was written.' : `Wrote ${inert(document.output, 4096)} in ${duration(document.seconds)}`,
    sourceLegend,
    ...(document.output === null ? [] : ['Next: run the new model in place of the old one; any ONNX runtime reads its integers.']),
    '',
  ].join('\n');
}

const valueWords: Readonly<Record<SelectDocument['values'], string>> = {
  all: 'all values',
  set: 'low-energy sets',
  'powers-of-two': '0 and powers of two',
};

function aim({ method, bits, values, setSize, maxDrop, points }: SelectDocument): string {
  const isError = points[0]?.metric === 'mse';
  const drop = Number((100 * maxDrop).toPrecision(6));
  const most = isError ? `${drop} % more error` : counted(drop, 'point');
  return `${method === 'training' ? 'training' : 'closed form'}, ${bits} bits, ${valueWords[values]}${setSize === undefined ? '' : ` of ${setSize} values at most`}, at most ${most} lost`;
}

function layerTable(document: SelectDocument): readonly string[] {
  const savings = savingColumns(document);
  const columns: readonly Column[] = [
    { title: 'layer', align: 'left' },
    { title: 'op', align: 'left' },
    { title: 'bits', align: 'right' },
    { title: 'values', align: 'right' },
    { title: 'zeros', align: 'right' },
    { title: 'input levels', align: 'right' },
    { title: 'output error', align: 'right' },
    ...savings.map(({ cell, table }): Column => ({ title: inert(`${cell}, ${table}`, 40), align: 'right' })),
  ];
  const chosen = document.saving === null ? [] : document.layers.filter(({ values }) => values > 0);
  const left = document.layers.filter(({ values }) => values === 0);
  return [
    ...(chosen.length === 0 ? [] : textTable(columns, chosen.map((layer) => layerRow(layer, savings)))), // prettier-ignore
    ...chosen.filter((layer) => layer.left !== null).map((layer) => `${inert(layer.id, 40)}: ${inert(layer.left ?? '', 300)}`),
    ...left.map((layer) => `${inert(layer.id, 40)}: left as it is: ${inert(layer.left ?? '', 300)}`),
  ];
}

function layerRow(layer: SelectLayerDocument, savings: ReturnType<typeof savingColumns>): readonly string[] {
  return [
    inert(layer.id, 40),
    inert(layer.op, 24),
    String(layer.bits),
    formatCount(layer.values),
    signedPercent(layer.zeros),
    layer.inputLevels === undefined ? nothing : String(layer.inputLevels),
    numberCell(layer.outputError),
    ...savings.map((column) => tableCell(savingOf(layer, column))),
  ];
}

/** Most configurations in a terminal; the record holds all. */
const maxPoints = 40;

function pointTable(document: SelectDocument): readonly string[] {
  const { points, maxDrop } = document;
  const metric = points[0]?.metric ?? 'accuracy';
  const columns: readonly Column[] = [
    { title: 'tried', align: 'left' },
    { title: `saved (${inert(steeringCell(document), 24)} cell)`, align: 'right' },
    { title: `${metricName(metric)} (validation)`, align: 'right' },
    { title: 'lost', align: 'right' },
    { title: '', align: 'left' },
  ];
  const shown = points.length <= maxPoints ? points : points.filter((point, at) => at < maxPoints || point.chosen);
  return [
    ...textTable(
      columns,
      shown.map((point) => pointRow(point, maxDrop)),
    ),
    ...(shown.length === points.length ? [] : [`and ${points.length - shown.length} more, all in the record`]),
  ];
}

function pointRow(point: SelectPoint, maxDrop: number): readonly string[] {
  return [
    inert(point.label, 60),
    signedPercent(point.saving),
    qualityText(point.metric, point.quality),
    dropText(point),
    pointState(point, maxDrop),
  ];
}

/** "57 s", "18 min". */
function duration(seconds: number): string {
  return seconds < 100 ? formatSi(seconds, 's') : `${Number((seconds / 60).toPrecision(2))} min`;
}
