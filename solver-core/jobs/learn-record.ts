import type { Evaluation } from '../fit/index.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { LearnDocument } from '../protocol/index.ts';
import type { Environment } from './environment.ts';
import type { LearnPaths } from './learn-outputs.ts';
import type { ChosenPolicy } from './learn-policy.ts';
import type { LearnSetup } from './learn-setup.ts';
import type { PlanRows } from './learn-start.ts';
import type { StreamOutcome } from './learn-stream.ts';
import type { OpenedRows } from './open-rows.ts';
import type { ReadState } from './state-file.ts';

/** What the record tells about. */
export interface LearnRecordInput {
  readonly run: {
    readonly setup: LearnSetup;
    readonly paths: LearnPaths;
    readonly state: ReadState | null;
    readonly stream: OpenedRows;
    readonly planRows: PlanRows | null;
  };
  readonly policy: ChosenPolicy;
  readonly outcome: StreamOutcome;
  readonly before: Evaluation | null;
  readonly after: Evaluation | null;
  /** SHA-256 of the learned model. */
  readonly outputHash: string;
  readonly findings: readonly Diagnostic[];
  readonly environment: Environment;
  readonly runtime: string;
}

/** The record of a learning run: every decision, what it cost, how good the model was before and after. */
export function learnRecord(input: LearnRecordInput): LearnDocument {
  const { run, policy, outcome, before, after } = input;
  const { setup, paths, state } = run;
  const { batches, memory } = outcome;
  const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
  return {
    schema: 'tierwise.learn/1',
    plan: setup.read.path,
    tier: setup.tier.name,
    learner: setup.tier.learner,
    output: paths.output,
    state: paths.state,
    resumed: state !== null,
    policy: policy.text,
    batches,
    totals: {
      batches: batches.length,
      rows,
      updates: batches.filter(({ decision }) => decision === 'update' || decision === 'refit').length,
      skips: batches.filter(({ decision }) => decision === 'skip').length,
      energy: outcome.energy,
      energyAlways: outcome.energyAlways,
      classes: memory.labels.kind === 'class' ? memory.classRows.filter((count) => count > 0).length : null,
    },
    evaluation: {
      metric: outcome.metric,
      heldOut: before === null || after === null ? null : { rows: after.rows, before: before.value, after: after.value },
      stream: batches.length === 0 ? 0 : outcome.running,
    },
    hashes: { output: input.outputHash },
    versions: { tierwise: input.environment.version, node: process.versions.node, runtime: input.runtime },
    diagnostics: [
      ...setup.diagnostics,
      ...run.stream.diagnostics.filter(({ code }) => code !== 'labels-mapped'),
      ...input.findings,
      ...ownFindings(input, rows),
    ],
  };
}

function ownFindings({ run, outcome }: LearnRecordInput, rows: number): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const add = (severity: Diagnostic['severity'], code: string, message: string): void =>
    void found.push({ severity, code, message, where: {} });
  const { stream, planRows, setup } = run;
  const names = outcome.memory.labels.names;
  if (names !== null) {
    const shown = names.slice(0, 20).map((name, index) => `${JSON.stringify(name)} = ${index}`);
    add(
      'info',
      'classes-numbered',
      `Outputs of the model by class: ${shown.join(', ')}${names.length > 20 ? `, … ${names.length} in all` : ''}.`,
    );
  }
  if (outcome.isStopped)
    add(
      'warning',
      'stopped-early',
      `Stopped after ${outcome.batches.length} batches, ${rows} of ${stream.rows.rows} rows; what was learned up to there is kept.`,
    );
  if (planRows !== null && planRows.opened.sha256 === stream.sha256)
    add(
      'warning',
      'stream-holds-held-out',
      `${stream.name} is the plan's own data: its held-out rows are among those learned, so the held-out figures are not those of unseen rows.`,
    );
  if (outcome.repeatedRows > 0)
    add(
      'warning',
      'rows-learned-before',
      `${outcome.repeatedRows} of the rows learned had been learned before; they count twice now. \`tierwise unlearn\` takes them out again.`,
    );
  if (!outcome.memory.prints.isComplete)
    add(
      'info',
      'rows-not-tracked',
      'More rows were learned than are kept track of, so repeated rows are not noticed and unlearning is not possible.',
    );
  if (outcome.batches.some(({ decision }) => decision === 'refit'))
    add('info', 'older-rows-faded', 'A refit made older rows count less; rows cannot be unlearned exactly any more.');
  const grown = outcome.memory.open.learner.outputs - (setup.head.linear?.outputs ?? outcome.memory.open.learner.outputs);
  if (grown > 0) add('info', 'classes-grown', `The model's last layer has ${grown} more outputs than that of the plan's model.`);
  const seen = outcome.memory.classRows;
  const gaps = Array.from(seen.keys()).filter((label) => label >= (setup.head.linear?.outputs ?? seen.length) && !(seen[label]! > 0));
  if (gaps.length > 0)
    add(
      'warning',
      'classes-skipped',
      `No row has the label ${gaps.slice(0, 5).join(', ')}${gaps.length > 5 ? ', …' : ''}, although higher ones occur: check the labels.`,
    );
  return found;
}
