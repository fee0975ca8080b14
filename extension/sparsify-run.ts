import type { SparsifyDocument, SparsifyPoint } from '../solver-core/protocol/index.ts';
import type { SparsifyOptions } from '../webview/messages/index.ts';
import { idleSearch, type SearchRun } from './search-run.ts';

/** What is known about making a plan's activations sparse. */
export type SparsifyRun = SearchRun<SparsifyOptions, SparsifyPoint, SparsifyDocument>;

/** Two per cent of the loss for the whole model, spent where it buys most, a threshold per channel, weights corrected behind it. */
export const defaultSparsifyOptions: SparsifyOptions = { maxLoss: 0.02, method: 'budget', per: 'channel', correct: true };

export function idleSparsify(plan: string): SparsifyRun {
  return idleSearch(plan, defaultSparsifyOptions);
}
