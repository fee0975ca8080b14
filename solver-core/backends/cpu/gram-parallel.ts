import type { RowSource, SolveContext } from '../../fit/backend.ts';
import { checkAbort } from '../../model/abort.ts';
import { startCrew, type Crew } from './gram-crew.ts';
import {
  areExactTargets,
  finishTotals,
  isSingle,
  settledChunks,
  startPass,
  tooLarge,
  type PassOptions,
  type StartedPass,
} from './gram-pass.ts';
import type { ShiftedSums } from './gram-sums.ts';
import { addChunk, emptyTotals, isFiniteSum, type GramTotals } from './gram-totals.ts';
import { notFinite } from './plain-numerics.ts';

export interface ParallelOptions extends PassOptions {
  /** The bundled worker. */
  readonly workerFile: string;
  readonly workers: number;
}

/**
 * `gramPass` with worker threads: the same bits for any number of them. Memory: per worker, about two chunks besides the shared Gram.
 * Rejects with `gram-worker-died` when a thread ends by itself; all threads are ended in any case.
 */
export async function parallelGramPass(source: RowSource, context: SolveContext, options: ParallelOptions): Promise<ShiftedSums> {
  const { columns: d, outputs: k } = source;
  const shared = new SharedArrayBuffer(8 * d * d);
  const totals = emptyTotals(d, k, new Float64Array(0));
  let started: StartedPass | undefined;
  let crew: Crew | undefined;
  let rows = 0;
  let exactTargets = true;
  let index = 0;
  try {
    for await (const chunk of settledChunks(source, options)) {
      checkAbort(context.abort);
      started ??= startPass(chunk, d, k, options);
      const control = (): SharedArrayBuffer => new SharedArrayBuffer(4 * (2 + Math.ceil(d / started!.plan.blockColumns)));
      crew ??= startCrew(options.workerFile, options.workers, { ...started, d, k, gram: shared, control: control() });
      await crew.give(index++, chunk);
      addResults(totals, crew, d, k);
      rows += chunk.rows;
      exactTargets &&= areExactTargets(chunk.y);
      context.onProgress?.(rows / source.rows, `summed ${rows} of ${source.rows} rows`);
      await context.host.pause();
    }
    await crew?.finish();
    if (crew !== undefined) addResults(totals, crew, d, k);
    checkAbort(context.abort);
  } finally {
    await crew?.end();
  }
  // ONNX Runtime takes no operands in shared memory, so what follows works on a copy.
  const gram = new Float64Array(d * d);
  gram.set(new Float64Array(shared));
  if (!isFiniteSum({ ...totals, gram }, d)) {
    if (isSingle(started, exactTargets)) return parallelGramPass(source, context, { ...options, wide: true });
    throw tooLarge();
  }
  return finishTotals({ ...totals, gram }, rows, exactTargets, started, d, k);
}

function addResults(totals: GramTotals, crew: Crew, d: number, k: number): void {
  for (const result of crew.results()) {
    if ('badRow' in result) throw notFinite(result.badRow);
    addChunk(totals, result.sums, d, k);
  }
}
