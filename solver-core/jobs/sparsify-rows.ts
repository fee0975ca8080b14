import { dirname, resolve } from 'node:path';
import { TierwiseError } from '../model/error.ts';
import type { Plan } from '../model/plan.ts';
import type { Environment } from './environment.ts';
import type { JobControl } from './job.ts';
import { contextOf, openLanguageText, runnableContent } from './language-text.ts';
import { openModel } from './open-model.ts';
import type { OpenedModel } from './open-model.ts';
import { openRows } from './open-rows.ts';
import { refusedPath } from './plan-world.ts';
import { checkAgainstModel } from './rows-against-model.ts';
import { runnableModel } from './runnable-model.ts';
import { scoresOf } from './select-scores.ts';
import { selectRows } from './select-rows.ts';
import { unitsPerRun } from './sparsify-energy.ts';
import type { HeldOut } from './sparsify-judge.ts';
import type { SearchRows } from './sparsify-search.ts';
import { textWindows } from './text-loss.ts';
import { sha256 } from './files.ts';

/** The model of a plan with the rows that steer, decide and judge. */
export interface SparsifyRows {
  readonly opened: OpenedModel;
  readonly content: NonNullable<OpenedModel['content']>;
  readonly search: SearchRows;
  readonly heldOut: HeldOut;
  readonly unit: 'token' | 'row';
  readonly metric: 'cross-entropy' | 'mse';
  readonly heldOutCount: number;
  /** Tokens or rows of the forward pass that the layers' shapes are of: more than one where the model fixes its batch or its window. */
  readonly unitsPerRun: number;
  /** Hex SHA-256 of what was read: the data file, or text and vocabulary. */
  readonly sha256: string;
  /** Files that must stay as they are. */
  readonly precious: readonly string[];
  readonly seed: number;
  close(): Promise<void>;
}

/** Where a plan's files lie. */
export interface PlanPlace {
  readonly plan: Plan;
  readonly planPath: string;
  readonly modelPath: string;
  /** The model that is made sparse: a fit of the plan's model, say. Default: the plan's model. */
  readonly basePath?: string;
  /** Null when the plan names no data. */
  readonly dataPath: string | null;
}

/** Fewer windows than this say nothing, on either side. */
const fewestWindows = { calibration: 8, heldOut: 2 } as const;
/** Held-out tokens that are judged at most: a million tokens take minutes, and the figure hardly changes. */
const maxHeldOutTokens = 2 ** 18;
/** The search for a text has no seed in the plan. */
const textSeed = 1;

/**
 * Opens the model of a plan with its text, or with its data. Throws TierwiseError `plan-without-rows`, the codes of `openLanguageText` and
 * `openRows`, `text-too-short`, `too-few-rows`, `data-shape-mismatch`, `label-out-of-range`, `path-outside-folder`.
 */
export async function sparsifyRows(environment: Environment, place: PlanPlace, control: JobControl): Promise<SparsifyRows> {
  const { plan, planPath, modelPath, basePath = modelPath, dataPath } = place;
  if (plan.text !== undefined) return await fromText(environment, place, plan.text);
  if (plan.data === undefined || dataPath === null) {
    throw new TierwiseError(
      'plan-without-rows',
      `${planPath} names neither a text nor data`,
      'Add a line such as: text "input.txt" tokens "vocab.json", or: data "digits.npz" inputs x labels y split 0.8 seed 1',
    );
  }
  const opened = await openModel(environment, basePath);
  const runnable = runnableModel(opened);
  const content = runnableContent(opened);
  const data = await openRows(dataPath, plan.data, { abort: control.abort });
  try {
    checkAgainstModel(data, runnable);
    const { split, seed } = plan.data;
    const rows = await selectRows(data, { fraction: split, seed }, undefined, control.abort);
    const classes = data.rows.labels.kind === 'class' && runnable.layers.at(-1)?.linear?.outputs !== 1;
    const output = classes ? scoresOf(runnable.model.graph, runnable.output) : runnable.output;
    const { input } = runnable;
    return {
      opened,
      content,
      search: { kind: 'rows', input, output, calibration: rows.calibration, deciding: rows.validation },
      heldOut: { kind: 'rows', input, output, rows: rows.heldOut },
      unit: 'row',
      metric: classes ? 'cross-entropy' : 'mse',
      heldOutCount: rows.heldOut.rows,
      unitsPerRun: unitsPerRun(input.shape, 'row'),
      sha256: data.sha256,
      precious: [dataPath, planPath, opened.path],
      seed,
      close: () => data.close(),
    };
  } catch (error) {
    await data.close();
    throw error;
  }
}

async function fromText(
  environment: Environment,
  { planPath, modelPath, basePath = modelPath }: PlanPlace,
  clause: NonNullable<Plan['text']>,
): Promise<SparsifyRows> {
  const [textPath, tokensPath] = [clause.path, clause.tokens].map((path) => allowedPath(planPath, path)) as [string, string];
  const opened = await openModel(environment, basePath);
  const language = await openLanguageText(opened, textPath, tokensPath);
  const { token, text, vocabulary, content } = language;
  const context = contextOf(token, Math.min(clause.context, token.contextLimit ?? clause.context));
  const end = Math.floor(text.ids.length * clause.split);
  const [calibration, heldOut] = [end, text.ids.length - end].map((tokens) => Math.floor((tokens - 1) / context)) as [number, number];
  if (calibration < fewestWindows.calibration || heldOut < fewestWindows.heldOut) {
    throw new TierwiseError(
      'text-too-short',
      `${JSON.stringify(text.name)} has ${text.ids.length} tokens: ${Math.max(0, calibration)} windows of ${context} tokens to choose by and ${Math.max(0, heldOut)} to judge by; at least ${fewestWindows.calibration} and ${fewestWindows.heldOut} are needed`,
      'Give a longer text, or a smaller context in the plan.',
    );
  }
  const most = Math.max(1, Math.floor(maxHeldOutTokens / context)) * context + 1;
  const windows = textWindows(text.ids, context, end, Math.min(text.ids.length, end + most));
  return {
    opened,
    content,
    search: { kind: 'text', token, ids: text.ids.subarray(0, end), context },
    heldOut: { kind: 'text', token, windows },
    unit: 'token',
    metric: 'cross-entropy',
    heldOutCount: windows.targets.length,
    unitsPerRun: unitsPerRun(content.model.graph.inputs.find(({ name }) => name === token.ids)?.shape ?? null, 'token'),
    sha256: sha256(JSON.stringify([text.sha256, vocabulary.tokens])),
    precious: [textPath, tokensPath, planPath, opened.path],
    seed: textSeed,
    close: () => Promise.resolve(),
  };
}

/** A plan reads nothing outside of its folder but by absolute paths; the checker of plans has said so already. */
function allowedPath(planPath: string, path: string): string {
  const refused = refusedPath(planPath, path);
  if (refused === undefined) return resolve(dirname(planPath), path);
  throw new TierwiseError(
    'path-outside-folder',
    `${planPath} names ${JSON.stringify(path)}, which ${refused}`,
    'Keep files in the folder of the plan.',
  );
}
