import * as v from 'valibot';
import type { SparsifyDocument } from '../solver-core/protocol/index.ts';
import { count, diagnostics, energy, number, saving, share, source, text } from './record-parts.ts';

const seconds = v.object({ value: number, unit: v.literal('s'), low: number, high: number, source, ref: text });
const unit = v.picklist(['token', 'row']);
const pair = v.object({ before: number, after: number });

const site = v.object({
  id: text,
  layers: v.pipe(v.array(text), v.maxLength(10_000)),
  block: v.nullable(count),
  role: v.nullable(text),
  channels: count,
  macs: count,
  threshold: v.nullable(v.object({ low: number, high: number })),
  centred: v.boolean(),
  naturalZeros: share,
  zeros: share,
  corrected: v.boolean(),
  left: v.nullable(text),
});

const point = v.object({
  id: text,
  label: text,
  kind: v.picklist(['baseline', 'candidate']),
  sparsity: share,
  loss: number,
  lossIncrease: number,
  allowed: v.boolean(),
  chosen: v.boolean(),
});

const cost = v.object({ model: v.picklist(['synaptic', 'instructions']), dense: energy, natural: energy, sparse: energy });

const schema = v.object({
  schema: v.literal('tierwise.sparsify/1'),
  plan: text,
  model: text,
  output: v.nullable(text),
  method: v.picklist(['budget', 'sequential', 'uniform']),
  maxLoss: number,
  metric: v.picklist(['cross-entropy', 'mse']),
  unit,
  rows: v.object({ calibration: count, deciding: count, heldOut: count }),
  sites: v.pipe(v.array(site), v.maxLength(10_000)),
  points: v.pipe(v.array(point), v.maxLength(1000)),
  evaluation: v.nullable(
    v.object({
      loss: v.object({ before: number, after: number, increase: number }),
      accuracy: v.nullable(pair),
      sparsity: pair,
    }),
  ),
  energy: v.nullable(
    v.object({
      target: text,
      unit,
      macs: v.object({ dense: count, natural: count, sparse: count }),
      costs: v.pipe(v.array(cost), v.maxLength(10)),
      latency: v.object({ dense: seconds, natural: seconds, sparse: seconds }),
      againstDense: saving,
      againstNatural: saving,
    }),
  ),
  evaluations: count,
  resumed: v.boolean(),
  seconds: count,
  hashes: v.object({ plan: text, model: text, data: text, output: v.nullable(text) }),
  versions: v.record(text, text),
  diagnostics,
});

/** A result as it was remembered from an earlier session, perhaps of another version; undefined when it cannot be shown. */
export function parseSparsifyRecord(record: unknown): SparsifyDocument | undefined {
  const result = v.safeParse(schema, record);
  return result.success ? result.output : undefined;
}
