import type { ChunkSums } from './gram-chunk.ts';
import type { GramChunk } from './gram-chunks.ts';
import type { StartedPass } from './gram-pass.ts';

/** What a worker is started with. */
export interface WorkerSetting extends StartedPass {
  readonly d: number;
  readonly k: number;
  /** [d, d] fp64 sums, shared by all workers. */
  readonly gram: SharedArrayBuffer;
  /** int32: [0] is 1 when the pass ends early; [1 + block] is the chunk whose turn it is to be added to a block column. */
  readonly control: SharedArrayBuffer;
}

/** One chunk for a worker; its arrays are transferred. */
export interface ChunkOrder {
  readonly index: number;
  readonly chunk: GramChunk;
}

/** What a worker is sent: a chunk, or to free its library and end. */
export type CrewOrder = ChunkOrder | 'leave';

/** What a worker tells: the sums of a chunk but for the Gram, or the row that spoils it; then that its blocks are added. */
export type WorkerNews =
  | { readonly kind: 'sums'; readonly index: number; readonly sums: ChunkSums }
  | { readonly kind: 'bad-row'; readonly index: number; readonly badRow: number }
  | { readonly kind: 'added'; readonly index: number };

/** Place of the flag that ends a pass early. */
export const stopAt = 0;
/** Place of the ticket of a block column. */
export const ticketAt = (block: number): number => 1 + block;
