import type { BackendChoice, DataClause } from '../model/plan.ts';
import type { BackendClause, DataClause as DataNode, ModelClause, TargetClause, TrainClause } from './generated/ast.ts';
import { checkNumber, checkWord, fromPercent, OnceOnly, quotedSuggestions, wholeWithin } from './context.ts';
import type { CheckContext, NumberRule } from './context.ts';
import { numberOf, rawOf, spanOf, textOf } from './nodes.ts';
import type { Placed } from './nodes.ts';
import { pathProblem } from './paths.ts';
import { shown } from './text.ts';
import { backendWords } from './vocabulary.ts';
import type { SeenModel } from './world.ts';

/** Whole numbers from 0 that a double holds exactly. */
export const seedRule: NumberRule = {
  what: 'the seed',
  accepts: (v) => Number.isSafeInteger(v) && v >= 0,
  range: 'a whole number from 0',
  nearest: wholeWithin(0, Number.MAX_SAFE_INTEGER),
};
/** A share of rows or of a text. */
export const splitRule: NumberRule = {
  what: 'the split',
  accepts: (v) => v > 0 && v < 1,
  range: 'between 0 and 1, both excluded',
  nearest: fromPercent,
};
const deviceRule: NumberRule = {
  what: 'the card index',
  accepts: (v) => Number.isInteger(v) && v >= 0 && v < 256,
  range: 'a whole number from 0 to 255',
  nearest: wholeWithin(0, 255),
};

/** The model clause: its path, and what is in the model when it can be read. */
export function checkModel(
  context: CheckContext,
  clause: ModelClause,
): { readonly path: string | undefined; readonly model: SeenModel | undefined } {
  const path = textOf(clause, 'modelPath');
  return { path: path?.value, model: path && openModel(context, path) };
}

/** The model at a path of the plan; undefined when it cannot be read (reported) or not be looked at from here. */
export function openModel(context: CheckContext, path: Placed<string>): SeenModel | undefined {
  if (reportPath(context, path)) return undefined;
  const view = context.world.model(path.value);
  if ('unseen' in view) return undefined;
  if ('layers' in view) return view;
  if (view.problem.code === 'missing-file') reportMissing(context, 'model', path, context.world.modelsNearby());
  else
    context.findings.add('error', 'model-unreadable', path.span, `the model ${shown(path.value)} cannot be read: ${view.problem.message}`);
  return undefined;
}

/** The data clause with its defaults; undefined when it names no file. */
export function checkData(context: CheckContext, clause: DataNode): DataClause | undefined {
  const once = new OnceOnly(context, 'the data clause');
  const options: { inputs?: string; labels?: string; split?: number; seed?: number } = {};
  for (const option of clause.options) {
    if (option.key === undefined || !once.first(option.key, spanOf(option))) continue;
    if (option.key === 'inputs' || option.key === 'labels') {
      const array = textOf(option, 'array');
      if (array !== undefined) options[option.key] = array.value;
    } else {
      const number = numberOf(option, 'number');
      const value = number && checkNumber(context, option.key === 'split' ? splitRule : seedRule, number);
      if (value !== undefined) options[option.key] = value;
    }
  }
  const path = textOf(clause, 'dataPath');
  if (path === undefined) return undefined;
  checkFile(context, 'data file', path, () => context.world.dataNearby());
  return {
    path: path.value,
    inputs: options.inputs ?? 'x',
    labels: options.labels ?? 'y',
    split: options.split ?? 0.8,
    seed: options.seed ?? 1,
  };
}

/** The id of the energy target; an unknown one is reported and kept, so that later messages can name it. */
export function checkTarget(context: CheckContext, clause: TargetClause): string | undefined {
  return knownTarget(context, textOf(clause, 'target'));
}

/** The id of the target that would train (`train on`); an unknown one is reported and kept. */
export function checkTrain(context: CheckContext, clause: TrainClause): string | undefined {
  return knownTarget(context, textOf(clause, 'machine'));
}

