import type { BoardsDocument } from '../protocol/index.ts';
import type { Environment } from './environment.ts';
import type { JobControl } from './job.ts';

export interface BoardsParams {
  /** "all" asks every candidate who it is, a path asks that port, "xrt:0" that card; absent: nothing is opened. */
  readonly probe?: string;
}

/** Serial ports and cards of this machine. */
export function boardsJob(_environment: Environment, _params: BoardsParams, _control: JobControl): Promise<BoardsDocument> {
  return Promise.resolve({ schema: 'tierwise.boards/1', serial: [], xrt: [], notes: [] });
}
