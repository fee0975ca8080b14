import type { BoardsDocument } from '../protocol/index.ts';
import type { Environment } from './environment.ts';
import type { JobControl } from './job.ts';
import { listSerial } from './serial.ts';
import { listXrt } from './xrt.ts';

export interface BoardsParams {
  /** "all" asks every candidate who it is, a path asks that port, "xrt:0" that card; absent: nothing is opened. */
  readonly probe?: string;
}

/** Serial ports and cards of this machine. */
export async function boardsJob(environment: Environment, params: BoardsParams, control: JobControl): Promise<BoardsDocument> {
  const [serial, { xrt, notes }] = await Promise.all([
    listSerial(params.probe, { abort: control.abort }),
    listXrt(environment, params.probe, control.abort),
  ]);
  return { schema: 'tierwise.boards/1', serial, xrt, notes };
}