function knownTarget(context: CheckContext, id: Placed<string> | undefined): string | undefined {
  if (id === undefined) return undefined;
  const ids = context.world.targets.map((t) => t.id);
  if (ids.length > 0 && !ids.includes(id.value)) {
    const known = ids.length > 12 ? `${ids.slice(0, 12).join(', ')} and ${ids.length - 12} more` : ids.join(', ');
    const problem = context.world.targetProblem?.();
    context.findings.add(
      'error',
      'unknown-target',
      id.span,
      `there is no energy target ${shown(id.value)}; known: ${known}${problem === undefined ? '' : `; a file that may define it cannot be used: ${problem}`}`,
      quotedSuggestions(id.value, ids),
    );
  }
  return id.value;
}

/** The backend; undefined when the clause is broken. */
export function checkBackend(context: CheckContext, clause: BackendClause): BackendChoice | undefined {
  const kind = rawOf(clause, 'backend');
  const known = kind && checkWord(context, 'backend', kind, backendWords);
  if (kind === undefined || known === undefined) return undefined;
  const port = textOf(clause, 'port') ?? (clause.auto ? rawOf(clause, 'auto') : undefined);
  const device = numberOf(clause, 'device');
  if (known.word === 'serial') return checkSerial(context, clause, port, device);
  if (known.word === 'xrt') return checkXrt(context, clause, port, device);
  const extra = port ?? device;
  if (extra !== undefined) {
    context.findings.add('error', 'misplaced-clause', extra.span, `the backend "${known.word}" takes nothing after it; remove this`, ['']);
  }
  return { kind: known.word === 'cpu' ? 'cpu' : 'sim' };
}

function checkSerial(
  context: CheckContext,
  clause: BackendClause,
  port: Placed<string> | undefined,
  device: Placed<number> | undefined,
): BackendChoice | undefined {
  if (port === undefined || port.value === '') {
    const span = device?.span ?? port?.span ?? spanOf(clause);
    const fix = device === undefined && port === undefined ? 'serial auto' : 'auto';
    context.findings.add(
      'error',
      'missing-clause',
      span,
      'the backend "serial" needs a port: serial "/dev/ttyUSB1", serial "COM3" or serial auto',
      [fix === 'auto' ? fix : `backend ${fix}`],
    );
    return undefined;
  }
  return { kind: 'serial', port: port.value };
}

function checkXrt(
  context: CheckContext,
  clause: BackendClause,
  port: Placed<string> | undefined,
  device: Placed<number> | undefined,
): BackendChoice | undefined {
  if (device === undefined) {
    context.findings.add('error', 'missing-clause', port?.span ?? spanOf(clause), 'the backend "xrt" needs the index of a card: xrt 0', [
      port === undefined ? 'backend xrt 0' : '0',
    ]);
    return undefined;
  }
  const index = checkNumber(context, deviceRule, device);
  if (index === undefined) return undefined;
  return { kind: 'xrt', device: index };
}

/** Reports a path that the plan may not use or where there is no file; `nearby` says what else is there. */
export function checkFile(context: CheckContext, what: string, path: Placed<string>, nearby: () => readonly string[]): void {
  if (!reportPath(context, path) && !context.world.fileExists(path.value)) reportMissing(context, what, path, nearby());
}

function reportPath(context: CheckContext, path: Placed<string>): boolean {
  const problem = pathProblem(path.value) ?? context.world.pathProblem?.(path.value);
  if (problem === undefined) return false;
  context.findings.add('error', 'path-outside-folder', path.span, `the path ${shown(path.value)} ${problem}`);
  return true;
}

function reportMissing(context: CheckContext, what: string, path: Placed<string>, nearby: readonly string[]): void {
  context.findings.add(
    'error',
    'missing-file',
    path.span,
    `there is no ${what} ${shown(path.value)} beside this plan; check the path, it starts at the plan's folder`,
    quotedSuggestions(path.value, nearby),
  );
}
