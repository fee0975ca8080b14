import { expect } from 'vitest';
import { cpuNumerics } from '../../../solver-core/backends/cpu/index.ts';
import { arrayFeatures } from '../../../solver-core/compound/features.ts';
import type { PreparedExits } from '../../../solver-core/compound/prepare.ts';
import { prepareExits } from '../../../solver-core/compound/prepare.ts';
import { compoundStep } from '../../../solver-core/compound/step.ts';
import { startStream } from '../../../solver-core/compound/stream.ts';
import type {
  Joules,
  StepOutcome,
  StreamBatch,
  StreamItem,
  StreamPrices,
  StreamSettings,
  StreamState,
  StreamTools,
  UpperRequest,
} from '../../../solver-core/compound/types.ts';
import { createRandom } from '../../../solver-core/fit/prng.ts';
import type { PolicyOptions } from '../../../solver-core/learn/index.ts';
import type { LearnRows, UpperLearner } from '../../../solver-core/learn/learner.ts';
import type { Compound } from '../../../solver-core/model/plan.ts';
import { tolerances } from '../../tolerances.ts';

export const numerics = cpuNumerics();

export function joules(value: number, ref: string): Joules {
  return { value, low: 0.5 * value, high: 2 * value, unit: 'J', source: 'modelled', ref };
}

/** Round prices: the upper module is ten times the lower one. */
export const prices: StreamPrices = {
  lower: (tokens) => joules(1e-6 * tokens, 'lower'),
  upper: (tokens) => joules(1e-5 * tokens, 'upper'),
  head: (exit, outputs) => joules((exit === 'lower' ? 1e-8 : 2e-8) * outputs, 'head'),
  lookup: joules(1e-9, 'lookup'),
  read: (bytes) => joules(1e-11 * bytes, 'bytes'),
  write: (bytes) => joules(2e-11 * bytes, 'bytes'),
  update: (_exit, learner, rows) => joules(rows === 0 ? 0 : 1e-12 * learner.updateCost(rows).macs, 'update'),
  retraining: (rows) => joules(1e-3 * rows, 'retraining'),
  none: joules(0, 'none'),
};

/** Rows of a toy world: what each module makes of them, and their classes. */
export interface ToyRows {
  readonly lower: Float32Array;
  readonly upper: Float32Array;
  readonly labels: Int32Array;
  readonly rows: number;
}

export const lowerWidth = 5;
export const upperWidth = 7;

/** Clusters; the lower module sees them through noise. `turn`: the classes' centres move on by so many, which is drift. */
export function toyRows(rows: number, classes: number, seed: number, turn = 0): ToyRows {
  const random = createRandom(seed, 'toy');
  const centre = (label: number, j: number): number => 3 * Math.cos(1.7 * (((label + turn) % classes) + 1) * (j + 1));
  const labels = Int32Array.from({ length: rows }, (_, r) => (r < classes ? r : random.below(classes)));
  const lower = new Float32Array(rows * lowerWidth);
  const upper = new Float32Array(rows * upperWidth);
  labels.forEach((label, r) => {
    for (let j = 0; j < lowerWidth; j++) lower[r * lowerWidth + j] = centre(label, j) + 2.5 * random.normal();
    for (let j = 0; j < upperWidth; j++) upper[r * upperWidth + j] = centre(label, j) + 0.8 * random.normal();
  });
  return { lower, upper, labels, rows };
}

export const plan: Pick<Compound, 'learn' | 'lambda' | 'forgetting' | 'rate' | 'escalate' | 'gainPerJoule'> = {
  learn: 'rls',
  lambda: 1e-2,
  forgetting: 1,
  rate: 1e-2,
  escalate: { confidence: 'auto', within: 0.01 },
  gainPerJoule: undefined,
};

export function prepared(rows: ToyRows, changes: Partial<typeof plan> = {}): Promise<PreparedExits> {
  return prepareExits({
    task: 'row-class',
    compound: { ...plan, ...changes },
    lower: { source: arrayFeatures(rows.lower, rows.labels, lowerWidth, 100), start: null },
    upper: { source: arrayFeatures(rows.upper, rows.labels, upperWidth, 100), start: null },
    labels: rows.labels,
    upperWidth,
    outputs: 0,
    tokensPerDecision: 1,
    places: null,
    prices,
    numerics,
    seed: 3,
  });
}

export const gainPolicy: PolicyOptions = { kind: 'gain', gainPerJoule: 1e-6, pendingKeep: 512, pendingLimit: 128 };

