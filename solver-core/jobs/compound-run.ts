import type { StreamState } from '../compound/index.ts';
import type { CompoundStep, SolverRequests } from '../protocol/index.ts';
import type { PlanContexts } from './compound-calibration.ts';
import type { SourceContext } from './compound-contexts.ts';
import type { CompoundPaths } from './compound-outputs.ts';
import type { StreamStart } from './compound-place.ts';
import type { CompoundSetup } from './compound-setup.ts';
import type { OpenedSource } from './compound-source.ts';
import type { ReadCompound } from './compound-state.ts';

export type CompoundParams = SolverRequests['tierwise/compound']['params'];

/** Everything that a run reads, open and checked. */
export interface CompoundRun {
  readonly params: CompoundParams;
  readonly setup: CompoundSetup;
  readonly paths: CompoundPaths;
  readonly state: ReadCompound | null;
  readonly plan: PlanContexts | null;
  readonly stream: OpenedSource;
  /** Where in the stream it begins. */
  readonly start: StreamStart;
  readonly batch: number;
}

/** What going through a stream gave. */
export interface StreamOutcome {
  readonly state: StreamState;
  readonly steps: readonly CompoundStep[];
  /** Contexts of the last batch: what the written files are checked on. */
  readonly lastContexts: readonly SourceContext[];
  /** How far the stream was read, from its beginning: characters of a text, rows or labelled texts; decisions of it. */
  readonly read: { readonly extent: number; readonly decisions: number };
  readonly isStopped: boolean;
}
