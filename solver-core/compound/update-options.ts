import type { Candidate } from '../learn/index.ts';
import type { StreamState } from './types.ts';
import type { RowsOfExits, Widths } from './waiting.ts';
import { rowsBetween } from './waiting.ts';

/** What older rows count in a refit (method 3.6: a shorter window). */
const refitKeep = 0.1;

/** A candidate to build: from which rows, and what older rows count in ridge heads (undefined: as the plan says). */
export interface Option {
  readonly action: Candidate['action'];
  readonly rows: RowsOfExits;
  readonly keep?: number;
}

/**
 * Learn what waits; or, while an alarm is up, learn only what came after it began, with older rows counting less: rows of before the drift
 * that still wait would be learned as if they were new. Not where a class waits that no head has learned: that explains the alarm, and what is
 * known of the other classes stays right, although the newest rows cannot show it.
 */
export function optionsFor(state: StreamState, pending: RowsOfExits, to: number, widths: Widths): readonly Option[] {
  const { alarmAt, waiting } = state;
  const update: Option = { action: 'update', rows: pending };
  if (alarmAt === null || hasUnlearnedClass(state)) return [update];
  const rows = rowsBetween(waiting, Math.max(alarmAt, to - pending.rows), to, widths);
  if (rows.rows === 0 || shownShare(state, rows) < enoughShown) return [update];
  return [update, { action: 'refit', rows, keep: refitKeep }];
}

/** Share of all rows ever seen whose class must be among the rows of a refit: what they do not show would be forgotten unjudged. */
const enoughShown = 0.75;

function shownShare({ classRows }: StreamState, { lower }: RowsOfExits): number {
  const shown = new Set(lower.labels.kind === 'class' ? lower.labels.values : []);
  const all = classRows.reduce((sum, count) => sum + count, 0);
  return all === 0 ? 1 : classRows.reduce((sum, count, label) => sum + (shown.has(label) ? count : 0), 0) / all;
}

/** Whether all rows of some class that were ever seen still wait to be learned. */
export function hasUnlearnedClass({ waiting, policy, classRows }: StreamState): boolean {
  const unlearned = new Float64Array(classRows.length);
  for (let row = Math.max(0, policy.absorbed - waiting.first); row < waiting.rows; row++) {
    const label = waiting.labels[row]!;
    unlearned[label] = (unlearned[label] ?? 0) + 1;
  }
  return unlearned.some((count, label) => count > 0 && count === classRows[label]);
}