export async function started(
  calibration: ToyRows,
  changes: { readonly plan?: Partial<typeof plan>; readonly settings?: Partial<StreamSettings>; readonly policy?: PolicyOptions } = {},
): Promise<StreamState> {
  const compound = { ...plan, ...changes.plan };
  return startStream({
    prepared: await prepared(calibration, changes.plan),
    settings: { escalate: compound.escalate, decisionBudgetJ: null, learns: true, ...changes.settings },
    policy: changes.policy ?? gainPolicy,
    versions: { lower: 'lower 1', upper: 'upper 1' },
  });
}

/** Batches of rows, each row a context of its own. */
export function batchesOf(world: ToyRows, size: number, change: (item: StreamItem, row: number) => StreamItem = (item) => item): Batch[] {
  return Array.from({ length: Math.ceil(world.rows / size) }, (_, b) => {
    const [from, to] = [b * size, Math.min(world.rows, (b + 1) * size)];
    const items = Array.from({ length: to - from }, (_, i) => {
      const row = from + i;
      const item: StreamItem = {
        ...{ input: `row ${row}`, cache: 'off', tokens: 1, computed: 1, lookups: 0, readBytes: 0, writtenBytes: 0 },
        ...{ context: String(row), position: 1, label: world.labels[row]! },
      };
      return change(item, row);
    });
    return { items, features: world.lower.subarray(from * lowerWidth, to * lowerWidth), world, from };
  });
}

export interface Batch extends StreamBatch {
  readonly world: ToyRows;
  readonly from: number;
}

/** The upper module looks its features up; `asked` collects what it was asked. */
export function toolsFor({ world, from }: Batch, asked: UpperRequest[] = []): StreamTools {
  return {
    prices,
    nameOf: (label) => `class ${label}`,
    upper: {
      version: 'upper 1',
      width: upperWidth,
      represent(requests) {
        asked.push(...requests);
        const features = new Float32Array(requests.length * upperWidth);
        requests.forEach(({ item }, i) => {
          const row = from + item;
          features.set(world.upper.subarray(row * upperWidth, (row + 1) * upperWidth), i * upperWidth);
        });
        return Promise.resolve(features);
      },
    },
  };
}

export async function run(
  state: StreamState,
  batches: readonly Batch[],
): Promise<{ readonly state: StreamState; readonly steps: readonly StepOutcome[] }> {
  const steps: StepOutcome[] = [];
  let now = state;
  for (const batch of batches) {
    const step = await compoundStep(now, batch, toolsFor(batch));
    now = step.state;
    steps.push(step);
  }
  return { state: now, steps };
}

/** A learner that says what it is told: `scoreOf` makes a row of scores of a row's first number. Updates go to `next`. */
export function fakeLearner(outputs: number, scoreOf: (x: number) => readonly number[], next?: UpperLearner): UpperLearner {
  const self: UpperLearner = {
    kind: 'adam',
    outputs,
    rows: 0,
    scores({ rows, x }: LearnRows) {
      const width = x.length / Math.max(1, rows);
      return Promise.resolve(Float32Array.from(Array.from({ length: rows }, (_, r) => scoreOf(x[r * width]!)).flat()));
    },
    updated: () => Promise.resolve(next ?? self),
    without: () => Promise.reject(new Error('not asked')),
    updateCost: (rows) => ({ macs: rows, bits: 32, memoryBytes: 4 }),
    weights: () => Promise.reject(new Error('not asked')),
    state: () => ({ header: { fake: outputs }, arrays: new Map([['fake', Float64Array.of(scoreOf(0)[0] ?? 0)]]) }),
  };
  return self;
}

/** Sums of the same doubles in another order. */
export function near(a: number, b: number): void {
  expect(Math.abs(a - b)).toBeLessThanOrEqual(tolerances.sumFp64.relative * Math.max(1, Math.abs(b)));
}

export const calibration = toyRows(600, 4, 1);
/** 300 rows as in calibration, then 700 whose classes have changed places. */
export const drifting: ToyRows = joined(toyRows(300, 4, 2), toyRows(700, 4, 3, 1));

/** Rows of one world and behind them those of another. */
export function joined(a: ToyRows, b: ToyRows): ToyRows {
  const floats = (x: Float32Array, y: Float32Array): Float32Array => Float32Array.from([...x, ...y]);
  return {
    rows: a.rows + b.rows,
    lower: floats(a.lower, b.lower),
    upper: floats(a.upper, b.upper),
    labels: Int32Array.from([...a.labels, ...b.labels]),
  };
}
