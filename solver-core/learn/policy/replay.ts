import { afford, createPolicy, decide, observe, settle } from './policy.ts';
import type { PolicyDecision, PolicyEvent, PolicyOptions } from './types.ts';

/** Runs the inputs of a log through a fresh policy: the decisions it comes to, which are those of the log when it is honest. */
export function replayPolicy(options: PolicyOptions, log: readonly PolicyEvent[]): readonly PolicyDecision[] {
  const decisions: PolicyDecision[] = [];
  let state = createPolicy(options);
  const note = (decision: PolicyDecision | null): void => void (decision !== null && decisions.push(decision));
  for (const event of log) {
    switch (event.kind) {
      case 'observe': {
        const outcome = observe(state, event.signals);
        state = outcome.state;
        note(outcome.kind === 'probe' ? null : outcome.decision);
        break;
      }
      case 'afford': {
        const outcome = afford(state, event.cost);
        state = outcome.state;
        note(outcome.decision);
        break;
      }
      case 'decide': {
        const outcome = decide(state, event.candidates);
        state = outcome.state;
        note(outcome.decision);
        break;
      }
      case 'settle':
        state = settle(state, event.difference, event.extra).state;
        break;
    }
  }
  return decisions;
}
