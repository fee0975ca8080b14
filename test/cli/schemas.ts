import * as v from 'valibot';

/*
 * The JSON contracts of the command line, stated independently of the code's own types. Objects are loose: a document may gain
 * keys, never lose one or change a type.
 */

export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const name = v.pipe(v.string(), v.minLength(1));
export const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
export const path = v.pipe(v.string(), v.startsWith('/'));

/** A number in a band with its provenance. */
export const joules = v.pipe(
  v.looseObject({
    value: v.pipe(v.number(), v.finite(), v.minValue(0)),
    unit: v.literal('J'),
    low: v.pipe(v.number(), v.finite(), v.minValue(0)),
    high: v.pipe(v.number(), v.finite()),
    source: v.picklist(['measured', 'simulated', 'modelled', 'assumed']),
    ref: name,
  }),
  v.check((q) => q.low <= q.value && q.value <= q.high, 'low <= value <= high'),
);

const range = v.looseObject({ line: count, column: count, endLine: count, endColumn: count });
const diagnostic = v.looseObject({
  code: v.pipe(v.string(), v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)),
  severity: v.picklist(['error', 'warning', 'info']),
  message: name,
  where: v.looseObject({
    path: v.optional(v.string()),
    byteOffset: v.optional(count),
    node: v.optional(v.string()),
    tensor: v.optional(v.string()),
    range: v.optional(range),
  }),
  suggestions: v.optional(v.array(v.string())),
});
export const diagnostics = v.array(diagnostic);
const shape = v.nullable(v.array(v.nullable(v.union([count, v.string()]))));
const signature = v.array(v.looseObject({ name: v.string(), dtype: v.string(), shape }));

export const inspectSchema = v.looseObject({
  schema: v.literal('tierwise.inspect/1'),
  model: v.looseObject({
    path,
    irVersion: count,
    opsets: v.record(v.string(), count),
    sha256,
    bytes: count,
    producer: v.string(),
    metadata: v.record(v.string(), v.string()),
    inputs: signature,
    outputs: signature,
    nodes: count,
  }),
  totals: v.looseObject({ layers: count, macs: count, macsComplete: v.boolean(), parameters: count, weightBytes: count }),
  layers: v.array(
    v.looseObject({
      id: v.string(),
      op: name,
      inputShape: shape,
      outputShape: shape,
      macs: v.nullable(count),
      parameters: count,
      weightBytes: count,
      weight: v.nullable(v.string()),
      fitted: v.nullable(v.string()),
      block: v.optional(count),
      role: v.optional(name),
    }),
  ),
  blocks: v.optional(
    v.array(
      v.looseObject({
        index: count,
        name: v.string(),
        kind: v.picklist(['rwkv', 'transformer', 'repeated']),
        layers: v.array(v.string()),
        input: v.string(),
        output: v.string(),
        macs: v.nullable(count),
        parameters: count,
      }),
    ),
  ),
  diagnostics,
});

const compoundModule = v.variant('kind', [
  v.looseObject({ kind: v.literal('layers'), layers: v.array(v.string()) }),
  v.looseObject({ kind: v.literal('model'), path: v.string() }),
  v.looseObject({ kind: v.literal('rest') }),
]);

export const checkSchema = v.looseObject({
  schema: v.literal('tierwise.check/1'),
  plan: path,
  model: v.nullable(path),
  tiers: v.array(v.looseObject({ kind: v.picklist(['lower', 'upper', 'frozen']), name: v.string(), layers: v.array(v.string()) })),
  compound: v.optional(v.looseObject({ name: v.string(), lower: compoundModule, upper: compoundModule })),
  budgets: budgetsOf(),
  diagnostics,
});

export function budgetsOf() {
  const worst = v.array(
    v.looseObject({ id: v.string(), actual: v.nullable(joules), status: v.picklist(['exceeded', 'uncertain', 'unknown']) }),
  );
  return v.array(
    v.looseObject({
      scope: name,
      per: v.picklist(['inference', 'layer', 'fit', 'update']),
      limit: joules,
      actual: v.nullable(joules),
      status: v.picklist(['met', 'exceeded', 'uncertain', 'unknown']),
      range: v.nullable(range),
      ofLayers: v.optional(
        v.looseObject({ total: count, exceeded: count, surelyExceeded: count, uncertain: count, unknown: count, worst }),
      ),
      missing: v.optional(v.looseObject({ total: count, layers: v.array(v.string()) })),
    }),
  );
}

