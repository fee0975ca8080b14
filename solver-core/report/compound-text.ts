import { formatCount, formatFull, formatQuantity, sourceLegend } from '../energy/format.ts';
import type { CompoundDocument, CompoundStep } from '../protocol/compound-documents.ts';
import type { Column } from './cells.ts';
import { inert, nothing, numberCell, quantityCell, textTable } from './cells.ts';
import { diagnosticLine } from './check-text.ts';
import {
  cacheLine,
  curvePoints,
  headlines,
  headNames,
  headSentences,
  heldOutLine,
  nextLine,
  percent,
  sumRows,
  thresholdCell,
} from './compound-words.ts';

const stepColumns: readonly Column[] = [
  { title: 'batch', align: 'right' },
  { title: 'decisions', align: 'right' },
  { title: 'accuracy', align: 'right' },
  { title: 'so far', align: 'right' },
  { title: 'escalated', align: 'right' },
  { title: 'joules so far', align: 'right' },
  { title: 'learning', align: 'left' },
  { title: 'why', align: 'left' },
];
const curveColumns: readonly Column[] = [
  { title: 'escalate below', align: 'right' },
  { title: 'accuracy', align: 'right' },
  { title: 'escalated', align: 'right' },
  { title: 'energy per decision', align: 'right' },
  { title: '', align: 'left' },
];
const headColumns: readonly Column[] = [
  { title: 'exit', align: 'left' },
  { title: 'head', align: 'left' },
  { title: 'cross-entropy', align: 'right' },
  { title: 'accuracy', align: 'right' },
  { title: 'to learn it', align: 'right' },
  { title: '', align: 'left' },
];

/** Batches that are listed: first and last ones of a longer run, and those between in which something was learned or drifted. */
const edgeSteps = 6;
const mostSteps = 30;

/** A compound run for a terminal: what was decided and learned, what it cost and would have cost, how heads and threshold were chosen, the files. */
export function compoundText(document: CompoundDocument): string {
  const { heads, calibration, steps } = document;
  const shown = chosenSteps(steps);
  const left = steps.length - shown.length;
  const cache = cacheLine(document);
  return [
    ...headlines(document),
    '',
    ...sumRows(document).map(([label, q]) => `${label.padEnd(56)}${formatFull(q)}`),
    '',
    ...(heads.length === 0
      ? []
      : [
          'Heads tried on calibration rows:',
          ...textTable(
            headColumns,
            heads.map(({ exit, head, loss, accuracy, energy, chosen }) => [
              exit,
              headNames[head],
              numberCell(loss),
              percent(accuracy),
              quantityCell(energy),
              chosen ? 'chosen' : '',
            ]),
          ),
          ...headSentences(document),
          '',
        ]),
    ...(calibration.curve.length === 0
      ? []
      : [
          `Confidence against accuracy and energy, on ${formatCount(calibration.rows)} calibration decisions (temperature ${numberCell(calibration.temperature)}; calibration error ${percent(calibration.calibrationError.before)} before it, ${percent(calibration.calibrationError.after)} with it):`,
          ...textTable(
            curveColumns,
            curvePoints(calibration.curve).map((point) => [
              thresholdCell(point),
              percent(point.accuracy),
              percent(point.escalated),
              formatQuantity(point.energy, 3),
              point.chosen ? 'chosen' : '',
            ]),
          ),
          '',
        ]),
    ...(steps.length === 0 ? [] : textTable(stepColumns, shown.map(stepRow))),
    ...(left > 0 ? [`(${formatCount(left)} more in the record)`] : []),
    '',
    ...(cache === null ? [] : [cache]),
    heldOutLine(document),
    '',
    ...document.diagnostics.map(diagnosticLine),
    ...Object.values(document.outputs).map((path) => `Wrote ${inert(String(path), 4096)}`),
    sourceLegend,
    nextLine(document),
    '',
  ].join('\n');
}

function stepRow({ index, decisions, accuracy, running, sums, update }: CompoundStep): readonly string[] {
  const signs = update === null || update.drift.length === 0 ? '' : ` drift: ${update.drift.map((name) => inert(name, 20)).join(', ')}`;
  return [
    String(index),
    formatCount(decisions),
    percent(accuracy),
    percent(running.accuracy),
    percent(running.escalated),
    formatQuantity(sums.compound),
    update?.decision ?? nothing,
    update === null ? '' : `${inert(update.reason, 160)}${signs}`,
  ];
}

function chosenSteps(steps: readonly CompoundStep[]): readonly CompoundStep[] {
  if (steps.length <= mostSteps) return steps;
  const middle = steps
    .slice(edgeSteps, -edgeSteps)
    .filter(
      ({ update }) =>
        update !== null && (update.decision !== 'skip' || update.drift.some((name) => name !== 'ewma') || update.newClasses.length > 0),
    )
    .slice(0, mostSteps - 2 * edgeSteps);
  return [...steps.slice(0, edgeSteps), ...middle, ...steps.slice(-edgeSteps)];
}
