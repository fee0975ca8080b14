import {
  brokenCompound,
  finishedCompound,
  idleCompound,
  startedCompound,
  withStep,
  type CompoundRun,
} from '../../extension/compound-run.ts';
import { finishedRun, startedRun } from '../../extension/search-run.ts';
import { defaultSparsifyOptions, idleSparsify, type SparsifyRun } from '../../extension/sparsify-run.ts';
import type {
  CompoundDecision,
  CompoundDocument,
  CompoundStep,
  Quantity,
  SavingDocument,
  SparsifyDocument,
  SparsifyPoint,
  SparsifySiteDocument,
} from '../../solver-core/protocol/index.ts';

/** Joules with a band of a factor of two. */
export const joules = (value: number, source: Quantity['source'] = 'modelled'): Quantity<'J'> => ({
  value,
  unit: 'J',
  low: value / 2,
  high: value * 2,
  source,
  ref: `event-driven core, table per instruction; ${source} for this target`,
});

const point = (
  id: string,
  label: string,
  sparsity: number,
  increase: number,
  kind: SparsifyPoint['kind'] = 'candidate',
): SparsifyPoint => ({
  id,
  label,
  kind,
  sparsity,
  loss: 1.4613 * (1 + increase),
  lossIncrease: increase,
  allowed: increase <= 0.02,
  chosen: id === 'budget-6',
});

const roles = ['att.key', 'att.value', 'att.receptance', 'att.output', 'ffn.key', 'ffn.receptance', 'ffn.value'] as const;

const sites: readonly SparsifySiteDocument[] = [0, 1, 2, 3].flatMap((block) =>
  roles.map((role, i): SparsifySiteDocument => {
    const isRectified = role === 'ffn.value';
    const isLeft = role === 'att.output' && block === 2;
    return {
      id: `/blocks.${block}/${role}/input`,
      layers: [`blocks.${block}.${role}`],
      block,
      role,
      channels: isRectified ? 512 : 128,
      macs: isRectified ? 65_536 : role === 'ffn.key' ? 65_536 : 16_384,
      threshold: isLeft ? null : { low: 0.02 + i / 100, high: 0.11 + i / 50 },
      centred: role === 'att.key',
      naturalZeros: isRectified ? 0.79 - block / 30 : 0,
      zeros: isLeft ? 0 : isRectified ? 0.93 : 0.42 + i / 25 + block / 40,
      corrected: !isLeft,
      left: isLeft ? 'no threshold lowers its zeros without raising the loss beyond the bound' : null,
    };
  }),
);

const saving = (baseline: string, low: number, high: number): SavingDocument => ({
  baseline,
  variant: 'thresholds, zeros skipped',
  perTable: [
    { table: 'synaptic', cell: 'event', before: joules(2.1e-7), after: joules(2.1e-7 * (1 - low)), saving: low },
    { table: 'instructions', cell: 'event', before: joules(9.4e-7), after: joules(9.4e-7 * (1 - high)), saving: high },
  ],
  low,
  high,
  metric: 'accuracy',
  before: 0.561,
  after: 0.556,
  split: 'held-out text',
  rows: 111_539,
  source: 'modelled',
});

const seconds = (value: number): Quantity<'s'> => ({ ...joules(value), unit: 's' });

/** What sparsify says of a small RWKV; modelled on what it is meant to say. */
export const sparsity: SparsifyDocument = {
  schema: 'tierwise.sparsify/1',
  plan: '/p/digits.tiers',
  model: '/p/rwkv.onnx',
  output: '/p/rwkv.sparse.onnx',
  method: 'budget',
  maxLoss: 0.02,
  metric: 'cross-entropy',
  unit: 'token',
  rows: { calibration: 32_768, deciding: 65_536, heldOut: 111_539 },
  sites,
  points: [
    point('natural', 'natural zeros', 0.226, 0, 'baseline'),
    point('uniform-30', 'uniform, 30 %', 0.412, 0.0049),
    point('budget-1', 'budget, step 1', 0.31, 0.0004),
    point('budget-2', 'budget, step 2', 0.4, 0.0017),
    point('budget-3', 'budget, step 3', 0.48, 0.0042),
    point('budget-4', 'budget, step 4', 0.55, 0.0081),
    point('budget-5', 'budget, step 5', 0.6, 0.0133),
    point('budget-6', 'budget, step 6', 0.648, 0.0191),
    point('budget-7', 'budget, step 7', 0.69, 0.031),
  ],
  evaluation: {
    loss: { before: 1.4613, after: 1.4886, increase: 0.0187 },
    accuracy: { before: 0.561, after: 0.556 },
    sparsity: { before: 0.226, after: 0.646 },
  },
  energy: {
    target: 'seneca-type',
    unit: 'token',
    macs: { dense: 917_504, natural: 710_148, sparse: 324_796 },
    costs: [
      { model: 'synaptic', dense: joules(2.57e-6), natural: joules(1.99e-6), sparse: joules(9.1e-7) },
      { model: 'instructions', dense: joules(9.2e-6, 'assumed'), natural: joules(7.4e-6, 'assumed'), sparse: joules(3.9e-6, 'assumed') },
    ],
    latency: { dense: seconds(9.1e-4), natural: seconds(7.2e-4), sparse: seconds(3.8e-4) },
    againstDense: saving('every input counting', 0.571, 0.646),
    againstNatural: saving('a machine that skips the zeros of rectifiers already', 0.473, 0.543),
  },
  evaluations: 214,
  resumed: false,
  seconds: 48.3,
  hashes: { plan: 'p', model: 'm', data: 'd', output: 'o' },
  versions: { tierwise: '0.1.0' },
  diagnostics: [{ severity: 'info', code: 'sites-left', message: 'The head and the raw input have no site.', where: {} }],
};