const retraining = v.looseObject({ sgd: v.nullable(joules), solve: v.nullable(joules), incremental: v.nullable(joules) });

const measured = v.looseObject({ energy: joules, repetitions: count, sensor: name, date: name });

/** One thing priced in several ways. */
const evidence = v.array(
  v.looseObject({
    of: name,
    estimate: joules,
    simulated: v.nullable(joules),
    measured: v.nullable(measured),
    error: v.nullable(v.number()),
    stale: v.nullable(v.string()),
  }),
);

/** How a layer lies on an array. */
const mapping = v.looseObject({
  dataflow: v.picklist(['weight-stationary', 'output-stationary', 'row-stationary']),
  text: name,
  utilisation: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  cycles: v.pipe(v.number(), v.minValue(0)),
  traffic: v.array(v.looseObject({ level: name, readBits: v.number(), writeBits: v.number() })),
});

export const energySchema = v.looseObject({
  schema: v.literal('tierwise.energy/1'),
  model: path,
  plan: v.nullable(path),
  target: name,
  layers: v.array(
    v.looseObject({
      id: v.string(),
      op: name,
      tier: v.picklist(['lower', 'upper', 'frozen']),
      macs: v.nullable(count),
      parameters: count,
      inference: v.nullable(joules),
      components: v.array(v.looseObject({ name, energy: joules })),
      retraining,
      onTrainingMachine: v.optional(retraining),
      breakEvenRetrainings: v.nullable(count),
      evidence: v.optional(evidence),
      mapping: v.optional(mapping),
      budget: v.optional(v.looseObject({ limit: joules, status: v.picklist(['met', 'exceeded', 'uncertain', 'unknown']) })),
    }),
  ),
  totals: v.looseObject({
    macs: count,
    parameters: count,
    inference: v.nullable(joules),
    retraining,
    breakEvenRetrainings: v.nullable(count),
  }),
  assumptions: v.array(v.looseObject({ name, text: name, dominates: v.boolean() })),
  budgets: v.optional(budgetsOf()),
  evidence: v.optional(evidence),
  trainingMachine: v.looseObject({ machine: name, name, retraining, breakEvenRetrainings: v.nullable(count) }),
  calibration: v.optional(v.looseObject({ path: name, date: name, stale: v.nullable(v.string()) })),
  diagnostics,
});

export const fitSchema = v.looseObject({
  schema: v.literal('tierwise.fit/1'),
  output: path,
  plan: path,
  backend: v.looseObject({ kind: name, device: name, image: v.string(), note: v.nullable(v.string()) }),
  layers: v.array(
    v.looseObject({
      id: v.string(),
      tier: v.picklist(['lower', 'upper']),
      rows: count,
      columns: count,
      outputs: count,
      lambda: v.pipe(v.number(), v.finite()),
      targets: name,
      conditionEstimate: v.nullable(v.number()),
      relativeResidual: v.pipe(v.number(), v.finite(), v.minValue(0)),
      refinementPasses: count,
      cycles: v.nullable(count),
      method: name,
      seconds: v.pipe(v.number(), v.finite(), v.minValue(0)),
      deadInputs: count,
      energy: v.nullable(joules),
    }),
  ),
  evaluation: v.nullable(
    v.looseObject({
      dataset: name,
      split: name,
      rows: count,
      metric: v.picklist(['accuracy', 'mse']),
      before: v.pipe(v.number(), v.finite()),
      after: v.pipe(v.number(), v.finite()),
      correctBefore: v.nullable(count),
      correctAfter: v.nullable(count),
    }),
  ),
  hashes: v.looseObject({ plan: sha256, model: sha256, data: sha256, output: sha256 }),
  versions: v.record(v.string(), v.string()),
  diagnostics,
});

