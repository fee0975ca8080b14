import { formatCount } from '../energy/format.ts';
import type { MergeDocument } from '../protocol/stats-documents.ts';
import { counted, inert } from './cells.ts';

/** Most shard numbers that are listed. */
const maxListed = 20;

/** What `tierwise merge` wrote, which shards are missing, and what to do next. Ends with a newline. */
export function mergeText(merge: MergeDocument): string {
  const { count, present, missing } = merge.shards;
  const listed = missing.slice(0, maxListed).join(', ') + (missing.length > maxListed ? ' …' : '');
  const next = merge.pass === 'means' ? 'tierwise stats PLAN --shard i/n --means' : 'tierwise fit PLAN --stats';
  return [
    `Merged ${counted(merge.files, 'file')} of layer ${inert(merge.layer, 80)}: shards ${present.length} of ${count}, ${formatCount(merge.rows)} rows`,
    ...(missing.length === 0 ? [] : [`  missing: ${listed}. A fit needs all of them.`]),
    `Wrote ${inert(merge.output, 4096)}`,
    ...(missing.length === 0 ? [`Next: ${next} ${inert(merge.output, 4096)}`] : []),
    '',
  ].join('\n');
}
