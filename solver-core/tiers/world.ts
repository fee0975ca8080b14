import type { Block } from '../model/blocks.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { ValueInfo } from '../model/graph.ts';
import type { Layer } from '../model/layer.ts';

/** A model that was read. */
export interface SeenModel {
  /** In graph order. */
  readonly layers: readonly Layer[];
  /** Its repeated blocks, in graph order; absent: not looked for, which reads as none. */
  readonly blocks?: readonly Block[];
  /** What the caller gives it; absent: not known. */
  readonly inputs?: readonly ValueInfo[];
}

/** What a model path leads to: its layers and blocks, why it cannot be read, or that it cannot be looked at from here at all. */
export type ModelView = SeenModel | { readonly problem: Diagnostic } | { readonly unseen: true };

/** An energy target that a plan can name. */
export interface TargetChoice {
  readonly id: string;
  readonly title: string;
}

/**
 * Everything outside the text that the checker of a plan looks at. Implementations cache: the checker asks on every key stroke.
 * Paths are as written in the plan, relative to its folder. No member throws.
 */
export interface PlanWorld {
  /** Why the disk forbids a path that reads well, for example a link that leaves the plan's folder; undefined when it does not. */
  pathProblem?(path: string): string | undefined;
  /** Layers of the model at this path; a problem with the code `missing-file` means that there is no such file. */
  model(path: string): ModelView;
  /** True when a data file of that path exists and may be read. */
  fileExists(path: string): boolean;
  /** Known energy targets; the first one is the default of a plan that names none. Empty: targets are not checked. */
  readonly targets: readonly TargetChoice[];
  /** What is wrong with a file that would define targets, for a plan that names one that is not known; undefined when nothing is. */
  targetProblem?(): string | undefined;
  /** Paths of model files near the plan, for did-you-mean and completion. Bounded in number. */
  modelsNearby(): readonly string[];
  /** Paths of data files near the plan. Bounded in number. */
  dataNearby(): readonly string[];
  /** Paths of text files near the plan; absent: none. Bounded in number. */
  textsNearby?(): readonly string[];
  /** Paths of files near the plan that may be vocabularies, likely ones first; absent: none. Bounded in number. */
  vocabulariesNearby?(): readonly string[];
}

/** A world without files, for plans that are not on this machine's disk: everything that needs a file goes unchecked. */
export function blindWorld(targets: readonly TargetChoice[]): PlanWorld {
  return { model: () => ({ unseen: true }), fileExists: () => true, targets, modelsNearby: () => [], dataNearby: () => [] };
}
