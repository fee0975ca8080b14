import * as v from 'valibot';
import type { FitDocument, Quantity } from '../../solver-core/protocol/index.ts';
import { addEnergy } from '../add-energy.ts';
import { count, energy, metric, number, text } from '../record-parts.ts';

const schema = v.object({
  schema: v.literal('tierwise.fit-history/1'),
  id: v.pipe(v.number(), v.integer(), v.minValue(1)),
  kind: v.picklist(['fit', 'found']),
  made: v.pipe(v.string(), v.isoTimestamp()),
  plan: text,
  output: text,
  model: v.object({ name: text, sizeBytes: count, sha256: v.nullable(text) }),
  record: v.nullable(v.object({ name: text, sizeBytes: count })),
  before: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))),
  backend: v.nullable(v.object({ kind: text, device: text, note: v.nullable(text) })),
  evaluation: v.nullable(v.object({ metric, before: number, after: number, rows: count })),
  energy: v.nullable(energy),
  rows: v.nullable(count),
  layers: count,
  lambdas: v.pipe(v.array(number), v.maxLength(8)),
  planHash: v.nullable(text),
});

/**
 * A fitted model that was kept: one that a fit of this editor wrote, or ("found") one that was there before and would have been
 * overwritten. `before` is the version that was on the disk when it was written; null: there was none.
 */
export type FitEntry = v.InferOutput<typeof schema>;

/** What an entry tells of the fit itself. */
export type FitFacts = Pick<FitEntry, 'backend' | 'evaluation' | 'energy' | 'rows' | 'layers' | 'lambdas' | 'planHash'>;

/** An entry as it was written down; undefined when the text is not one. */
export function parseEntry(written: string): FitEntry | undefined {
  try {
    const result = v.safeParse(schema, JSON.parse(written));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

const maxLambdas = 8;

/** What is worth keeping of a fit record; of none, nothing. */
export function factsOf(fit: FitDocument | null): FitFacts {
  if (fit === null) return { backend: null, evaluation: null, energy: null, rows: null, layers: 0, lambdas: [], planHash: null };
  const { backend, evaluation, layers } = fit;
  const energies = layers.map((layer) => layer.energy);
  const known = energies.filter((one): one is Quantity<'J'> => one !== null);
  // A sum without one of its parts would look like the whole.
  const sum = known.length === energies.length && known.length > 0 ? known.reduce(addEnergy) : null;
  const lambdas = [...new Set(layers.map(({ lambda }) => lambda).filter(Number.isFinite))];
  return {
    backend: { kind: backend.kind, device: backend.device, note: backend.note },
    evaluation: evaluation && {
      metric: evaluation.metric,
      before: evaluation.before,
      after: evaluation.after,
      rows: evaluation.rows,
    },
    energy: sum && { ...sum, ref: sum.ref.slice(0, 10_000) },
    rows: layers.length === 0 ? null : Math.max(...layers.map(({ rows }) => rows)),
    layers: layers.length,
    lambdas: lambdas.slice(0, maxLambdas),
    planHash: fit.hashes.plan,
  };
}
