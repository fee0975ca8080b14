import * as v from 'valibot';
import { budgetsOf, count, diagnostics, joules, name, sha256 } from './schemas.ts';

/* The contract of `tierwise diff --json`, stated as in schemas.ts. */

const difference = v.looseObject({
  before: v.nullable(joules),
  after: v.nullable(joules),
  change: v.nullable(v.number()),
  perTable: v.optional(v.array(v.looseObject({ table: name, change: v.number() }))),
});
const differences = v.looseObject({ sgd: difference, solve: difference, incremental: difference });
const sides = <T extends v.GenericSchema>(of: T) => v.looseObject({ before: v.nullable(of), after: v.nullable(of) });
const diffSide = v.looseObject({
  name,
  sha256,
  model: v.optional(v.looseObject({ path: name, sha256 })),
  quality: v.nullable(v.looseObject({ metric: v.picklist(['accuracy', 'mse']), value: v.number(), rows: count, from: name })),
  saving: v.optional(
    v.looseObject({ baseline: name, variant: name, low: v.number(), high: v.number(), split: name, rows: count, from: name }),
  ),
});

export const diffSchema = v.looseObject({
  schema: v.literal('tierwise.diff/1'),
  target: name,
  before: diffSide,
  after: diffSide,
  layers: v.array(
    v.looseObject({
      id: v.string(),
      idBefore: v.optional(v.string()),
      op: name,
      status: v.picklist(['same', 'changed', 'added', 'removed']),
      tier: sides(v.picklist(['lower', 'upper', 'frozen'])),
      macs: sides(count),
      parameters: sides(count),
      inference: difference,
      retraining: differences,
    }),
  ),
  totals: v.looseObject({ inference: difference, retraining: differences }),
  qualityChange: v.nullable(v.number()),
  budgets: v.optional(v.looseObject({ before: v.nullable(budgetsOf()), after: v.nullable(budgetsOf()) })),
  diagnostics,
});
