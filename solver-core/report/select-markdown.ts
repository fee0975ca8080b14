import { formatCount, formatQuantity, sourceLegend } from '../energy/format.ts';
import type { SelectDocument } from '../protocol/select-documents.ts';
import { fileName, inert, nothing, numberCell } from './cells.ts';
import { md } from './energy-markdown.ts';
import { cautionLines, dropText, headline, levelsLine, metricName, pointState, qualityLine, qualityText, savingColumns, savingOf, savingsByCell, signedPercent, steeringCell, tableCell, wholeLines } from './select-words.ts'; // prettier-ignore

/** The selection as Markdown for a pull request or a report. Ends with a newline. */
export function selectMarkdown(document: SelectDocument): string {
  const { saving, rows, points } = document;
  const metric = points[0]?.metric ?? 'accuracy';
  return [
    `# Selected weights of ${md(fileName(document.model))}`,
    '',
    saving === null ? '**Nothing was selected.**' : `**${md(headline(saving))}.** ${md(capital(qualityLine(document)))}.`,
    '',
    ...(saving === null ? [] : [`Against: ${md(inert(saving.baseline, 300))}. With: ${md(inert(saving.variant, 300))}.`, '']),
    ...(saving === null ? [] : [levelsLine(document)].flatMap((line) => (line === null ? [] : [`${md(line)}.`, '']))),
    `Rows: ${formatCount(rows.calibration)} steered, ${formatCount(rows.validation)} decided, ${formatCount(rows.heldOut)} judged at the end.`,
    '',
    ...(saving === null
      ? []
      : [
          '| cell | saved | before | after |',
          '| --- | ---: | ---: | ---: |',
          ...savingsByCell(saving.perTable).map(({ cell, text }) => {
            const own = saving.perTable.filter((entry) => entry.cell === cell);
            const of = (side: 'before' | 'after'): string =>
              own.map((entry) => `${formatQuantity(entry[side])} (${inert(entry.table, 40)})`).join(', ');
            return `| ${md(inert(cell, 24))} | ${text} | ${md(of('before'))} | ${md(of('after'))} |`;
          }),
          '',
        ]),
    ...(saving === null ? leftLines(document) : ['## Layers', '', ...layerTable(document), '']),
    '## Tried',
    '',
    `| configuration | saved (${md(inert(steeringCell(document), 24))} cell) | ${metricName(metric)} on ${formatCount(points[0]?.rows ?? 0)} validation rows | lost | |`,
    '| --- | ---: | ---: | ---: | --- |',
    ...points.map((point) => {
      const state = pointState(point, document.maxDrop);
      const mark = state === 'chosen' ? '**chosen**' : state;
      return `| ${md(inert(point.label, 80))} | ${signedPercent(point.saving)} | ${qualityText(point.metric, point.quality)} | ${dropText(point)} | ${mark} |`;
    }),
    '',
    ...cautionLines(document).flatMap((line) => [line, '']),
    ...wholeLines(document).flatMap((line) => [md(line), '']),
    ...(document.diagnostics.length === 0
      ? []
      : ['## Findings', '', ...document.diagnostics.map((d) => `- ${d.severity} \`${d.code}\`: ${md(inert(d.message, 600))}`), '']),
    sourceLegend,
    '',
  ].join('\n');
}

/** Without a selection: why layers could not be changed. */
function leftLines({ layers }: SelectDocument): readonly string[] {
  const left = layers.filter(({ values }) => values === 0);
  return left.flatMap(({ id, left: reason }) => [`${md(inert(id, 80))}: left as it is: ${md(inert(reason ?? '', 300))}.`, '']);
}

function layerTable(document: SelectDocument): readonly string[] {
  const savings = savingColumns(document);
  const heads = [
    'layer',
    'op',
    'bits',
    'values',
    'zeros',
    'input levels',
    'output error',
    ...savings.map(({ cell, table }) => md(inert(`${cell}, ${table}`, 40))),
  ];
  const rows = document.layers.map((layer) =>
    layer.values === 0
      ? [
          md(inert(layer.id, 80)),
          md(inert(layer.op, 24)),
          `left as it is: ${md(inert(layer.left ?? '', 300))}`,
          ...heads.slice(3).map(() => ''),
        ]
      : [
          md(inert(layer.id, 80)),
          md(inert(layer.op, 24)),
          String(layer.bits),
          formatCount(layer.values),
          signedPercent(layer.zeros),
          layer.inputLevels === undefined ? nothing : String(layer.inputLevels),
          numberCell(layer.outputError),
          ...savings.map((column) => md(tableCell(savingOf(layer, column)))),
        ],
  );
  return [
    `| ${heads.join(' | ')} |`,
    `| --- | --- | ---: | ---: | ---: | ---: | ---: | ${savings.map(() => '---:').join(' | ')} |`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
