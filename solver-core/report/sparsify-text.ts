import { formatCount, formatSi, sourceLegend } from '../energy/format.ts';
import type { SparsifyDocument } from '../protocol/sparsify-documents.ts';
import { counted, fileName, inert, textTable } from './cells.ts';
import type { Column } from './cells.ts';
import { diagnosticLine } from './check-text.ts';
import { signedPercent } from './select-words.ts';
import { increaseText, leftLines, otherSites, roleTable, sparsifyAimWords, sparsifyEnergyLines, sparsifyHow, sparsifyQuality, sparsifyState, sparsityHeadline, thresholdText, unsureLines } from './sparsify-words.ts'; // prettier-ignore

/** Sparse activations for a terminal: the zeros with the loss beside them, where they are, the curve, energy, what was written. Ends with a newline. */
export function sparsifyText(document: SparsifyDocument): string {
  const { rows, unit, output, evaluations } = document;
  const headline = sparsityHeadline(document);
  const quality = sparsifyQuality(document);
  return [
    `Sparse activations of ${fileName(document.model)}: ${sparsifyAimWords(document)}`,
    '',
    headline === null ? 'Nothing was made sparse.' : `${headline}. ${sparsifyHow(document)}`,
    ...(quality === null ? [] : [`  quality   ${quality}`]),
    `  ${`${unit}s`.padEnd(8)}  ${formatCount(rows.calibration)} steered, ${formatCount(rows.deciding)} decided, ${formatCount(rows.heldOut)} judged at the end`,
    '',
    ...siteTables(document),
    ...pointTable(document),
    '',
    ...sparsifyEnergyLines(document),
    '',
    ...document.diagnostics.map(diagnosticLine),
    output === null ? 'Nothing was written.' : `Wrote ${inert(output, 4096)}`,
    `${counted(evaluations, 'evaluation')} of the loss${document.resumed ? ', those of an interrupted run among them' : ''}; ${duration(document.seconds)}`,
    ...(document.energy === null ? [] : [sourceLegend]),
    '',
  ].join('\n');
}

function siteTables(document: SparsifyDocument): readonly string[] {
  if (document.evaluation === null) return [];
  const table = roleTable(document);
  const right = (title: string): Column => ({ title, align: 'right' });
  const blocks =
    table === null
      ? []
      : [...textTable([{ title: 'zeros', align: 'left' }, ...table.roles.map((role) => right(inert(role, 24))), right('all')], table.rows), ...(table.rows.some((row) => row.some((cell) => cell.endsWith('*'))) ? ['* as the model was given'] : []), '']; // prettier-ignore
  const others = otherSites(document);
  const sites =
    others.length === 0
      ? []
      : [
          ...textTable(
            [{ title: 'site', align: 'left' }, right('MACs'), right('threshold'), right('zeros before'), right('zeros')],
            others.map((site) => [
              inert(site.id, 40),
              formatCount(site.macs),
              thresholdText(site),
              signedPercent(site.naturalZeros),
              signedPercent(site.zeros),
            ]),
          ),
          '',
        ];
  const left = leftLines(document);
  return [...blocks, ...sites, ...left, ...(left.length === 0 ? [] : [''])];
}

/** Most configurations in a terminal; the record holds all. */
const maxPoints = 30;

function pointTable(document: SparsifyDocument): readonly string[] {
  const { points, unit, maxLoss } = document;
  const shown = points.length <= maxPoints ? points : points.filter((point, at) => at < maxPoints || point.chosen);
  return [
    ...textTable(
      [
        { title: 'tried', align: 'left' },
        { title: 'zeros', align: 'right' },
        { title: `loss (${unit}s that decide)`, align: 'right' },
        { title: 'more', align: 'right' },
        { title: '', align: 'left' },
      ],
      shown.map((point) => [
        inert(point.label, 60),
        signedPercent(point.sparsity),
        point.loss.toFixed(4),
        increaseText(point),
        sparsifyState(point, maxLoss),
      ]),
    ),
    ...(shown.length === points.length ? [] : [`and ${points.length - shown.length} more, all in the record`]),
    ...unsureLines(document),
  ];
}

function duration(seconds: number): string {
  return seconds < 100 ? formatSi(seconds, 's') : `${Number((seconds / 60).toPrecision(2))} min`;
}
