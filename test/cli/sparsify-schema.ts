import * as v from 'valibot';
import { count, diagnostics, joules, name, path, seconds, sha256, share, tableSavings, unit } from './schemas.ts';

/* The contract of `tierwise sparsify`, stated independently of the code's own types. */

const zeros = v.pipe(share, v.minValue(0), v.maxValue(1));
const both = v.looseObject({ before: share, after: share });
const savingOfZeros = v.looseObject({
  baseline: name,
  variant: name,
  perTable: v.pipe(tableSavings, v.minLength(2)),
  low: share,
  high: share,
  metric: v.picklist(['accuracy', 'mse', 'cross-entropy']),
  before: unit,
  after: unit,
  split: name,
  rows: v.pipe(count, v.minValue(1)),
  source: v.picklist(['measured', 'simulated', 'modelled', 'assumed']),
});

export const sparsifySchema = v.looseObject({
  schema: v.literal('tierwise.sparsify/1'),
  plan: path,
  model: path,
  output: v.nullable(path),
  method: v.picklist(['budget', 'sequential', 'uniform']),
  maxLoss: v.pipe(share, v.minValue(0), v.maxValue(1)),
  metric: v.picklist(['cross-entropy', 'mse']),
  unit: v.picklist(['token', 'row']),
  rows: v.looseObject({ calibration: count, deciding: count, heldOut: count }),
  sites: v.pipe(
    v.array(
      v.looseObject({
        id: name,
        layers: v.pipe(v.array(name), v.minLength(1)),
        block: v.nullable(count),
        role: v.nullable(name),
        channels: v.pipe(count, v.minValue(1)),
        macs: count,
        threshold: v.nullable(v.looseObject({ low: v.pipe(share, v.minValue(0)), high: v.pipe(share, v.minValue(0)) })),
        centred: v.boolean(),
        naturalZeros: zeros,
        zeros,
        corrected: v.boolean(),
        left: v.nullable(name),
      }),
    ),
    v.minLength(1),
  ),
  points: v.array(
    v.looseObject({
      id: name,
      label: name,
      kind: v.picklist(['baseline', 'candidate']),
      sparsity: zeros,
      loss: share,
      lossIncrease: share,
      allowed: v.boolean(),
      chosen: v.boolean(),
    }),
  ),
  evaluation: v.nullable(
    v.looseObject({
      loss: v.looseObject({ before: share, after: share, increase: share }),
      accuracy: v.nullable(both),
      sparsity: v.looseObject({ before: zeros, after: zeros }),
    }),
  ),
  energy: v.nullable(
    v.looseObject({
      target: name,
      unit: v.picklist(['token', 'row']),
      macs: v.looseObject({ dense: count, natural: count, sparse: count }),
      costs: v.array(v.looseObject({ model: v.picklist(['synaptic', 'instructions']), dense: joules, natural: joules, sparse: joules })),
      latency: v.looseObject({ dense: seconds, natural: seconds, sparse: seconds }),
      againstDense: savingOfZeros,
      againstNatural: savingOfZeros,
    }),
  ),
  evaluations: v.pipe(count, v.minValue(1)),
  resumed: v.boolean(),
  seconds: v.pipe(v.number(), v.finite(), v.minValue(0)),
  hashes: v.looseObject({ plan: sha256, model: sha256, data: sha256, output: v.nullable(sha256) }),
  versions: v.record(v.string(), v.string()),
  diagnostics,
});
