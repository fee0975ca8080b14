import * as v from 'valibot';

/** What records of earlier sessions consist of: files of the workspace and its memory may hold anything. */
export const text = v.pipe(v.string(), v.maxLength(10_000));
export const number = v.pipe(v.number(), v.finite());
export const count = v.pipe(v.number(), v.finite(), v.minValue(0));
export const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
export const metric = v.picklist(['accuracy', 'mse']);
export const source = v.picklist(['measured', 'simulated', 'modelled', 'assumed']);
const severity = v.picklist(['error', 'warning', 'info']);

export const energy = v.object({ value: number, unit: v.literal('J'), low: number, high: number, source, ref: text });
export const tables = v.pipe(
  v.array(v.object({ table: text, cell: text, before: energy, after: energy, saving: number })),
  v.maxLength(100),
);

export const saving = v.object({
  baseline: text,
  variant: text,
  perTable: tables,
  low: number,
  high: number,
  metric: v.picklist(['accuracy', 'mse', 'cross-entropy']),
  before: number,
  after: number,
  split: text,
  rows: count,
  source,
});

export const diagnostics = v.pipe(
  v.array(v.object({ code: text, severity, message: text, where: v.looseObject({}) })),
  v.maxLength(10_000),
);
