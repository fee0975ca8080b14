import { describe, expect, it } from 'vitest';
import { errorText, nextSteps } from '../../extension/next-steps.ts';
import { SolverError, toErrorData } from '../../extension/solver-error.ts';
import { plainText } from './fixtures.ts';

describe('next steps', () => {
  it.each([
    ['solver-not-started', ['workbench.action.openSettings', 'tierwise.showLog']],
    ['solver-crash-loop', ['tierwise.restartSolver', 'tierwise.showLog']],
    ['solver-crashed', ['tierwise.showLog']],
    ['plan-has-errors', ['workbench.actions.view.problems', 'tierwise.showLog']],
    ['file-not-found', ['tierwise.openPlan', 'tierwise.showLog']],
    ['backend-not-available', ['tierwise.selectBackend', 'tierwise.showLog']],
    ['board-busy', ['tierwise.selectBackend', 'tierwise.showLog']],
    ['never-heard-of', ['tierwise.showLog']],
  ])('%s offers %j', (code, commands) => {
    expect(nextSteps(code, plainText).map((step) => step.command)).toEqual(commands);
  });

  it('says what was tried, what happened and what to try', () => {
    const data = toErrorData(new SolverError('file-not-found', 'digits.npz does not exist', 'Check the data clause.'));
    expect(errorText('Fit of digits.tiers failed', data)).toBe(
      'Fit of digits.tiers failed: digits.npz does not exist. Check the data clause.',
    );
  });

  it('gives an unexpected error a code and an advice, too', () => {
    expect(toErrorData(new TypeError('x is not a function'))).toMatchObject({ code: 'internal', message: 'x is not a function' });
    expect(toErrorData('text')).toMatchObject({ code: 'internal', message: 'text' });
  });
});
