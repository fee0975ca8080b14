import { createDriftMonitor, createPolicy } from '../learn/index.ts';
import type { PolicyOptions } from '../learn/index.ts';
import { noJoules } from './joules.ts';
import { thresholdFrom } from './prepare.ts';
import type { PreparedExits } from './prepare.ts';
import type { StreamSettings, StreamState } from './types.ts';
import { noWaiting } from './waiting.ts';

/** What a new stream starts from. */
export interface StreamStart {
  readonly prepared: Pick<PreparedExits, 'lower' | 'upper' | 'threshold' | 'pool' | 'classRows' | 'error'>;
  readonly settings: StreamSettings;
  readonly policy: PolicyOptions;
  readonly versions: StreamState['versions'];
}

/** The state before the first decision. */
export function startStream({ prepared, settings, policy, versions }: StreamStart): StreamState {
  const { lower, upper, pool, classRows, error } = prepared;
  // Without calibration rows the threshold follows from the plan alone.
  const threshold = pool.confidence.length === 0 ? thresholdFrom(settings.escalate, pool, settings.learns) : prepared.threshold;
  return {
    ...{ settings, versions, lower, upper, threshold, pool, classRows },
    policy: createPolicy(policy),
    // What was measured on calibration rows is normal; without it the monitors would take drift in the first 500 decisions for normal.
    drift: createDriftMonitor(error === null ? {} : { referenceError: error }),
    waiting: noWaiting(),
    alarmAt: null,
    context: { name: '', seen: 0 },
    counts: {
      ...{ batches: 0, decisions: 0, escalated: 0, labelled: 0, labelledTokens: 0, correct: 0, loss: 0, lookups: 0, hits: 0 },
      ...{ prefixHits: 0, updates: 0, skips: 0, restored: 0, alarms: 0 },
    },
    sums: { deciding: noJoules, learning: noJoules, alwaysLower: noJoules, alwaysUpper: noJoules, retraining: noJoules },
  };
}
