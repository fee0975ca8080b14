import * as v from 'valibot';
import type { SelectDocument } from '../solver-core/protocol/index.ts';

const text = v.pipe(v.string(), v.maxLength(10_000));
const number = v.pipe(v.number(), v.finite());
const count = v.pipe(v.number(), v.finite(), v.minValue(0));
const metric = v.picklist(['accuracy', 'mse']);
const source = v.picklist(['measured', 'simulated', 'modelled', 'assumed']);
const severity = v.picklist(['error', 'warning', 'info']);
const energy = v.object({ value: number, unit: v.literal('J'), low: number, high: number, source, ref: text });
const tables = v.pipe(v.array(v.object({ table: text, cell: text, before: energy, after: energy, saving: number })), v.maxLength(100));

const layer = v.object({
  id: text,
  op: text,
  bits: count,
  values: count,
  zeros: number,
  mu: v.nullable(number),
  compensated: v.boolean(),
  outputError: number,
  inputLevels: v.exactOptional(count),
  perTable: tables,
  left: v.nullable(text),
});

const point = v.object({
  id: text,
  label: text,
  kind: v.picklist(['baseline', 'candidate']),
  macEnergy: energy,
  saving: number,
  metric,
  quality: number,
  rows: count,
  drop: v.exactOptional(number),
  smoothDrop: v.exactOptional(number),
  allowed: v.boolean(),
  chosen: v.boolean(),
});

const saving = v.object({
  baseline: text,
  variant: text,
  perTable: tables,
  low: number,
  high: number,
  metric,
  before: number,
  after: number,
  split: text,
  rows: count,
  source,
});

const whole = v.object({
  target: text,
  given: v.nullable(energy),
  int8: v.nullable(energy),
  multiplyAdds: v.nullable(energy),
  selected: v.nullable(energy),
});

const schema = v.object({
  schema: v.literal('tierwise.select/1'),
  plan: text,
  model: text,
  output: v.nullable(text),
  method: v.picklist(['closed-form', 'training']),
  values: v.picklist(['all', 'set', 'powers-of-two']),
  bits: count,
  maxDrop: number,
  rows: v.object({ calibration: count, validation: count, heldOut: count }),
  layers: v.pipe(v.array(layer), v.maxLength(10_000)),
  points: v.pipe(v.array(point), v.maxLength(1000)),
  saving: v.nullable(saving),
  cell: v.exactOptional(text),
  rounded: v.exactOptional(v.nullable(number)),
  whole: v.exactOptional(v.nullable(whole)),
  seconds: count,
  hashes: v.object({ plan: text, model: text, data: text, output: v.nullable(text), cells: v.record(text, text) }),
  versions: v.record(text, text),
  diagnostics: v.pipe(v.array(v.object({ code: text, severity, message: text, where: v.looseObject({}) })), v.maxLength(10_000)),
});

/** A selection as it was remembered from an earlier session, perhaps of another version; undefined when it cannot be shown. */
export function parseSelectRecord(record: unknown): SelectDocument | undefined {
  const result = v.safeParse(schema, record);
  return result.success ? result.output : undefined;
}
