import type { PageCommand, ReportView } from '../messages/index.ts';
import type { FigureFacts } from './report-figures.ts';
import type { Translate } from './strings.ts';

/** A way to a better figure, with what to press where a command does it. */
export interface Suggestion {
  readonly text: string;
  readonly action: { readonly label: string; readonly command: PageCommand } | null;
}

/** What would make a figure better, the nearest first. Empty for a measured one. */
export function suggestionsFor(view: ReportView, { figure, metric }: FigureFacts, t: Translate): Suggestion[] {
  if (figure.source === 'measured') return [];
  const out: Suggestion[] = [];
  const isSolve = metric === 'solve' || metric === 'incremental';
  if (isSolve && (view.fit === null || view.fit.stale))
    out.push({
      text: t('A fit records what the engine really did: its cycles and words replace the formula.'),
      action: { label: t('Fit lower tier'), command: 'fit' },
    });
  if (metric === 'sgd')
    out.push({
      text: t('The epochs are assumed. State those of your training with "tierwise energy --epochs", as a number or as a training log.'),
      action: null,
    });
  const { switching } = view;
  if (metric === 'inference' && switching !== undefined)
    out.push(
      switching.obstacle === null
        ? {
            text: t('Simulate what the multiply-adds switch on rows of the plan, in place of random operands.'),
            action: { label: t('Simulate switching'), command: 'simulate-switching' },
          }
        : { text: t('Switching cannot be simulated here: {0}.', switching.obstacle), action: null },
    );
  out.push({
    text: t('Measure it: the figure of a meter then stands beside the estimate, with its error.'),
    action: { label: t('Show energy sensors'), command: 'show-sensors' },
  });
  if (view.calibration === undefined || view.calibration.stale !== null)
    out.push({
      text: t('Calibrate: fit the constants of the target to what was measured.'),
      action: { label: t('Calibrate target…'), command: 'calibrate-target' },
    });
  return out;
}
