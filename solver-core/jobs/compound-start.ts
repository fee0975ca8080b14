import { constrainedMemory } from 'node:process';
import { totalmem } from 'node:os';
import {
  arrayFeatures,
  compoundPolicy,
  createSoftmaxHead,
  defaultSoftmaxOptions,
  lookCostJ,
  prepareExits,
  startStream,
  streamSettings,
  withPlan,
} from '../compound/index.ts';
import type { ExitState, PreparedExits, StreamPrices, StreamState } from '../compound/index.ts';
import type { Numerics } from '../fit/index.ts';
import { createRidgeLearner } from '../learn/index.ts';
import type { PolicyOptions } from '../learn/index.ts';
import type { HeadWeights } from '../learn/learner.ts';
import { TierwiseError } from '../model/error.ts';
import type { PlainHead } from '../onnx/index.ts';
import type { Reading } from './compound-batch.ts';
import { exitWidthOf, upperWidthOf } from './compound-batch.ts';
import type { ExitFeatures } from './compound-calibration.ts';
import type { CompoundModules } from './compound-modules.ts';
import type { CompoundSetup } from './compound-setup.ts';
import { policyWords, withinBudget } from './learn-policy.ts';

export type CompoundPolicyName = 'plan' | 'always' | 'never';

/** Share of the machine's memory that a cache may take. */
const memoryShare = 0.75;

/** Throws `cache-too-large` when the plan's cache would not fit into this machine's memory. */
export function requireCacheFits(cacheBytes: number | null, memoryBytes = machineBytes()): void {
  const most = Math.floor(memoryBytes * memoryShare);
  if (cacheBytes === null || cacheBytes <= most) return;
  const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MiB`;
  throw new TierwiseError(
    'cache-too-large',
    `the plan's cache takes up to ${mib(cacheBytes)}; this machine has ${mib(memoryBytes)}, of which a cache gets at most ${mib(most)}`,
    `Write \`cache ${Math.max(1, Math.floor(most / 2 ** 20 / 2))} MB\` or less.`,
  );
}

/** Batches that a record tells of. */
const maxBatches = 65_536;

/** Throws `too-many-batches` when the record of a run would not hold all of its batches. */
export function requireFewBatches(decisions: number, batch: number): void {
  if (decisions <= maxBatches * batch) return;
  throw new TierwiseError(
    'too-many-batches',
    `${decisions.toLocaleString('en')} decisions in batches of ${batch} are more than ${maxBatches.toLocaleString('en')} batches`,
    `Give --batch ${Math.ceil(decisions / maxBatches)} or more, or cut the stream: a later run goes on from the state.`,
    { category: 'usage' },
  );
}

/** Memory of this machine, or of the container that the process is confined to. */
function machineBytes(): number {
  const confined = constrainedMemory();
  return confined > 0 && confined < totalmem() ? confined : totalmem();
}

/** When the run learns: as the plan says, unless the caller decides. */
export function policyOf(setup: CompoundSetup, asked: CompoundPolicyName, rowValues: number): PolicyOptions {
  const planned = compoundPolicy(setup.compound, rowValues, setup.task);
  if (asked === 'plan' || setup.compound.learn === 'none') return planned;
  return { kind: asked, ...(planned.pendingKeep === undefined ? {} : { pendingKeep: planned.pendingKeep }) };
}

/** The policy in words. */
export function policyText({ kind, gainPerJoule, bucket }: PolicyOptions, asked: CompoundPolicyName, setup: CompoundSetup): string {
  if (setup.compound.learn === 'none') return 'never: the plan says `learn none`';
  if (asked !== 'plan') return asked;
  if (kind !== 'gain') return 'always: the plan has neither "update when" nor a budget per update';
  return policyWords(gainPerJoule, bucket?.capacityJ);
}

/** What a run starts with. */
export interface StartTools {
  readonly setup: CompoundSetup;
  readonly modules: CompoundModules;
  readonly prices: StreamPrices;
  readonly numerics: Numerics;
  readonly reading: Reading;
  readonly policy: PolicyOptions;
}

