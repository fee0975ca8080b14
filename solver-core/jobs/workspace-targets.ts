import { basename } from 'node:path';
import type { EnergyTarget } from '../energy/target.ts';
import { energyTargets } from '../energy/targets/index.ts';
import { validateTarget } from '../energy/validate-target.ts';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { quoteName } from '../model/quote.ts';
import type { WorkspaceFile } from './workspace-files.ts';
import { readWorkspaceFiles, workspaceFolders } from './workspace-files.ts';

/** Where targets of a workspace lie, below a folder that is looked at. */
export const targetsFolder = '.tierwise/targets';

/** A target's id is the name of its calibration file, too. */
const targetIdPattern = /^[a-z0-9][a-z0-9._-]{0,63}$/i;

/** A target that a workspace brings. */
export interface WorkspaceTarget {
  readonly target: EnergyTarget;
  readonly path: string;
}

/** The targets of a workspace by id, and every fault of their files, as warnings: the other targets can be used. */
export interface WorkspaceTargets {
  readonly targets: ReadonlyMap<string, WorkspaceTarget>;
  readonly diagnostics: readonly Diagnostic[];
}

/** True when a text can be the id of a target of a workspace: a file name without surprises. */
export function isTargetId(id: string): boolean {
  return targetIdPattern.test(id);
}

/**
 * The targets under `.tierwise/targets` of the folder of `path` (a plan or a model) and of its parents, the nearest first. A file that
 * is no target, repeats an id or takes that of a target that ships is left out and reported at its path. Never throws.
 */
export function workspaceTargets(path: string): WorkspaceTargets {
  const targets = new Map<string, WorkspaceTarget>();
  const diagnostics: Diagnostic[] = [];
  for (const folder of workspaceFolders(path)) {
    for (const file of readWorkspaceFiles(folder, targetsFolder)) {
      const read = readTarget(file);
      diagnostics.push(...read.diagnostics);
      if (read.value === undefined) continue;
      const refusal = refusalOf(read.value.id, targets);
      if (refusal === undefined) targets.set(read.value.id, { target: read.value, path: file.path });
      else diagnostics.push(fault(file.path, 'energy-target-duplicate', refusal));
    }
  }
  return { targets, diagnostics };
}

/** The target that a file holds. */
function readTarget(file: WorkspaceFile): Checked<EnergyTarget> {
  const name = basename(file.path);
  if ('fault' in file)
    return { value: undefined, diagnostics: [fault(file.path, 'energy-target-unreadable', `The target file ${name} ${file.fault}.`)] };
  let json: unknown;
  try {
    json = JSON.parse(file.text);
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 200) : 'not JSON';
    return { value: undefined, diagnostics: [fault(file.path, 'energy-target-invalid', `${name} is not JSON: ${why}.`)] };
  }
  const { value, diagnostics } = validateTarget(json, file.path);
  const faults = summary(file.path, name, diagnostics);
  if (value === undefined || isTargetId(value.id)) return { value, diagnostics: faults };
  const message = `${name}: "id" is ${quoteName(value.id)}; expected up to 64 letters, digits, ".", "_" and "-", a letter or digit first.`;
  return { value: undefined, diagnostics: [...faults, fault(file.path, 'energy-target-invalid', message)] };
}

/** The faults of a file as one finding, because every report on the workspace carries it: the first three, and that there are more. */
function summary(path: string, name: string, faults: readonly Diagnostic[]): readonly Diagnostic[] {
  if (faults.length === 0) return [];
  const first = faults.slice(0, 3).map(({ message }) => message);
  const more = faults.length > 3 ? ' More faults follow; docs/targets.md explains every field.' : '';
  return [fault(path, 'energy-target-invalid', `${name}: ${first.join(' ')}${more}`)];
}

function refusalOf(id: string, known: ReadonlyMap<string, WorkspaceTarget>): string | undefined {
  if (energyTargets.has(id))
    return `The target ${quoteName(id)} ships with Tierwise and cannot be replaced; give this one another id, e.g. "${id}-mine".`;
  const other = known.get(id);
  return other === undefined
    ? undefined
    : `The target ${quoteName(id)} is defined by ${other.path} already, which counts; give one of the two another id.`;
}

function fault(path: string, code: string, message: string): Diagnostic {
  return { severity: 'warning', code, message, where: { path } };
}
