import type { CompoundDocument, CompoundStep, Quantity } from '../../../solver-core/protocol/index.ts';

function q(value: number): Quantity<'J'> {
  return { value, unit: 'J', low: value / 4, high: value * 4, source: 'modelled', ref: 'a table' };
}

function step(index: number, decision: 'skip' | 'update', accuracy: number, drift: readonly string[] = []): CompoundStep {
  const done = index + 1;
  return {
    index,
    decisions: 64,
    shown: [],
    update: {
      decision,
      reason:
        decision === 'skip'
          ? 'Skipped: no drift, no new class, and few rows waiting.'
          : 'Updated because of ewma: 31.9 errors fewer expected in 1000 predictions.',
      head: 'adam',
      expectedGain: decision === 'skip' ? null : 31.9,
      gain: null,
      energy: decision === 'skip' ? q(0) : q(2e-3),
      drift,
      newClasses: index === 2 ? ['2', '3'] : [],
    },
    running: { accuracy, loss: 1.7, escalated: 0.25, hitRate: 0.125 },
    accuracy,
    sums: { compound: q(0.01 * done), alwaysLower: q(0.007 * done), alwaysUpper: q(0.012 * done), retraining: q(0.012 * done) },
  };
}

/** A language model behind its stream: the ridge head lost, some was forgotten. */
export function compoundRun(): CompoundDocument {
  const steps = [step(0, 'skip', 0.5), step(1, 'update', 0.53, ['ewma']), step(2, 'skip', 0.55)];
  const sums = steps.at(-1)!.sums;
  const trial = (exit: 'lower' | 'upper', head: 'rls' | 'adam', loss: number, accuracy: number): CompoundDocument['heads'][number] => ({
    exit,
    head,
    loss,
    accuracy,
    energy: q(head === 'rls' ? 0.024 : 0.1),
    chosen: head === 'adam',
    reason: 'On rows that neither had learned.',
  });
  return {
    schema: 'tierwise.compound/1',
    plan: '/plans/reader.tiers',
    stream: 'stream.txt',
    task: 'next-token',
    target: 'ecp5-85f',
    resumed: false,
    from: { how: 'start', before: 0, after: 192, of: 11_000 },
    lower: { name: 'blocks 0..3 of rwkv.onnx', version: 'a', macs: 851_968, parameters: 868_736, energy: q(7.6e-4) },
    upper: { name: 'blocks 4..5 of rwkv.onnx', version: 'b', macs: 425_984, parameters: 430_336, energy: q(3.8e-4) },
    calibration: {
      rows: 12_288,
      temperature: 0.94,
      calibrationError: { before: 0.041, after: 0.012 },
      threshold: 0.455,
      curve: [
        { threshold: 0, accuracy: 0.55, escalated: 0, energy: q(7.6e-4), chosen: false },
        { threshold: 0.455, accuracy: 0.578, escalated: 0.396, energy: q(1.09e-3), chosen: true },
        { threshold: 2, accuracy: 0.588, escalated: 1, energy: q(1.14e-3), chosen: false },
      ],
    },
    heads: [
      trial('lower', 'rls', 2.14, 0.471),
      trial('lower', 'adam', 1.52, 0.542),
      trial('upper', 'rls', 1.95, 0.52),
      trial('upper', 'adam', 1.37, 0.575),
    ],
    cache: {
      limitBytes: 2 ** 26,
      bytes: 2 ** 21,
      entries: 73,
      lookups: 16,
      hits: 2,
      prefixHits: 5,
      evictions: 0,
      breakEvenHitRate: 0.0027,
    },
    steps,
    totals: {
      decisions: 192,
      escalated: 48,
      updates: 1,
      skips: 2,
      accuracy: 0.5273,
      loss: 1.69,
      energy: { deciding: q(0.028), learning: q(0.002) },
      sums,
    },
    heldOut: { rows: 4166, before: 0.527, after: 0.495 },
    outputs: {
      record: '/plans/rwkv.compound.json',
      lower: '/plans/rwkv.compound.lower.onnx',
      upper: '/plans/rwkv.compound.upper.onnx',
      state: '/plans/rwkv.compound.state',
      log: '/plans/rwkv.compound.log.jsonl',
    },
    hashes: {},
    versions: {},
    diagnostics: [{ code: 'update-policy', severity: 'info', message: 'Updates: gain per joule > 0.5.', where: {} }],
  };
}

/** Rows without labels, cache or held-out rows; nothing was learned. */
export function plainCompoundRun(): CompoundDocument {
  const run = compoundRun();
  return {
    ...run,
    task: 'row-class',
    stream: 'stream.npz',
    resumed: true,
    from: { how: 'continued', before: 128, after: 192, of: 192 },
    heads: [],
    cache: null,
    heldOut: null,
    calibration: { ...run.calibration, rows: 0, curve: [] },
    steps: [],
    totals: { ...run.totals, accuracy: null, loss: null, updates: 0, skips: 3 },
    diagnostics: [],
  };
}

/** Names that must stay inert. */
export function hostileCompoundRun(): CompoundDocument {
  const run = compoundRun();
  const bad = '<img src=x onerror=alert(1)>\u001b[31m\u202E|[a](command:b)`';
  return {
    ...run,
    stream: bad,
    target: bad,
    lower: { ...run.lower, name: bad },
    upper: { ...run.upper, name: bad },
    steps: run.steps.map((s) => ({
      ...s,
      update: s.update === null ? null : { ...s.update, reason: bad, drift: [bad], newClasses: [bad] },
    })),
    cache: run.cache === null ? null : { ...run.cache, breakEvenHitRate: null },
    diagnostics: [{ code: 'update-policy', severity: 'warning', message: bad, where: {} }],
  };
}
