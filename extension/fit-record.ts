import * as v from 'valibot';
import type { FitDocument } from '../solver-core/protocol/index.ts';

const text = v.pipe(v.string(), v.maxLength(10_000));
const count = v.pipe(v.number(), v.finite(), v.minValue(0));
const tier = v.picklist(['lower', 'upper', 'frozen']);
const severity = v.picklist(['error', 'warning', 'info']);

const energy = v.object({
  value: v.pipe(v.number(), v.finite()),
  unit: v.literal('J'),
  low: v.pipe(v.number(), v.finite()),
  high: v.pipe(v.number(), v.finite()),
  source: v.picklist(['measured', 'simulated', 'modelled', 'assumed']),
  ref: text,
});

const layer = v.object({
  id: text,
  tier,
  rows: count,
  columns: count,
  outputs: count,
  lambda: v.number(),
  targets: text,
  conditionEstimate: v.nullable(v.number()),
  relativeResidual: v.number(),
  refinementPasses: count,
  cycles: v.nullable(count),
  method: text,
  seconds: count,
  deadInputs: count,
  energy: v.nullable(energy),
});

const evaluation = v.object({
  dataset: text,
  split: text,
  rows: count,
  metric: v.picklist(['accuracy', 'mse']),
  before: v.number(),
  after: v.number(),
  correctBefore: v.nullable(count),
  correctAfter: v.nullable(count),
});

const schema = v.object({
  schema: v.literal('tierwise.fit/1'),
  output: text,
  plan: text,
  backend: v.object({ kind: text, device: text, image: text, note: v.nullable(text) }),
  layers: v.pipe(v.array(layer), v.maxLength(10_000)),
  evaluation: v.nullable(evaluation),
  hashes: v.object({ plan: text, model: text, data: text, output: text }),
  versions: v.record(text, text),
  diagnostics: v.pipe(v.array(v.object({ code: text, severity, message: text, where: v.looseObject({}) })), v.maxLength(10_000)),
});

/**
 * A fit record as the solver found it beside a model. The file came with the workspace and may hold anything, so that each
 * field that is shown is checked; undefined when the record cannot be shown.
 */
export function parseFitRecord(record: unknown): FitDocument | undefined {
  const result = v.safeParse(schema, record);
  return result.success ? result.output : undefined;
}
