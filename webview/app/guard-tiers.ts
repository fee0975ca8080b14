import * as v from 'valibot';
import { list, maxLayers, maybeFigure, text } from './guard-parts.ts';

const row = v.object({
  id: text,
  op: text,
  shape: text,
  parameters: v.number(),
  energy: maybeFigure,
  budget: v.nullable(v.object({ status: v.picklist(['met', 'exceeded', 'uncertain', 'unknown']), limit: text })),
});

/** What `TiersView` says. */
export const tiers = v.object({
  plan: v.nullable(text),
  model: v.nullable(text),
  backend: text,
  target: text,
  tiers: list(
    v.object({
      kind: v.picklist(['lower', 'upper']),
      name: text,
      canFit: v.boolean(),
      canLearn: v.exactOptional(v.boolean()),
    }),
  ),
  rows: v.nullable(list(row, maxLayers)),
  placement: list(v.pipe(v.number(), v.safeInteger(), v.minValue(-1)), maxLayers),
  cursor: v.nullable(text),
  answer: v.nullable(v.object({ request: v.number(), refusal: v.nullable(v.object({ code: text, message: text, advice: text })) })),
  fitting: v.nullable(v.object({ message: text, fraction: v.nullable(v.number()) })),
  learning: v.exactOptional(v.nullable(v.object({ running: v.boolean(), text }))),
  lastFit: v.nullable(v.object({ before: text, after: text, stale: v.boolean(), detail: v.exactOptional(text) })),
  errors: v.number(),
  unreadable: v.nullable(text),
});
