import * as v from 'valibot';
import { count, figure, list, maxLayers, maybeFigure, severity, text } from './guard-parts.ts';
import { layer } from './guard-report.ts';

/** What `ModelView` says. */
export const model = v.object({
  path: text,
  unreadable: v.exactOptional(v.boolean()),
  summary: list(v.object({ name: text, value: text }), 500),
  layers: list(v.object({ ...layer.entries, block: v.exactOptional(text), role: v.exactOptional(text) }), maxLayers),
  // A model may have several for each of its layers; the page lists the first ones and counts the others.
  diagnostics: list(v.object({ severity, code: text, message: text, where: text }), 10 * maxLayers),
  totals: v.object({
    layers: text,
    macs: text,
    parameters: text,
    weightBytes: text,
    inference: maybeFigure,
    sgd: v.exactOptional(maybeFigure),
    solve: v.exactOptional(maybeFigure),
    incremental: v.exactOptional(maybeFigure),
    breakEven: v.exactOptional(text),
  }),
});

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const side = v.object({
  name: text,
  rows: list(v.object({ name: text, value: text }), 20),
  counts: list(whole, 512),
  count: whole,
  zeros: whole,
});

/** What `WeightsView` says. */
export const weights = v.pipe(
  v.object({
    tensor: text,
    dtype: text,
    shape: text,
    edges: list(v.pipe(v.number(), v.finite()), 513),
    after: side,
    before: v.nullable(side),
    change: text,
    note: text,
  }),
  v.check(
    ({ edges, after, before }) =>
      after.counts.length > 0 &&
      edges.length === after.counts.length + 1 &&
      (before === null || before.counts.length === after.counts.length),
    'a histogram has one edge more than counts',
  ),
);

const compareLayer = v.object({
  id: text,
  idBefore: v.nullable(text),
  op: text,
  status: v.picklist(['same', 'changed', 'added', 'removed']),
  parametersBefore: text,
  parametersAfter: text,
  inferenceBefore: maybeFigure,
  inferenceAfter: maybeFigure,
  factor: text,
  factorBand: text,
  ratio: count,
  weights: text,
  weightChange: count,
  zerosBefore: text,
  zerosAfter: text,
  zeroShare: count,
});

/** What `CompareView` says. */
export const compare = v.object({
  name: text,
  title: text,
  running: v.nullable(text),
  layers: list(compareLayer, maxLayers),
  notes: list(text, 50),
  total: v.object({ before: v.nullable(figure), after: v.nullable(figure), factor: text, factorBand: text }),
});

/** The messages of the model editor beside its view. */
export const modelMessages = [
  v.object({ kind: v.literal('layer-weights'), id: text, weights: v.nullable(weights), failed: v.nullable(text) }),
  v.object({ kind: v.literal('layer-source'), id: text, hasSource: v.boolean() }),
  v.object({ kind: v.literal('model-compare'), compare: v.nullable(compare) }),
  v.object({ kind: v.literal('focus-layer'), id: text }),
] as const;
