import { formatCount, formatSi } from '../energy/format.ts';
import type { StatsDocument } from '../protocol/stats-documents.ts';
import { counted, fileName, inert } from './cells.ts';
import { diagnosticLine } from './check-text.ts';

/** What `tierwise stats` wrote, and what to do with it. Ends with a newline. */
export function statsText(stats: StatsDocument): string {
  const { index, count } = stats.shard;
  const what = stats.pass === 'means' ? 'sums of the inputs (first pass)' : `sums for targets ${inert(stats.targets, 24)}`;
  const next =
    count > 1
      ? `Next: when all ${count} shards are there, tierwise merge FILES --out MERGED.stats, then tierwise fit ${fileName(stats.plan)} --stats MERGED.stats`
      : stats.pass === 'means'
        ? `Next: tierwise stats ${fileName(stats.plan)} --means ${inert(stats.output, 4096)}`
        : `Next: tierwise fit ${fileName(stats.plan)} --stats ${inert(stats.output, 4096)}`;
  return [
    `Layer ${inert(stats.layer, 80)} of ${fileName(stats.model)}: ${what}`,
    `  shard ${index} of ${count}: ${counted(stats.rows, 'row')} of ${formatCount(stats.columns)} inputs and ${formatCount(stats.outputs)} outputs`,
    `  ${formatSi(stats.seconds, 's')}, at most ${Math.ceil(stats.peakMemoryBytes / 2 ** 20)} MiB of memory, ${inert(stats.arithmetic, 80)}`,
    ...stats.diagnostics.map(diagnosticLine),
    `Wrote ${inert(stats.output, 4096)} (${formatCount(stats.sizeBytes)} bytes)`,
    next,
    '',
  ].join('\n');
}
