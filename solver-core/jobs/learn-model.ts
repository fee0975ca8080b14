import { evaluate, isInMemory } from '../fit/index.ts';
import type { Evaluation, FitRows, ModelRuntime } from '../fit/index.ts';
import { TierwiseError } from '../model/error.ts';
import { encodeModel, fitMetadataKey, withHead, withInitializers, withMetadata } from '../onnx/index.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';
import { alignLabels } from './learn-labels.ts';
import type { LabelKind } from './learn-labels.ts';
import type { LearnMemory } from './learn-memory.ts';
import type { LearnSetup } from './learn-setup.ts';

/** The encoded model with what was learned in it. Nothing that changes from run to run is in it: the same learning gives the same file. */
export async function learnedModel(setup: LearnSetup, { open }: LearnMemory): Promise<Uint8Array> {
  const { runnable, opened } = setup.base;
  const learned = await open.learner.weights();
  const changed =
    learned.kind === 'head' ? withHead(runnable.model, setup.head, learned.head) : withInitializers(runnable.model, learned.weights);
  const how = `upper tier, learn ${open.learner.kind}, ${Number(open.learner.rows.toPrecision(12))} rows`;
  return encodeModel(withMetadata(changed, { [fitMetadataKey(setup.head.id)]: how, 'tierwise.learned.from': opened.sha256 }));
}

/**
 * Runs the learned model on one row, so that no model is written that no runtime takes. Rejects with `head-cannot-grow` where more outputs
 * are the reason.
 */
export async function requireRuns(model: Uint8Array, row: FitRows, memory: LearnMemory, tools: HeldOutTools): Promise<void> {
  try {
    await evaluateHeldOut(model, row, memory.labels, tools, {}, 'checking');
  } catch (error) {
    const before = tools.setup.head.linear?.outputs ?? memory.open.learner.outputs;
    const grown = memory.open.learner.outputs - before;
    if (!(error instanceof TierwiseError) || grown <= 0) throw error;
    throw new TierwiseError(
      'head-cannot-grow',
      `new classes make ${before + grown} outputs of ${before}, but what follows the last layer takes ${before}: ${error.message}`,
      'Export a model whose nodes behind the last layer leave the number of classes open, or one with enough outputs.',
      { cause: error },
    );
  }
}

/** What it takes to run a learned model. */
export interface HeldOutTools {
  readonly setup: LearnSetup;
  readonly runtime: ModelRuntime;
}

/** Quality of an encoded model on held-out rows, through ONNX Runtime. Classes that the model has no output for are never right;
 * `known`: the learner's labels. */
export async function evaluateHeldOut(
  model: Uint8Array,
  heldOut: FitRows,
  known: LabelKind,
  { setup, runtime }: HeldOutTools,
  control: JobControl,
  stage: string,
): Promise<Evaluation> {
  const runner = await runtime.open(model);
  try {
    return await evaluate(runner, setup.base.runnable.output, inTermsOf(heldOut, known), setup.base.runnable.input, {
      host: nodeHost,
      ...(control.abort === undefined ? {} : { abort: control.abort }),
      onProgress: (fraction, message) => control.onProgress?.({ stage, message, fraction }),
    });
  } finally {
    await runner.dispose();
  }
}

/** The same rows with the learner's numbers of the classes, and without the claim that the model has an output for each of them. */
function inTermsOf(data: FitRows, known: LabelKind): FitRows {
  const aligned = alignLabels(data.labels, known, "the plan's data").labels;
  const labels = aligned.kind === 'class' ? { ...aligned, classes: 0 } : aligned;
  return isInMemory(data) ? { ...data, labels } : { ...data, labels, batches: (size) => data.batches(size) };
}
