/** What a task of type "tierwise" may ask for. */
export const taskKinds = ['check', 'energy', 'fit'] as const;
export type TaskKind = (typeof taskKinds)[number];

/** A task of type "tierwise" as tasks.json defines it, checked. */
export interface TierwiseTask {
  readonly task: TaskKind;
  /** As written: relative to the folder, absolute, or with variables that VS Code fills in. */
  readonly plan: string;
  /** More options for the command, e.g. ["--backend", "cpu"]. */
  readonly args: readonly string[];
}

const maxArgs = 50;

/** The task of a definition; undefined when it lacks something or holds what no task has. */
export function parseTask(definition: Readonly<Record<string, unknown>>): TierwiseTask | undefined {
  const { task, plan, args = [] } = definition;
  const kind = taskKinds.find((one) => one === task);
  if (kind === undefined || typeof plan !== 'string' || plan === '') return undefined;
  if (!Array.isArray(args) || args.length > maxArgs || !args.every((arg) => typeof arg === 'string')) return undefined;
  return { task: kind, plan, args };
}

/** The words behind the program: each a word of its own, so that spaces need no quotes. A file is never taken for an option. */
export function taskWords({ task, plan, args }: TierwiseTask, script: string): readonly string[] {
  return [script, task, plan.startsWith('-') ? `./${plan}` : plan, ...args];
}

/**
 * A plan as a task of `folder` names it: relative, with "/" between folders, which Node reads on every system. Both are paths of URIs;
 * undefined for a plan that is not below the folder, or whose name holds `${`, which begins a variable in a task.
 */
export function planOfTask(folder: string, plan: string): string | undefined {
  const base = folder.endsWith('/') ? folder : `${folder}/`;
  return plan.startsWith(base) && !plan.includes('${') ? plan.slice(base.length) : undefined;
}

/** The name that tells tasks apart: "check digits.tiers". */
export const taskName = ({ task, plan }: TierwiseTask): string => `${task} ${plan}`;
