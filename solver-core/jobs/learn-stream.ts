import { exactly } from '../energy/quantity.ts';
import { isAbort } from '../model/abort.ts';
import type { LearnBatch, Quantity } from '../protocol/index.ts';
import { nodeHost } from './host.ts';
import { plus } from './learn-energy.ts';
import type { LearnPrices } from './learn-energy.ts';
import type { RowLabels } from '../fit/index.ts';
import type { LearnMemory } from './learn-memory.ts';
import { labelledBatches } from './learn-rows.ts';
import { seenRows } from './learn-start.ts';
import type { LearnTools } from './learn-start.ts';
import { figureOf } from './learn-losses.ts';
import { learnStep } from './learn-step.ts';
import type { OpenedRows } from './open-rows.ts';

/** What a run over a stream gave. */
export interface StreamOutcome {
  readonly memory: LearnMemory;
  readonly batches: readonly LearnBatch[];
  readonly energy: Quantity<'J'>;
  readonly energyAlways: Quantity<'J'>;
  readonly metric: 'accuracy' | 'mse';
  /** Prequential figure over the rows of the whole batches; NaN without any. */
  readonly running: number;
  /** Rows learned now that had been learned before. */
  readonly repeatedRows: number;
  /** True when the run was stopped between two batches. */
  readonly isStopped: boolean;
}

/**
 * Goes through the rows in order, batch by batch, and tells every decision as it falls. When asked to stop it ends after the last whole
 * batch; whether that counts is the caller's business.
 */
export async function learnStream(
  tools: LearnTools,
  start: LearnMemory,
  stream: { readonly data: OpenedRows; readonly labels: RowLabels; readonly batchRows: number },
  prices: LearnPrices,
): Promise<StreamOutcome> {
  const { control } = tools;
  const { data, labels, batchRows } = stream;
  const known = new Set(start.prints.learned);
  const batches: LearnBatch[] = [];
  let [memory, energy, energyAlways] = [start, prices.none, prices.none];
  let [rows, lossSum, repeatedRows] = [0, 0, 0];
  let [metric, isStopped]: ['accuracy' | 'mse', boolean] = ['accuracy', false];
  try {
    for await (const batch of labelledBatches(data.rows, labels, batchRows)) {
      isStopped = control.abort?.aborted === true;
      if (isStopped) break;
      const step = await learnStep(memory, await seenRows(tools, batch), prices);
      memory = step.memory;
      [energy, energyAlways] = [plus(energy, step.energy), plus(energyAlways, step.energyAlways)];
      for (const print of step.learned) {
        if (known.has(print)) repeatedRows += 1;
        known.add(print);
      }
      rows += batch.rows;
      lossSum += step.before.values.reduce((sum, v) => sum + v, 0);
      metric = step.before.metric;
      const done = documentOf(step, batches.length, batch.rows, metric === 'accuracy' ? 1 - lossSum / rows : lossSum / rows);
      batches.push(done);
      const message = `batch ${done.index}: ${done.decision}, ${rows} of ${data.rows.rows} rows`;
      control.onProgress?.({ stage: 'learning', message, fraction: rows / data.rows.rows, batch: done });
      await nodeHost.pause();
    }
  } catch (error) {
    if (!isAbort(error)) throw error;
    isStopped = true;
  }
  const running = metric === 'accuracy' ? 1 - lossSum / rows : lossSum / rows;
  return { memory, batches, energy, energyAlways, metric, running, repeatedRows, isStopped };
}

function documentOf(step: Awaited<ReturnType<typeof learnStep>>, index: number, rows: number, running: number): LearnBatch {
  const { decision, reason, expectedGain, gainPerJoule, energy, before, after, drift, newClasses } = step;
  return {
    index,
    rows,
    decision,
    reason,
    expectedGain,
    gainPerJoule,
    gain:
      gainPerJoule === null
        ? null
        : exactly(gainPerJoule, '1/J', energy.source, 'expected errors avoided over the high bound of the energy'),
    energy,
    metric: before.metric,
    before: figureOf(before),
    after,
    running,
    drift,
    newClasses,
  };
}
