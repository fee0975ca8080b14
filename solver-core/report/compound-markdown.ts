import { formatCount, formatFull, formatQuantity, sourceLegend } from '../energy/format.ts';
import type { CompoundDocument } from '../protocol/compound-documents.ts';
import { fileName, inert, numberCell } from './cells.ts';
import {
  cacheLine,
  curvePoints,
  headlines,
  headNames,
  headSentences,
  heldOutLine,
  percent,
  sumRows,
  thresholdCell,
} from './compound-words.ts';
import { md } from './markdown-text.ts';

/** A compound run as Markdown for a report. Ends with a newline. */
export function compoundMarkdown(document: CompoundDocument): string {
  const { heads, calibration } = document;
  const cache = cacheLine(document);
  return [
    `# Compound model of ${md(fileName(document.plan))}`,
    '',
    ...headlines(document).flatMap((line) => [md(line), '']),
    `| energy on ${md(inert(document.target, 60))} | |`,
    '| --- | --- |',
    ...sumRows(document).map(([label, q]) => `| ${md(label.trim())} | ${md(formatFull(q))} |`),
    '',
    ...(heads.length === 0
      ? []
      : [
          '## Heads tried',
          '',
          '| exit | head | cross-entropy | accuracy | to learn it | |',
          '| --- | --- | ---: | ---: | ---: | --- |',
          ...heads.map(
            ({ exit, head, loss, accuracy, energy, chosen }) =>
              `| ${exit} | ${headNames[head]} | ${numberCell(loss)} | ${percent(accuracy)} | ${md(formatQuantity(energy))} | ${chosen ? '**chosen**' : ''} |`,
          ),
          '',
          ...headSentences(document).flatMap((line) => [md(line), '']),
        ]),
    ...(calibration.curve.length === 0
      ? []
      : [
          '## Confidence, accuracy and energy',
          '',
          `On ${formatCount(calibration.rows)} calibration decisions; temperature ${numberCell(calibration.temperature)}.`,
          '',
          '| escalate below | accuracy | escalated | energy per decision | |',
          '| ---: | ---: | ---: | ---: | --- |',
          ...curvePoints(calibration.curve).map(
            (point) =>
              `| ${thresholdCell(point)} | ${percent(point.accuracy)} | ${percent(point.escalated)} | ${md(formatQuantity(point.energy, 3))} | ${point.chosen ? '**chosen**' : ''} |`,
          ),
          '',
        ]),
    ...(cache === null ? [] : [md(cache), '']),
    md(heldOutLine(document)),
    '',
    ...(document.diagnostics.length === 0
      ? []
      : ['## Findings', '', ...document.diagnostics.map((d) => `- ${d.severity} \`${d.code}\`: ${md(inert(d.message, 600))}`), '']),
    sourceLegend,
    '',
  ].join('\n');
}
