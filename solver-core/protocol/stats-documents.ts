import type { DiagnosticDocument } from './documents.ts';

/** `tierwise.stats/1`: the sums of one layer over one shard of the rows. */
export interface StatsDocument {
  readonly schema: 'tierwise.stats/1';
  /** The file of sums. */
  readonly output: string;
  readonly plan: string;
  /** The model whose layers below made the inputs. */
  readonly model: string;
  readonly layer: string;
  /** 'means': a first pass for targets that need the means of all rows. */
  readonly pass: 'sums' | 'means';
  readonly targets: string;
  /** d, without the bias. */
  readonly columns: number;
  readonly outputs: number;
  /** 1-based. */
  readonly shard: { readonly index: number; readonly count: number };
  /** Rows of the layer in this shard: samples times positions. */
  readonly rows: number;
  /** Samples that the plan gives to the fit, over all shards. */
  readonly fitRows: number;
  readonly sizeBytes: number;
  readonly seconds: number;
  /** Largest resident memory of the process so far, as the system measured it. */
  readonly peakMemoryBytes: number;
  /** What computed the sums. */
  readonly arithmetic: string;
  readonly hashes: { readonly plan: string; readonly model: string; readonly data: string; readonly output: string };
  readonly diagnostics: readonly DiagnosticDocument[];
}

/** `tierwise.merge/1`: sums of several shards added up. */
export interface MergeDocument {
  readonly schema: 'tierwise.merge/1';
  readonly output: string;
  readonly layer: string;
  readonly pass: 'sums' | 'means';
  readonly columns: number;
  readonly outputs: number;
  readonly files: number;
  readonly rows: number;
  readonly shards: { readonly count: number; readonly present: readonly number[]; readonly missing: readonly number[] };
  readonly hashes: { readonly plan: string; readonly model: string; readonly data: string; readonly output: string };
}
