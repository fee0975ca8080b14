import { evidence } from '../energy/evidence.ts';
import { formatFull, formatQuantity } from '../energy/format.ts';
import type { CalibrationDocument, MeasureDocument } from '../protocol/measure-documents.ts';
import type { Column } from './cells.ts';
import { counted, fileName, inert, nothing, numberCell, textTable } from './cells.ts';

const runColumns: readonly Column[] = [
  { title: 'run', align: 'right' },
  { title: 'iterations', align: 'right' },
  { title: 'seconds', align: 'right' },
  { title: 'gross', align: 'right' },
  { title: 'idle taken off', align: 'right' },
];

const residualColumns: readonly Column[] = [
  { title: 'model', align: 'left' },
  { title: 'measured', align: 'right' },
  { title: 'before', align: 'right' },
  { title: 'after', align: 'right' },
  { title: 'error', align: 'right' },
];

/** A measurement for a terminal: the figure with its interval, the estimate beside it, the runs. Ends with a newline. */
export function measureText(document: MeasureDocument): string {
  const { result, reason, idle, runs, target, sensor, diagnostics } = document;
  const rows = runs.map(({ iterations, seconds, gross, net }, at) => [
    String(at + 1),
    String(iterations),
    numberCell(seconds.value),
    formatQuantity(gross, 3),
    net === null ? 'below 0' : formatQuantity(net, 3),
  ]);
  return [
    `Energy of ${fileName(document.model)} by ${inert(sensor.name)}`,
    `${inert(document.workload, 400)}; the meter covers ${inert(sensor.domain, 400)}`,
    '',
    result === null
      ? `Not measurable: ${inert(reason ?? 'no reason given', 400)}`
      : `${measuredWords(document).padEnd(22)} ${formatFull(result.energy, 3)}, 95 % interval over ${counted(result.repetitions, 'run')}`,
    `idle power             ${idle === null ? nothing : formatFull(idle, 3)}`,
    ...comparison(document),
    ...(target == null && result !== null ? ['No target was named, so the figure stands alone; --target T puts it beside estimates.'] : []),
    ...(rows.length === 0 ? [] : ['', ...textTable(runColumns, rows)]),
    ...(diagnostics.length === 0 ? [] : ['']),
    ...diagnostics.map((d) => `${d.severity}: ${d.code}: ${inert(d.message, 400)}`),
    '',
  ].join('\n');
}

/** What the figure is of: "one fit", "one inference", "inference of 8" (samples at once). */
export function measuredWords({
  of,
  batch = 1,
}: {
  readonly of?: MeasureDocument['of'] | undefined;
  readonly batch?: number | undefined;
}): string {
  if (of === 'fit') return 'one fit';
  return batch === 1 ? 'one inference' : `inference of ${batch}`;
}

function comparison({ estimate, result, target }: MeasureDocument): readonly string[] {
  if (estimate === null) return [];
  const line = `estimate, ${inert(target ?? '', 40)}`.padEnd(22);
  const share = result === null ? null : evidence('', estimate, { measured: result }).error;
  const error = share === null ? '' : `, ${percent(share)} off the measurement`;
  return [`${line} ${formatFull(estimate)}${error}`];
}

/** A calibration for a terminal: factors, residuals, and what predicts an unseen model. Ends with a newline. */
export function calibrationText(document: CalibrationDocument): string {
  const { constants, residuals, output, diagnostics } = document;
  const rows = residuals.map(({ model, measured, before, after, error }) => [
    fileName(model),
    formatQuantity(measured, 3),
    formatQuantity(before, 3),
    formatQuantity(after, 3),
    percent(error),
  ]);
  return [
    `Calibration of ${inert(document.target)} on ${counted(residuals.length, 'measurement')}`,
    '',
    ...constants.map(({ name, factor }) => `${groupWords[name] ?? inert(name, 40)} times ${factorText(factor)}`),
    '',
    ...textTable(residualColumns, rows),
    '',
    leftOutText(document),
    ...(output === null ? [] : [`Wrote ${inert(output, 400)}; estimates on this target use it. \`--no-calibration\` leaves it aside.`]),
    ...diagnostics.map((d) => `${d.severity}: ${d.code}: ${inert(d.message, 400)}`),
    '',
  ].join('\n');
}

/** What a group of constants is called. */
export const groupWords: Readonly<Record<string, string>> = {
  all: 'every energy',
  compute: 'energy per multiply-add',
  memory: 'energy per bit of memory',
  static: 'static power',
  rest: 'memory and static power',
};

/** "1.70", or "1.70 (1.62 to 1.79)". */
export function factorText({ value, low, high }: { readonly value: number; readonly low: number; readonly high: number }): string {
  const show = (number: number): string => String(Number(number.toPrecision(3)));
  return low === high ? show(value) : `${show(value)} (${show(low)} to ${show(high)})`;
}

/** How well a model that was left out is predicted, or why that is not known. */
export function leftOutText({ leaveOneOut, residuals }: CalibrationDocument): string {
  if (typeof leaveOneOut === 'number') return `A model that was left out of the fit is predicted ${unsigned(leaveOneOut)} off, on average.`;
  return residuals.length < 3
    ? 'With fewer than three measurements nothing tells how far off another model is: the bands stay as wide as the literature makes them.'
    : 'How far off another model is could not be told.';
}

/** "+12 %", "−3.4 %". */
export function percent(share: number): string {
  if (Math.abs(share) < leastShown) return '0 %';
  return `${share < 0 ? '−' : '+'}${unsigned(Math.abs(share))}`;
}

/** Shares below this are rounding. */
const leastShown = 5e-4;

function unsigned(share: number): string {
  return share < leastShown ? '0 %' : `${Number((100 * share).toPrecision(2))} %`;
}
