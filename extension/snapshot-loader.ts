import type { FitDocument, InspectDocument, SolverRequests } from '../solver-core/protocol/index.ts';
import { parseFitRecord } from './fit-record.ts';
import { emptySnapshot, type PlanSnapshot } from './plan-snapshot.ts';
import type { SolverClient } from './server-client.ts';
import { isCancelled, toErrorData } from './solver-error.ts';
import { baseName } from './to-view.ts';

/** The part of the solver client that a snapshot needs. */
export type SolverRequester = Pick<SolverClient, 'request'>;

/** What is asked about a plan. */
export interface SnapshotQuestion {
  /** Absolute path of the plan. */
  readonly path: string;
  /** The unsaved text, when there is one. */
  readonly text: string | undefined;
  /** Energy target instead of the plan's, when the user wants one. */
  readonly target: string | undefined;
}

const maxInspected = 16;

/** Asks the solver everything about a plan. Keeps what it knew where a question fails, so that a typing error blanks nothing. */
export class SnapshotLoader {
  readonly #solver: SolverRequester;
  /** Models by path: their layers do not change with the plan. */
  readonly #inspected = new Map<string, Promise<InspectDocument>>();

  constructor(solver: SolverRequester) {
    this.#solver = solver;
  }

  /** A model changed (or, without a path, anything may have): ask again about it. */
  forget(modelPath?: string): void {
    if (modelPath === undefined) this.#inspected.clear();
    else this.#inspected.delete(modelPath);
  }

  /** The snapshot that follows `previous`. Never rejects. */
  async load(question: SnapshotQuestion, previous: PlanSnapshot): Promise<PlanSnapshot> {
    const { path } = question;
    const text = question.text === undefined ? {} : { text: question.text };
    const target = question.target === undefined ? {} : { target: question.target };
    const [check, energy, last] = await Promise.allSettled([
      this.#solver.request('tierwise/check', { path, ...text }),
      this.#solver.request('tierwise/energy', { path, ...text, ...target }),
      this.#solver.request('tierwise/lastFit', { path, ...text }),
    ]);
    const modelPath =
      (energy.status === 'fulfilled' ? energy.value.model : null) ?? (check.status === 'fulfilled' ? check.value.model : null);
    const inspect = modelPath === null ? null : await this.#inspect(modelPath);
    // Without the model nothing is known about its layers. Any other failure may be a typing error, which keeps what was known.
    const gone = energy.status === 'rejected' && toErrorData(energy.reason).code === 'file-not-found';
    const known = gone ? emptySnapshot(path) : previous;
    return {
      path,
      check: check.status === 'fulfilled' ? check.value : previous.check,
      energy: energy.status === 'fulfilled' ? energy.value : known.energy,
      inspect: inspect ?? known.inspect,
      fit: !gone && last.status === 'fulfilled' ? ownFit(path, last.value) : known.fit,
      stale: !gone && last.status === 'fulfilled' ? last.value.stale : known.stale,
      error: energy.status === 'rejected' && !isCancelled(energy.reason) ? toErrorData(energy.reason) : null,
    };
  }

  async #inspect(modelPath: string): Promise<InspectDocument | null> {
    const known = this.#inspected.get(modelPath);
    if (known) return known.catch(() => null);
    const asked = this.#solver.request('tierwise/inspect', { path: modelPath });
    if (this.#inspected.size >= maxInspected) this.#inspected.clear();
    this.#inspected.set(modelPath, asked);
    return asked.catch(() => {
      if (this.#inspected.get(modelPath) === asked) this.#inspected.delete(modelPath);
      return null;
    });
  }
}

/**
 * The fit record beside the model, when it is sound and this plan's own. Plans of one model share that place: a record that belongs to
 * another plan says nothing about this one.
 */
function ownFit(path: string, last: SolverRequests['tierwise/lastFit']['result']): FitDocument | null {
  const fit = parseFitRecord(last.fit) ?? null;
  return fit !== null && last.stale && baseName(fit.plan) !== baseName(path) ? null : fit;
}
