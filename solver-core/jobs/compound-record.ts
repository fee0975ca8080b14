import type { CacheStatistics, PreparedExits, StreamPrices } from '../compound/index.ts';
import { sumsOf } from '../compound/index.ts';
import type { CompoundPrices } from '../energy/compound-energy.ts';
import type { PolicyOptions } from '../learn/index.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { CompoundDocument, CompoundModule } from '../protocol/index.ts';
import type { CompoundRun, StreamOutcome } from './compound-run.ts';
import type { WrittenModules } from './compound-models.ts';
import type { CompoundModules } from './compound-modules.ts';
import type { ModulePart } from './compound-parts.ts';
import { policyText } from './compound-start.ts';
import type { Environment } from './environment.ts';
import { sha256 } from './files.ts';

/** How a stream began: what a later run tells again. */
export interface StartFacts {
  readonly calibration: CompoundDocument['calibration'];
  readonly heads: CompoundDocument['heads'];
}

export function factsOf({ calibration, heads }: PreparedExits): StartFacts {
  return { calibration, heads };
}

/** What the record tells about. */
export interface RecordInput {
  readonly environment: Environment;
  readonly run: CompoundRun;
  readonly modules: CompoundModules;
  readonly all: CompoundPrices;
  readonly prices: StreamPrices;
  readonly policy: PolicyOptions;
  readonly outcome: StreamOutcome;
  readonly started: StartFacts;
  readonly cache: CacheStatistics | null;
  readonly files: WrittenModules;
  readonly hasCache: boolean;
  readonly heldOut: CompoundDocument['heldOut'];
  readonly runtime: string;
}

/** The record of a compound run. */
export function compoundRecord(input: RecordInput): CompoundDocument {
  const { run, modules, all, outcome, started, files, heldOut } = input;
  const { setup, paths, state: read, plan, stream } = run;
  const { state, steps } = outcome;
  const { counts, sums } = state;
  const { parts, language } = setup;
  // Layers of a model that takes whole windows are counted for one window.
  const units = language?.token.kind === 'parallel' ? language.context : 1;
  return {
    schema: 'tierwise.compound/1',
    plan: setup.read.path,
    stream: stream.name,
    task: setup.task,
    target: setup.plan.target,
    resumed: read !== null,
    from: fromOf(run, outcome),
    lower: moduleOf(parts.lower, modules.lower.version, all.lower, units),
    upper: moduleOf(parts.upper, modules.upperVersion, all.upper, units),
    calibration: started.calibration,
    heads: started.heads,
    cache: input.cache === null ? null : { ...input.cache, breakEvenHitRate: all.breakEvenHitRate },
    steps,
    totals: {
      decisions: counts.decisions,
      escalated: counts.escalated,
      updates: counts.updates,
      skips: counts.skips,
      accuracy: counts.labelled === 0 ? null : counts.correct / counts.labelled,
      loss: counts.labelled === 0 ? null : counts.loss / counts.labelled,
      energy: { deciding: sums.deciding, learning: sums.learning },
      sums: sumsOf(sums),
    },
    heldOut,
    outputs: { record: paths.record, lower: paths.lower, upper: paths.upper, state: paths.state, log: paths.log },
    hashes: {
      plan: sha256(setup.read.text),
      ...Object.fromEntries(
        setup.opened.map((opened, i) => [setup.opened.length === 1 ? 'model' : i === 0 ? 'lowerModel' : 'upperModel', opened.sha256]),
      ),
      stream: stream.sha256,
      ...(plan === null ? {} : { data: plan.sha256 }),
      lower: sha256(files.lower),
      upper: sha256(files.upper),
    },
    versions: { tierwise: input.environment.version, node: process.versions.node, runtime: input.runtime },
    diagnostics: [...setup.diagnostics, ...stream.diagnostics, ...findings(input)],
  };
}

function fromOf({ stream, start }: CompoundRun, { read }: StreamOutcome): CompoundDocument['from'] {
  const of = read.decisions + stream.behind(read.extent).decisions;
  return { how: start.how, before: start.decisions, after: read.decisions, of };
}

function moduleOf({ name, layers, model }: ModulePart, version: string, energy: CompoundModule['energy'], units: number): CompoundModule {
  const macs = layers.every((layer) => layer.macs !== null)
    ? Math.round(layers.reduce((sum, layer) => sum + (layer.macs ?? 0), 0) / units)
    : null;
  let parameters = 0;
  for (const { elements, dtype } of model.graph.initializers.values()) if (dtype.startsWith('float')) parameters += elements;
  return { name, version, macs, parameters, energy };
}

function findings({ run, policy, outcome, hasCache, started, cache, all }: RecordInput): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const add = (severity: Diagnostic['severity'], code: string, message: string): void =>
    void found.push({ severity, code, message, where: {} });
  const { stream, plan, setup, params } = run;
  add('info', 'update-policy', `Updates: ${policyText(policy, params.policy ?? 'plan', setup)}.`);
  if (outcome.isStopped)
    add(
      'warning',
      'stopped-early',
      `Stopped after ${outcome.steps.length} batches of this run; what was decided up to there is kept, and the same command goes on behind it.`,
    );
  if (!hasCache) add('info', 'cache-not-kept', 'The cache is too large for the state file; a later run starts with an empty one.');
  if (plan !== null && plan.sha256 === stream.sha256)
    add(
      'warning',
      'stream-holds-held-out',
      `${stream.name} is the plan's own ${setup.language === null ? 'data' : 'text'}: its rows calibrated the heads and its held-out ones are among those decided.`,
    );
  if (started.calibration.rows === 0)
    add(
      'warning',
      'not-calibrated',
      `No rows calibrated heads, temperature and threshold: the heads start empty and learn from the stream.${
        setup.task === 'text-class' ? ' A plan that names labelled texts, data "texts.jsonl", calibrates them.' : ''
      }`,
    );
  const { names } = stream.labels;
  if (names !== null && setup.task !== 'next-token')
    add(
      'info',
      'classes-numbered',
      `Outputs by class: ${names
        .slice(0, 20)
        .map((name, i) => `${JSON.stringify(name)} = ${i}`)
        .join(', ')}${names.length > 20 ? `, … ${names.length} in all` : ''}.`,
    );
  if (cache !== null && all.breakEvenHitRate === null)
    add(
      'info',
      'cache-never-pays',
      'Looking up and reading a representation takes more energy on this target than computing it: the cache costs energy at any hit rate.',
    );
  return found;
}
