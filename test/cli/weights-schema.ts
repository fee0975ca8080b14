import * as v from 'valibot';
import { count, name, path } from './schemas.ts';

/* The contract of `tierwise inspect --layer --json`, stated as in schemas.ts. */

const figures = v.looseObject({
  count,
  nonFinite: count,
  zeros: count,
  nearZeros: count,
  min: v.nullable(v.number()),
  max: v.nullable(v.number()),
  mean: v.nullable(v.number()),
  standardDeviation: v.nullable(v.pipe(v.number(), v.minValue(0))),
});

export const weightsSchema = v.pipe(
  v.looseObject({
    schema: v.literal('tierwise.weights/1'),
    model: path,
    layer: name,
    tensor: name,
    dtype: name,
    shape: v.array(count),
    figures,
    edges: v.array(v.pipe(v.number(), v.finite())),
    counts: v.array(count),
    before: v.nullable(
      v.looseObject({ model: name, figures, counts: v.array(count), relativeChange: v.nullable(v.pipe(v.number(), v.minValue(0))) }),
    ),
  }),
  v.check((w) => w.edges.length === w.counts.length + 1, 'one edge more than counts'),
  v.check((w) => w.counts.reduce((a, b) => a + b, 0) === w.figures.count - w.figures.nonFinite, 'counts add up to the finite values'),
  v.check((w) => w.before === null || w.before.counts.length === w.counts.length, 'both sides share their edges'),
);
