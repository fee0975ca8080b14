import { evidence } from '../energy/evidence.ts';
import { formatFull, formatQuantity } from '../energy/format.ts';
import type { CalibrationDocument, MeasureDocument } from '../protocol/measure-documents.ts';
import { counted, fileName, inert, nothing } from './cells.ts';
import { factorText, groupWords, leftOutText, measuredWords, percent } from './measure-text.ts';

/** A measurement as Markdown, e.g. for a pull request. Ends with a newline. */
export function measureMarkdown({
  model,
  of,
  batch,
  workload,
  sensor,
  result,
  reason,
  idle,
  runs,
  estimate,
  target,
  machine,
  diagnostics,
}: MeasureDocument): string {
  const seconds = runs.reduce((total, run) => total + run.seconds.value, 0);
  const figure = result === null ? `not measurable: ${cell(reason ?? '')}` : formatFull(result.energy, 3);
  const share = estimate === null || result === null ? null : evidence('', estimate, { measured: result }).error;
  const error = share === null ? '' : ` (${percent(share)})`;
  return [
    `## Energy of ${cell(fileName(model))}`,
    '',
    '| | |',
    '| --- | --- |',
    `| ${measuredWords({ of, batch })} | ${figure} |`,
    `| idle power | ${idle === null ? nothing : formatFull(idle, 3)} |`,
    ...(estimate === null ? [] : [`| estimate for ${cell(target ?? '')} | ${formatFull(estimate)}${error} |`]),
    `| meter | ${cell(sensor.name)}, ${cell(sensor.domain)} |`,
    `| workload | ${cell(workload)} |`,
    `| runs | ${runs.length} in ${Number(seconds.toPrecision(3))} s, each beside an idle window as long |`,
    ...(machine === undefined ? [] : [`| machine | ${cell(machine)} |`]),
    ...(diagnostics.length === 0 ? [] : ['', ...diagnostics.map((d) => `- ${d.severity}: ${cell(d.message)}`)]),
    '',
  ].join('\n');
}

/** A calibration as Markdown. Ends with a newline. */
export function calibrationMarkdown(document: CalibrationDocument): string {
  const { target, constants, residuals, diagnostics } = document;
  return [
    `## Calibration of ${cell(target)} on ${counted(residuals.length, 'measurement')}`,
    '',
    ...constants.map(({ name, factor }) => `- ${groupWords[name] ?? cell(name)}: times ${factorText(factor)}`),
    '',
    '| model | measured | before | after | error |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...residuals.map(
      ({ model, measured, before, after, error }) =>
        `| ${cell(fileName(model))} | ${formatFull(measured, 3)} | ${formatQuantity(before, 3)} | ${formatQuantity(after, 3)} | ${percent(error)} |`,
    ),
    '',
    leftOutText(document),
    ...(diagnostics.length === 0 ? [] : ['', ...diagnostics.map((d) => `- ${d.severity}: ${cell(d.message)}`)]),
    '',
  ].join('\n');
}

/** Inert text for a table: nothing in it is markup. */
function cell(text: string): string {
  return inert(text, 300).replace(/[\\`*_{}[\]<>|#~&]/g, (c) => `&#${c.charCodeAt(0)};`);
}