export const evalSchema = v.looseObject({
  schema: v.literal('tierwise.eval/1'),
  model: path,
  dataset: name,
  rows: count,
  metric: v.picklist(['accuracy', 'mse', 'cross-entropy']),
  value: v.pipe(v.number(), v.finite()),
  correct: v.nullable(count),
  text: v.optional(v.looseObject({ characters: count, context: v.pipe(count, v.minValue(1)) })),
  sparse: v.optional(
    v.strictObject({
      skipped: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
      speedUp: v.pipe(v.number(), v.finite(), v.gtValue(0)),
    }),
  ),
});

export const statsSchema = v.looseObject({
  schema: v.literal('tierwise.stats/1'),
  output: path,
  plan: path,
  model: path,
  layer: name,
  pass: v.picklist(['sums', 'means']),
  targets: name,
  columns: count,
  outputs: count,
  shard: v.looseObject({ index: count, count }),
  rows: count,
  fitRows: count,
  sizeBytes: count,
  seconds: v.pipe(v.number(), v.finite(), v.minValue(0)),
  peakMemoryBytes: v.pipe(count, v.minValue(1)),
  arithmetic: name,
  hashes: v.looseObject({ plan: sha256, model: sha256, data: sha256, output: sha256 }),
  diagnostics,
});

export const mergeSchema = v.looseObject({
  schema: v.literal('tierwise.merge/1'),
  output: path,
  layer: name,
  pass: v.picklist(['sums', 'means']),
  columns: count,
  outputs: count,
  files: count,
  rows: count,
  shards: v.looseObject({ count, present: v.array(count), missing: v.array(count) }),
  hashes: v.looseObject({ plan: sha256, model: sha256, data: sha256, output: sha256 }),
});

export const errorSchema = v.looseObject({
  schema: v.literal('tierwise.error/1'),
  error: v.looseObject({ code: v.pipe(v.string(), v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)), message: name, advice: name }),
});

export const unit = v.pipe(v.number(), v.finite());
const learnBatch = v.looseObject({
  metric: v.picklist(['accuracy', 'mse']),
  index: count,
  rows: count,
  decision: v.picklist(['skip', 'update', 'refit', 'restored']),
  reason: name,
  expectedGain: v.nullable(unit),
  gainPerJoule: v.nullable(unit),
  gain: v.nullable(v.looseObject({ value: unit, unit: v.literal('1/J'), low: unit, high: unit, source: name, ref: name })),
  energy: joules,
  before: unit,
  after: unit,
  running: unit,
  drift: v.array(name),
  newClasses: v.array(count),
});
const metric = v.picklist(['accuracy', 'mse']);

export const learnSchema = v.looseObject({
  schema: v.literal('tierwise.learn/1'),
  plan: path,
  tier: name,
  learner: v.picklist(['rls', 'sgd', 'adam']),
  output: path,
  state: path,
  resumed: v.boolean(),
  policy: name,
  batches: v.array(learnBatch),
  totals: v.looseObject({
    batches: count,
    rows: count,
    updates: count,
    skips: count,
    energy: joules,
    energyAlways: joules,
    classes: v.nullable(count),
  }),
  evaluation: v.looseObject({
    metric,
    heldOut: v.nullable(v.looseObject({ rows: count, before: unit, after: unit })),
    stream: unit,
  }),
  versions: v.record(v.string(), name),
  diagnostics,
});

export const unlearnSchema = v.looseObject({
  schema: v.literal('tierwise.unlearn/1'),
  plan: path,
  output: path,
  state: path,
  rows: count,
  rowsLeft: v.pipe(v.number(), v.minValue(0)),
  exact: v.boolean(),
  reason: name,
  energy: joules,
  evaluation: v.nullable(v.looseObject({ metric, rows: count, before: unit, after: unit })),
  diagnostics,
});

export const share = v.pipe(v.number(), v.finite());
export const tableSavings = v.array(v.looseObject({ table: name, cell: name, before: joules, after: joules, saving: share }));

