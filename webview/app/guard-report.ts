import * as v from 'valibot';
import { count, figure, list, maxLayers, maybeFigure, problems, running, text } from './guard-parts.ts';

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

export const layer = v.object({
  id: text,
  op: text,
  tier: v.picklist(['lower', 'upper', 'frozen', 'none']),
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

/** What `ReportView` says. */
export const report = v.object({
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
  changes: v.exactOptional(
    list(
      v.object({
        kind: v.picklist(['fit', 'select', 'sparsify']),
        of: text,
        energyBefore: maybeFigure,
        energyAfter: maybeFigure,
        saving: text,
        quality: text,
        qualityBefore: text,
        qualityAfter: text,
        rowsText: text,
        stale: v.boolean(),
      }),
      10,
    ),
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
