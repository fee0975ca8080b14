import type { BoardFacts } from './board-sources.mjs';

export declare function synthesisCommands(board: Pick<BoardFacts, 'multipliers' | 'synthesis'>, top: string): readonly string[];
export declare function staleRows(): Promise<readonly string[]>;
