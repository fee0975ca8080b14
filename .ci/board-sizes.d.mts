import type { BoardFacts } from './board-sources.mjs';

export interface SizeRecord {
  readonly sourceSha256: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly tools: Readonly<Record<string, string>>;
  readonly cells: Readonly<Record<string, number>>;
}
export type SizeRecords = Readonly<Record<string, Readonly<Partial<Record<'engine' | 'board', SizeRecord>>>>>;
export declare function countResources(family: string, cells: Readonly<Record<string, number>>): Readonly<Record<string, number>>;
export declare function renderSizes(boards: Readonly<Record<string, BoardFacts>>, records: SizeRecords): string;
