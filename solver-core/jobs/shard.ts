import { TierwiseError } from '../model/error.ts';

/** Part `index` (1-based) of `count` parts of the fit rows. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

const maxShards = 100_000;

/** Parses `i/n`. Throws a usage error unless 1 <= i <= n <= 100000. */
export function parseShard(text: string): Shard {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (match !== null && index >= 1 && index <= count && count <= maxShards) return { index, count };
  throw new TierwiseError('usage', `--shard wants i/n with 1 <= i <= n <= ${maxShards}, not "${text}"`, 'For example --shard 2/8.', {
    category: 'usage',
  });
}

/**
 * The rows of one shard: a contiguous run of the fit rows, which increase, so that a shard reads one stretch of the file. Sizes differ
 * by one at most. Throws `shard-empty` when there are more shards than rows.
 */
export function shardRows(fitRows: Uint32Array, { index, count }: Shard): Uint32Array {
  const from = Math.floor(((index - 1) * fitRows.length) / count);
  const to = Math.floor((index * fitRows.length) / count);
  if (to > from) return fitRows.subarray(from, to);
  throw new TierwiseError(
    'shard-empty',
    `shard ${index} of ${count} holds no rows: the plan gives ${fitRows.length} rows to the fit`,
    'Use fewer shards.',
    { category: 'usage' },
  );
}
