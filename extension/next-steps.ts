import type { ErrorData } from '../solver-core/protocol/index.ts';
import type { Translate } from './format.ts';

/** A button below an error: what it says and the command it runs. */
export interface NextStep {
  readonly label: string;
  readonly command: string;
  readonly args?: readonly unknown[];
}

/** The buttons that fit an error code, best first. The log is always one of them. */
export function nextSteps(code: string, t: Translate): readonly NextStep[] {
  const log: NextStep = { label: t('Show log'), command: 'tierwise.showLog' };
  const first = firstStep(code, t);
  return first ? [first, log] : [log];
}

function firstStep(code: string, t: Translate): NextStep | undefined {
  switch (code) {
    case 'solver-not-started':
      return { label: t('Open setting'), command: 'workbench.action.openSettings', args: ['@id:tierwise.solver.nodePath'] };
    case 'solver-crash-loop':
    case 'solver-timeout':
    case 'solver-protocol':
      return { label: t('Restart solver'), command: 'tierwise.restartSolver' };
    case 'backend-not-available':
    case 'unknown-backend':
      return { label: t('Choose a backend'), command: 'tierwise.selectBackend' };
    case 'no-git':
    case 'not-a-repository':
    case 'unknown-revision':
    case 'not-in-revision':
      return { label: t('Compare with\u2026'), command: 'tierwise.compareWith' };
    case 'fit-in-progress':
      return { label: t('Cancel fit'), command: 'tierwise.cancelFit' };
    default:
      if (/^(plan|budget)-/.test(code)) return { label: t('Show problems'), command: 'workbench.actions.view.problems' };
      if (/^(board|serial|xrt)-/.test(code)) return { label: t('Choose a board'), command: 'tierwise.selectBackend' };
      if (/^(data|file)-/.test(code)) return { label: t('Open plan'), command: 'tierwise.openPlan' };
      return undefined;
  }
}

/** One line for a notification: what was tried, what happened, what to try. */
export function errorText(what: string, data: ErrorData): string {
  return [`${what}: ${sentence(data.message)}`, sentence(data.advice)].filter((text) => text !== '').join(' ');
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return trimmed === '' || /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
