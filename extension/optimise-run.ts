import type { SelectDocument, SelectPoint } from '../solver-core/protocol/index.ts';
import type { OptimiseOptions } from '../webview/messages/index.ts';
import { idleSearch, type SearchRun } from './search-run.ts';

/** What is known about the search for cheaper weights of one plan. */
export type OptimiseRun = SearchRun<OptimiseOptions, SelectPoint, SelectDocument>;

/** One point of accuracy, every weight allowed, in closed form, on the plain multiplier. */
export const defaultOptions: OptimiseOptions = { maxDrop: 0.01, bits: 8, values: 'all', method: 'closed-form', cell: 'array' };

export function idleRun(plan: string): OptimiseRun {
  return idleSearch(plan, defaultOptions);
}
