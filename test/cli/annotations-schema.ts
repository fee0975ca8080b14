import * as v from 'valibot';
import { count, diagnostics, joules, name, path } from './schemas.ts';

/* The contract of `tierwise annotations --json`, stated as in schemas.ts. */

const range = v.looseObject({ line: count, column: count, endLine: count, endColumn: count });
const tier = v.picklist(['lower', 'upper', 'frozen']);

const layer = v.pipe(
  v.looseObject({
    name: v.string(),
    model: v.string(),
    framework: v.picklist(['torch', 'keras']),
    kind: name,
    range,
    tier,
    annotation: v.nullable(
      v.looseObject({ kind: tier, name: v.nullable(name), method: v.nullable(name), options: v.record(v.string(), v.string()), range }),
    ),
    parameters: v.nullable(count),
    macs: v.nullable(count),
    layerId: v.nullable(v.string()),
    basis: v.picklist(['model', 'arguments', 'none']),
    note: v.nullable(name),
    inference: v.nullable(joules),
    retraining: v.looseObject({ sgd: v.nullable(joules), solve: v.nullable(joules), incremental: v.nullable(joules) }),
  }),
  v.check(({ basis, layerId }) => (basis === 'model') === (layerId !== null), 'figures of a model belong to a layer of it'),
  v.check(({ basis, inference }) => basis !== 'none' || inference === null, 'no figure without a basis'),
  v.check(({ basis, note }) => basis === 'model' || note !== null, 'what is estimated or missing is said'),
);

export const annotationsSchema = v.looseObject({
  schema: v.literal('tierwise.annotations/1'),
  path,
  model: v.nullable(path),
  target: name,
  layers: v.array(layer),
  assumptions: v.array(name),
  diagnostics,
});
