import type { UpperModule } from '../compound/types.ts';
import { assert } from '../model/error.ts';
import type { CompoundModules, WorkContext } from './compound-modules.ts';

/**
 * The representation of a whole text: the mean over its tokens and behind it the last one, [2 * width]. In float32, one token after another,
 * as the written models compute it.
 */
export function pooledRow(rows: Float32Array, tokens: number): Float32Array {
  const width = rows.length / tokens;
  const pooled = new Float32Array(2 * width);
  for (let t = 0; t < tokens; t++) for (let j = 0; j < width; j++) pooled[j] = pooled[j]! + rows[t * width + j]!;
  for (let j = 0; j < width; j++) pooled[j] = pooled[j]! / tokens;
  pooled.set(rows.subarray((tokens - 1) * width), width);
  return pooled;
}

/** The upper module where each decision reads its whole context. */
export function pooledUpper(modules: CompoundModules, contexts: readonly WorkContext[]): UpperModule {
  const byName = new Map(contexts.map((context) => [context.name, context]));
  const width = 2 * modules.upperWidth;
  return {
    version: modules.upperVersion,
    width,
    async represent(requests) {
      const answer = new Float32Array(requests.length * width);
      for (const [i, { context: name, to }] of requests.entries()) {
        const context = byName.get(name);
        assert(context !== undefined, `no context ${name} in this batch`);
        answer.set(pooledRow(await modules.upperAll(context), to), i * width);
      }
      return answer;
    },
  };
}
