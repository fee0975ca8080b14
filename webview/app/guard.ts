import * as v from 'valibot';
import type { ToWebview } from '../messages/index.ts';
import { pageCommands } from './guard-commands.ts';
import { compound, sparsity } from './guard-language.ts';
import { count, failure, figure, joules, list, maybeFigure, problems, running, searching, severity, text, written } from './guard-parts.ts';

/** No page shows more layers than this; the host's own limits are lower. */
const maxLayers = 200_000;

const evidence = list(
  v.object({
    of: text,
    estimate: figure,
    simulated: maybeFigure,
    measured: maybeFigure,
    measuredBy: text,
    error: text,
    stale: v.nullable(text),
  }),
  200,
);

const layer = v.object({
  id: text,
  op: text,
  tier: v.picklist(['lower', 'upper', 'frozen']),
  shape: text,
  macs: text,
  parameters: text,
  weightBytes: text,
  inference: maybeFigure,
  components: list(v.object({ name: text, figure }), 200),
  sgd: maybeFigure,
  solve: maybeFigure,
  incremental: maybeFigure,
  breakEven: text,
  fitted: v.nullable(text),
  macsCount: v.exactOptional(count),
  parameterCount: v.exactOptional(count),
  weightByteCount: v.exactOptional(count),
  breakEvenRetrainings: v.exactOptional(count),
  mapping: v.exactOptional(text),
  evidence: v.exactOptional(evidence),
  training: v.exactOptional(v.object({ name: text, sgd: maybeFigure, solve: maybeFigure, incremental: maybeFigure })),
});

const solvedLayer = v.object({
  id: text,
  rows: text,
  lambda: text,
  condition: text,
  residual: text,
  passes: text,
  cycles: text,
  method: text,
  energy: maybeFigure,
});

const report = v.object({
  title: text,
  model: text,
  target: text,
  notice: v.exactOptional(text),
  layers: list(layer, maxLayers),
  totals: v.object({
    macs: text,
    parameters: text,
    inference: maybeFigure,
    sgd: maybeFigure,
    solve: maybeFigure,
    incremental: maybeFigure,
    breakEven: text,
  }),
  assumptions: list(v.object({ name: text, text, dominates: v.boolean() })),
  budgets: list(
    v.object({
      scope: text,
      per: text,
      limit: text,
      actual: text,
      status: v.picklist(['met', 'exceeded', 'uncertain', 'unknown']),
      detail: v.exactOptional(text),
    }),
  ),
  problems,
  fit: v.nullable(
    v.object({
      backend: text,
      note: v.nullable(text),
      output: text,
      stale: v.boolean(),
      metric: text,
      before: text,
      after: text,
      rowsText: text,
      layers: list(solvedLayer, maxLayers),
    }),
  ),
  evidence: v.exactOptional(evidence),
  trainingMachine: v.exactOptional(
    v.object({ name: text, sgd: maybeFigure, solve: maybeFigure, incremental: maybeFigure, breakEven: text }),
  ),
  calibration: v.exactOptional(v.object({ text, path: text, stale: v.nullable(text) })),
  switching: v.exactOptional(
    v.object({
      obstacle: v.nullable(text),
      running,
    }),
  ),
});

const tiers = v.object({
  plan: v.nullable(text),
  model: v.nullable(text),
  backend: text,
  target: text,
  tiers: list(
    v.object({
      kind: v.picklist(['lower', 'upper']),
      name: text,
      layers: list(text, maxLayers),
      canFit: v.boolean(),
      canLearn: v.exactOptional(v.boolean()),
    }),
  ),
  frozen: list(text, maxLayers),
  fitting: v.nullable(v.object({ message: text, fraction: v.nullable(v.number()) })),
  learning: v.exactOptional(v.nullable(v.object({ running: v.boolean(), text }))),
  lastFit: v.nullable(v.object({ before: text, after: text, stale: v.boolean(), detail: v.exactOptional(text) })),
  errors: v.number(),
});

const decision = v.picklist(['skip', 'update', 'refit', 'restored']);

const learning = v.object({
  plan: text,
  data: text,
  tier: text,
  policy: text,
  metric: v.picklist(['accuracy', 'mse']),
  metricText: text,
  running,
  batches: list(
    v.object({
      index: v.number(),
      rows: text,
      decision,
      reason: text,
      before: text,
      after: text,
      running: text,
      gain: text,
      energy: figure,
      signals: text,
    }),
  ),
  batchCount: v.number(),
  points: list(v.object({ index: v.number(), running: v.number(), batch: v.number(), spent: joules, decision })),
  totals: v.object({ rows: text, updates: text, skips: text, quality: text, energy: maybeFigure, always: maybeFigure }),
  result: v.nullable(
    v.object({
      output: text,
      state: text,
      resumed: v.boolean(),
      heldOut: v.nullable(v.object({ before: text, after: text, rows: text })),
    }),
  ),
  problems,
});

const model = v.object({
  path: text,
  unreadable: v.exactOptional(v.boolean()),
  summary: list(v.object({ name: text, value: text }), 500),
  layers: list(layer, maxLayers),
  diagnostics: list(v.object({ severity, code: text, message: text, where: text })),
  totals: v.object({ layers: text, macs: text, parameters: text, weightBytes: text, inference: maybeFigure }),
});

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

const optimise = v.object({
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

const action = v.object({ label: text, command: v.picklist(pageCommands) });
const strings = v.record(v.string(), v.string());

const toWebview = v.variant('kind', [
  v.object({ kind: v.literal('report'), strings, view: report }),
  v.object({ kind: v.literal('tiers'), strings, view: tiers }),
  v.object({ kind: v.literal('model'), strings, view: model }),
  v.object({ kind: v.literal('learning'), strings, view: learning }),
  v.object({ kind: v.literal('optimise'), strings, view: optimise }),
  v.object({ kind: v.literal('sparsity'), strings, view: sparsity }),
  v.object({ kind: v.literal('compound'), strings, view: compound }),
  v.object({ kind: v.literal('busy'), message: text, strings: v.exactOptional(strings) }),
  v.object({
    kind: v.literal('empty'),
    message: text,
    hint: text,
    action: v.nullable(action),
    more: v.exactOptional(list(action, 20)),
    strings: v.exactOptional(strings),
  }),
  v.object({ kind: v.literal('error'), code: text, message: text, advice: text, strings: v.exactOptional(strings) }),
]);

/** A message, or the sentence that says where it departs from the contract. */
export type Guarded = { readonly ok: true; readonly message: ToWebview } | { readonly ok: false; readonly problem: string };

/** Checks one message of the host against webview/messages. Unknown keys are dropped; unknown kinds and wrong types are a problem, never a throw. */
export function guardMessage(data: unknown): Guarded {
  const result = v.safeParse(toWebview, data, { abortEarly: true });
  // The annotation is the check that guard and contract agree: a drift of either does not compile.
  if (result.success) {
    const message: ToWebview = result.output;
    return { ok: true, message };
  }
  const [issue] = result.issues;
  const where = v.getDotPath(issue) ?? 'message';
  return { ok: false, problem: `${where}: ${issue.message}` };
}
