import * as v from 'valibot';
import { figure, joules, list, maybeFigure, problems, running, text } from './guard-parts.ts';

const decision = v.picklist(['skip', 'update', 'refit', 'restored']);

/** What `LearningView` says. */
export const learning = v.object({
  plan: text,
  data: text,
  tier: text,
  policy: text,
  metric: v.picklist(['accuracy', 'mse']),
  metricText: text,
  running,
  batches: list(
    v.object({
      index: v.number(),
      rows: text,
      decision,
      reason: text,
      before: text,
      after: text,
      running: text,
      gain: text,
      energy: figure,
      signals: text,
    }),
  ),
  batchCount: v.number(),
  points: list(v.object({ index: v.number(), running: v.number(), batch: v.number(), spent: joules, decision })),
  totals: v.object({ rows: text, updates: text, skips: text, quality: text, energy: maybeFigure, always: maybeFigure }),
  result: v.nullable(
    v.object({
      output: text,
      state: text,
      resumed: v.boolean(),
      heldOut: v.nullable(v.object({ before: text, after: text, rows: text })),
    }),
  ),
  problems,
});
