import { compoundStep } from '../compound/index.ts';
import type { RepresentationCache, StreamState } from '../compound/index.ts';
import { isAbort } from '../model/abort.ts';
import type { CompoundStep } from '../protocol/index.ts';
import type { Reading } from './compound-batch.ts';
import { bindBatch } from './compound-batch.ts';
import type { SourceContext } from './compound-contexts.ts';
import type { DecisionLog } from './compound-log.ts';
import { shortStep, withShortRefs } from './compound-refs.ts';
import type { CompoundRun, StreamOutcome } from './compound-run.ts';
import type { CompoundSetup } from './compound-setup.ts';
import type { StartTools } from './compound-start.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';
import type { LabelKind } from './learn-labels.ts';

/** What deciding a stream needs. */
export interface StreamWork {
  readonly run: CompoundRun;
  readonly tools: StartTools;
  readonly reading: Reading;
  readonly log: DecisionLog;
}

/** Goes through the stream batch by batch. When asked to stop it ends after the last whole batch, and the state holds what that left. */
export async function goThrough(
  { run, tools, reading, log }: StreamWork,
  start: StreamState,
  cache: RepresentationCache | null,
  control: JobControl,
): Promise<StreamOutcome> {
  const { stream, start: begun, batch: size } = run;
  const rest = stream.behind(begun.extent);
  const all = begun.decisions + rest.decisions;
  const { modules, prices } = tools;
  const nameOf = namer(run.setup, stream.labels);
  const steps: CompoundStep[] = [];
  let state = start;
  let lastContexts: readonly SourceContext[] = [];
  let { extent, decisions: decided } = begun;
  let isStopped = false;
  try {
    for await (const contexts of rest.batches(size)) {
      isStopped = control.abort?.aborted === true;
      if (isStopped) break;
      const named = numbered(contexts, state.counts.decisions);
      const { batch, upper } = await bindBatch(modules, cache, named, reading);
      const outcome = await compoundStep(state, batch, { upper, prices, nameOf });
      await log.append(outcome.decisions.map(withShortRefs));
      state = outcome.state;
      lastContexts = named;
      decided += batch.items.length;
      extent += contexts.reduce((sum, context) => sum + context.extent, 0);
      steps.push(shortStep(outcome.step));
      const message = `batch ${outcome.step.index}: ${decided} of ${all} decisions`;
      control.onProgress?.({ stage: 'deciding', message, fraction: Math.min(1, decided / all), compound: outcome.step });
      await nodeHost.pause();
    }
  } catch (error) {
    if (!isAbort(error)) throw error;
    isStopped = true;
  }
  return { state, steps, lastContexts, read: { extent, decisions: decided }, isStopped };
}

/** Contexts under names that never come back: the number of their first decision. */
function numbered(contexts: readonly SourceContext[], first: number): readonly SourceContext[] {
  let at = first;
  return contexts.map((context) => {
    const name = `decision ${at}`;
    at += context.decisions.length;
    return { ...context, name };
  });
}

function namer({ task, language }: CompoundSetup, { names }: LabelKind): (label: number) => string {
  const tokens = task === 'next-token' ? (language?.vocabulary.tokens ?? null) : names;
  return (label) => tokens?.[label] ?? String(label);
}
