import { extname } from 'node:path';
import { epochsOfLog } from '../energy/epochs.ts';
import { parseTrainingLog } from '../energy/training-log.ts';
import { fitRowCount } from '../fit/index.ts';
import { assert, TierwiseError } from '../model/error.ts';
import { datasetRows } from './dataset-rows.ts';
import type { Environment } from './environment.ts';
import { readText } from './files.ts';
import { readPlan } from './read-plan.ts';

/** Largest training log that is read. */
const maxLogBytes = 1 << 24;
/** Held-out rows behind the accuracies where no plan tells them. */
const assumedRows = 1000;

/** A number of epochs with how it came about, in a sentence. */
export interface EpochsOfLog {
  readonly epochs: number;
  readonly text: string;
}

/**
 * The number of epochs by the rule of `epochsOfLog` from a training log. `path`: the model or plan that is priced; a plan's held-out rows
 * stand behind the accuracies. Throws TierwiseError: file-not-found, log-no-accuracy, log-invalid.
 */
export async function readEpochs(environment: Environment, logPath: string, path: string): Promise<EpochsOfLog> {
  const { value, diagnostics } = parseTrainingLog(await readText(logPath, maxLogBytes));
  if (value === undefined) {
    const [first] = diagnostics;
    const advice = 'Give a log with a header and a column val_accuracy, or the number of epochs itself.';
    throw new TierwiseError(first?.code ?? 'log-invalid', `${logPath}: ${first?.message ?? 'it cannot be read'}`, advice);
  }
  const rows = await heldOutRows(environment, path);
  const epochs = epochsOfLog(value.accuracies, { rows: rows ?? assumedRows });
  assert(epochs !== null, 'a log with accuracies has a best one');
  const best = Math.max(...value.accuracies);
  const at = value.accuracies.indexOf(best) + 1;
  const text = `${epochs} epochs by the log: the first whose ${value.column} is within one standard error (${rows ?? `${assumedRows} assumed`} held-out rows) of the best, ${percent(best)} in epoch ${at}`;
  return { epochs, text };
}

async function heldOutRows(environment: Environment, path: string): Promise<number | null> {
  if (extname(path) !== '.tiers') return null;
  const { plan, dataPath } = await readPlan(path);
  if (plan?.data === undefined || dataPath === null) return null;
  const rows = await datasetRows(environment, dataPath, plan.data);
  return rows === null ? null : Math.max(1, rows - fitRowCount(rows, plan.data.split));
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
