import * as v from 'valibot';
import type { CompoundDocument } from '../solver-core/protocol/index.ts';
import { thinned, type CompoundRun } from './compound-run.ts';
import { withFullRefs, withShortRefs } from './record-refs.ts';
import { count, diagnostics, energy, number, share, source, text } from './record-parts.ts';

const sums = v.object({ compound: energy, alwaysLower: energy, alwaysUpper: energy, retraining: energy });
const running = v.object({ accuracy: v.nullable(share), loss: v.nullable(number), escalated: share, hitRate: v.nullable(share) });
const learned = v.picklist(['skip', 'update', 'refit', 'restored']);
const head = v.picklist(['rls', 'adam']);
const exit = v.picklist(['lower', 'upper']);
const parts = v.object({ total: energy, lower: energy, cache: energy, head: energy, upper: energy });
const index = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const decision = v.object({
  index,
  input: text,
  exit,
  cache: v.picklist(['hit', 'prefix', 'miss', 'off']),
  confidence: share,
  prediction: text,
  label: v.nullable(text),
  correct: v.nullable(v.boolean()),
  loss: v.nullable(number),
  energy: parts,
  reason: text,
});

const update = v.object({
  decision: learned,
  reason: text,
  head,
  expectedGain: v.nullable(number),
  gain: v.nullable(v.object({ value: number, unit: v.literal('1/J'), low: number, high: number, source, ref: text })),
  energy,
  drift: v.pipe(v.array(text), v.maxLength(100)),
  newClasses: v.pipe(v.array(text), v.maxLength(10_000)),
});

const step = v.object({
  index,
  decisions: count,
  shown: v.pipe(v.array(decision), v.maxLength(2000)),
  update: v.nullable(update),
  running,
  accuracy: v.nullable(share),
  sums,
});

const compoundModule = v.object({ name: text, version: text, macs: v.nullable(count), parameters: count, energy: v.nullable(energy) });
const threshold = v.object({ threshold: number, accuracy: share, escalated: share, energy, chosen: v.boolean() });
const trial = v.object({ exit, head, loss: number, accuracy: share, energy, chosen: v.boolean(), reason: text });

const document = v.object({
  schema: v.literal('tierwise.compound/1'),
  plan: text,
  stream: text,
  task: v.picklist(['next-token', 'text-class', 'row-class']),
  target: text,
  resumed: v.boolean(),
  from: v.object({ how: v.picklist(['start', 'continued', 'grown', 'again', 'another']), before: count, after: count, of: count }),
  lower: compoundModule,
  upper: compoundModule,
  calibration: v.object({
    rows: count,
    temperature: number,
    calibrationError: v.object({ before: number, after: number }),
    threshold: number,
    curve: v.pipe(v.array(threshold), v.maxLength(500)),
  }),
  heads: v.pipe(v.array(trial), v.maxLength(20)),
  cache: v.nullable(
    v.object({
      limitBytes: count,
      bytes: count,
      entries: count,
      lookups: count,
      hits: count,
      prefixHits: count,
      evictions: count,
      breakEvenHitRate: v.nullable(number),
    }),
  ),
  steps: v.pipe(v.array(step), v.maxLength(10)),
  totals: v.object({
    decisions: count,
    escalated: count,
    updates: count,
    skips: count,
    accuracy: v.nullable(share),
    loss: v.nullable(number),
    energy: v.object({ deciding: energy, learning: energy }),
    sums,
  }),
  heldOut: v.nullable(v.object({ rows: count, before: number, after: number })),
  outputs: v.object({ record: text, lower: text, upper: text, state: text, log: text }),
  hashes: v.record(text, text),
  versions: v.record(text, text),
  diagnostics,
});

const saved = v.object({
  stream: text,
  planHash: v.nullable(text),
  record: document,
  decisions: v.pipe(v.array(decision), v.maxLength(2000)),
  course: v.pipe(v.array(v.object({ decisions: count, running, sums, learned })), v.maxLength(2000)),
  updates: v.pipe(v.array(v.object({ index, update })), v.maxLength(2000)),
});

/** More characters are not remembered: the memory of a workspace is read whole at each start. */
const maxRemembered = 400_000;

/** What of a finished run is remembered over a reload of the window; undefined when even little of it is too much. */
export function rememberedCompound(run: CompoundRun): unknown {
  const { stream, planHash, record } = run;
  if (!record) return undefined;
  for (const [rows, points] of [
    [100, 125],
    [20, 60],
    [0, 20],
  ] as const) {
    // The record keeps its references: the others are told through it.
    const told = {
      decisions: rows === 0 ? [] : run.decisions.slice(-rows),
      course: thinned(run.course, points),
      updates: rows === 0 ? [] : run.updates.slice(-rows),
    };
    const memory = {
      stream: stream ?? record.stream,
      planHash,
      record: { ...record, steps: [] },
      ...withShortRefs(told, record.totals.energy.deciding.ref),
    };
    if (JSON.stringify(memory).length <= maxRemembered) return memory;
  }
  return undefined;
}

/** A run as it was remembered, perhaps by another version; undefined when it cannot be shown. */
export function restoredCompound(memory: unknown, idle: CompoundRun): CompoundRun | undefined {
  const result = v.safeParse(saved, memory);
  if (!result.success) return undefined;
  const { stream, planHash, record, decisions, course, updates } = withFullRefs(
    result.output,
    result.output.record.totals.energy.deciding.ref,
  );
  const known: CompoundDocument = record;
  return {
    ...idle,
    stream,
    planHash,
    record: known,
    decisions,
    decisionCount: record.totals.decisions,
    course,
    updates,
    updateCount: record.totals.updates,
    restored: true,
    hasState: true,
  };
}
