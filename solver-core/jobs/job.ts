import type { ProgressEvent } from '../protocol/index.ts';
import type { AbortFlag } from '../model/abort.ts';

/** What every job may report to and be stopped by. */
export interface JobControl {
  readonly abort?: AbortFlag;
  readonly onProgress?: (event: ProgressEvent) => void;
}
