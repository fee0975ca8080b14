import type { CalibrationDocument } from '../solver-core/protocol/index.ts';
import { formatBand, formatNumber, formatQuantity, signedPercent, sourceWord, type Translate } from './format.ts';
import { escapeMarkdown } from './markdown.ts';
import { baseName } from './to-view.ts';

/** A calibration as Markdown: the constants with their factors, and every measurement with what is left of it. Names are escaped. */
export function calibrationMarkdown(calibration: CalibrationDocument, t: Translate): string {
  const { target, constants, residuals, date, output, diagnostics } = calibration;
  const rows = residuals.map(({ model, measured, before, after, error }) => {
    const cells = [measured, before, after].map((quantity) => formatQuantity(quantity));
    return `| ${escapeMarkdown(baseName(model))} | ${cells.join(' | ')} | ${signedPercent(error)} |`;
  });
  const factors = constants.map(({ name, factor }) => {
    const band = formatBand(factor, t);
    return `| ${escapeMarkdown(name)} | ${formatNumber(factor.value)} | ${band} | ${sourceWord(factor.source, t)} |`;
  });
  const written =
    output === null ? [] : [t('Written to {0}; estimates for this target use it from now on.', escapeMarkdown(baseName(output))), ''];
  return [
    `# ${t('Calibration of {0}', escapeMarkdown(target))}`,
    '',
    t('Fitted on {0} to {1} measurements.', escapeMarkdown(date), residuals.length),
    '',
    ...written,
    `## ${t('Constants')}`,
    '',
    `| ${t('constant')} | ${t('factor')} | ${t('from \u2013 to')} | ${t('source')} |`,
    '|---|---:|---:|---|',
    ...factors,
    '',
    `## ${t('Measurements and what is left of them')}`,
    '',
    `| ${t('model')} | ${t('measured')} | ${t('estimate before')} | ${t('estimate after')} | ${t('error after')} |`,
    '|---|---:|---:|---:|---:|',
    ...rows,
    '',
    ...(calibration.leaveOneOut === null || calibration.leaveOneOut === undefined
      ? []
      : [t('Mean error where each measurement is left out of the fit: {0}', percentText(calibration.leaveOneOut)), '']),
    t('An estimate far from these models is an extrapolation: the error above says nothing about it.'),
    '',
    ...diagnostics.map(({ severity, code, message }) => `- **${severity}** ${escapeMarkdown(code)}: ${escapeMarkdown(message, 1000)}`),
    '',
  ].join('\n');
}

function percentText(share: number): string {
  return signedPercent(Math.abs(share)).replace(/^\+/, '');
}