export const selectSchema = v.looseObject({
  schema: v.literal('tierwise.select/1'),
  plan: path,
  model: path,
  output: v.nullable(path),
  method: v.picklist(['closed-form', 'training']),
  values: v.picklist(['all', 'set', 'powers-of-two']),
  setSize: v.optional(count),
  bits: v.picklist([4, 8]),
  maxDrop: share,
  cell: v.picklist(['array', 'booth', 'shift']),
  rows: v.looseObject({ calibration: count, validation: count, heldOut: count }),
  layers: v.array(
    v.looseObject({
      id: v.string(),
      op: name,
      bits: count,
      values: count,
      zeros: v.pipe(share, v.minValue(0), v.maxValue(1)),
      inputLevels: v.optional(v.pipe(count, v.minValue(2), v.maxValue(256))),
      mu: v.nullable(share),
      compensated: v.boolean(),
      outputError: v.pipe(share, v.minValue(0)),
      perTable: tableSavings,
      left: v.nullable(name),
    }),
  ),
  points: v.array(
    v.looseObject({
      id: name,
      label: name,
      kind: v.picklist(['baseline', 'candidate']),
      macEnergy: joules,
      saving: share,
      metric,
      quality: unit,
      rows: count,
      drop: share,
      allowed: v.boolean(),
      chosen: v.boolean(),
    }),
  ),
  saving: v.nullable(
    v.looseObject({
      baseline: name,
      variant: name,
      perTable: v.pipe(tableSavings, v.minLength(2)),
      low: share,
      high: share,
      metric,
      before: unit,
      after: unit,
      split: name,
      rows: v.pipe(count, v.minValue(1)),
      source: v.picklist(['measured', 'simulated', 'modelled', 'assumed']),
    }),
  ),
  rounded: v.nullable(unit),
  whole: v.nullable(
    v.looseObject({
      target: name,
      given: v.nullable(joules),
      int8: v.nullable(joules),
      multiplyAdds: v.nullable(joules),
      selected: v.nullable(joules),
    }),
  ),
  seconds: v.pipe(v.number(), v.finite(), v.minValue(0)),
  hashes: v.looseObject({ plan: sha256, model: sha256, data: sha256, output: v.nullable(sha256), cells: v.record(v.string(), sha256) }),
  versions: v.record(v.string(), v.string()),
  diagnostics,
});

export const seconds = v.looseObject({ ...joules.pipe[0].entries, unit: v.literal('s') });
const watts = v.looseObject({ ...joules.pipe[0].entries, unit: v.literal('W') });
const factor = v.looseObject({ ...joules.pipe[0].entries, unit: v.literal('1') });
const isoDate = v.pipe(v.string(), v.isoTimestamp());

const sensor = v.pipe(
  v.looseObject({
    id: name,
    kind: v.picklist(['rapl', 'nvml', 'hwmon', 'xrt', 'board']),
    name,
    state: v.picklist(['ready', 'not-permitted', 'absent', 'stale', 'malformed']),
    domain: name,
    reading: v.picklist(['counter', 'power']),
    updateIntervalMs: v.nullable(v.pipe(v.number(), v.minValue(0))),
    power: v.nullable(watts),
    reason: v.nullable(name),
  }),
  v.check(({ state, reason }) => (state === 'ready') === (reason === null), 'a reason where the meter is not ready'),
);

export const sensorsSchema = v.looseObject({ schema: v.literal('tierwise.sensors/1'), sensors: v.array(sensor) });

export const measureSchema = v.looseObject({
  schema: v.literal('tierwise.measure/1'),
  model: path,
  workload: name,
  batch: count,
  sensor,
  result: v.nullable(v.looseObject({ ...measured.entries, date: isoDate })),
  reason: v.nullable(name),
  idle: v.nullable(watts),
  runs: v.array(v.looseObject({ iterations: count, seconds, gross: joules, net: v.nullable(joules) })),
  target: v.nullable(name),
  machine: name,
  estimate: v.nullable(joules),
  hashes: v.looseObject({ model: sha256 }),
  diagnostics,
});

export const calibrationSchema = v.looseObject({
  schema: v.literal('tierwise.calibration/1'),
  target: name,
  targetHash: sha256,
  constants: v.array(v.looseObject({ name: v.picklist(['all', 'compute', 'memory', 'static', 'rest']), factor })),
  residuals: v.array(
    v.looseObject({
      model: name,
      modelHash: sha256,
      measured: joules,
      before: joules,
      after: joules,
      error: v.pipe(v.number(), v.finite()),
    }),
  ),
  leaveOneOut: v.nullable(v.pipe(v.number(), v.finite(), v.minValue(0))),
  date: isoDate,
  output: v.nullable(path),
  diagnostics,
});
