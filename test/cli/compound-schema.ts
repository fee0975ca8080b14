import * as v from 'valibot';
import { count, diagnostics, joules, name, sha256 } from './schemas.ts';

/* The contract of `tierwise compound`, stated independently of the code's own types. */

const path = v.pipe(v.string(), v.startsWith('/'));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const sums = v.looseObject({ compound: joules, alwaysLower: joules, alwaysUpper: joules, retraining: joules });
const exit = v.picklist(['lower', 'upper']);
const head = v.picklist(['rls', 'adam']);
const moduleSchema = v.looseObject({ name, version: name, macs: v.nullable(count), parameters: count, energy: v.nullable(joules) });

export const compoundDecisionSchema = v.looseObject({
  index: count,
  input: v.pipe(v.string(), v.maxLength(400)),
  exit,
  cache: v.picklist(['hit', 'prefix', 'miss', 'off']),
  confidence: share,
  prediction: name,
  label: v.nullable(v.string()),
  correct: v.nullable(v.boolean()),
  loss: v.nullable(amount),
  energy: v.looseObject({ total: joules, lower: joules, cache: joules, head: joules, upper: joules }),
  reason: name,
});

const step = v.looseObject({
  index: count,
  decisions: count,
  shown: v.pipe(v.array(compoundDecisionSchema), v.maxLength(64)),
  update: v.nullable(
    v.looseObject({
      decision: v.picklist(['update', 'skip', 'refit', 'restored']),
      reason: name,
      head,
      expectedGain: v.nullable(v.number()),
      energy: joules,
      drift: v.array(name),
      newClasses: v.array(name),
    }),
  ),
  running: v.looseObject({ accuracy: v.nullable(share), loss: v.nullable(amount), escalated: share, hitRate: v.nullable(share) }),
  accuracy: v.nullable(share),
  sums,
});

export const compoundSchema = v.looseObject({
  schema: v.literal('tierwise.compound/1'),
  plan: path,
  stream: name,
  task: v.picklist(['next-token', 'text-class', 'row-class']),
  target: name,
  resumed: v.boolean(),
  from: v.looseObject({
    how: v.picklist(['start', 'continued', 'grown', 'again', 'another']),
    before: v.number(),
    after: v.number(),
    of: v.number(),
  }),
  lower: moduleSchema,
  upper: moduleSchema,
  calibration: v.looseObject({
    rows: count,
    temperature: v.pipe(v.number(), v.minValue(0)),
    calibrationError: v.looseObject({ before: share, after: share }),
    threshold: amount,
    curve: v.array(v.looseObject({ threshold: amount, accuracy: share, escalated: share, energy: joules, chosen: v.boolean() })),
  }),
  heads: v.array(v.looseObject({ exit, head, loss: amount, accuracy: share, energy: joules, chosen: v.boolean(), reason: name })),
  cache: v.nullable(
    v.looseObject({
      ...{ limitBytes: count, bytes: count, entries: count, lookups: count, hits: count, prefixHits: count, evictions: count },
      breakEvenHitRate: v.nullable(share),
    }),
  ),
  steps: v.array(step),
  totals: v.looseObject({
    ...{ decisions: count, escalated: count, updates: count, skips: count, accuracy: v.nullable(share), loss: v.nullable(amount) },
    energy: v.looseObject({ deciding: joules, learning: joules }),
    sums,
  }),
  heldOut: v.nullable(v.looseObject({ rows: count, before: share, after: share })),
  outputs: v.looseObject({ record: path, lower: path, upper: path, state: path, log: path }),
  hashes: v.looseObject({ plan: sha256, stream: sha256, lower: sha256, upper: sha256 }),
  versions: v.record(v.string(), name),
  diagnostics,
});
