import { opinionOf } from '../compound/index.ts';
import type { ExitState, StreamState } from '../compound/index.ts';
import type { ExitFeatures } from './compound-calibration.ts';

/** Share of right decisions of both exits together on rows that nothing was learned from; 0 without rows. */
export async function heldOutAccuracy(state: StreamState, features: ExitFeatures): Promise<number> {
  const { rows, labels } = features;
  const below = await scoresOf(state.lower, features.lower, labels);
  const above = await scoresOf(state.upper, features.upper, labels);
  let right = 0;
  for (let r = 0; r < rows; r++) {
    const lower = opinionOf(below, r, state.lower.learner.outputs, state.lower.temperature, null);
    const isAsked = lower.confidence < state.threshold;
    const { best } = isAsked ? opinionOf(above, r, state.upper.learner.outputs, state.upper.temperature, null) : lower;
    if (best === labels[r]) right++;
  }
  return rows === 0 ? 0 : right / rows;
}

function scoresOf({ learner }: ExitState, x: Float32Array, labels: Int32Array): Promise<Float32Array> {
  return learner.scores({ rows: labels.length, x, labels: { kind: 'class', values: labels, classes: 0 } });
}
