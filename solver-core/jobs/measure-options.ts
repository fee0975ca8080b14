import type { MeasureOptions } from '../sensors/measure.ts';
import { processMeterClock } from '../sensors/node-host.ts';
import type { JobControl } from './job.ts';
import type { SensorSeams } from './sensor-sources.ts';

/** What a test replaces. */
export interface MeasureSeams extends SensorSeams {
  readonly options?: Partial<Pick<MeasureOptions, 'repeats' | 'minSeconds' | 'minUpdates' | 'maxSeconds'>>;
  /** Wraps one run of the workload. */
  readonly around?: (run: () => Promise<void>) => Promise<void>;
  /** Date of the measurement; default now. */
  readonly date?: string;
}

/** One run as it is metered. */
export function metered(run: () => Promise<void>, { around }: MeasureSeams): () => Promise<void> {
  return around === undefined ? run : () => around(run);
}

/** The options of a measurement that reports to `control`. */
export function measureOptions(control: JobControl, seams: MeasureSeams): MeasureOptions {
  return {
    clock: seams.host?.clock ?? processMeterClock,
    abort: control.abort,
    onProgress: (fraction, message) => control.onProgress?.({ stage: 'measuring', message, fraction }),
    ...seams.options,
  };
}

/** ISO date of a measurement. */
export function dateOf(seams: MeasureSeams): string {
  return seams.date ?? new Date().toISOString();
}
