import { resolve } from 'node:path';
import type { RidgeSums } from '../fit/index.ts';
import { emptySums } from '../fit/index.ts';
import { checkAbort } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import type { MergeDocument } from '../protocol/index.ts';
import { checkWritable, sha256, writeWhole } from './files.ts';
import { refuseToOverwrite } from './fit-outputs.ts';
import type { JobControl } from './job.ts';
import { encodeSums, readSums } from './sums-file.ts';
import type { LayerSums, SumsProblemFacts } from './sums-file.ts';

export interface MergeParams {
  readonly files: readonly string[];
  readonly out: string;
  /** Missing shards are allowed; the result says which. */
  readonly partial?: boolean;
}

/** A file of one shard, looked at but not kept. */
interface Piece {
  readonly path: string;
  readonly shard: number;
  readonly sha256: string;
  readonly problem: SumsProblemFacts;
}

/** How people call the facts that files must share. */
const factNames: Readonly<Record<keyof SumsProblemFacts, string>> = {
  layer: 'layer',
  targets: 'targets',
  pass: 'pass',
  columns: 'number of inputs',
  outputs: 'number of outputs',
  plan: 'plan',
  model: 'model',
  data: 'data',
  fitRows: 'split',
  shards: 'number of shards',
};

/**
 * Adds up files of sums in the order of their shards, so that the order of the arguments makes no difference to any bit. Memory: the
 * result and one file. Throws `sums-do-not-fit`, `shard-twice`, `shards-missing`; nothing is written then.
 */
export async function mergeJob(params: MergeParams, control: JobControl): Promise<MergeDocument> {
  if (params.files.length === 0)
    throw new TierwiseError('usage', 'there is nothing to merge', 'Name the files of all shards.', { category: 'usage' });
  const output = resolve(params.out);
  const paths = params.files.map((file) => resolve(file));
  await refuseToOverwrite(output, paths);
  await checkWritable(output);
  const pieces: Piece[] = [];
  for (const path of paths) {
    checkAbort(control.abort);
    control.onProgress?.({ stage: 'checking', message: path, fraction: pieces.length / (2 * paths.length) });
    pieces.push(await look(path));
  }
  const inOrder = pieces.sort((a, b) => a.shard - b.shard);
  const first = inOrder[0]!;
  for (const piece of inOrder) requireSame(first, piece);
  const missing = requireShards(inOrder, params.partial === true);
  const { sums, arithmetic } = await addUp(inOrder, control);
  const parts = inOrder.map(({ shard }) => shard);
  const content = encodeSums({ problem: first.problem, parts, sums, arithmetic });
  await writeWhole(output, content);
  const { layer, pass, columns, outputs, shards, plan, model, data } = first.problem;
  return {
    schema: 'tierwise.merge/1',
    output,
    layer,
    pass,
    columns,
    outputs,
    files: pieces.length,
    rows: sums.rows,
    shards: { count: shards, present: parts, missing },
    hashes: { plan, model, data, output: sha256(content) },
  };
}

async function look(path: string): Promise<Piece> {
  const { problem, parts, sha256: hash } = await readSums(path);
  const [shard, ...more] = parts;
  if (shard !== undefined && more.length === 0) return { path, shard, problem, sha256: hash };
  throw new TierwiseError(
    'sums-do-not-fit',
    `${path} is merged already, from ${parts.length} shards`,
    'Merge the files of the single shards: only their sum in order is the same every time.',
  );
}

function requireSame(first: Piece, other: Piece): void {
  const differs = (Object.keys(factNames) as (keyof SumsProblemFacts)[]).find((name) => first.problem[name] !== other.problem[name]);
  if (differs === undefined) return;
  const show = (piece: Piece): string => String(piece.problem[differs]).slice(0, 40);
  throw new TierwiseError(
    'sums-do-not-fit',
    `${first.path} and ${other.path} belong to different problems: ${factNames[differs]} ${show(first)} and ${show(other)}`,
    'Make all shards with the same plan, model, data and number of shards.',
  );
}

/** The shards that are not there. Throws when one is there twice, or one is missing and may not be. */
function requireShards(inOrder: readonly Piece[], partial: boolean): readonly number[] {
  const twice = inOrder.find((piece, i) => i > 0 && inOrder[i - 1]!.shard === piece.shard);
  if (twice !== undefined) {
    const other = inOrder.find(({ shard }) => shard === twice.shard)!;
    throw new TierwiseError('shard-twice', `${other.path} and ${twice.path} are both shard ${twice.shard}`, 'Name each shard once.');
  }
  const present = new Set(inOrder.map(({ shard }) => shard));
  const missing = Array.from({ length: inOrder[0]!.problem.shards }, (_, i) => i + 1).filter((shard) => !present.has(shard));
  if (missing.length === 0 || partial) return missing;
  const shown = missing.slice(0, 10).join(', ') + (missing.length > 10 ? ` and ${missing.length - 10} more` : '');
  throw new TierwiseError(
    'shards-missing',
    `shards ${shown} of ${inOrder[0]!.problem.shards} are missing`,
    'Make them, or take what is there with --partial.',
  );
}

async function addUp(inOrder: readonly Piece[], control: JobControl): Promise<Pick<LayerSums, 'sums' | 'arithmetic'>> {
  const { columns, outputs, pass } = inOrder[0]!.problem;
  const total: RidgeSums =
    pass === 'means' ? { ...emptySums(0, outputs), columns, sumX: new Float64Array(columns) } : emptySums(columns, outputs);
  const arithmetic = new Set<string>();
  let rows = 0;
  for (const [at, piece] of inOrder.entries()) {
    checkAbort(control.abort);
    control.onProgress?.({ stage: 'merging', message: piece.path, fraction: 0.5 + at / (2 * inOrder.length) });
    const { sums, arithmetic: made, sha256: hash } = await readSums(piece.path);
    if (hash !== piece.sha256)
      throw new TierwiseError('sums-do-not-fit', `${piece.path} changed while it was merged`, 'Run again when it is complete.');
    for (const name of ['sumX', 'sumY', 'squareY', 'cross', 'gram'] as const) add(total[name], sums[name]);
    for (const text of made) arithmetic.add(text);
    rows += sums.rows;
  }
  return { sums: { ...total, rows }, arithmetic: [...arithmetic] };
}

function add(into: Float64Array, values: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i] = into[i]! + values[i]!;
}
