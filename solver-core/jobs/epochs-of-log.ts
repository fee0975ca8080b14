import { basename, extname } from 'node:path';
import { epochsOfLog } from '../energy/epochs.ts';
import { parseTrainingLog } from '../energy/training-log.ts';
import { fitRowCount } from '../fit/index.ts';
import { assert, TierwiseError } from '../model/error.ts';
import { datasetRows } from './dataset-rows.ts';
import type { Environment } from './environment.ts';
import { readText } from './files.ts';
import { findFit } from './last-fit.ts';
import { defaultFittedPath, recordPath } from './outputs.ts';
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
 * The number of epochs by the rule of `epochsOfLog` from a training log. `path`: the model or plan that is priced. What is wanted is the
 * held-out accuracy of the direct solve, where a fit record that still belongs to the plan tells it and the log gets there; else the best
 * of the log less one standard error, with the plan's held-out rows behind the accuracies. Throws TierwiseError: file-not-found, log-no-accuracy, log-invalid.
 */
export async function readEpochs(environment: Environment, logPath: string, path: string): Promise<EpochsOfLog> {
  const { value, diagnostics } = parseTrainingLog(await readText(logPath, maxLogBytes));
  if (value === undefined) {
    const [first] = diagnostics;
    const advice = 'Give a log with a header and a column val_accuracy, or the number of epochs itself.';
    throw new TierwiseError(first?.code ?? 'log-invalid', `${logPath}: ${first?.message ?? 'it cannot be read'}`, advice);
  }
  const { rows, solved } = await factsOf(environment, path);
  const { column, accuracies } = value;
  const best = accuracies.reduce((most, accuracy) => Math.max(most, accuracy), 0);
  const equal = solved === null ? null : epochsOfLog(accuracies, { rows: rows ?? assumedRows, wanted: solved.accuracy });
  if (solved !== null && equal !== null) {
    const text = `${equal} epochs by the log: the first whose ${column} reaches ${percent(solved.accuracy)}, the accuracy of the direct solve by ${solved.from}`;
    return { epochs: equal, text };
  }
  const epochs = epochsOfLog(accuracies, { rows: rows ?? assumedRows });
  assert(epochs !== null, 'a log with accuracies has a best one');
  const at = accuracies.indexOf(best) + 1;
  const never = solved === null ? '' : `; it never reaches the ${percent(solved.accuracy)} of the direct solve by ${solved.from}`;
  const text = `${epochs} epochs by the log: the first whose ${column} is within one standard error (${rows ?? `${assumedRows} assumed`} held-out rows) of the best, ${percent(best)} in epoch ${at}${never}`;
  return { epochs, text };
}

interface PlanFacts {
  /** Held-out rows of the plan's data; null when they are not known. */
  readonly rows: number | null;
  /** What the direct solve reaches on them, by a fit record that still belongs to the plan; null without one. */
  readonly solved: { readonly accuracy: number; readonly from: string } | null;
}

async function factsOf(environment: Environment, path: string): Promise<PlanFacts> {
  const none = { rows: null, solved: null };
  if (extname(path) !== '.tiers') return none;
  const read = await readPlan(path);
  const { plan, dataPath, modelPath } = read;
  if (plan === undefined) return none;
  const rows = plan.data === undefined || dataPath === null ? null : await datasetRows(environment, dataPath, plan.data);
  const heldOut = rows === null || plan.data === undefined ? null : Math.max(1, rows - fitRowCount(rows, plan.data.split));
  const found = await findFit(environment, read, plan);
  const evaluation = found?.stale === false ? found.fit.evaluation : null;
  if (modelPath === null || evaluation?.metric !== 'accuracy') return { rows: heldOut, solved: null };
  return { rows: heldOut, solved: { accuracy: evaluation.after, from: basename(recordPath(defaultFittedPath(modelPath))) } };
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