const idle = idleSparsify('/p/digits.tiers');
export const sparsifyIdle: SparsifyRun = idle;
export const sparsifyDone: SparsifyRun = finishedRun(
  startedRun(idle, defaultSparsifyOptions, true, 'reading'),
  defaultSparsifyOptions,
  sparsity,
);
export const sparsifyLive: SparsifyRun = {
  ...startedRun(idle, defaultSparsifyOptions, false, 'reading'),
  points: sparsity.points.slice(0, 6),
  running: { message: 'budget, step 5: 118 passes', fraction: 0.42, stopping: false, writes: false },
};

const verse =
  'First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.\n\nFirst Citizen:\nYou are all resolved rather to die than to famish?\n';

/** The decision of a stream of characters. */
export function decision(index: number, patch: Partial<CompoundDecision> = {}): CompoundDecision {
  const at = index % (verse.length - 1);
  const isUpper = index % 5 === 3;
  const isHit = index % 7 === 2;
  const correct = index % 9 !== 4;
  const label = verse[at] ?? ' ';
  const [lower, cache, head, upper] = [isHit ? 0 : 3.1e-7, 4e-9, 1.2e-8, isUpper ? 9.4e-7 : 0];
  return {
    index,
    input: verse.repeat(3).slice(Math.max(0, at + verse.length - 120), at + verse.length),
    exit: isUpper ? 'upper' : 'lower',
    cache: isHit ? 'hit' : index % 11 === 6 ? 'prefix' : 'miss',
    confidence: isUpper ? 0.41 : 0.93,
    prediction: correct ? label : 'e',
    label,
    correct,
    loss: correct ? 0.21 : 2.4,
    energy: {
      total: joules(lower + cache + head + upper),
      lower: joules(lower),
      cache: joules(cache, 'assumed'),
      head: joules(head),
      upper: joules(upper),
    },
    reason: isUpper
      ? 'The lower exit is 41.0 % sure, below 62.0 %: the upper module read the 12 tokens it had not seen and decided.'
      : 'The lower exit is 93.0 % sure, above 62.0 %: it decided.',
    ...patch,
  };
}

/** A batch of 32 decisions of a stream whose text changes half-way. */
export function step(index: number, patch: Partial<CompoundStep> = {}): CompoundStep {
  const decisions = 32;
  const done = (index + 1) * decisions;
  const isNew = index > 20;
  const accuracy = isNew
    ? 0.62 + 0.12 * Math.tanh((index - 20) / 8) - 0.06 * Math.exp(-(index - 20) / 3)
    : 0.7 - 0.2 * Math.exp(-index / 3);
  const learned = index === 21 ? 'refit' : index % 6 === 2 && index > 1 ? 'update' : index === 30 ? 'restored' : 'skip';
  const spent = done * 5.1e-7 + (index > 21 ? 2.2e-5 : 0) + index * 4e-7;
  return {
    index,
    decisions,
    shown: Array.from({ length: decisions }, (_, i) => decision(index * decisions + i)),
    update: {
      decision: learned,
      reason:
        learned === 'skip'
          ? 'Expected gain per joule 0.21 is below 0.5.'
          : learned === 'refit'
            ? 'Page-Hinkley reports a drift of the loss: the head was solved anew from the newest 2,048 rows.'
            : 'Expected gain per joule 1.4 exceeds 0.5.',
      head: 'adam',
      expectedGain: learned === 'skip' ? 0.4 : 6.1,
      gain: null,
      energy: joules(learned === 'skip' ? 2e-8 : 7.3e-6),
      drift: index === 21 ? ['page-hinkley'] : [],
      newClasses: [],
    },
    running: {
      accuracy,
      loss: 1.2,
      escalated: isNew ? 0.31 : 0.18,
      hitRate: Math.min(0.3, index / 60),
    },
    accuracy,
    sums: {
      compound: joules(spent),
      alwaysLower: joules(done * 3.2e-7),
      alwaysUpper: joules(done * 1.26e-6),
      retraining: joules(done * 1.26e-6 + (index > 21 ? 3.1e-3 : 0)),
    },
    ...patch,
  };
}

