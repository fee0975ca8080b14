import * as v from 'valibot';
import { list, maxLayers, text } from './guard-parts.ts';

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
      layers: list(text, maxLayers),
      canFit: v.boolean(),
      canLearn: v.exactOptional(v.boolean()),
    }),
  ),
  frozen: list(text, maxLayers),
  fitting: v.nullable(v.object({ message: text, fraction: v.nullable(v.number()) })),
  learning: v.exactOptional(v.nullable(v.object({ running: v.boolean(), text }))),
  lastFit: v.nullable(v.object({ before: text, after: text, stale: v.boolean(), detail: v.exactOptional(text) })),
  errors: v.number(),
});
