import type { Backend, Numerics, RidgeSums, RowSource, SolveContext } from '../fit/index.ts';
import { emptySums } from '../fit/index.ts';
import { checkAbort } from '../model/abort.ts';
import { assert } from '../model/error.ts';

/** A backend that sums up the problem it is given in place of solving it, and then stops the fit. */
export interface SumsCollector {
  readonly backend: Backend;
  /** True for what the backend stops the fit with. */
  isDone(error: unknown): boolean;
  /** The sums, when `isDone` was seen. */
  sums(): RidgeSums;
}

/** Thrown to end a fit that has handed over its rows. */
class Collected extends Error {
  override readonly name = 'Collected';
}

/**
 * Lets a fit make inputs and targets of a layer exactly as it always does, and takes the rows at the door of the solver. Pass 'means':
 * the sums of the inputs alone.
 */
export function collectSums(numerics: Numerics, pass: 'sums' | 'means'): SumsCollector {
  let found: RidgeSums | undefined;
  return {
    backend: {
      info: { kind: 'cpu', device: numerics.description, image: '', note: null },
      async solve(problem, context) {
        found = pass === 'means' ? await inputSums(problem.source, context) : await numerics.sums(problem.source, context);
        throw new Collected('sums are complete');
      },
      dispose: () => Promise.resolve(),
    },
    isDone: (error) => error instanceof Collected,
    sums() {
      assert(found !== undefined, 'the fit ended without a problem to sum up');
      return found;
    },
  };
}

async function inputSums(source: RowSource, context: SolveContext): Promise<RidgeSums> {
  const { columns } = source;
  const sumX = new Float64Array(columns);
  let rows = 0;
  for await (const chunk of source.chunks()) {
    checkAbort(context.abort);
    for (let r = 0; r < chunk.rows; r++) for (let j = 0; j < columns; j++) sumX[j] = sumX[j]! + chunk.x[r * columns + j]!;
    rows += chunk.rows;
    context.onProgress?.(rows / source.rows, `summed ${rows} of ${source.rows} rows`);
    await context.host.pause();
  }
  return { ...emptySums(0, 0), rows, columns, sumX };
}
