import * as v from 'valibot';
import { count, failure, figure, list, maxLayers, problems, searching, text, written } from './guard-parts.ts';

const optimiseOptions = v.object({
  maxDrop: v.pipe(v.number(), v.minValue(0), v.maxValue(0.05)),
  bits: v.picklist([4, 8]),
  values: v.picklist(['all', 'set', 'powers-of-two']),
  method: v.picklist(['closed-form', 'training']),
  cell: v.picklist(['array', 'booth', 'shift']),
});

const optimiseTables = list(
  v.object({ table: text, cell: text, before: figure, after: figure, saving: v.number(), savingText: text }),
  100,
);

/** What `OptimiseView` says. */
export const optimise = v.object({
  plan: text,
  options: optimiseOptions,
  running: searching,
  metric: v.picklist(['accuracy', 'mse']),
  metricText: text,
  points: list(
    v.object({
      id: text,
      label: text,
      kind: v.picklist(['baseline', 'candidate']),
      energy: figure,
      saving: v.number(),
      savingText: text,
      qualityText: text,
      drop: count,
      dropText: text,
      needed: v.nullable(v.number()),
      allowed: v.boolean(),
      chosen: v.boolean(),
    }),
    2000,
  ),
  result: v.nullable(
    v.object({
      options: optimiseOptions,
      saving: v.nullable(
        v.object({
          headline: text,
          saves: v.boolean(),
          baseline: text,
          variant: text,
          tables: text,
          metricText: text,
          before: text,
          after: text,
          rounded: text,
          rowsText: text,
          perTable: optimiseTables,
        }),
      ),
      savingMissing: text,
      whole: v.nullable(v.object({ target: text, int8: figure, multiplyAdds: figure, selected: figure })),
      layers: list(
        v.object({
          id: text,
          op: text,
          bits: text,
          values: text,
          zeros: text,
          error: text,
          inputLevels: text,
          mu: text,
          compensated: v.boolean(),
          left: v.nullable(text),
          tables: optimiseTables,
        }),
        maxLayers,
      ),
      rowsText: text,
      took: text,
      stale: v.nullable(text),
    }),
  ),
  written,
  error: failure,
  problems,
});
