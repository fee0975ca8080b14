import type { RepresentationCache } from '../compound/cache.ts';
import { represent } from '../compound/represent.ts';
import type { StreamBatch, StreamItem, UpperModule } from '../compound/types.ts';
import type { CompoundModules, WorkContext } from './compound-modules.ts';
import type { SourceContext } from './compound-contexts.ts';
import { pooledRow, pooledUpper } from './compound-pool.ts';

/** A batch as the stream decides it, and the upper module on its contexts. */
export interface BoundBatch {
  readonly batch: StreamBatch;
  readonly upper: UpperModule;
}

/** How decisions read their context: every token on its own, or all of it (mean and last). */
export type Reading = 'each' | 'pooled';

/** Represents the contexts of a batch, from the cache where it has them, and makes the items that are decided. */
export async function bindBatch(
  modules: CompoundModules,
  cache: RepresentationCache | null,
  contexts: readonly SourceContext[],
  reading: Reading,
): Promise<BoundBatch> {
  const represented = await represent(
    modules.lower,
    cache,
    contexts.map(({ content }) => content),
  );
  const width = exitWidthOf(modules, reading);
  const items: StreamItem[] = [];
  const features = new Float32Array(contexts.reduce((sum, { decisions }) => sum + decisions.length, 0) * width);
  const work: WorkContext[] = [];
  for (const [i, context] of contexts.entries()) {
    const found = represented[i]!;
    const hidden = found.representation.features;
    work.push({ name: context.name, content: context.content, hidden });
    const exit = await modules.exit(hidden);
    const units = context.content.kind === 'tokens' ? context.content.tokens.length : 1;
    // What was known of a context is its beginning.
    const known = units - found.computed;
    context.decisions.forEach((decision, at) => {
      const row = reading === 'pooled' ? pooledRow(exit, units) : exit.subarray((decision.position - 1) * width, decision.position * width);
      features.set(row, items.length * width);
      const isFirst = at === 0;
      const isKnown = decision.position <= known;
      items.push({
        input: decision.input,
        // The look-up is told where it is made; what it had of the context costs the others nothing.
        cache: isFirst || reading === 'pooled' || found.cache === 'off' ? found.cache : isKnown ? 'hit' : 'miss',
        tokens: reading === 'pooled' ? units : 1,
        computed: reading === 'pooled' ? found.computed : isKnown ? 0 : 1,
        lookups: isFirst ? found.lookups : 0,
        readBytes: isFirst ? found.readBytes : 0,
        writtenBytes: isFirst ? found.writtenBytes : 0,
        context: context.name,
        position: decision.position,
        label: decision.label,
      });
    });
  }
  const upper = modules.upper(work);
  return { batch: { items, features }, upper: reading === 'pooled' ? pooledUpper(modules, work) : upper };
}

/** Numbers that the lower exit's head reads. */
export function exitWidthOf(modules: CompoundModules, reading: Reading): number {
  return modules.exitWidth * (reading === 'pooled' ? 2 : 1);
}

export function upperWidthOf(modules: CompoundModules, reading: Reading): number {
  return modules.upperWidth * (reading === 'pooled' ? 2 : 1);
}
