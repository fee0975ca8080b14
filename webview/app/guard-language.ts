import * as v from 'valibot';
import { failure, figure, joules, list, maybeFigure, problems, running, searching, text, written } from './guard-parts.ts';

/** A share of something; a share beyond its ends is no share. */
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const maybeShare = v.nullable(share);

const sparsifyOptions = v.object({
  maxLoss: v.pipe(v.number(), v.minValue(0), v.maxValue(0.05)),
  method: v.picklist(['budget', 'sequential', 'uniform']),
  per: v.picklist(['site', 'channel']),
  correct: v.boolean(),
});

const group = v.object({ name: text, sites: text, macs: text, natural: share, naturalText: text, zeros: share, zerosText: text });
const cost = v.object({ name: text, dense: figure, natural: figure, sparse: figure });
const saving = v.nullable(v.object({ headline: text, saves: v.boolean(), baseline: text }));

/** What the page about sparse activations shows. */
export const sparsity = v.object({
  plan: text,
  options: sparsifyOptions,
  running: searching,
  metricText: text,
  points: list(
    v.object({
      id: text,
      label: text,
      kind: v.picklist(['baseline', 'candidate']),
      sparsity: share,
      sparsityText: text,
      lossText: text,
      increase: v.number(),
      increaseText: text,
      needed: v.number(),
    }),
    2000,
  ),
  result: v.nullable(
    v.object({
      options: sparsifyOptions,
      evaluation: v.nullable(
        v.object({
          lossBefore: text,
          lossAfter: text,
          increase: text,
          accuracyBefore: text,
          accuracyAfter: text,
          sparsityBefore: text,
          sparsityAfter: text,
        }),
      ),
      energy: v.nullable(
        v.object({
          target: text,
          per: text,
          macs: text,
          costs: list(cost, 20),
          latency: cost,
          againstDense: saving,
          againstNatural: saving,
        }),
      ),
      blocks: list(group),
      roles: list(group),
      sites: list(
        v.object({
          id: text,
          layers: list(text),
          block: text,
          role: text,
          channels: text,
          macs: text,
          macCount: v.number(),
          natural: share,
          naturalText: text,
          zeros: share,
          zerosText: text,
          threshold: text,
          centred: v.boolean(),
          corrected: v.boolean(),
          left: v.nullable(text),
        }),
      ),
      rowsText: text,
      took: text,
      resumed: v.boolean(),
      stale: v.nullable(text),
    }),
  ),
  written,
  error: failure,
  problems,
});

const row = {
  index: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  input: v.pipe(v.string(), v.maxLength(2000)),
  exit: v.picklist(['lower', 'upper']),
  cache: v.picklist(['hit', 'prefix', 'miss', 'off']),
  confidence: text,
  prediction: text,
  label: v.nullable(text),
  correct: v.nullable(v.boolean()),
  energy: text,
  source: v.picklist(['measured', 'simulated', 'modelled', 'assumed']),
} as const;
const learned = v.picklist(['skip', 'update', 'refit', 'restored']);
const sums = v.object({ compound: maybeFigure, alwaysLower: maybeFigure, alwaysUpper: maybeFigure, retraining: maybeFigure });
const module = v.object({ name: text, macs: text, parameters: text, energy: maybeFigure });

const compoundResult = v.object({
  began: text,
  stale: v.nullable(text),
  lower: module,
  upper: module,
  deciding: figure,
  learning: figure,
  heldOut: v.nullable(v.object({ before: text, after: text, rows: text })),
  calibration: v.object({
    rows: text,
    temperature: text,
    errorBefore: text,
    errorAfter: text,
    threshold: v.number(),
    thresholdText: text,
    curve: list(v.object({ threshold: v.number(), accuracy: share, escalated: share, energy: figure, chosen: v.boolean() }), 500),
  }),
  heads: list(
    v.object({
      exit: v.picklist(['lower', 'upper']),
      head: text,
      loss: text,
      accuracy: text,
      energy: figure,
      chosen: v.boolean(),
      reason: text,
    }),
    20,
  ),
  cache: v.nullable(
    v.object({
      used: text,
      entries: text,
      lookups: text,
      hits: text,
      prefixHits: text,
      evictions: text,
      hitRate: text,
      breakEven: text,
      verdict: text,
    }),
  ),
  files: list(text, 20),
});

/** What the page of a compound model's stream shows. */
export const compound = v.object({
  plan: text,
  stream: text,
  task: text,
  running,
  canResume: v.boolean(),
  resumeNote: text,
  rows: v.object({ reset: v.boolean(), added: list(v.object(row), 2000) }),
  decisionCount: v.number(),
  inspected: v.nullable(v.object({ ...row, loss: text, reason: text, total: figure, parts: list(v.object({ name: text, figure }), 20) })),
  totals: v.object({ accuracy: text, loss: text, escalated: text, hitRate: text, sums }),
  points: list(
    v.object({
      decisions: v.number(),
      accuracy: maybeShare,
      escalated: share,
      hitRate: maybeShare,
      compound: joules,
      alwaysLower: joules,
      alwaysUpper: joules,
      retraining: joules,
      learned,
    }),
    2000,
  ),
  updates: list(
    v.object({ index: v.number(), decision: learned, head: text, reason: text, gain: text, energy: figure, signals: text }),
    2000,
  ),
  updateCount: v.number(),
  result: v.nullable(compoundResult),
  error: failure,
  problems,
});
