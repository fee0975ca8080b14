import { dirname, resolve } from 'node:path';
import { TierwiseError } from '../model/error.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Plan } from '../model/plan.ts';
import type { CheckedPlan } from '../tiers/check.ts';
import { checkPlan } from '../tiers/check.ts';
import { maxPlanBytes, readText } from './files.ts';
import { nodePlanWorld, refusedPath } from './plan-world.ts';

/** A plan with its text and the absolute paths of what it names. */
export interface ReadPlan extends CheckedPlan {
  readonly path: string;
  readonly text: string;
  /** Absolute path of the model; null when the plan names none or one that it may not read. */
  readonly modelPath: string | null;
  /** Absolute path of the data; null when the plan names none or one that it may not read. */
  readonly dataPath: string | null;
}

/**
 * Reads and checks a plan. `text` replaces the file's content (an unsaved editor).
 * Diagnostics carry the plan's path. Throws TierwiseError when the file cannot be read or the text is too long.
 */
export async function readPlan(path: string, text?: string): Promise<ReadPlan> {
  const absolute = resolve(path);
  const content = text ?? (await readText(absolute, maxPlanBytes));
  if (content.length > maxPlanBytes) {
    throw new TierwiseError(
      'file-too-large',
      `the text of ${absolute} has ${content.length} characters; the limit is ${maxPlanBytes}`,
      'Shorten the plan.',
    );
  }
  const checked = checkPlan(content, nodePlanWorld(absolute));
  const { plan } = checked;
  // A refused path is a finding already; here it also means that nobody opens the file.
  const allowed = (path: string): string | null => (refusedPath(absolute, path) === undefined ? resolve(dirname(absolute), path) : null);
  return {
    ...checked,
    path: absolute,
    text: content,
    diagnostics: checked.diagnostics.map((d) => ({ ...d, where: { path: absolute, ...d.where } })),
    modelPath: plan === undefined ? null : allowed(plan.modelPath),
    dataPath: plan?.data === undefined ? null : allowed(plan.data.path),
  };
}

/** The plan when it can be run. Throws TierwiseError `plan-has-errors` naming the first error. */
export function runnablePlan(read: ReadPlan): { readonly plan: Plan; readonly modelPath: string } {
  const errors = read.diagnostics.filter((d) => d.severity === 'error');
  if (read.plan === undefined || read.modelPath === null || errors.length > 0) throw hasErrorsError(read.path, errors);
  return { plan: read.plan, modelPath: read.modelPath };
}

/** The error that stops a job because of findings, with the first one spelled out. */
export function hasErrorsError(path: string, errors: readonly Diagnostic[]): TierwiseError {
  const first = errors[0];
  const place = first?.where.range === undefined ? '' : `:${first.where.range.line}:${first.where.range.column}`;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const text = first === undefined ? 'names no model' : `${first.code}: ${first.message}`;
  return new TierwiseError('plan-has-errors', `${path}${place}: ${text}${more}`, 'Repair the plan; `tierwise check` lists every finding.');
}
