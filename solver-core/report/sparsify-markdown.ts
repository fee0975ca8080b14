import { formatCount, sourceLegend } from '../energy/format.ts';
import type { SparsifyDocument } from '../protocol/sparsify-documents.ts';
import { counted, fileName, inert } from './cells.ts';
import { md } from './energy-markdown.ts';
import { signedPercent } from './select-words.ts';
import { increaseText, leftLines, otherSites, roleTable, sparsifyAimWords, sparsifyEnergyLines, sparsifyHow, sparsifyQuality, sparsifyState, sparsityHeadline, thresholdText, unsureLines } from './sparsify-words.ts'; // prettier-ignore

/** Sparse activations as Markdown for a pull request or a report. Ends with a newline. */
export function sparsifyMarkdown(document: SparsifyDocument): string {
  const { rows, unit, points } = document;
  const headline = sparsityHeadline(document);
  const quality = sparsifyQuality(document);
  return [
    `# Sparse activations of ${md(fileName(document.model))}`,
    '',
    headline === null ? '**Nothing was made sparse.**' : `**${md(headline)}.** ${sparsifyHow(document)}`,
    '',
    `Search: ${md(sparsifyAimWords(document))}.${quality === null ? '' : ` Quality: ${md(quality)}.`}`,
    '',
    `Of the ${unit}s ${formatCount(rows.calibration)} steered, ${formatCount(rows.deciding)} decided, ${formatCount(rows.heldOut)} judged at the end; ${counted(document.evaluations, 'evaluation')} of the loss.`,
    '',
    ...(document.evaluation === null ? [] : siteTables(document)),
    '## Tried',
    '',
    `| configuration | zeros | loss (${unit}s that decide) | more | |`,
    '| --- | ---: | ---: | ---: | --- |',
    ...points.map((point) => {
      const state = sparsifyState(point, document.maxLoss);
      const mark = state === 'chosen' ? '**chosen**' : state;
      return `| ${md(inert(point.label, 80))} | ${signedPercent(point.sparsity)} | ${point.loss.toFixed(4)} | ${increaseText(point)} | ${mark} |`;
    }),
    '',
    ...unsureLines(document).flatMap((line) => [md(line), '']),
    ...energyLines(document),
    ...(document.diagnostics.length === 0
      ? []
      : ['## Findings', '', ...document.diagnostics.map((d) => `- ${d.severity} \`${d.code}\`: ${md(inert(d.message, 600))}`), '']),
    ...(document.energy === null ? [] : [sourceLegend, '']),
  ].join('\n');
}

function energyLines(document: SparsifyDocument): readonly string[] {
  const lines = sparsifyEnergyLines(document);
  return lines.length === 0 ? [] : ['## Energy', '', ...lines.flatMap((line) => [md(line), ''])];
}

function siteTables(document: SparsifyDocument): readonly string[] {
  const table = roleTable(document);
  const others = otherSites(document);
  const left = leftLines(document);
  return [
    ...(table === null
      ? []
      : [
          '## Zeros by block',
          '',
          `| zeros | ${table.roles.map((role) => md(inert(role, 24))).join(' | ')} | all |`,
          `| --- | ${table.roles.map(() => '---:').join(' | ')} | ---: |`,
          ...table.rows.map((row) => `| ${row.map((cell) => md(cell)).join(' | ')} |`),
          '',
          ...(table.rows.some((row) => row.some((cell) => cell.endsWith('*'))) ? [md('* as the model was given'), ''] : []),
        ]),
    ...(others.length === 0
      ? []
      : [
          '## Sites',
          '',
          '| site | MACs | threshold | zeros before | zeros |',
          '| --- | ---: | ---: | ---: | ---: |',
          ...others.map(
            (site) =>
              `| ${md(inert(site.id, 80))} | ${formatCount(site.macs)} | ${thresholdText(site)} | ${signedPercent(site.naturalZeros)} | ${signedPercent(site.zeros)} |`,
          ),
          '',
        ]),
    ...left.flatMap((line) => [md(line), '']),
  ];
}