/** Heads, temperatures and threshold from calibration rows; empty heads without any. */
export async function preparedExits(
  { setup, modules, prices, numerics, reading }: StartTools,
  features: ExitFeatures | null,
): Promise<PreparedExits> {
  const { compound, parts, outputs, task } = setup;
  const [lowerWidth, upperWidth] = [exitWidthOf(modules, reading), upperWidthOf(modules, reading)];
  if (features === null || features.rows === 0) return emptyExits(setup, lowerWidth, upperWidth, numerics);
  const { labels, context, position } = features;
  const classes = labels.reduce((high, v) => Math.max(high, v), -1) + 1;
  // A text is decided as a whole, which no head of the model was made for; otherwise each token is.
  const isWhole = reading === 'pooled';
  const start = (head: PlainHead | null): HeadWeights | null => (isWhole ? null : startOf(head, classes));
  return prepareExits({
    task,
    compound,
    lower: { source: arrayFeatures(features.lower, labels, lowerWidth), start: start(parts.lower.head) },
    upper:
      compound.escalate.confidence === 'never'
        ? null
        : { source: arrayFeatures(features.upper, labels, upperWidth), start: start(parts.upper.head) },
    labels,
    upperWidth,
    outputs: Math.max(outputs, classes),
    tokensPerDecision: isWhole ? Math.max(1, Math.round(position.reduce((sum, tokens) => sum + tokens, 0) / position.length)) : 1,
    places: isWhole ? null : { context, position },
    prices,
    numerics,
    seed: 1,
  });
}

/** The model's own head as a start; none where the rows have more classes than it, or where it has learned nothing: all zeros. */
function startOf(head: PlainHead | null, classes: number): HeadWeights | null {
  return head === null || classes > head.outputs || head.w.every((v) => v === 0)
    ? null
    : { expansion: null, w: head.w, b: head.b, compensation: null, outputs: head.outputs };
}

async function emptyExits({ compound }: CompoundSetup, lowerWidth: number, upperWidth: number, numerics: Numerics): Promise<PreparedExits> {
  const empty = async (inputs: number): Promise<ExitState> => {
    const { learn, lambda, forgetting, rate } = compound;
    const learner =
      learn === 'adam'
        ? createSoftmaxHead({ ...defaultSoftmaxOptions, inputs, rate, seed: 1 }, { outputs: 0 })
        : await createRidgeLearner(
            {
              inputs,
              outputs: 0,
              labels: 'class',
              lambda: typeof lambda === 'number' ? lambda : undefined,
              forgetting,
              expand: undefined,
              compensation: undefined,
              seed: 1,
            },
            numerics,
          );
    return { learner, temperature: 1 };
  };
  const { confidence } = compound.escalate;
  const threshold = confidence === 'always' ? 2 : typeof confidence === 'number' ? confidence : 0;
  const none = new Float64Array(0);
  return {
    lower: await empty(lowerWidth),
    upper: await empty(upperWidth),
    threshold,
    pool: { confidence: none, lower: none, upper: none, asked: none },
    error: null,
    classRows: none,
    calibration: { rows: 0, temperature: 1, calibrationError: { before: 0, after: 0 }, threshold, curve: [] },
    heads: [],
  };
}

/** The state before the first decision, with no more rows waiting than one update can pay for. */
export function startedStream({ setup, modules, prices, policy }: StartTools, prepared: PreparedExits): StreamState {
  const state = startStream({
    prepared,
    settings: streamSettings(setup.compound),
    policy,
    versions: { lower: modules.lower.version, upper: modules.upperVersion },
  });
  return { ...state, policy: withinBudget(state.policy, (rows) => lookCostJ(state, prices, rows)) };
}

/** A state that goes on under a plan whose settings may have changed; another budget decides anew how many rows may wait. */
export function continuedStream(
  { setup, prices, policy }: Pick<StartTools, 'prices' | 'policy'> & { readonly setup: Pick<CompoundSetup, 'compound'> },
  state: StreamState,
): StreamState {
  const next = withPlan(state, streamSettings(setup.compound), policy);
  return next.policy === state.policy ? next : { ...next, policy: withinBudget(next.policy, (rows) => lookCostJ(next, prices, rows)) };
}
