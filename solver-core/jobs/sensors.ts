import type { SensorsDocument } from '../protocol/index.ts';
import type { JobControl } from './job.ts';
import type { SensorSeams } from './sensor-sources.ts';
import { boardPort, machineSensors } from './sensor-sources.ts';

export interface SensorsParams {
  /** "serial:PORT": the board there is asked for its telemetry. Absent: no port is opened. */
  readonly backend?: string;
}

/** The meters of this machine, ready or not, each with its reason. No workload is run. */
export async function sensorsJob(params: SensorsParams, control: JobControl, seams: SensorSeams = {}): Promise<SensorsDocument> {
  const found = await machineSensors(seams, boardPort(params.backend), control.abort);
  return { schema: 'tierwise.sensors/1', sensors: found.map(({ info }) => info) };
}