export const steps: readonly CompoundStep[] = Array.from({ length: 40 }, (_, i) => step(i));
const lastStep = step(39);

/** The record of those steps. */
export const compound: CompoundDocument = {
  schema: 'tierwise.compound/1',
  plan: '/p/digits.tiers',
  stream: '/p/play.txt',
  task: 'next-token',
  target: 'seneca-type',
  resumed: false,
  from: { how: 'start', before: 0, after: 1280, of: 4096 },
  lower: { name: 'blocks 0..3 of rwkv.onnx', version: 'a', macs: 589_824, parameters: 598_016, energy: joules(3.1e-7) },
  upper: { name: 'blocks 4..5 of rwkv.onnx', version: 'b', macs: 327_680, parameters: 331_264, energy: joules(9.4e-7, 'assumed') },
  calibration: {
    rows: 8192,
    temperature: 1.31,
    calibrationError: { before: 0.081, after: 0.012 },
    threshold: 0.62,
    curve: Array.from({ length: 21 }, (_, i) => ({
      threshold: i / 20,
      accuracy: 0.49 + 0.21 * Math.min(1, i / 14),
      escalated: (i / 20) ** 2,
      energy: joules(3.2e-7 + 9.4e-7 * (i / 20) ** 2),
      chosen: i === 12,
    })),
  },
  heads: [
    {
      exit: 'lower',
      head: 'rls',
      loss: 1.912,
      accuracy: 0.458,
      energy: joules(4.2e-5),
      chosen: false,
      reason: 'Its loss on rows that it had not seen is higher.',
    },
    {
      exit: 'lower',
      head: 'adam',
      loss: 1.604,
      accuracy: 0.521,
      energy: joules(1.9e-4),
      chosen: true,
      reason: 'The lowest loss on rows that it had not seen: 1.604 against 1.912.',
    },
    {
      exit: 'upper',
      head: 'rls',
      loss: 1.811,
      accuracy: 0.47,
      energy: joules(4.4e-5),
      chosen: false,
      reason: 'Its loss on rows that it had not seen is higher.',
    },
    {
      exit: 'upper',
      head: 'adam',
      loss: 1.462,
      accuracy: 0.561,
      energy: joules(2e-4),
      chosen: true,
      reason: 'The lowest loss on rows that it had not seen: 1.462 against 1.811.',
    },
  ],
  cache: {
    limitBytes: 67_108_864,
    bytes: 1_204_224,
    entries: 1106,
    lookups: 1280,
    hits: 384,
    prefixHits: 116,
    evictions: 0,
    breakEvenHitRate: 0.026,
  },
  steps: steps.map((one) => ({ ...one, shown: [] })),
  totals: {
    decisions: 1280,
    escalated: 310,
    updates: 7,
    skips: 33,
    accuracy: lastStep.running.accuracy,
    loss: 1.2,
    energy: { deciding: joules(6.6e-4), learning: joules(5.1e-5) },
    sums: lastStep.sums,
  },
  heldOut: { rows: 2048, before: 0.561, after: 0.558 },
  outputs: {
    record: '/p/rwkv.compound.json',
    lower: '/p/rwkv.compound.lower.onnx',
    upper: '/p/rwkv.compound.upper.onnx',
    state: '/p/rwkv.compound.state',
    log: '/p/rwkv.compound.log.jsonl',
  },
  hashes: { plan: 'p' },
  versions: { tierwise: '0.1.0' },
  diagnostics: [{ severity: 'info', code: 'compound-catch-up', message: 'The upper module reads what it has not seen.', where: {} }],
};

export const compoundIdle: CompoundRun = idleCompound('/p/digits.tiers');
export const compoundStarted: CompoundRun = startedCompound(compoundIdle, '/p/play.txt', false, 'Reading the plan');
export const compoundLive: CompoundRun = steps.slice(0, 26).reduce(withStep, {
  ...compoundStarted,
  running: { message: '832 of 1,280 decisions', fraction: 0.65, stopping: false },
});
export const compoundDone: CompoundRun = finishedCompound(steps.reduce(withStep, compoundStarted), compound, null);
export const compoundBroken: CompoundRun = brokenCompound(compoundLive, {
  code: 'text-encoding-broken',
  message: 'play.txt is no UTF-8 at byte 4,711.',
  advice: 'Save it as UTF-8.',
});
