import * as v from 'valibot';
import type { SelectDocument } from '../solver-core/protocol/index.ts';
import { count, diagnostics, energy, metric, number, saving, tables, text } from './record-parts.ts';

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
  diagnostics,
});

/** A selection as it was remembered from an earlier session, perhaps of another version; undefined when it cannot be shown. */
export function parseSelectRecord(record: unknown): SelectDocument | undefined {
  const result = v.safeParse(schema, record);
  return result.success ? result.output : undefined;
}
